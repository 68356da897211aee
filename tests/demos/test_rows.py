"""The contract of js-framework-benchmark: the table, its six buttons, and what survives them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Response, expect

from demos import load
from htealeaf.testing import Client
from tests.demos.serving import Server, Traffic

BUTTONS = {
    "run": "Create 1,000 rows",
    "runlots": "Create 10,000 rows",
    "add": "Append 1,000 rows",
    "update": "Update every 10th row",
    "clear": "Clear",
    "swaprows": "Swap Rows",
}
LABEL = re.compile(r"[a-z]{4,7} [a-z]{4,7} [a-z]{4,7}$")


@pytest.fixture(scope="module")
def demos(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The demo alone, with its tables in memory."""
    server = Server("demos.rows", tmp_path_factory.mktemp("rows"))
    yield server
    server.stop()


def opened(page: Page, demos: Server, *buttons: str) -> Locator:
    page.goto(f"{demos.url}/")
    for button in buttons:
        press(page, button)
    return page.locator("tbody > tr")


def press(page: Page, button: str) -> str:
    """Press, and return what came."""
    # Ten thousand rows, on a machine that may be busy.
    with page.expect_response("**/api/**", timeout=60_000) as told:
        page.locator(f"#{button}").click()
    return seen(page, told.value)


def seen(page: Page, response: Response) -> str:
    text = response.text()
    page.evaluate("htealeaf.catchUp()")
    return text


def remove(row: Locator) -> None:
    # Without the sheet that a driver brings along its icon shows nothing.
    row.locator("td:nth-child(3) a").evaluate("el => el.click()")


def ids(page: Page) -> list[int]:
    found = page.evaluate(
        "[...document.querySelector('tbody').rows].map((row) => +row.cells[0].textContent)"
    )
    return list(found)


def labels(page: Page) -> list[str]:
    found = page.evaluate(
        "[...document.querySelector('tbody').rows].map((row) => row.cells[1].textContent)"
    )
    return list(found)


def look_up(page: Page) -> None:
    page.evaluate("window.mine = [...document.querySelector('tbody').rows]")


def kept(page: Page) -> int:
    found = page.evaluate("mine.filter((row) => row.isConnected).length")
    return int(found)


def test_the_page_is_as_the_contract_has_it(page: Page, demos: Server) -> None:
    rows = opened(page, demos)
    expect(page.locator("div#main > div.container > div.jumbotron > div.row")).to_have_count(1)
    expect(page.locator("div.jumbotron > div.row > div.col-md-6 > h1")).to_have_count(1)
    inner = page.locator("div.jumbotron > div.row > div.col-md-6 > div.row > div.col-sm-6.smallpad")
    buttons = inner.locator("> button.btn.btn-primary.btn-block[type=button]")
    expect(buttons).to_have_text(list(BUTTONS.values()))
    assert buttons.evaluate_all("all => all.map((el) => el.id)") == list(BUTTONS)
    expect(
        page.locator("div.container > table.table.table-hover.table-striped.test-data > tbody")
    ).to_have_count(1)
    expect(
        page.locator(
            "div.container > span.preloadicon.glyphicon.glyphicon-remove[aria-hidden=true]"
        )
    ).to_have_count(1)
    expect(page.locator("link[rel=stylesheet]:not([href*='_htealeaf'])")).to_have_count(0)
    expect(rows).to_have_count(0)


def test_a_row_is_exactly_that(page: Page, demos: Server) -> None:
    opened(page, demos, "run")
    bare = page.evaluate(
        """() => {
          const row = document.querySelector("tbody").rows[41].cloneNode(true);
          for (const el of [row, ...row.querySelectorAll("*")])
            for (const { name } of [...el.attributes])
              if (!["class", "aria-hidden"].includes(name)) el.removeAttribute(name);
          for (const { className } of row.querySelectorAll("span")) row.title = className;
          for (const el of row.querySelectorAll("span")) el.removeAttribute("class");
          return row.outerHTML;
        }"""
    )
    label = labels(page)[41]
    assert LABEL.match(label)
    assert bare == (
        '<tr title="glyphicon glyphicon-remove"><td class="col-md-1">42</td>'
        f'<td class="col-md-4"><a>{label}</a></td>'
        '<td class="col-md-1"><a><span aria-hidden="true">'
        '</span></a></td><td class="col-md-6"></td></tr>'
    )


def test_words_are_of_the_length_that_was_agreed() -> None:
    module = load("rows")
    words = (module.ADJECTIVES, module.COLOURS, module.NOUNS)
    assert [len(set(some)) for some in words] == [25, 11, 13]
    assert all(5 <= sum(map(len, some)) / len(some) <= 6 for some in words)


