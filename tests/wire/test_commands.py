"""Browser commands: what stands in HTML for each, and what none may do."""

from __future__ import annotations

from typing import Any, cast

import pytest

from htealeaf import Registry, Store, browser, closest, event, new_id, this, value_of
from htealeaf.components import a, button, div
from htealeaf.errors import HtealeafError
from htealeaf.html.urls import unsafe_url
from htealeaf.wire.commands import Command, written


@pytest.mark.parametrize(
    ("command", "template"),
    [
        (browser.show("a"), ["attribute", "#a", "hidden", None]),
        (browser.hide(this), ["attribute", "", "hidden", ""]),
        (browser.toggle(closest("li")), ["attribute", "li", "hidden"]),
        (browser.hide(closest("#a")), ["attribute", " #a", "hidden", ""]),
        (browser.add_class("a", "b  c"), ["class", "#a", ["b", "c"], True]),
        (browser.remove_class("a", "b"), ["class", "#a", ["b"], False]),
        (browser.toggle_class("a", "b"), ["class", "#a", ["b"]]),
        (browser.set_attribute("a", "title", 7), ["attribute", "#a", "title", "7"]),
        (browser.set_attribute("a", "inert"), ["attribute", "#a", "inert", ""]),
        (browser.set_attribute("a", "aria_busy", False), ["attribute", "#a", "aria-busy", None]),
        (browser.set_attribute("a", "tabindex", 0), ["attribute", "#a", "tabindex", "0"]),
        (browser.set_attribute("a", "href", "/x"), ["attribute", "#a", "href", "/x"]),
        (browser.remove_attribute("a", "title"), ["attribute", "#a", "title", None]),
        (browser.toggle_attribute("a", "open"), ["attribute", "#a", "open"]),
        (browser.set_property("a", "checked", True), ["property", "#a", "checked", True]),
        (
            browser.set_property("a", "value", value_of("b")),
            ["property", "#a", "value", {"$": ["value", "b"]}],
        ),
        (browser.focus("a"), ["call", "#a", "focus"]),
        (
            browser.scroll_to("a", smooth=True),
            ["call", "#a", "scrollIntoView", {"behavior": "smooth", "block": "nearest"}],
        ),
        (browser.open_dialog("a"), ["call", "#a", "showModal"]),
        (browser.close_dialog("a"), ["call", "#a", "close"]),
        (browser.clear("a"), ["clear", "#a"]),
        (browser.select("a"), ["select", "#a"]),
        (browser.copy("a"), ["copy", "#a"]),
        (browser.submit(this), ["submit", ""]),
        (browser.dispatch("a", "card-opened"), ["dispatch", "#a", "card-opened"]),
        (
            browser.dispatch("a", "card-opened", {"id": [1]}),
            ["dispatch", "#a", "card-opened", {"id": [1]}],
        ),
    ],
    ids=str,
)
def test_a_command_is_data(command: Command, template: Any) -> None:
    assert command.template() == template
    assert command.once().modifiers == (("once", None),)


