r"""CSS in a page: declarations are read as tokens, and what loads or runs something is refused.

A pattern can't read CSS: `u\72l(x)` is `url(x)`, and `var(--x, url(y))` holds one. So a value is
taken apart as a browser does it, by tinycss2, and every function in it is looked at, however deep.

Rule: a URL in CSS is one that reaches a browser like any other, see `urls`. What CSS makes a URL of
only in the browser (`attr(... url)`, a string that `image-set` takes) is refused, or checked too.

Source: CSS Syntax 3; CSS Values 4 and 5, "attr()"; CSS Images 4, "image-set()".
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final

from tinycss2 import parse_component_value_list

from htealeaf.errors import RefusedValue
from htealeaf.html.urls import checked

#: Functions whose strings are URLs.
_TAKE_STRINGS: Final = frozenset(
    {"url", "src", "image", "image-set", "-webkit-image-set", "cross-fade", "-webkit-cross-fade"}
)
#: Functions that become something else only in the browser.
_SUBSTITUTED: Final = frozenset({"var", "attr", "env", "if", "inherit"})
#: What ran code in browsers, or loads something that a URL says only in the browser.
_REFUSED: Final = frozenset({"expression", "-moz-element", "paint"})
_REFUSED_PROPERTIES: Final = frozenset({"behavior", "-moz-binding", "-ms-behavior"})
_NAME = re.compile(r"-{0,2}[a-z][a-z0-9-]*\Z")
_VALUE = re.compile(r"[^{}<>;\\\x00-\x1f]+\Z")
#: Text without a function, an escape, a comment or a block has no URL.
_PLAIN = re.compile(r"[^()\\@{}\[\]\"'/<>!\x00-\x1f]*\Z")
_BEHAVIOUR = re.compile(r"behavior|binding", re.IGNORECASE)


@lru_cache(maxsize=2048)
def check_declaration(name: str, value: str) -> None:
    """Refuse a declaration that is none, or more than one, or loads what may not be loaded.

    Raises:
        RefusedValue: With what is wrong, in words.
    """
    if not _NAME.match(name) or not _VALUE.match(value) or not _is_closed(value):
        raise RefusedValue(
            f"style({name}={value!r}) is no single CSS declaration; leave ';', '{{', '}}', '<',"
            " '>', '\\' and open quotes or brackets out, and put longer rules into a stylesheet"
        )
    if name in _REFUSED_PROPERTIES:
        raise RefusedValue(f"style({name}=) attaches code to an element in some browsers")
    check_value(value, f"style({name}=)")


def is_plain(text: str) -> bool:
    """Tell whether a `style` attribute may hold *text*, as far as that is seen at once."""
    return _PLAIN.match(text) is not None and _BEHAVIOUR.search(text) is None


def check_style(text: str, where: str) -> None:
    """Refuse what a `style` attribute may not hold: see `check_value`, for each declaration."""
    if not is_plain(text):
        _check_style(text, where)


@lru_cache(maxsize=2048)
def _check_style(text: str, where: str) -> None:
    tokens = parse_component_value_list(text)
    start = True  # of a declaration
    for token in tokens:
        if token.type == "ident" and start and token.lower_value in _REFUSED_PROPERTIES:
            raise RefusedValue(f"{where} has {token.lower_value}:, which attaches code")
        if token.type == "literal" and token.value == ";":
            start = True
        elif token.type not in ("whitespace", "comment"):
            start = False
    _check(tokens, where)


def check_value(text: str, where: str) -> None:
    """Refuse a value of CSS that runs something, or loads what a page may not lead to.

    Args:
        text: As CSS has it.
        where: What is given it, for the message.

    Raises:
        RefusedValue: With what is wrong, in words.
    """
    if not _PLAIN.match(text):
        _check_value(text, where)


@lru_cache(maxsize=2048)
def _check_value(text: str, where: str) -> None:
    _check(parse_component_value_list(text), where)


def _is_closed(value: str) -> bool:
    # Nothing is left open that would swallow what comes behind it, and nothing is closed twice.
    tokens = parse_component_value_list(value + ";")
    return bool(tokens) and tokens[-1].type == "literal" and tokens[-1].value == ";"


def _check(tokens: Iterable[Any], where: str, *, inside: str = "") -> None:
    # *inside* is the function that they are given to, where that takes a text for a URL.
    for token in tokens:
        kind = token.type
        if kind == "url" or (kind == "string" and inside):
            checked(token.value, f"{where}, in url(),", image=True)
        elif kind == "function":
            name = token.lower_name
            if name in _REFUSED:
                raise RefusedValue(f"{where} has {name}(), which runs or shows something else")
            if name == "attr" and _makes_url(token.arguments):
                raise RefusedValue(f"{where} has attr() of a URL, which nobody can check")
            if name in _SUBSTITUTED and inside and "cross-fade" not in inside:
                raise RefusedValue(f"{where} has {name}() for a URL, which nobody can check")
            _check(token.arguments, where, inside=name if name in _TAKE_STRINGS else "")
        elif kind in ("() block", "[] block"):
            _check(token.content, where, inside=inside)
        elif kind in ("{} block", "at-keyword"):
            what = f"the rule {token.value}" if kind == "at-keyword" else "a block"
            raise RefusedValue(f"{where} has {what}, which belongs into a stylesheet")
        elif kind == "error":
            raise RefusedValue(f"{where} is no CSS: {token.message}")


def _makes_url(arguments: Iterable[Any]) -> bool:
    # `attr(x url)`, `attr(x type(<url>))`, `attr(x type(<image>))`.
    for token in arguments:
        if token.type == "ident" and token.lower_value in ("url", "src", "image"):
            return True
        if token.type == "function" and _makes_url(token.arguments):
            return True
    return False
