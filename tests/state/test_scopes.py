"""Every scope answers the same questions: whose a document is, and what to do where it is open."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from htealeaf import AuthStore, PageStore, Registry, SessionStore, Store
from htealeaf.data import streams
from htealeaf.errors import Forbidden, HtealeafError, InvalidPath, NotAuthenticated, OutsideRequest
from htealeaf.reactive.scope import Scope, entered
from htealeaf.state import scopes
from htealeaf.state.scopes import Browser, Everybody, Keyed, OpenPage, SignedIn, StoreScope


class Visit(NamedTuple):
    """What a scope asks of a session."""

    id: str
    user: str | None


def user_of(session: Visit) -> str | None:
    return session.user


class Case(NamedTuple):
    """A store of one scope, and what it says."""

    make: Callable[[], Store]
    scope: type[StoreScope]
    own: str | None  # ann's stream; None where a key has to be named
    keys: bool = False  # code may name a key
    outside: type[HtealeafError] | None = None  # without a request
    fix: str = ""  # what the error of that names


CASES = [
    Case(lambda: Store({}, name="s"), Everybody, "s"),
    Case(
        lambda: Store({}, name="s", keyed=True),
        Keyed,
        None,
        keys=True,
        outside=HtealeafError,
        fix="say .of(key)",
    ),
    Case(
        lambda: AuthStore(user_of, {}, name="s"),
        SignedIn,
        "s@ann",
        keys=True,
        outside=OutsideRequest,
        fix="s.of('alice')",
    ),
    Case(
        lambda: SessionStore({}, name="s"),
        Browser,
        "s@b1",
        keys=True,
        outside=OutsideRequest,
        fix="s.of(session.id)",
    ),
    Case(
        lambda: PageStore({}, name="s"),
        OpenPage,
        streams.join("s", streams.PAGE),
        outside=OutsideRequest,
        fix="travels with the page",
    ),
]


@pytest.fixture(params=CASES, ids=lambda case: case.scope.__name__)
def case(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
def store(case: Case) -> Store:
    with Registry():
        return case.make()


def as_ann(store: Store) -> entered:
    return entered(Scope(store.journal, Visit("b1", "ann")))


def test_every_scope_has_a_case() -> None:
    kinds = {
        kind
        for kind in vars(scopes).values()
        if isinstance(kind, type) and issubclass(kind, StoreScope) and kind is not StoreScope
    }

    assert kinds == {case.scope for case in CASES}


def test_a_store_has_its_scope(case: Case, store: Store) -> None:
    assert type(store.scope) is case.scope
    assert store.keyed == store.scope.keyed


def test_a_document_without_an_owner_is_the_visitors(case: Case, store: Store) -> None:
    with as_ann(store):
        if case.own is not None:
            assert store.stream() == case.own
        else:
            with pytest.raises(HtealeafError, match=r"say \.of\(key\)"):
                store.stream()


def test_outside_of_a_request_the_error_names_what_would_work(case: Case, store: Store) -> None:
    if case.outside is None:
        assert store.stream() == case.own
        return
    with pytest.raises(case.outside) as raised:
        store.stream()

    assert case.fix in str(raised.value)


def test_code_names_a_key_where_there_are_keys(case: Case, store: Store) -> None:
    if not case.keys:
        with pytest.raises(HtealeafError, match="no keys"):
            store.of("bob")
        return
    assert store.of("bob").stream() == "s@bob"
    for wrong in ("", "x" * 201, streams.PAGE):
        with pytest.raises(InvalidPath):
            store.of(wrong)


def test_a_script_names_no_other_visitor(case: Case, store: Store) -> None:
    """The key of a shared store is anybody's to name."""
    with as_ann(store):
        if not case.keys:
            return
        if case.scope is Keyed:
            assert store.scope.named("s", "bob") == "s@bob"
            return
        own = streams.split(case.own or "")[1]
        assert store.scope.named("s", own) == store.scope.named("s", None) == case.own
        with pytest.raises(Forbidden):
            store.scope.named("s", "bob")


def test_a_place_leads_back_to_its_stream(case: Case, store: Store) -> None:
    stream = case.own or "s@lobby"

    with as_ann(store):
        assert store.place_of(stream).stream() == stream


def test_only_users_are_somebody(store: Store) -> None:
    """A key changes when a visitor becomes another user, and not with anything else."""
    who = store.scope.identity(Visit("b1", "ann"))

    assert who == ("ann" if isinstance(store, AuthStore) else None)


def test_what_is_a_pages_own_is_written_by_actions_only(store: Store) -> None:
    with as_ann(store):
        refusal = store.scope.refusal("s")
        if not store.scope.on_page:
            assert refusal is None
            return
        with pytest.raises(OutsideRequest, match=r"with an action, s\.do"):
            store.set("n", 1)
    assert isinstance(refusal, OutsideRequest)


def test_nobody_signed_in_is_told_so() -> None:
    with Registry():
        store = AuthStore(user_of, {}, name="s")

    with entered(Scope(store.journal, Visit("b1", None))), pytest.raises(NotAuthenticated):
        store.stream()


def test_nobody_is_called_as_pages_are() -> None:
    with pytest.raises(InvalidPath):
        SignedIn(user_of).identity(Visit("b1", streams.PAGE))


def test_a_scope_of_ones_own_is_asked_as_the_others() -> None:
    """A store takes any scope, and everything that asks whose a document is works with it."""

    class Team(SignedIn):
        __slots__ = ()

    with Registry() as registry:
        store = Store({"n": 0}, name="s", scope=Team(lambda session: "blue"))

        with as_ann(store):
            store.increment("n", 2)
            assert store.read("n") == 2
        assert store.of("blue").read("n") == 2
        assert registry.journal.streams("s") == ["s@blue"]


# -- users ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "user", ["Ann", "ann", " ann", "a\nb", "a~b", "a@b", "a/b", "ä", "a\u0308", 7]
)
def test_users_are_told_apart_exactly(user: Any) -> None:
    assert SignedIn(lambda session: user).identity(None) == str(user)


@pytest.mark.parametrize("user", [True, 1.5, ["ann"], b"ann", "x" * 201, "\ud800", streams.PAGE])
def test_what_names_no_user_is_refused_in_words(user: Any) -> None:
    with pytest.raises(InvalidPath, match="user's key"):
        SignedIn(lambda session: user).identity(None)


def test_an_empty_text_is_nobody() -> None:
    assert SignedIn(lambda session: "").identity(None) is None
