"""Undo of a store: by Python, by a button, on several workers, as far as history goes."""

from __future__ import annotations

from pathlib import Path

import pytest

from htealeaf import WSGI, AuthStore, Registry, Session, Store, SuperStore
from htealeaf.components import button, div, li, ul
from htealeaf.data.undo import NothingToTakeBack
from htealeaf.errors import OutsideRequest
from htealeaf.html.elements import Element
from htealeaf.state.backends.sqlite import SqliteJournal
from htealeaf.state.replica import Replica
from htealeaf.testing import Client, Page


def made(journal: Replica | None = None) -> tuple[WSGI, Store]:
    """Return an app with a list that everybody changes, and buttons for all that is tested."""
    with Registry(journal):
        app = WSGI(secret="a secret of these tests")
        SuperStore(app)
        store = Store({"items": ["a", "b"], "n": 0}, name="shared")
        notes = AuthStore(lambda session: session.user, {"text": ""}, name="notes")

    @app.action
    def sign_in(session: Session, name: str) -> None:
        session.sign_in(name)

    @app.action
    def take_back(session: Session) -> None:
        store.undo(session)

    @app.action
    def both(session: Session) -> None:
        store.increment("n")
        store.append("items", "both")

    @app.route("/")
    def home(session: Session) -> Element:
        return div(
            ul(store.each("items", lambda item: li(item.read()))),
            button("Append", onclick=store.do.append("items", "new")),
            button("Plus", onclick=store.do.increment("n")),
            button("Shift", onclick=store.do.delete("items/0")),
            button("Both", onclick=both()),
            button("Undo", onclick=store.do.undo(), disabled=not store.can_undo(session)),
            button("Redo", onclick=store.do.redo(), disabled=not store.can_redo()),
            button("By function", onclick=take_back()),
            button("Ada", onclick=sign_in(name="ada")),
            button("Note", onclick=notes.do.set("text", "x")) if session.user else None,
            button("Unnote", onclick=notes.do.undo()) if session.user else None,
        )

    return app, store


@pytest.fixture
def ada() -> Page:
    app, _ = made()
    return Client(app).open("/")


def press(page: Page, text: str) -> None:
    page.click("button", text=text)


def items(page: Page) -> list[str]:
    return [tag.text for tag in page.soup.select("li")]


def test_a_button_takes_back_and_does_again(ada: Page) -> None:
    assert "disabled" in ada.soup.find("button", string="Undo").attrs  # type: ignore[union-attr]
    press(ada, "Append")
    press(ada, "Both")
    press(ada, "Undo")
    assert items(ada) == ["a", "b", "new"]
    press(ada, "Undo")
    assert items(ada) == ["a", "b"]
    press(ada, "Redo")
    press(ada, "Redo")
    assert items(ada) == ["a", "b", "new", "both"]
    press(ada, "By function")
    assert items(ada) == ["a", "b", "new"]
    ada.assert_consistent()


def test_each_person_takes_back_their_own() -> None:
    app, store = made()
    ada, ben = Client(app).open("/"), Client(app).open("/")
    press(ada, "Append")
    press(ben, "Shift")
    press(ada, "Undo")
    assert store["items"] == ["b"]
    press(ben, "Undo")
    assert store["items"] == ["a", "b"]


def test_what_somebody_changed_since_is_refused_in_words() -> None:
    app, store = made()
    ada, ben = Client(app).open("/"), Client(app).open("/")
    press(ada, "Plus")
    press(ben, "Plus")
    for button_text in ("Undo", "By function"):
        press(ada, button_text)
        assert ada.error == "This was changed since, so it can't be taken back."
    assert store["n"] == 2
    press(ben, "Undo")
    press(ada, "Undo")
    assert store["n"] == 0


def test_nothing_to_take_back_is_refused_in_words(ada: Page) -> None:
    press(ada, "By function")
    assert ada.error == "There is nothing to take back."


def test_who_is_signed_in_is_one_person_in_two_browsers_and_another_in_one() -> None:
    app, store = made()
    desk, phone = Client(app).open("/"), Client(app).open("/")
    press(desk, "Append")
    press(desk, "Ada")
    press(desk, "By function")  # that was whoever used this browser before
    assert desk.error == "There is nothing to take back."
    press(phone, "Ada")
    press(desk, "Append")
    press(phone, "By function")
    assert store["items"] == ["a", "b", "new"]
    press(desk, "Note")
    press(desk, "Unnote")


def test_python_has_to_say_whose() -> None:
    _, store = made()
    store.increment("n")
    with pytest.raises(OutsideRequest, match="session"):
        store.undo()


class Someone:
    """A session, for code outside of requests."""

    person = "user ada"


def test_what_python_code_does_for_nobody_is_nobodys() -> None:
    _, store = made()
    store.increment("n")
    with pytest.raises(NothingToTakeBack):
        store.undo(Someone())


def test_another_worker_reads_it_in_the_journal(tmp_path: Path) -> None:
    """One that has never seen the store, with the entries that are kept."""
    path = tmp_path / "shop.db"
    first, _ = made(Replica(SqliteJournal(path)))
    client = Client(first)
    page = client.open("/")
    press(page, "Append")
    press(page, "Append")
    press(page, "Undo")
    second, store = made(Replica(SqliteJournal(path)))
    client.app = second
    press(page, "Undo")
    assert store["items"] == ["a", "b"]
    press(page, "Redo")
    press(page, "Redo")
    assert store["items"] == ["a", "b", "new", "new"]


def test_it_goes_as_far_as_history_is_kept() -> None:
    app, store = made(Replica(history=3))
    page = Client(app).open("/")
    for _ in range(5):
        press(page, "Plus")
    presses = 0
    while page.error is None:
        press(page, "By function")
        presses += 1
    assert presses <= 6
    assert store["n"] == 5 - (presses - 1)
