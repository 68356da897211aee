"""Offers: actions as the server rendered and signed them, in the query of a URL.

    /api/_store/shared/todo/3/done?toggle&at=k3v.12&o=MAC
    /api/_action/add?call=[{"id":3},{"$":["entries"]}]&one&o=MAC
    /api/_store?steps=[["shared/todo/3","delete",null,null,"k3v.12"],...]&o=MAC

Verb and template come first, then the modifiers, then the MAC. Making (`query_of`,
`signed_head`) and parsing (`parse_offer`) stand side by side here, with the one text that the MAC
covers.

Rule 1: nothing here signs; the signer of the browser key comes in.

Rule 2: the very bytes that were signed are sent back. They are never put together anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeAlias

from htealeaf.data.documents import Json
from htealeaf.data.undo import TAKES_BACK
from htealeaf.data.values import quick
from htealeaf.data.verbs import VERBS
from htealeaf.errors import BadRequest
from htealeaf.wire.codec import dumps, encode, encode_place, integer, loads
from htealeaf.wire.names import MODIFIERS, Key, Visits
from htealeaf.wire.slots import ENTRIES
from htealeaf.wire.urls import pairs_in, unquoted

#: What stands between the query of an offer and its MAC.
MAC: Final = f"&{Key.MAC}="

#: Modifiers in order; those that are only said have None.
Modifiers: TypeAlias = tuple[tuple[str, str | None], ...]


class Step(NamedTuple):
    """One server step of an offer as it stands in the page: a verb, a place, a value template."""

    target: str  #: `shared` or `rooms@lobby`
    path: str  #: as text
    verb: str
    template: Json
    keep: int | None = None
    shape: str | None = None  #: shape version, when the path crosses a list by index


# -- making ----------------------------------------------------------------------------------


def query_of(
    verb: str,
    template: Json,
    keep: int | None = None,
    shape: str | None = None,
    modifiers: Modifiers = (),
) -> str:
    """Return the query of an offer of one step, without its MAC.

    >>> query_of("append", "a b", 10, None, (("confirm", "Sure?"),))
    'append=%22a%20b%22&keep=10&confirm=Sure%3F'
    """
    if template is None:
        query = verb
    elif type(template) is int:  # as most are: nothing to encode
        query = f"{verb}={template}"
    else:
        query = f"{verb}={encode(dumps(template))}"
    if keep is not None:
        query += f"&{Key.KEEP}={keep}"
    if shape is not None:
        query += f"&{Key.SHAPE}={shape}"
    return query + _modified(modifiers) if modifiers else query


def query_of_steps(steps: Sequence[Step], modifiers: Modifiers = ()) -> str:
    """Return the query of an offer of several steps, without its MAC."""
    data: list[Json] = [
        [f"{step.target}/{step.path}", step.verb, step.template, step.keep, step.shape]
        for step in steps
    ]
    return f"{Key.STEPS}={encode(dumps(data))}" + _modified(modifiers)


@lru_cache(maxsize=1024)
def _modified(modifiers: Modifiers) -> str:
    return "".join(
        f"&{name}" if value is None else f"&{name}={encode(value)}" for name, value in modifiers
    )


@lru_cache(maxsize=8192)
def place_of(label: str, path: tuple[str, ...], stream: str) -> tuple[str, str, bool]:
    """Return a place as in a URL, its `signed_head`, and whether it may cross a list by index.

    A page that is shown again has the same.
    """
    place, head = encode_place(f"{label}/{path}"), signed_head(str(path), stream)
    return place, head, any(map(str.isdecimal, path))


@lru_cache(maxsize=8192)
def signed_head(path: str, *streams: str) -> str:
    r"""Return what stands before the query in the text that an offer's MAC covers.

    The MAC of an offer is that of `signed_head(...) + query`; the browser key is in its key. The
    text can be read in one way only: a query has no line break, and how long the name of a stream
    is stands before it, since a user's name may have one.

    Args:
        path: Of the place as text, "" for a chain.
        streams: The stream of each step.

    >>> signed_head("counter", "shared")
    '6 shared\ncounter\n'
    """
    return f"{''.join(map(_line, streams))}{path}\n"


@lru_cache(maxsize=1024)
def _line(stream: str) -> str:
    return f"{len(stream)} {stream}\n"


def call_head(name: str) -> str:
    r"""Return what `signed_head` is for a call of the action function *name*.

    It begins with no digit, as every other does but that of no step at all.

    >>> call_head("add")
    'call add\n'
    """
    return f"call {name}\n"


# -- parsing ---------------------------------------------------------------------------------


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
        query: As it came: from a form the URL's query, from the shim in the body.

    Raises:
        BadRequest: It has a MAC but is not what this server writes.
    """
    signed, found, mac = query.rpartition(MAC)
    if not found:
        return None
    # What many press is taken apart once. Nothing changes what came out; and what is long, so that
    # keeping it would cost memory, is taken apart each time.
    short = len(target) + len(path) + len(signed) <= _SHORT
    read = _read if short else _read.__wrapped__
    return quick(Offer, (signed, mac, *read(target, path, signed)))


