"""A visitor is told by a key, which is made when something needs it."""

from __future__ import annotations

from typing import Any

from htealeaf.data.documents import freeze
from htealeaf.state.page_state import PageState
from htealeaf.web.keys import Keys
from htealeaf.web.visitor import Visitor

KEYS = Keys("a secret for tests only")


class Session:
    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor


def visitor(cookie: str = "", state: str = "") -> Visitor:
    return Visitor(KEYS, Session, cookie, state)


def test_a_cookie_makes_the_same_visitor_again() -> None:
    one = visitor()
    again = visitor(KEYS.cookie(one.key))

    assert (one.known, again.known) == (False, True)
    assert again.id == one.id
    assert again.signed("text", one.sign("text"))
    assert not visitor().signed("text", one.sign("text"))


def test_another_key_leads_to_the_same_session_and_the_answer_brings_the_cookie() -> None:
    one = visitor()
    before, name, mac = one.id, one.key_id, one.sign("text")

    one.turn("0" * 32)

    assert one.issued
    assert one.id == before
    assert one.key_id != name
    assert not one.signed("text", mac)
    again = visitor(KEYS.cookie(one.key, one.id))
    assert (again.id, again.key_id) == (before, one.key_id)


def test_a_page_id_belongs_to_a_key() -> None:
    one, two = visitor(), visitor()
    page_id = one.page_id(signed=True)

    assert one.owns(page_id)
    assert not two.owns(page_id)
    assert one.bound(page_id)


def test_a_page_without_actions_belongs_to_nobody() -> None:
    page_id = visitor().page_id(signed=False)

    assert visitor().owns(page_id)
    assert not visitor().bound(page_id)


def test_its_session_is_one_as_long_as_somebody_holds_it() -> None:
    """The two do not hold each other, so neither waits for the collector of garbage."""
    one = visitor()
    held: Any = one.session

    assert one.session is held
    assert held.visitor is one


def test_a_page_s_state_counts_for_the_key_that_it_was_signed_for() -> None:
    one = visitor()
    state = PageState({"view@~page": freeze({"open": True})}).text(one.sign_state)
    cookie = KEYS.cookie(one.key)

    assert visitor(cookie, state).state.now == {"view@~page": {"open": True}}
    assert visitor("", state).state.now == {}
    assert visitor(cookie, state[:-1]).state.now == {}
    assert visitor(cookie).state.now == {}
