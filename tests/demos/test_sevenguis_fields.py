"""The contract of the 7GUIs: the four tasks of fields and buttons, in Chromium."""

from __future__ import annotations

import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.conftest import ContextFactory
from tests.demos.serving import Server, second_tab


def opened(page: Page, server: Server, task: str) -> Page:
    """Open a task as a new visitor, and fail when another page is loaded later."""
    page.context.clear_cookies()
    page.goto(f"{server.url}/sevenguis/{task}", timeout=20_000)
    page.evaluate("window.loaded = 'once'")
    return page


def stayed(page: Page) -> None:
    assert page.evaluate("window.loaded") == "once"


def part(page: Page, name: str) -> Locator:
    return page.get_by_test_id(name)


# -- counter -------------------------------------------------------------------------------


def test_counter(page: Page, context_factory: ContextFactory, demos: Server) -> None:
    opened(page, demos, "counter")
    value = part(page, "counter-value")
    expect(value).to_have_text("0")
    part(page, "counter-button").click()
    expect(value).to_have_text("1")
    part(page, "counter-button").evaluate("el => { for (let i = 40; i--; ) el.click(); }")
    part(page, "counter-button").dblclick(delay=0)
    expect(value).to_have_text("43")
    other = opened(context_factory().new_page(), demos, "counter")
    expect(part(other, "counter-value")).to_have_text("0")
    page.reload()
    expect(value).to_have_text("43")


# -- temperature ---------------------------------------------------------------------------


def test_temperature(page: Page, demos: Server) -> None:
    opened(page, demos, "temperature")
    celsius, fahrenheit = part(page, "temp-c"), part(page, "temp-f")
    expect(celsius).to_have_value("")
    celsius.press_sequentially("100", delay=30)
    expect(fahrenheit).to_have_value("212")
    for text in ("abc", "12a", "--5", "1.5.2", "nan", "1_0", "0x10", "٣", "-", "4,5"):
        celsius.fill(text)
        expect(celsius).to_have_attribute("aria-invalid", "true")
        expect(fahrenheit).to_have_value("212")
    fahrenheit.fill("-40")
    expect(celsius).to_have_value("-40")
    expect(celsius).not_to_have_attribute("aria-invalid", "true")
    fahrenheit.fill("1")
    expect(celsius).to_have_value("-17.22")
    celsius.fill(" 1e3 ")
    expect(fahrenheit).to_have_value("1832")
    expect(celsius).to_have_value(" 1e3 ")
    stayed(page)


def test_the_field_that_is_typed_in_is_never_written(page: Page, demos: Server) -> None:
    """Neither its text nor its caret, however fast one types; in the midst of it, too."""
    opened(page, demos, "temperature")
    celsius = part(page, "temp-c")
    celsius.evaluate(
        """el => {
          const own = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value");
          window.written = [];
          Object.defineProperty(el, "value", {
            get: () => own.get.call(el),
            set(text) { written.push(text); own.set.call(el, text); } });
        }"""
    )
    celsius.click()
    page.keyboard.type("1234567.5", delay=0)
    expect(part(page, "temp-f")).to_have_value("2222253.5")
    for _ in range(4):
        page.keyboard.press("ArrowLeft")
    page.keyboard.type("00", delay=60)
    expect(part(page, "temp-f")).to_have_value("222210153.5")
    assert celsius.evaluate("el => [el.value, el.selectionStart]") == ["123450067.5", 7]
    assert page.evaluate("written.filter((text) => text !== '')") == []


def test_two_tabs_of_one_visitor_show_the_same(page: Page, demos: Server) -> None:
    opened(page, demos, "temperature")
    second = second_tab(page)
    part(page, "temp-c").press_sequentially("20", delay=0)
    expect(part(second, "temp-f")).to_have_value("68")
    expect(part(second, "temp-c")).to_have_value("20")
    second.bring_to_front()
    part(second, "temp-f").fill("50")
    expect(part(page, "temp-f")).to_have_value("50")
    page.bring_to_front()
    page.get_by_role("heading", level=1).click()  # as long as one is in it, it is theirs
    expect(part(page, "temp-c")).to_have_value("10")
    second.close()


# -- flight --------------------------------------------------------------------------------


def is_red(field: Locator) -> bool:
    """Tell whether background, text or border is red."""
    colours = field.evaluate(
        """el => { const { backgroundColor, color, borderTopColor } = getComputedStyle(el);
          return [backgroundColor, color, borderTopColor].map((one) => one.match(/\\d+/g)); }"""
    )
    return any(
        int(red) > 150 and int(red) > 1.7 * max(int(green), int(blue))
        for red, green, blue, *_ in colours
    )


