"""Languages of an app: which words each has, ours and the author's.

Ours are in `translations/`, a file a language: sentences by their English text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

from htealeaf.errors import HtealeafError
from htealeaf.web.request import Request
from htealeaf.words import ENGLISH, Language

_TAG = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,8}\Z")


def is_tag(text: str) -> bool:
    """Tell whether *text* names a language (BCP 47): `de`, `pt-BR`."""
    return _TAG.match(text) is not None


#: Gives a function of the author's what it names.
Give = Callable[..., Mapping[str, object]]
#: Says in which language a request of a visitor is answered; None for English.
Spoken = Callable[[Request, Any], Language | None]

_FOLDER = Path(__file__).parent / "translations"


@cache
def ours() -> frozenset[str]:
    """Return the languages that our sentences are in, beside English."""
    return frozenset(path.stem for path in _FOLDER.glob("*.json"))


@cache
def translation(language: str) -> Mapping[str, str]:
    """Return our sentences in *language*, by their English text; nothing if they are not in it."""
    if language not in ours():
        return {}
    found: dict[str, str] = json.loads((_FOLDER / f"{language}.json").read_text(encoding="utf-8"))
    return found


class Languages:
    """The languages of an app.

    Args:
        words: Words of the author's by language; they go over ours.

    Raises:
        HtealeafError: A sentence has a place that its English text has not.
    """

    def __init__(self, words: Mapping[str, Mapping[str, str]]) -> None:
        self._known: dict[str, Language | None] = {}
        self._words = {language.lower(): dict(table) for language, table in words.items()}
        for language, table in words.items():
            for sentence, said in table.items():
                more = placeholders(said) - placeholders(sentence)
                if more:
                    raise HtealeafError(
                        f"words[{language!r}][{sentence!r}] has {{{more.pop()}}}; the English text"
                        f" fills {_listed(placeholders(sentence))}"
                    )

    def of(self, name: object) -> Language | None:
        """Return the language *name*, a tag; None for plain English, and for what is no tag.

        `de-CH` has the words of `de` where it has none of its own.
        """
        text = str(name or ENGLISH).replace("_", "-")
        known = self._known  # others may empty it
        try:
            return known[text]
        except KeyError:
            if not is_tag(text):
                return None
        if len(known) > 1000:  # made up, maybe by a visitor
            known.clear()
        made = known[text] = self._made(text)
        return made

    def _made(self, text: str) -> Language | None:
        words: dict[str, str] = {}
        parts = text.lower().split("-")
        names = ["-".join(parts[: count + 1]) for count in range(len(parts))]
        for name in names:
            words |= translation(name)
        for name in names:
            words |= self._words.get(name, {})
        return None if text == ENGLISH and not words else Language(text, words)


def spoken(
    lang: str | Callable[..., object],
    languages: Languages,
    giver: Callable[[Any, Request], Give],
) -> Spoken | None:
    """Return what says in which language a request is answered; None where all are in English.

    Args:
        lang: A tag, or a function that returns one and gets what it names, as a route's does.
        languages: What to find it in.
        giver: Makes what gives a function what it names.

    Raises:
        HtealeafError: *lang* is neither.
    """
    if callable(lang):
        return lambda request, visitor: languages.of(lang(**giver(visitor, request)(lang)))
    if not is_tag(lang):
        raise HtealeafError(f"lang={lang!r} is no tag of a language, such as 'de' or 'pt-BR'")
    fixed = languages.of(lang)
    return (lambda request, visitor: fixed) if fixed is not None else None


def placeholders(sentence: str) -> set[str]:
    """Return the names that *sentence* has in braces, to be filled in."""
    try:
        return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}
    except ValueError:  # a brace that stands for itself
        return set()


def _listed(names: set[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in sorted(names)) or "nothing"
