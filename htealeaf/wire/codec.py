"""JSON and URLs of the wire: texts and bytes in, values out.

Rule 1: what a browser sends is parsed here before any other code sees it.

Rule 2: nothing here knows HTTP's objects.
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote

from htealeaf.data.documents import Json
from htealeaf.errors import BadRequest, HtealeafError, InvalidValue, RefusedValue

MAX_DEPTH = 32
MAX_NODES = 10_000
MAX_INT = 2**53 - 1  #: beyond it, JavaScript takes different integers for the same
_SAFE = "-._~,:/!*()"
_PLAIN_PLACE = re.compile(r"[A-Za-z0-9._~,:/!*()=-]*\Z").match  # nothing to encode


def dumps(value: Json) -> str:
    """Return *value* as compact JSON.

    Raises:
        RefusedValue: A number in it is none that JSON has, or it holds itself.
    """
    try:
        return _ENCODER.encode(value)
    except ValueError as error:
        raise RefusedValue(f"it can't be written as JSON: {error}") from None


def utf8(text: str) -> bytes:
    r"""Return *text* as it is sent. Half a character, which UTF-8 has none for, is U+FFFD.

    Data that came from elsewhere may have one: a file's name, the JSON of another service.

    >>> utf8("a\ud800b") == "a\ufffdb".encode()
    True
    """
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def loads(data: bytes | str, *, depth: int = MAX_DEPTH, nodes: int = MAX_NODES) -> Any:
    """Return the JSON value of *data*.

    What it is made of is counted before anything is made of it.

    Args:
        data: UTF-8.
        depth: How deeply lists and dicts may be nested.
        nodes: How many values it may have, lists and dicts included.

    Raises:
        TooMuch: It has more than *nodes* values.
        BadRequest: Not UTF-8, not JSON (RFC 8259: NaN and Infinity are none), a key twice in one
            object, or nested too deeply.
    """
    try:
        text = data.decode("utf-8") if isinstance(data, bytes) else data
    except UnicodeDecodeError as error:
        raise BadRequest("the body is not UTF-8") from error
    if text in _USUAL:
        return _USUAL[text]
    _count(text, depth, nodes)
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


def refuse_inexact(text: bytes | str, value: Any) -> None:
    """Refuse *value*, which *text* says, if an integer in it is one that a browser does not keep.

    Raises:
        InvalidValue: One is beyond `MAX_INT`.
    """
    found = _MANY_DIGITS.search(text) if isinstance(text, str) else _MANY_BYTES.search(text)
    if found is None:  # as nearly always
        return
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if type(one) is int and abs(one) > MAX_INT:
            raise InvalidValue(f"an integer is beyond {MAX_INT}, so a browser would change it")
        if isinstance(one, (dict, list)):
            waiting += one.values() if isinstance(one, dict) else one


_MANY_DIGITS, _MANY_BYTES = re.compile(r"\d{16}"), re.compile(rb"\d{16}")


class TooMuch(HtealeafError):
    """JSON of too many values."""

    status_hint = 413
    public = "That is too much at once."


def _count(text: str, depth: int, nodes: int) -> None:
    # Before parsing, so that a deep text costs no stack, and one of many parts no time.
    brackets = text.count("[") + text.count("{")
    if brackets <= min(depth, 8) and text.count(",") < nodes - brackets:
        return  # as nearly always: what stands in strings only makes it more
    # Nothing that is escaped is left, so every quote begins or ends a string.
    bare = text.replace("\\\\", "").replace('\\"', "")
    parts = bare.split('"', 4 * nodes + 1)  # a key and a text for each value, at most
    outside = '"'.join(parts[::2])
    if not outside.isascii():
        raise BadRequest("the body is not JSON")
    outside = outside.translate(_BLANKS)
    deep = 0
    for bracket in outside.translate(_BRACKETS)[: 4 * nodes]:
        deep += 1 if bracket == "[" else -1
        if deep > depth:
            raise BadRequest(f"the JSON is nested more than {depth} levels deep")
    opened = outside.count("[") + outside.count("{")
    filled = opened - outside.count("[]") - outside.count("{}")
    many = len(parts) > 4 * nodes + 1 or opened > nodes
    if many or 1 + outside.count(",") + filled > nodes:
        raise TooMuch(f"the JSON has more than {nodes} values")


class _Brackets(dict[int, Any]):
    # Deletes what is no bracket.
    def __missing__(self, char: int) -> None:
        return None


_BLANKS = str.maketrans("", "", " \t\r\n")
_BRACKETS = _Brackets({ord("["): "[", ord("{"): "[", ord("]"): "]", ord("}"): "]"})


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
    """Return *text* percent-encoded so that no browser rewrites it in a URL's query.

    Raises:
        RefusedValue: It has half a character, which would come back as another one.
    """
    try:
        return quote(text, safe=_SAFE)
    except UnicodeEncodeError:
        raise RefusedValue("a text has half a character (a lone surrogate)") from None


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
    return text if _PLAIN_PLACE(text) else quote(text, safe=_SAFE + "=")


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