def parse_visit(text: str) -> tuple[str, Json]:
    """Return which of `Visits` an offer is, and its value.

    Raises:
        BadRequest: It is none.

    >>> parse_visit("push=%7B%22page%22:%222%22%7D&debounce=300")
    ('push', {'page': '2'})
    """
    how, _, value = text.partition("&")[0].partition("=")
    if how not in (Visits.PUSH, Visits.REPLACE):
        raise BadRequest("a visit says how it stands in the history, and what changes")
    return how, loads(unquoted(value))


class CallOffer(NamedTuple):
    """The offer of a call of an action function, parsed."""

    signed: str  #: the query without the MAC, byte for byte
    mac: str
    constants: dict[str, Json]  #: with slots
    wants: bool  #: the form's entries come along
    fields: dict[str, str]

    @property
    def template(self) -> Json:
        """Return constants and entries, with slots, in the order that they are filled in."""
        return [self.constants, ENTRIES] if self.wants else [self.constants]


def parse_call(query: str) -> CallOffer:
    """Return the offer of a call in *query*.

    Raises:
        BadRequest: It is not what this server writes.
    """
    signed, found, mac = query.rpartition(MAC)
    if not found:
        raise BadRequest("an action function is called by an offer")
    read = _call if len(signed) <= _SHORT else _call.__wrapped__
    return CallOffer(signed, mac, *read(signed))


@lru_cache(maxsize=1024)
def _call(signed: str) -> tuple[dict[str, Json], bool, dict[str, str]]:
    fields = _fields(signed)
    for name in [*fields][1:]:
        if name not in MODIFIERS:
            raise BadRequest(f"a call has no {name[:40]!r}; it has: {', '.join(MODIFIERS)}")
    value = loads(fields.get(Key.CALL, "null"))
    if not isinstance(value, list) or not value or not isinstance(value[0], dict):
        raise BadRequest("what the action function is called with can't be read")
    if value[1:] not in ([], [ENTRIES]):
        raise BadRequest("what the action function is called with can't be read")
    return value[0], len(value) > 1, fields


def _fields(signed: str) -> dict[str, str]:
    return dict(pairs_in(signed.encode("utf-8", "surrogatepass"), _PARTS))


_PARTS = 20  # of an offer
_SHORT = 512
_BESIDE = (Key.KEEP, Key.SHAPE, *MODIFIERS)  # what may stand beside verb and template


@lru_cache(maxsize=1024)
def _read(target: str, path: str, signed: str) -> tuple[tuple[Step, ...], dict[str, str], bool]:
    fields: dict[str, str] = {}
    if "&" in signed or signed.startswith(f"{Key.STEPS}="):
        fields = _fields(signed)
    verb, _, template = signed.partition("&")[0].partition("=")
    for name in [*fields][1:]:
        if name not in _BESIDE:
            raise BadRequest(f"an action has no {name[:40]!r}; it has: {', '.join(_BESIDE)}")
    if verb == Key.STEPS:
        rows = loads(fields[Key.STEPS])
        try:
            steps = tuple(_step(row) for row in rows)
        except (TypeError, ValueError, AttributeError) as error:
            raise BadRequest("the steps of the action can't be read") from error
        return steps, fields, True
    value = loads(unquoted(template)) if template else None
    keep = integer(fields.get(Key.KEEP), Key.KEEP)
    step = Step(target, path, known_verb(verb), value, keep, fields.get(Key.SHAPE))
    return (step,), fields, False


def _step(row: Any) -> Step:
    place, verb, template, keep, shape = row
    target, _, path = place.partition("/")
    return Step(target, path, known_verb(verb), template, keep, shape)


def known_verb(verb: str) -> str:
    """Return *verb*.

    Raises:
        BadRequest: There is no such verb.
    """
    if verb not in VERBS and verb not in TAKES_BACK:
        raise BadRequest(f"there is no verb {verb[:40]!r}; there are {', '.join(VERBS)}")
    return verb
