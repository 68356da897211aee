"""Every name and byte that is shared with the shim, `static/htealeaf.js`; a test compares both.

Rule 1: what a browser sends is parsed here before any other code sees it.

Rule 2: nothing here knows HTTP's objects: texts and bytes in, values out.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote, unquote

from htealeaf.data.documents import Json
from htealeaf.errors import HtealeafError
from htealeaf.html.markup import EVENTS as _EVENTS

HEADERS = ("HT-Cursor", "HT-Id", "HT-Offer", "HT-Verb", "HT-Since")
#: Fields of the page's form. The shim sends each that has a value as the header of its name.
FIELDS = ("ht-page", "ht-url", "ht-state")
OPS = ("replace append before after move remove attrs style page visit error").split()
ATTRIBUTES = ("ht-op", "ht-to", "ht-size", "ht-before", "ht-in")
VERBS = ("update set replace increment toggle append insert merge move delete clear").split()
MODIFIERS = ("confirm", "debounce", "throttle", "key", "once", "prevent", "keep_values")
SLOTS = ("value", "this", "event", "now", "id", "const")
EVENTS = tuple(_EVENTS)

FORM = "ht"  #: id of the form that every page begins with
STATE = "ht-state"  #: id and name of the field that a page's state travels in
STYLE = "ht-style"  #: id of the page's generated style sheet
STORE_URL = "/api/_store"
LIVE_URL = "/api/_live"
ASSETS_URL = "/_htealeaf"

MAX_DEPTH = 32
_SAFE = "-._~,:/!*()"


class BadRequest(HtealeafError):
    """What a browser sent can't be read."""

    status_hint = 400
    public = "The request could not be understood."


class Cursor(NamedTuple):
    """A point in a journal: `epoch.n`. Two cursors compare only within one epoch."""

    epoch: str
    n: int

    def __str__(self) -> str:
        return f"{self.epoch}.{self.n}"

    @classmethod
    def parse(cls, text: str) -> Cursor:
        """Return the cursor written as *text*.

        Raises:
            BadRequest: It is not `epoch.n`.
        """
        epoch, dot, n = text.partition(".")
        if not dot or not epoch.isalnum() or not (n.isascii() and n.isdigit()) or len(n) > 18:
            raise BadRequest(f"{text[:40]!r} is no cursor; a cursor is 'epoch.number'")
        return cls(epoch, int(n))


class Step(NamedTuple):
    """One server step of an offer as it stands in the page: a verb, a place, a value template."""

    target: str  #: `shared` or `rooms@lobby`
    path: str  #: as text
    verb: str
    template: Json
    keep: int | None = None
    shape: str | None = None  #: shape version, when the path crosses a list by index


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
        return _DECODER.decode(text)
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


def encode(text: str) -> str:
    """Return *text* percent-encoded so that no browser rewrites it in a URL's query."""
    return quote(text, safe=_SAFE)


def encode_place(text: str) -> str:
    """Return *text*, `store/path`, percent-encoded for the path of a URL.

    >>> encode_place("todos/todo/id=7/a b")
    'todos/todo/id=7/a%20b'
    """
    return quote(text, safe=_SAFE + "=")


def query_of(step: Step, modifiers: dict[str, str | None]) -> str:
    """Return the query of the offer URL of *step*, without its MAC."""
    query = step.verb if step.template is None else f"{step.verb}={encode(dumps(step.template))}"
    if step.keep is not None:
        query += f"&keep={step.keep}"
    if step.shape is not None:
        query += f"&at={step.shape}"
    return query + _modifiers(modifiers)


def query_of_steps(steps: list[Step], modifiers: dict[str, str | None]) -> str:
    """Return the query of the offer URL of several steps, without its MAC."""
    data: list[Json] = [
        [f"{step.target}/{step.path}", step.verb, step.template, step.keep, step.shape]
        for step in steps
    ]
    return f"steps={encode(dumps(data))}" + _modifiers(modifiers)


def _modifiers(modifiers: dict[str, str | None]) -> str:
    return "".join(
        f"&{name}" if value is None else f"&{name}={encode(value)}"
        for name, value in modifiers.items()
    )


class Offer(NamedTuple):
    """An offer's query, parsed: what the server once wrote into a page, and its MAC."""

    signed: str  #: the query without the MAC, byte for byte
    mac: str
    steps: tuple[Step, ...]
    fields: dict[str, str]
    chained: bool  #: written as `steps=`


def parse_offer(target: str, path: str, query: str) -> Offer | None:
    """Return the offer in *query*; None when it holds none (no `o=`).

    Args:
        target: The store part of the URL, "" for a chain.
        path: The path part of the URL.
        query: As it came: the URL's query or the header `HT-Offer`.

    Raises:
        BadRequest: It has a MAC but is not what this server writes.
    """
    signed, found, mac = query.rpartition("&o=")
    if not found:
        return None
    # What many press is taken apart once. Nothing changes what came out; and what is long, so that
    # keeping it would cost memory, is taken apart each time.
    short = len(target) + len(path) + len(signed) <= _SHORT
    read = _read if short else _read.__wrapped__
    return Offer(signed, mac, *read(target, path, signed))


_SHORT = 512


@lru_cache(maxsize=1024)
def _read(target: str, path: str, signed: str) -> tuple[tuple[Step, ...], dict[str, str], bool]:
    fields: dict[str, str] = {}
    if "&" in signed or signed.startswith("steps="):
        try:
            fields = dict(parse_qsl(signed, keep_blank_values=True, max_num_fields=20))
        except ValueError as error:
            raise BadRequest("an action's address has too many parts") from error
    if "steps" in fields:
        rows = loads(fields["steps"])
        try:
            steps = tuple(_step(row) for row in rows)
        except (TypeError, ValueError, AttributeError) as error:
            raise BadRequest("the steps of the action can't be read") from error
        return steps, fields, True
    verb, _, template = signed.partition("&")[0].partition("=")
    if verb not in VERBS:
        raise BadRequest(f"there is no verb {verb[:40]!r}; there are {', '.join(VERBS)}")
    value = loads(unquote(template)) if template else None
    keep = whole(fields.get("keep"), "keep")
    step = Step(target, path, verb, value, keep, fields.get("at"))
    return (step,), fields, False


def _step(row: Any) -> Step:
    place, verb, template, keep, shape = row
    target, _, path = place.partition("/")
    return Step(target, path, verb, template, keep, shape)


def whole(text: str | None, name: str) -> int | None:
    """Return *text* as a whole number, None as None.

    Raises:
        BadRequest: It is no number of at most nine digits.
    """
    if text is None:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > 9:
        raise BadRequest(f"{name} wants a whole number")
    return int(text)


def slot(value: Any) -> list[Any] | None:
    """Return the slot that *value* of a template is, `["value", "task"]`; None if it is data."""
    if isinstance(value, dict) and len(value) == 1:
        found = value.get("$")
        if isinstance(found, list) and found and found[0] in SLOTS:
            return found
    return None
