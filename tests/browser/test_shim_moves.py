"""Moves: neighbours that change places are moved as few times as can be."""

from __future__ import annotations

import random

import pytest
from playwright.sync_api import Page

from tests.browser.fake_server import FakeServer

MOVES = """([ids]) => {
  const list = document.getElementById("list");
  let moves = 0;
  for (const name of ["moveBefore", "insertBefore"]) {
    const own = list[name]?.bind(list);
    if (own) list[name] = (...given) => (moves++, own(...given));
  }
  const rows = ids.map((id) => `<li id="${id}">${id}</li>`);
  htealeaf.morph(list, `<ul id="list">${rows.join("")}</ul>`);
  return [moves, [...list.children].map((row) => row.id)];
}"""
ROWS = [f"r{n}" for n in range(60)]


@pytest.mark.parametrize(
    ("after", "most"),
    [
        (ROWS[-1:] + ROWS[:-1], 1),
        (ROWS[1:] + ROWS[:1], 1),
        ([ROWS[-2], *ROWS[1:-2], ROWS[0], ROWS[-1]], 2),
        (ROWS[30:] + ROWS[:30], 30),
        (ROWS[::-1], 59),
        (ROWS, 0),
    ],
    ids=["last first", "first last", "two swapped", "halves", "turned round", "the same"],
)
def test_as_few_as_can_be(page: Page, after: list[str], most: int) -> None:
    rows = "".join(f'<li id="{row}">{row}</li>' for row in ROWS)
    FakeServer(page, f'<ul id="list">{rows}</ul>')
    page.goto("http://htealeaf.test/")

    moves, shown = page.evaluate(MOVES, [after])

    assert shown == after
    assert moves <= most


def test_any_order_comes_out_as_it_was_meant(page: Page) -> None:
    rows = "".join(f'<li id="{row}">{row}</li>' for row in ROWS)
    FakeServer(page, f'<ul id="list">{rows}</ul>')
    page.goto("http://htealeaf.test/")
    chance = random.Random(7)  # the same orders each time
    for _ in range(20):
        after = [*chance.sample(ROWS, len(ROWS)), f"n{chance.random()}"]
        assert page.evaluate(MOVES, [after])[1] == after
