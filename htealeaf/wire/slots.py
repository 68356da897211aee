"""Slots: places in an action's value that are filled when the event happens.

A *template* is the value as JSON, in which a slot is `{"$": [kind, ...]}`. `KINDS` is the table of
what there is; whatever fills slots has a function for each kind that is its to fill.

Rule 1: data never acts as a slot. A key of a dict that is all `$` travels with one more of them,
and with one less it is data again on the other side.

Rule 2: a kind that is not in the table is refused. It is not taken for data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from htealeaf.data.documents import Json
from htealeaf.errors import BadRequest
from htealeaf.html.markup import resolved
from htealeaf.html.standins import StandIn

Filler: TypeAlias = Literal["browser", "server"]

_MARK: Final = "$"


class Kind(NamedTuple):
    """One kind of slot.

    Attributes:
        name: What stands first in it.
        filler: Who fills it.
        control: It names a control of the page, so a plain form can fill it too.

    `entries` is all that the form sends: a list of names and values, as HTML's entry list. Action
    functions have it, and no author writes one.
    """

    name: str
    filler: Filler
    control: bool = False


_KINDS = (
    Kind("value", "browser", control=True),
    Kind("this", "browser"),
    Kind("event", "browser"),
    Kind("entries", "browser"),
    Kind("now", "server"),
    Kind("id", "server"),
)
#: Every kind of slot, by name.
KINDS: Final = {kind.name: kind for kind in _KINDS}


#: The slot that a whole form fills; see `Kind`.
ENTRIES: Final[Json] = {_MARK: ["entries"]}


class Slot(StandIn):
    """A place in an action's value that is filled when the event happens."""

    __slots__ = ("data",)

    def __init__(self, *data: str) -> None:
        self.data = list(data)

    def instead(self) -> str:
        return (
            f"{self!r} is filled when the event happens, long after the page was made; give it to"
            " a verb as it is: store.do.set('name', value_of('name'))"
        )

    def __repr__(self) -> str:
        kind, *data = self.data
        return _SPELLED[kind](data) if kind in _SPELLED else f"Slot({kind!r})"


#: How an author writes each kind of slot.
_SPELLED: Final[dict[str, Callable[[list[str]], str]]] = {
    "value": lambda data: f"value_of({', '.join([repr(data[0]), *data[1:]])})",
    "this": lambda data: f"this.{data[0]}",
    "event": lambda data: f"event.{data[0]}",
    "now": lambda data: "now",
    "id": lambda data: "new_id",
}


def value_of(name: str, type: type | None = None) -> Any:
    """Return a slot for what a control of the page holds when the event happens.

    Args:
        name: The control's id, or its name within the same form.
        type: `int`, `float`, `bool` or `str`; without it, the type of the place that is written.

    A checkbox gives a bool, a `select` with `multiple` a list of str, other controls a str.

    Raises:
        HtealeafError: When the page is rendered, if it has no such control.
    """
    return Slot("value", name, *([type.__name__] if type else []))


class This:
    """The element that an action is attached to: `this.value`, `this.checked`."""

    value: Any = Slot("this", "value")
    checked: Any = Slot("this", "checked")

    def __repr__(self) -> str:
        return "this"


class _Event:
    """The browser's event: where the pointer was, which key was pressed, what was hit.

    An element is told by its id: `event.target` is that of the nearest one that has an id. So one
    action on a table serves all of its cells.
    """

    #: Beside those of the pointer and the keys: `index`, `list` and `before` of `onmove`, `detail`
    #: of an event of the author's own.
    _NAMES = (
        "offsetX offsetY clientX clientY pageX pageY deltaX deltaY key button target"
        " index list before detail"
    ).split()

    def __getattr__(self, name: str) -> Any:
        if name not in self._NAMES:
            raise AttributeError(f"event has no slot {name!r}; it has: {', '.join(self._NAMES)}")
        return Slot("event", name)


