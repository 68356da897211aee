"""Plans of offers: what those of one kind of row have in common, worked out once for all rows.

The rows of a list mostly have the same actions, and their offers differ in a key or in a number. A
plan is all but that; it is found by what it depends on.

Rule: an offer made by a plan is, byte for byte, what `offering` makes without one. What is unusual
(slots, a value that is no number, an index in the path, a rule that forbids) has no plan.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple, Protocol

from markupsafe import escape

from htealeaf.data.paths import Path
from htealeaf.data.verbs import VERBS
from htealeaf.html.parts import Event
from htealeaf.wire.actions import REPEAT, Action, Call
from htealeaf.wire.codec import encode_place
from htealeaf.wire.names import (
    ACTION_URL,
    MADE_EVENTS,
    ONE,
    PRESSES,
    STORE_URL,
    Attribute,
    Id,
    Key,
    Part,
)
from htealeaf.wire.offers import MAC, Modifiers, call_head, query_of, signed_head


class PageOfPlans(Protocol):
    """What making an offer by a plan needs of the page that is rendered."""

    base: str
    needs: set[str]

    def sign(self, text: str) -> str:
        """Return the MAC of *text* for this page's browser key."""


#: Bytes of a URL that every server takes: gunicorn has 4,094 for the line that it stands in.
MAX_URL: Final = 4000

#: What is not done again by a second press while the first is under way. To add and to turn is said
#: of what is there then, and to replace twice is to replace once.
SINGLE = frozenset({"grows", "extends", "moves", "removes", "empties"})
#: The verbs of which all uses are such; of `set` some are.
SINGLES = frozenset(v.name for v in VERBS.values() if v.use(None, 0) in SINGLE)
#: Modifiers of what happens elsewhere than in the element.
FAR = frozenset({"window", "outside"})
#: Events that need a part of the shim, whatever is done then: of keys, and those that it makes.
KEYS = frozenset({"keydown", "keyup", "keypress"})
MINDED = frozenset({*MADE_EVENTS, *KEYS})

_UNUSUAL = frozenset({"key", "every"})  # modifiers that not every event goes with
#: A segment that stands in a path and in a URL as it is, and is no index.
_plain = re.compile(r"[A-Za-z_]\w*(?:=[\w-]+)?\Z", re.ASCII).match


@lru_cache(maxsize=1024)
def pressed(said: Modifiers, event: str, single: bool) -> Modifiers:
    """Return what the author says, and whether a second press is one."""
    modifiers = tuple(pair for pair in said if pair[0] != REPEAT)
    if event not in PRESSES or len(modifiers) < len(said):
        return modifiers
    return (*modifiers, (ONE, None)) if single or event == "submit" else modifiers


@lru_cache(maxsize=1024)
def plain_query(*names: str) -> str:
    """Return the query of a call with numbers for *names*, with `{}` for each number."""
    query = query_of(Key.CALL, [dict.fromkeys(names, 0)])
    return query.replace(":0", ":{}")


class _Plan(NamedTuple):
    attribute: str
    whole: bool  #: it has the whole address
    query: str  #: what follows verb and value; of a call all of it, with `{}` for each number
    events: bool  #: that part of the shim is needed


# *alone*: the element has no other attribute. *does*: a verb, or the names that a call has.
@lru_cache(maxsize=1024)
def _plan(
    tag: str, event: str, alone: bool, does: str | tuple[str, ...], modifiers: Modifiers
) -> _Plan | None:
    said = {name for name, _ in modifiers}
    if tag == "form" or event in MINDED or does == "set" or said & _UNUSUAL:
        return None
    attribute, whole = f" {Attribute.EVENT}{event}", False
    if tag == "button" and event == "click" and not said & FAR:
        if not alone:
            return None  # how it is sent, its other attributes may say
        attribute, whole = f' form="{Id.FORM}" formnovalidate formaction', True
    calls = isinstance(does, tuple)
    modifiers_ = pressed(modifiers, event, calls or does in SINGLES)
    query = (plain_query(*does) if calls else "") + query_of("", None, modifiers=modifiers_)
    return _Plan(attribute, whole, query, bool(modifiers))


@lru_cache(maxsize=1024)
def _above(label: str, path: tuple[str, ...], stream: str) -> tuple[str, str] | None:
    # What stands before a last segment: in a URL, and in what is signed. None with an index.
    if any(map(str.isdecimal, path)):
        return None
    text = str(Path((*path, "x")))[:-1]
    return encode_place(f"{label}/{text}"), signed_head(text, stream)[:-1]


def planned(page: PageOfPlans, event: Event) -> str | None:
    """Return the attribute of *event*, made by a plan; None: there is none for it."""
    said = event.value
    kind = type(said)
    if kind is Action:
        return _action(page, event, said) if said.value is None or type(said.value) is int else None
    return _call(page, event, said) if kind is Call else None


def _action(page: PageOfPlans, event: Event, said: Action) -> str | None:
    path, verb, value = said.path, said.verb, said.value
    if not path or said.keep is not None or not _plain(path[-1]):
        return None
    plan = _plan(event.tag.name, event.name, len(event.attributes) == 1, verb, said.modifiers)
    if plan is None:
        return None
    target = said.target
    stream = target.offered(verb, path, value)
    above = _above(target.label, path[:-1], stream) if stream is not None else None
    if above is None:
        return None
    if plan.events:
        page.needs.add(Part.EVENTS)
    last = path[-1]
    query = f"{verb}{plan.query}" if value is None else f"{verb}={value}{plan.query}"
    mac = page.sign(f"{above[1]}{last}\n{query}")
    url = f"{above[0]}{last}?{query}{MAC}{mac}"
    if plan.whole:
        url = f"{escape(page.base) if page.base else ''}{STORE_URL}/{url}"
        if len(url) > MAX_URL:
            return None
    return f'{plan.attribute}="{url}"'


def _call(page: PageOfPlans, event: Event, said: Call) -> str | None:
    constants, function = said.constants, said.function
    for value in constants.values():
        if type(value) is not int:
            return None
    if not constants or function.wants(constants) or not function.permits(constants):
        return None
    alone = len(event.attributes) == 1
    plan = _plan(event.tag.name, event.name, alone, tuple(constants), said.modifiers)
    if plan is None:
        return None
    if plan.events:
        page.needs.add(Part.EVENTS)
    query, name = plan.query.format(*constants.values()), function.name
    url = f"{ACTION_URL}/{name}?{query}{MAC}{page.sign(call_head(name) + query)}"
    if page.base:
        url = f"{escape(page.base)}{url}"
    return None if plan.whole and len(url) > MAX_URL else f'{plan.attribute}="{url}"'