def test_a_transition_holds_what_follows_it() -> None:
    hide, show = browser.hide("a"), browser.show("b")

    (first, held) = written([hide, browser.transition(), show])

    assert first is hide
    assert isinstance(held, Command)
    assert held.template() == ["transition", "", [show.template()]]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: browser.hidde("a"), "did you mean browser.hide"),
        (lambda: browser.open("a"), "did you mean browser.open_dialog"),
        (lambda: browser.hide("#a"), "did you mean 'a'"),
        (lambda: browser.hide(".a"), "closest"),
        (lambda: browser.hide(""), "no element's id"),
        (lambda: browser.hide(cast("Any", div())), "its target is an element's id"),
        (lambda: browser.hide(value_of("a")), "its target is an element's id"),
        (lambda: browser.hide(closest("li,")), "ends too early"),
        (lambda: browser.add_class("a", " "), "names no class"),
        (lambda: browser.set_attribute("a", "onclick", "alert(1)"), "would run code"),
        (lambda: browser.set_attribute("a", "ONCLICK", "alert(1)"), "would run code"),
        (lambda: browser.remove_attribute("a", "onclick"), "would run code"),
        (lambda: browser.set_attribute("a", "href", "javascript:alert(1)"), "script URL"),
        (lambda: browser.set_attribute("a", "xlink:href", "data:text/html,x"), "script URL"),
        (lambda: browser.set_attribute("a", "href", value_of("b")), "takes no slot"),
        (lambda: browser.set_attribute("a", "HREF", value_of("b")), "takes no slot"),
        (lambda: browser.set_attribute("a", "xlink:HREF", this.value), "takes no slot"),
        (lambda: browser.set_attribute("a", "srcdoc", "x"), "a page of its own"),
        (lambda: browser.set_attribute("a", "style", "x"), "add_class"),
        (lambda: browser.set_attribute("a", "class", "x"), "add_class"),
        (lambda: browser.set_attribute("a", "id", "x"), "patches find"),
        (lambda: browser.set_attribute("a", "values", "javascript:x"), "animation"),
        (lambda: browser.set_attribute("a", "to", "x"), "animation"),
        (lambda: browser.set_attribute("a", "attributeName", "href"), "animation"),
        (lambda: browser.set_attribute("a", "formaction", "/x"), "keeps its action"),
        (lambda: browser.set_attribute("a", "ht-click", "x"), "htealeaf's own"),
        (lambda: browser.set_attribute("a", "ht-keep", "/x.js"), "the page says it"),
        (lambda: browser.set_attribute("a", "ht-keep", this.value), "the page says it"),
        (lambda: browser.toggle_attribute("a", "boost"), "the page says it"),
        (lambda: browser.set_attribute("a", "tilte", "x"), "did you mean"),
        (lambda: browser.set_attribute("a", "title", {}), "takes text"),
        (lambda: browser.toggle_attribute("a", "href"), "never bare"),
        (lambda: browser.toggle_attribute("a", "HREF"), "never bare"),
        (lambda: browser.set_property("a", "innerHTML", "x"), "sets no 'innerHTML'"),
        (lambda: browser.set_property("a", "onclick", "x"), "sets no 'onclick'"),
        (lambda: browser.set_property("a", "srcdoc", "x"), "sets no 'srcdoc'"),
        (lambda: browser.set_property("a", "cheked", True), "did you mean 'checked'"),
        (lambda: browser.set_property("a", "value", []), "no single value"),
        (lambda: browser.scroll_to("a", block="top"), "none of center, end, nearest, start"),
        (lambda: browser.dispatch("a", "click"), "has a dash"),
        (lambda: browser.dispatch("a", "card-opened", [this.value]), "stands alone"),
        (lambda: browser.dispatch("a", "card-opened", {"$": 1}), "stands alone"),
    ],
)
def test_what_no_command_may_do_is_refused(make: Any, words: str) -> None:
    with pytest.raises((HtealeafError, AttributeError), match=words):
        make()


def test_an_unsafe_url_is_the_author_s_word() -> None:
    command = browser.set_attribute("a", "href", unsafe_url("sms:1"))

    assert command.given == ("href", "sms:1")


def test_what_can_be_taken_back_is_shown_until_the_answer_comes() -> None:
    with Registry():
        store = Store({"n": 0}, name="shared")
    action = store.do.increment("n")

    chain = action.show(browser.hide("a"), browser.add_class("b", "c"))

    assert chain.steps[-1] is action
    assert [step.kind for step in chain.steps[:-1]] == ["meanwhile", "meanwhile"]
    # Modifiers are those of the action.
    assert chain.confirm("?").steps[-1].modifiers == (("confirm", "?"),)
    for command in (browser.focus("a"), browser.dispatch("a", "b-c"), browser.transition()):
        with pytest.raises(HtealeafError, match="can't be taken back"):
            action.show(command)
    with pytest.raises(HtealeafError, match="say when of the action"):
        action.show(browser.hide("a").once())
    assert len(action.show([browser.hide("a"), browser.show("b")]).steps) == 3


def test_an_event_of_the_author_s_own_has_a_dash() -> None:
    assert button(on_card_opened=browser.hide("a"))
    assert button(oncard_opened=browser.hide("a"))
    with pytest.raises(HtealeafError, match="did you mean onclick"):
        button(onclik=browser.hide("a"))
    with pytest.raises(HtealeafError, match="has a dash"):
        button(onopening=browser.hide("a"))
    with pytest.raises(HtealeafError, match="inline code"):
        a(on_card_opened="alert(1)")


def test_slots_of_the_server_are_none_of_a_command_s() -> None:
    template: Any = browser.set_property("a", "value", event.key).template()
    assert template[-1] == {"$": ["event", "key"]}
    assert browser.set_property("a", "value", new_id)  # told when it is rendered
