"""Sentences in the language of who reads them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from htealeaf.words import Language, hush, language_tag, said, say, speak, translated


@pytest.fixture
def german() -> Iterator[None]:
    token = speak(
        Language("de", {"At least {ge}, please.": "Bitte mindestens {ge}.", "Save": "Ja"})
    )
    yield
    hush(token)


def test_english_is_said_as_it_is_written() -> None:
    assert say("At least {ge}, please.", ge=3) == "At least 3, please."
    assert say("{not filled}") == "{not filled}"
    assert language_tag() == "en"
    assert translated("Save") == {}


@pytest.mark.usefixtures("german")
def test_another_language_has_its_words_and_the_rest_is_english() -> None:
    assert say("At least {ge}, please.", ge=3) == "Bitte mindestens 3."
    assert say("Nobody translated this.") == "Nobody translated this."
    assert (said("Save"), said(7), said(None)) == ("Ja", 7, None)
    assert language_tag() == "de"
    assert translated("Save", "Close") == {"Save": "Ja"}


def test_what_ends_gives_back_what_was_spoken_before() -> None:
    token = speak(Language("fr", {}))
    hush(token)

    assert language_tag() == "en"