this = This()
event = _Event()
#: Server slots: the time of the commit (seconds since 1970, UTC) and a fresh id (22 characters).
now: Any = Slot("now")
new_id: Any = Slot("id")


class Found(NamedTuple):
    """A slot of a template, parsed: `{"$": ["value", "age", "int"]}`.

    Attributes:
        kind: The row of the table.
        name: What stands second: a control, a property; "" if nothing does.
        type: What stands third: the name of the type that the author wants, or "".
    """

    kind: Kind
    name: str = ""
    type: str = ""


def slot(template: Json) -> Found | None:
    """Return the slot that *template* itself is; None if it is data, or only holds slots.

    Raises:
        BadRequest: It is a slot of no known kind, or not written as one.

    >>> found = slot({"$": ["value", "age", "int"]})
    >>> found.kind.filler, found.name, found.type
    ('browser', 'age', 'int')
    >>> slot({"age": 7})
    """
    if not isinstance(template, dict) or _MARK not in template:
        return None
    parts = template[_MARK]
    if len(template) == 1 and isinstance(parts, list) and parts:
        kind = KINDS.get(parts[0]) if isinstance(parts[0], str) else None
        if kind is not None and all(isinstance(part, str) for part in parts):
            return Found(kind, *parts[1:3])  # type: ignore[arg-type]
    raise BadRequest("a slot of an action can't be read; its kind is one of " + ", ".join(KINDS))


def template_of(value: Any) -> Json:
    """Return *value* as JSON in which each slot is `{"$": [...]}`."""
    if isinstance(value, Slot):
        return {_MARK: list(value.data)}
    if isinstance(value, dict):
        return {_escaped(key): template_of(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [template_of(inner) for inner in value]
    found: Json = resolved(value)
    return found


def has_stand_in(value: Any) -> bool:
    """Tell whether *value* is not all there yet: a slot, a `Ref`, or what has one inside.

    >>> has_stand_in([1, {"to": value_of("to")}]), has_stand_in({"to": "ann"})
    (True, False)
    """
    if isinstance(value, dict):
        value = [*value.values()]
    if isinstance(value, (list, tuple)):
        return any(map(has_stand_in, value))
    return isinstance(value, StandIn)


def slots_of(template: Json) -> Iterator[Found]:
    """Yield the slots in *template* that somebody fills, in order."""
    found = slot(template)
    if found is not None:
        yield found
    elif isinstance(template, dict):
        for inner in template.values():
            yield from slots_of(inner)
    elif isinstance(template, list):
        for inner in template:
            yield from slots_of(inner)


def slots_to_fill(template: Json) -> int:
    """Return how many slots in *template* a browser fills.

    >>> slots_to_fill([{"$": ["value", "task"]}, {"$": ["now"]}, 7])
    1
    """
    if not isinstance(template, (dict, list)):
        return 0
    return sum(found.kind.filler == "browser" for found in slots_of(template))


def _escaped(key: str) -> str:
    return f"{_MARK}{key}" if key and not key.strip(_MARK) else key


def key_of(key: str) -> str:
    """Return the key of a dict that *key* of a template stands for.

    >>> key_of("$$"), key_of("$a"), key_of("a")
    ('$', '$a', 'a')
    """
    return key if key.strip(_MARK) else key[1:]


def control_at(template: Json, path: Sequence[str]) -> str:
    """Return the name of the control that fills the place *path* of a template; "" for none.

    >>> control_at({"done": False, "value": {"$": ["value", "task"]}}, ["value"])
    'task'
    """
    found = slot(template)
    if found is not None:
        return found.name if found.kind.control else ""
    if isinstance(template, dict) and path:
        inner = {key_of(key): value for key, value in template.items()}
        return control_at(inner[path[0]], path[1:]) if path[0] in inner else ""
    if isinstance(template, list) and path and path[0].isdigit() and int(path[0]) < len(template):
        return control_at(template[int(path[0])], path[1:])
    return ""
