"""JSON and URLs of the wire: texts and bytes in, values out.

Rule 1: what a browser sends is parsed here before any other code sees it.

Rule 2: nothing here knows HTTP's objects.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from htealeaf.data.documents import Json
from htealeaf.errors import BadRequest

MAX_DEPTH = 32
_SAFE = "-._~,:/!*()"


def dumps(value: Json) -> str:
    """Return *value* as compact JSON."""
    return _ENCODER.encode(value)


def loads(data: bytes | str, *, depth: int = MAX_DEPTH) -> Any:
    """Return the JSON value of *data*.

    Args:
        data: UTF-8.
        depth: How deeply lists and dicts may be nested.

    Raises:
        BadRequest: Not UTF-8, not JSON (RFC 8259: NaN and Infinity are none), a key twice in one
            object, or nested too deeply.
    """
    try:
        text = data.decode("utf-8") if isinstance(data, bytes) else data
    except UnicodeDecodeError as error:
        raise BadRequest("the body is not UTF-8") from error
    if text in _USUAL:
        return _USUAL[text]
    if _nesting(text) > depth:
        raise BadRequest(f"the JSON is nested more than {depth} levels deep")
    try:
        try:
            value, end = _scan(text, 0)
        except StopIteration:  # it begins with a blank, or there is nothing
            end = -1
        return value if end == len(text) else _DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        if isinstance(error, BadRequest):
            raise
        raise BadRequest(f"the body is not JSON: {error}") from error


def _nesting(text: str) -> int:
    # Counted before parsing, so that a deep body costs no stack. Brackets inside strings count
    # too: they can only make the answer larger, and then the exact count below decides.
    if text.count("[") + text.count("{") <= 8:
        return 0
    depth = deepest = 0
    in_string = escaped = False
    for char in text:
        if in_string:
            if escaped:
                escaped = False
            elif char == "\\":
                escaped = True
            elif char == '"':
                in_string = False
        elif char == '"':
            in_string = True
        elif char in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif char in "]}":
            depth -= 1
    return deepest


def _no_constant(name: str) -> Any:
    raise BadRequest(f"{name} is no JSON")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadRequest("a key stands twice in one JSON object")
    return found


def base_of(script_name: str) -> str:
    """Return the URL below which an app lives, from the `SCRIPT_NAME` that WSGI gives.

    >>> base_of("/apps/caf\u00c3\u00a9"), base_of("/")
    ('/apps/caf%C3%A9', '')
    """
    # WSGI gives the bytes of a path as Latin-1 (PEP 3333).
    return quote(script_name.rstrip("/").encode("latin-1"), safe="/-._~") if script_name else ""


# What most clicks send, which needs no parser.
_USUAL: dict[str, Json] = {"null": None, "true": True, "false": False, "1": 1, "-1": -1}
# Made once: `json.dumps` and `json.loads` with options make one for each call.
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
_DECODER = json.JSONDecoder(parse_constant=_no_constant, object_pairs_hook=_unique)
_scan = _DECODER.scan_once  # type: ignore[attr-defined]  # what `decode` calls, between blanks


def encode(text: str) -> str:
    """Return *text* percent-encoded so that no browser rewrites it in a URL's query."""
    return quote(text, safe=_SAFE)


def component(text: str) -> str:
    """Return *text* as `encodeURIComponent` of the browser writes it.

    >>> component("a b&c=(é)")
    'a%20b%26c%3D(%C3%A9)'
    """
    return quote(text, safe="-_.!~*'()")


def encode_place(text: str) -> str:
    """Return *text*, `store/path`, percent-encoded for the path of a URL.

    >>> encode_place("todos/todo/id=7/a b")
    'todos/todo/id=7/a%20b'
    """
    return quote(text, safe=_SAFE + "=")


def integer(text: str | None, name: str) -> int | None:
    """Return *text* as a whole number, None as None.

    Raises:
        BadRequest: It is no number of at most nine digits.
    """
    if text is None:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > 9:
        raise BadRequest(f"{name} wants a whole number")
    return int(text)