def test_ids_count_up_as_long_as_the_page_is_open(page: Page, demos: Server) -> None:
    opened(page, demos, "run")
    assert ids(page) == list(range(1, 1001))
    press(page, "add")
    assert ids(page) == list(range(1, 2001))
    press(page, "run")
    assert ids(page) == list(range(2001, 3001))
    press(page, "clear")
    assert ids(page) == []
    press(page, "run")
    assert ids(page) == list(range(3001, 4001))
    page.reload()
    assert ids(page) == []
    press(page, "run")
    assert ids(page) == list(range(1, 1001))


def test_every_tenth_row_gets_three_marks(page: Page, demos: Server) -> None:
    opened(page, demos, "run")
    before = labels(page)
    look_up(page)
    patch = press(page, "update")
    after = labels(page)
    for at, (old, new) in enumerate(zip(before, after, strict=True)):
        assert new == (f"{old} !!!" if at % 10 == 0 else old)
    assert kept(page) == 1000
    assert patch.count("<tr") == 100


def test_swapping_two_rows_sends_no_row_and_keeps_all(page: Page, demos: Server) -> None:
    opened(page, demos, "run")
    look_up(page)
    patch = press(page, "swaprows")
    expected = list(range(1, 1001))
    expected[1], expected[998] = 999, 2
    assert ids(page) == expected
    assert kept(page) == 1000
    assert "<tr" not in patch
    assert len(patch) < 500


def test_too_few_rows_are_not_swapped(page: Page, demos: Server) -> None:
    rows = opened(page, demos, "swaprows", "run")
    for left in (999, 998):
        remove(rows.first)
        expect(rows).to_have_count(left)
    press(page, "swaprows")
    assert ids(page) == list(range(3, 1001))


def test_appending_to_ten_thousand_sends_a_thousand(page: Page, demos: Server) -> None:
    opened(page, demos, "runlots")
    look_up(page)
    patch = press(page, "add")
    assert patch.count("<tr") == 1000
    assert ids(page) == list(range(1, 11_001))
    assert kept(page) == 10_000


def test_one_row_at_most_is_selected(page: Page, demos: Server) -> None:
    rows = opened(page, demos, "run")
    look_up(page)
    for at in (4, 9):
        rows.nth(at).locator("td:nth-child(2) a").click()
        expect(page.locator("tr.danger")).to_have_count(1)
        expect(rows.nth(at)).to_have_class("danger")
    remove(rows.nth(2))
    expect(rows).to_have_count(999)
    expect(rows.nth(8)).to_have_class("danger")
    press(page, "swaprows")
    press(page, "update")
    press(page, "add")
    expect(page.locator("tr.danger td").first).to_have_text("10")
    assert kept(page) == 999
    for button in ("run", "clear", "runlots"):
        press(page, button)
        expect(page.locator("tr.danger")).to_have_count(0)
        if page.locator("tbody > tr").count():
            rows.first.locator("td:nth-child(2) a").click()
            expect(page.locator("tr.danger")).to_have_count(1)


def test_pages_have_tables_of_their_own_and_are_never_loaded_again(
    page: Page, demos: Server
) -> None:
    traffic = Traffic(page, "")
    opened(page, demos, "run")
    other = page.context.new_page()
    opened(other, demos, "run", "add")
    page.bring_to_front()
    press(page, "clear")
    press(page, "run")
    assert ids(page) == list(range(1001, 2001))
    other.bring_to_front()
    assert ids(other) == list(range(1, 2001))
    assert len([r for r in traffic.seen if r.is_navigation_request()]) == 1


def test_of_very_many_pages_the_oldest_begins_anew(page: Page, demos: Server) -> None:
    """A browser keeps a few tables; a page whose table went has none, and works on."""
    first = opened(page, demos, "run")
    for _ in range(load("rows").TABLES):
        opened(page.context.new_page(), demos, "run")
    page.bring_to_front()
    page.evaluate("htealeaf.catchUp()")
    expect(first).to_have_count(0)
    press(page, "run")
    assert ids(page) == list(range(1, 1001))


@pytest.fixture
def client() -> Client:
    app: Any = load("rows").app
    return Client(app)


@pytest.mark.slow
def test_each_step_leaves_the_page_as_a_fresh_one(client: Client) -> None:
    """The law of the house, browserless."""
    page = client.open("/")
    for button in ("run", "swaprows", "update", "clear", "run", "add"):
        page.click(f"#{button}")
    page.click("tr:nth-of-type(5) td:nth-of-type(2) a")
    page.click("tr:nth-of-type(7) td:nth-of-type(3) a")
    page.assert_consistent()
