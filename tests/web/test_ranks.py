"""Who is answered first: signed in, known, or a stranger, as cookies and answers tell."""

from __future__ import annotations

from typing import Any

import pytest

from htealeaf import WSGI, AuthStore, Registry, Session, SuperStore
from htealeaf.testing import Client
from htealeaf.web.cookie import Cookie
from htealeaf.web.keys import Keys
from htealeaf.web.ranks import KNOWN, NOTED, SIGNED_IN, STRANGER, Ranks
from htealeaf.web.visitor import Visitor

KEY = "0" * 32


class Site:
    def __init__(self, cookie: Cookie | None = None) -> None:
        self.keys, self.now, self.signed_in = Keys("a secret for tests only"), 0.0, True
        self.cookie = self.keys.cookie(KEY)
        self.asked = 0
        self.ranks = Ranks(self.keys, cookie or Cookie(), self._asked, lambda: self.now)

    def _asked(self, id: str) -> bool:
        self.asked += 1
        if self.signed_in is None:
            raise RuntimeError("an author's function")
        return self.signed_in

    def answered(self, cookie: str = "") -> None:
        self.ranks.note(Visitor(self.keys, lambda visitor: None, cookie or self.cookie))


@pytest.mark.parametrize(
    "cookies", ["", "ht", "ht=", "other=1", "ht=" + "0" * 60, f"ht={KEY}.{'0' * 24}", "ht=\xff;;="]
)
def test_a_cookie_that_is_not_ours_is_a_strangers(cookies: str) -> None:
    assert Site().ranks.of(cookies) == STRANGER


@pytest.mark.parametrize("name", ["ht", "__Host-ht"])
def test_a_browser_is_known_by_its_cookie_and_signed_in_by_its_answers(name: str) -> None:
    site = Site()
    cookies = f"a=b; {name}={site.cookie}; ht_at=x.1"

    assert site.ranks.of(cookies) == KNOWN
    site.answered()
    assert site.ranks.of(cookies) == SIGNED_IN


def test_it_is_asked_again_after_a_while() -> None:
    site = Site()
    site.answered()
    site.signed_in, site.now = False, NOTED - 0.1
    site.answered()
    assert (site.ranks.of(f"ht={site.cookie}"), site.asked) == (SIGNED_IN, 1)

    site.now = NOTED
    site.answered()
    assert (site.ranks.of(f"ht={site.cookie}"), site.asked) == (KNOWN, 2)


def test_an_authors_function_that_fails_signs_nobody_in() -> None:
    site = Site()
    site.signed_in = None  # type: ignore[assignment]
    site.answered()

    assert site.ranks.of(f"ht={site.cookie}") == KNOWN


def test_who_has_no_key_is_not_noted() -> None:
    site = Site()
    site.answered("ht=nothing")

    assert site.asked == 0


@pytest.mark.parametrize("own", [True, False])
def test_users_of_an_app_are_signed_in_however_it_tells_them(own: bool) -> None:
    def user(session: Session) -> Any:
        return session.get("userName")

    with Registry():
        app = WSGI(secret="a secret for tests only")
        AuthStore(user, {"n": 0}, name="todos")
        SuperStore(app)

    @app.route("/in", methods=["POST"])
    def enter(session: Session) -> str:
        if own:
            session["userName"] = "ann"
        else:
            session.sign_in("ann")
        return "in"

    ranks, client = app.dispatch.ranks, Client(app)
    assert ranks.of("") == STRANGER  # a server that asks
    cookie = client.post("/in").headers["Set-Cookie"].partition(";")[0]
    assert ranks.of(cookie) == SIGNED_IN
