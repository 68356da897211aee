"""Sentences that no author wrote, in the language of who reads them.

Rule 1: a sentence is known by its English text; what stands in braces is filled in.
Rule 2: what a language has no words for is said in English.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar, Token
from typing import TypeVar

ENGLISH = "en"

Given = TypeVar("Given")


class Language:
    """A language and its words.

    Args:
        tag: Its name (BCP 47): `de`, `pt-BR`.
        words: What sentences are in it, by their English text.
    """

    __slots__ = ("tag", "words")

    def __init__(self, tag: str, words: Mapping[str, str]) -> None:
        self.tag, self.words = tag, words


_language: ContextVar[Language | None] = ContextVar("htealeaf_language", default=None)


def say(sentence: str, **values: object) -> str:
    """Return *sentence* in the language of who reads it, with *values* in the place of `{name}`.

    >>> say("At least {ge}, please.", ge=3)
    'At least 3, please.'
    """
    language = _language.get()
    if language is not None:
        sentence = language.words.get(sentence, sentence)
    return sentence.format(**values) if values else sentence


def said(child: Given) -> Given:
    """Return what a piece is given as `say` says it, if it is a sentence."""
    return say(child) if type(child) is str else child  # type: ignore[return-value, arg-type]


def language_tag() -> str:
    """Return the tag of the language that is spoken."""
    language = _language.get()
    return ENGLISH if language is None else language.tag


def translated(*sentences: str) -> dict[str, str]:
    """Return those of *sentences* that are said otherwise than in English, by their text."""
    language = _language.get()
    if language is None:
        return {}
    return {text: language.words[text] for text in sentences if text in language.words}


def speak(language: Language | None) -> Token[Language | None]:
    """Let *language* be spoken; None is English. `hush` ends it."""
    return _language.set(language)


def hush(token: Token[Language | None]) -> None:
    """End what `speak` began."""
    _language.reset(token)
