"""The main path of every demo by keyboard alone: Tab reaches it, keys do it, the focus stays."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Dialog, Locator, Page, expect

from demos import NAMES, start
from tests.demos.serving import Server

# A file chooser is a window of its own.
_WHOLE = {"upload": [pytest.mark.whole]}

FARTHEST = 120  #: presses of Tab, once around the page


def reach(page: Page, target: Locator) -> None:
    """Press Tab until *target* has the focus."""
    expect(target).to_be_visible()
    for _ in range(FARTHEST):
        if target.evaluate("el => el === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not lead to {target}")


def press(page: Page, name: str, key: str = "Enter") -> None:
    reach(page, page.get_by_role("button", name=name, exact=True))
    page.keyboard.press(key)


def write(page: Page, label: str, text: str) -> None:
    """Reach a field, and write over what it holds."""
    reach(page, page.get_by_label(label, exact=True))
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type(text)


def counter(page: Page) -> None:
    shared = page.locator("#shared-counter")
    before = int(shared.inner_text())
    plus = page.get_by_role("button", name="One more").first
    reach(page, plus)
    page.keyboard.press("Space")
    expect(shared).to_have_text(f"{before + 1}")
    page.keyboard.press("Enter")
    expect(shared).to_have_text(f"{before + 2}")
    expect(plus).to_be_focused()


def todo(page: Page) -> None:
    write(page, "Your name", "Keyboard")
    page.keyboard.press("Enter")
    write(page, "New task", "by keys")
    page.keyboard.press("Enter")
    box = page.get_by_role("checkbox", name="by keys")
    reach(page, box)
    page.keyboard.press("Space")
    expect(box).to_be_checked()
    press(page, "Delete by keys")
    expect(box).to_have_count(0)


def poll(page: Page) -> None:
    press(page, "Mate", "Space")
    expect(page.get_by_role("button", name="Mate")).to_have_attribute("aria-pressed", "true")
    press(page, "Take my vote back")
    expect(page.get_by_role("button", name="Mate")).to_have_attribute("aria-pressed", "false")


def todomvc(page: Page) -> None:
    """A double click has a key of its own: F2 on the box."""
    write(page, "New todo", "by keys")
    page.keyboard.press("Enter")
    box = page.get_by_role("checkbox", name="Done: by keys")
    reach(page, box)
    page.keyboard.press("Space")
    expect(box).to_be_checked()
    page.keyboard.press("F2")
    expect(page.get_by_label("Title")).to_be_focused()
    page.keyboard.type("!")
    page.keyboard.press("Enter")
    reach(page, page.get_by_role("link", name="Active"))
    page.keyboard.press("Enter")
    expect(page.locator("li label")).to_have_count(0)
    press(page, "Clear completed")


def rows(page: Page) -> None:
    press(page, "Create 1,000 rows")
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(1000)
    first = rows.first.get_by_role("link")
    reach(page, first.first)
    page.keyboard.press("Enter")
    expect(rows.first).to_have_class("danger")
    reach(page, first.last)
    page.keyboard.press("Enter")
    expect(rows).to_have_count(999)


def sevenguis(page: Page) -> None:
    """Of the seven the two that are most for a pointer: circles, and cells."""
    reach(page, page.get_by_role("link", name="Circles"))
    page.keyboard.press("Enter")
    circles = page.locator("circle")
    press(page, "Add a circle")
    expect(circles).to_have_count(1)
    press(page, "Add a circle")
    expect(circles).to_have_count(2)
    press(page, "Undo")
    expect(circles).to_have_count(1)
    reach(page, circles.first)
    page.keyboard.press("Enter")
    expect(page.get_by_label("Diameter at")).to_be_focused()
    page.keyboard.press("End")
    expect(circles.first).to_have_attribute("r", "100")
    press(page, "Close")
    expect(page.get_by_role("dialog")).to_be_hidden()
    reach(page, page.get_by_role("link", name="Cells"))
    page.keyboard.press("Enter")
    write(page, "Cell", "b2")
    write(page, "Entry", "=add(1, 2)")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("cell-B2")).to_have_text("3")


def chat(page: Page) -> None:
    write(page, "Your name", "Keyboard")
    page.keyboard.press("Enter")
    write(page, "Message", "typed, not clicked")
    page.keyboard.press("Enter")
    expect(page.get_by_role("log")).to_contain_text("typed, not clicked")
    expect(page.get_by_label("Message", exact=True)).to_be_focused()
    press(page, "Leave")
    expect(page.get_by_label("Your name")).to_be_visible()


def edit_row(page: Page) -> None:
    reach(page, page.get_by_role("link", name="Edit Chen Wei"))
    page.keyboard.press("Enter")
    write(page, "E-mail", "chen@keys.example.org")
    page.keyboard.press("Enter")
    expect(page.get_by_text("chen@keys.example.org")).to_be_visible()


def search(page: Page) -> None:
    reach(page, page.get_by_role("searchbox"))
    page.keyboard.type("ada wolf")
    expect(page.get_by_role("listitem").first).to_contain_text("Ada Wolf")
    expect(page.get_by_role("searchbox")).to_be_focused()


def wizard(page: Page) -> None:
    write(page, "Name", "Ida")
    page.keyboard.press("Tab")
    page.keyboard.type("ida@example.org")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Green teas of Japan")).to_be_focused()
    press(page, "Back")
    expect(page.get_by_label("Name")).to_have_value("Ida")


def upload(page: Page) -> None:
    page.on("filechooser", lambda chooser: None)  # asked for in time: a key is quicker else
    field = page.locator("#send-files")
    reach(page, field)
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    file = {"name": "keys.txt", "mimeType": "text/plain", "buffer": b"by keys"}
    chooser.value.set_files(file)  # type: ignore[arg-type]
    press(page, "Upload")
    listed = page.get_by_role("list", name="Uploaded").get_by_role("listitem")
    expect(listed.filter(has_text="keys.txt")).to_have_count(1)
    press(page, "Remove keys.txt")
    expect(listed.filter(has_text="keys.txt")).to_have_count(0)
    expect(page.get_by_role("list", name="Uploaded")).to_be_focused()


def job(page: Page) -> None:
    write(page, "How far? (millions)", "1")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Done")).to_be_visible(timeout=30_000)
    link = page.get_by_role("link", name="Download the pairs")
    reach(page, link)
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert Path(download.value.path()).stat().st_size > 1000
    press(page, "Start another one")
    expect(page.get_by_label("How far?")).to_be_visible()


def contacts(page: Page) -> None:
    asked: list[str] = []

    def accept(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.accept()

    page.on("dialog", accept)
    reach(page, page.get_by_role("link", name="New contact"))
    page.keyboard.press("Enter")
    write(page, "Name", "Kai Board")
    write(page, "E-mail", "kai@example.org")
    reach(page, page.get_by_label("Kind"))
    page.keyboard.type("Partner")
    press(page, "Add")
    expect(page.get_by_text("Kai Board is in your contacts.")).to_be_visible()
    reach(page, page.get_by_role("searchbox"))
    page.keyboard.type("kai board")
    expect(page.locator("tbody tr")).to_have_count(1)
    press(page, "Delete Kai Board")
    expect(page.locator("tbody tr").filter(has_text="kai@example.org")).to_have_count(0)
    assert asked == ["Delete Kai Board?"]
    expect(page.get_by_role("button", name="Bring back")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr").filter(has_text="kai@example.org")).to_have_count(1)
    expect(page.get_by_role("searchbox")).to_be_focused()
    for key, shown in (("Enter", "555 1"), ("Escape", "555 1")):
        press(page, "Change the number of Kai Board")
        write(page, "Number of Kai Board", shown if key == "Enter" else "nobody's")
        page.keyboard.press(key)
        number = page.get_by_role("button", name="Change the number of Kai Board")
        expect(number).to_have_text(shown)
        expect(number).to_be_focused()


def expenses(page: Page) -> None:
    write(page, "Name", "Ada")
    write(page, "Password", "green leaf")
    page.keyboard.press("Enter")
    press(page, "Approve Lunch with a candidate")
    decided = page.get_by_role("row").filter(has_text="Lunch with a candidate")
    expect(decided).to_contain_text("approved by Ada")
    expect(decided.get_by_text("approved by Ada")).to_be_focused()
    write(page, "Amount, €", "3.20")
    reach(page, page.get_by_label("Day"))
    page.keyboard.type("11202026")
    reach(page, page.get_by_label("Category"))
    page.keyboard.type("Meals")
    write(page, "What for", "A pot of tea")
    page.keyboard.press("Enter")
    expect(page.get_by_role("row").filter(has_text="A pot of tea")).to_contain_text("waiting")


def infinite_scroll(page: Page) -> None:
    """A link stands at the end; what is loaded comes before it."""
    nights = page.get_by_role("listitem")
    expect(nights).to_have_count(40)
    more = page.get_by_role("link", name="Load more")
    reach(page, more)
    page.keyboard.press("Enter")
    expect(nights.nth(40)).to_be_attached()
    reach(page, nights.nth(41).get_by_role("link"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("Sky:")).to_be_visible()


def board(page: Page) -> None:
    """Space takes a card, arrows move it, Space puts it down; the buttons do the same."""
    write(page, "New card: To do", "by keys")
    page.keyboard.press("Enter")
    card = page.get_by_role("listitem").filter(has_text="by keys")
    expect(card).to_be_visible()
    todo, doing = page.locator("#cards-todo"), page.locator("#cards-doing")
    reach(page, card)
    for key in ("Space", "ArrowUp", "Space"):
        page.keyboard.press(key)
    expect(todo.get_by_role("listitem").nth(-2)).to_contain_text("by keys")
    press(page, "Move by keys to Doing")
    expect(doing).to_contain_text("by keys")
    press(page, "Rename by keys")
    expect(page.get_by_label("Text", exact=True)).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.type("!")
    page.keyboard.press("Enter")
    expect(doing).to_contain_text("by keys!")
    press(page, "Delete by keys!")
    expect(doing).not_to_contain_text("by keys!")
    press(page, "Undo")
    expect(doing).to_contain_text("by keys!")
    press(page, "Delete by keys!")


def island(page: Page) -> None:
    """What is drawn has forms, which do what a pointer would."""
    expect(page.locator("#chart canvas")).to_be_visible()
    write(page, "Degrees", "11.5")
    page.keyboard.press("Enter")
    summary = page.get_by_text("The same as a table")
    reach(page, summary)
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Readings")).to_contain_text("11.5")
    reach(page, page.get_by_text("Move a station"))
    page.keyboard.press("Enter")
    pin = page.locator("#map .pin[title=Harbour]")
    before = pin.bounding_box()
    moved = page.locator("#move")
    reach(page, moved.get_by_label("East, km"))
    page.keyboard.type("50")
    reach(page, moved.get_by_label("North, km"))
    page.keyboard.type("20")
    page.keyboard.press("Enter")
    expect(moved.get_by_label("East, km")).to_have_value("")
    assert pin.bounding_box() != before


def mail(page: Page) -> None:
    reach(page, page.get_by_role("link", name="Train on Thursday"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Train on Thursday")).to_be_visible()
    press(page, "Archive")
    expect(page.get_by_role("link", name="Train on Thursday")).to_have_count(0)
    reach(page, page.get_by_role("link", name="Archive"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Train on Thursday")).to_be_visible()


PATHS: dict[str, Callable[[Page], None]] = {
    "counter": counter,
    "todo": todo,
    "poll": poll,
    "chat": chat,
    "edit_row": edit_row,
    "search": search,
    "wizard": wizard,
    "upload": upload,
    "job": job,
    "contacts": contacts,
    "expenses": expenses,
    "todomvc": todomvc,
    "rows": rows,
    "infinite_scroll": infinite_scroll,
    "board": board,
    "island": island,
    "mail": mail,
    "sevenguis": sevenguis,
}


@pytest.mark.parametrize("name", [pytest.param(name, marks=_WHOLE.get(name, [])) for name in NAMES])
def test_by_keyboard_alone(name: str, page: Page, demos: Server) -> None:
    page.goto(f"{demos.url}/{name}/{start(name)}")
    PATHS[name](page)
