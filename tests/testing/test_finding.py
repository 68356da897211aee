"""Finding elements: exactly one, or a failure that says what is there."""

from __future__ import annotations


def test_several_matches_are_listed(told, counter) -> None:
    message = told(counter.click, "button")

    assert message.splitlines()[:5] == [
        "click('button'): 2 elements match; name one of them:",
        "  <button>-</button>",
        "  <button>+</button>",
        "The page:",
        "  <body>",
    ]
    assert '<h3 id="shared-counter">1</h3>' in message
    assert 'id="ht"' not in message  # the page's own form is no business of a test


def test_no_match_says_what_would_work(told, counter) -> None:
    message = told(counter.click, "#plus")

    assert message.startswith("click('#plus'): nothing matches.\nWhat click works on here:\n")
    assert "  <button>+</button>\n" in message


def test_another_text_lists_the_texts(told, counter) -> None:
    message = told(counter.click, "button", text="*")

    assert "nothing that matches has that text. The texts are: '+', '-'" in message


def test_what_is_in_a_template_is_not_there(told, fields) -> None:
    assert "nothing matches." in told(fields.click, "#inert")


def test_a_selector_that_is_none(told, counter) -> None:
    assert "'button[' is no CSS selector" in told(counter.click, "button[")