def test_flight(page: Page, demos: Server) -> None:
    opened(page, demos, "flight")
    kind, start, back, book = (
        part(page, f"flight-{name}") for name in ("type", "start", "return", "book")
    )
    message = part(page, "flight-message")
    expect(kind).to_have_value("one-way")
    expect(back).to_be_disabled()
    expect(book).to_be_enabled()
    assert start.input_value() == back.input_value()
    assert not is_red(start)

    for text in (
        "31.02.2030",
        "",
        "1.1.2030",
        "01.01.2030x",
        "2030-01-01",
        "29.02.2100",
        "00.01.2030",
    ):
        start.fill(text)
        expect(start).to_have_attribute("aria-invalid", "true")
        expect(book).to_be_disabled()
        expect(start).to_have_value(text)
    assert is_red(start)
    start.fill("29.02.2028")
    expect(start).not_to_have_attribute("aria-invalid", "true")
    expect(book).to_be_enabled()
    assert not is_red(start)
    book.click()
    expect(message).to_contain_text("one-way")
    expect(message).to_contain_text("29.02.2028")

    kind.select_option("return")
    expect(back).to_be_enabled()
    back.fill("28.02.2028")
    expect(book).to_be_disabled()
    expect(back).not_to_have_attribute("aria-invalid", "true")
    back.press("End")
    back.press("Backspace")
    page.keyboard.type("9", delay=0)
    expect(book).to_be_enabled()
    back.fill("30.02.2029")
    expect(back).to_have_attribute("aria-invalid", "true")
    kind.select_option("one-way")
    expect(back).to_be_disabled()
    expect(back).not_to_have_attribute("aria-invalid", "true")
    expect(book).to_be_enabled()
    kind.select_option("return")
    expect(back).to_have_attribute("aria-invalid", "true")
    back.fill("01.03.2028")
    book.click()
    for text in ("return", "29.02.2028", "01.03.2028"):
        expect(message).to_contain_text(text)
    stayed(page)


def test_what_is_typed_last_is_what_is_booked(page: Page, demos: Server) -> None:
    """The button is pressed right behind the last key."""
    opened(page, demos, "flight")
    part(page, "flight-start").fill("01.02.2031")
    part(page, "flight-book").click()
    expect(part(page, "flight-message")).to_contain_text("01.02.2031")


# -- crud ----------------------------------------------------------------------------------


def names(page: Page) -> list[str]:
    return part(page, "crud-list").locator("option").all_text_contents()


def shows(page: Page, *listed: str) -> None:
    expect(part(page, "crud-list").locator("option")).to_have_text(list(listed))


def named(page: Page, name: str, surname: str) -> None:
    part(page, "crud-name").fill(name)
    part(page, "crud-surname").fill(surname)


def test_crud(page: Page, context_factory: ContextFactory, demos: Server) -> None:
    opened(page, demos, "crud")
    listed, prefix = part(page, "crud-list"), part(page, "crud-prefix")
    create, update, delete = (part(page, f"crud-{do}") for do in ("create", "update", "delete"))
    shows(page, "Emil, Hans", "Mustermann, Max", "Tisch, Roman")
    assert listed.evaluate("el => [el.selectedIndex, el.multiple, el.size > 1]") == [
        -1,
        False,
        True,
    ]
    expect(update).to_be_disabled()
    expect(delete).to_be_disabled()

    prefix.press_sequentially("Mu", delay=0)
    shows(page, "Mustermann, Max")
    named(page, "<b>Eve</b> & 'Co'", '  O"Neil')
    create.click()
    prefix.fill("")
    expect(listed.locator("option")).to_have_count(4)
    assert names(page)[3] == "  O\"Neil, <b>Eve</b> & 'Co'"
    expect(update).to_be_disabled()

    listed.select_option("Mustermann, Max")
    expect(update).to_be_enabled()
    named(page, "Moritz", "Muster")
    update.click()
    shows(page, "Emil, Hans", "Muster, Moritz", "Tisch, Roman", "O\"Neil, <b>Eve</b> & 'Co'")
    assert listed.evaluate("el => el.selectedIndex") == 1
    expect(update).to_be_enabled()

    prefix.fill("T")
    expect(delete).to_be_disabled()
    assert listed.evaluate("el => el.selectedIndex") == -1
    listed.select_option("Tisch, Roman")
    delete.click()
    shows(page)
    expect(delete).to_be_disabled()
    prefix.fill("")
    shows(page, "Emil, Hans", "Muster, Moritz", "O\"Neil, <b>Eve</b> & 'Co'")
    stayed(page)
    other = opened(context_factory().new_page(), demos, "crud")
    shows(other, "Emil, Hans", "Mustermann, Max", "Tisch, Roman")


def test_presses_that_follow_at_once_all_count(page: Page, demos: Server) -> None:
    """Also those on the same button, before the answer to the first."""
    opened(page, demos, "crud")
    page.evaluate(
        """() => {
          const part = (name) => document.querySelector(`[data-testid=crud-${name}]`);
          for (const name of ["A", "B", "C"]) {
            part("name").value = name; part("surname").value = "Z";
            part("create").click();
          }
        }"""
    )
    shows(page, "Emil, Hans", "Mustermann, Max", "Tisch, Roman", "Z, A", "Z, B", "Z, C")


# -- by itself -----------------------------------------------------------------------------


@pytest.mark.server
def test_alone_it_stands_at_the_root(tmp_path: Path) -> None:
    server = Server("demos.sevenguis", tmp_path)
    try:
        for path in ("", "counter", "temperature", "flight", "timer", "crud", "circles", "cells"):
            with urllib.request.urlopen(f"{server.url}/{path}") as answer:
                text = answer.read().decode()
            assert answer.status == 200
            assert 'href="static/sevenguis.css"' in text
        with urllib.request.urlopen(f"{server.url}/static/sevenguis.css") as answer:
            assert answer.status == 200
    finally:
        server.stop()
