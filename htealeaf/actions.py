"""Actions: what a click is to do, as plain data in an attribute.

`store.do.update("counter", 1)` builds an `Action`. While a page is rendered it becomes an *offer*:
a URL that names the store, the path, the verb and the value, signed by the server. What the browser
adds when the event happens (the text of a field) is a *slot* in the value.

Rule 1: an action is inert in HTML: no inline script, nothing to evaluate.

Rule 2: an action whose path crosses a list by index carries that list's shape version, so that the
server can find the thing again that the person saw, after others inserted or deleted.

Rule 3: nothing here signs, commits or looks at a request; the page that is rendered passes in what
is needed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar, Protocol

from markupsafe import escape

from htealeaf import wire
from htealeaf.documents import FrozenList, Json, find
from htealeaf.elements import Dynamic, Event
from htealeaf.errors import HtealeafError
from htealeaf.graph import SHAPE
from htealeaf.markup import attribute_of, resolved
from htealeaf.paths import Path, is_index
from htealeaf.tracking import Scope


class Target(Protocol):
    """The part of a store that an action needs: which stream, in whose name."""

    @property
    def label(self) -> str:
        """Return the store's name on the wire, with an owner that was named."""

    def offered(self, verb: str, path: Path) -> str | None:
        """Return the stream that the store means for the visitor of the current scope.

        Returns:
            None when the author's `allow` rule does not let that visitor do this.
        """


class Slot:
    """A place in an action's value that is filled when the event happens."""

    __slots__ = ("data",)

    def __init__(self, *data: str) -> None:
        self.data = list(data)

    def __repr__(self) -> str:
        return f"Slot({', '.join(map(repr, self.data))})"


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


class _This:
    """The element that an action is attached to: `this.value`, `this.checked`."""

    value: Any = Slot("this", "value")
    checked: Any = Slot("this", "checked")


class _Event:
    """The browser's event: where the pointer was, which key was pressed."""

    _NAMES = "offsetX offsetY clientX clientY pageX pageY key button".split()

    def __getattr__(self, name: str) -> Any:
        if name not in self._NAMES:
            raise AttributeError(f"event has no slot {name!r}; it has: {', '.join(self._NAMES)}")
        return Slot("event", name)


this = _This()
event = _Event()
#: Server slots: the time of the commit (seconds since 1970, UTC) and a fresh id (22 characters).
now: Any = Slot("now")
new_id: Any = Slot("id")


class _Step(Dynamic):
    __slots__ = ()
    is_action: ClassVar[bool] = True

    def then(self, step: _Step | Iterable[_Step]) -> Chain:
        """Return this and then *step*, as one event's work; see `Chain`."""
        return Chain(tuple(flat_steps([self, step])))


class Action(_Step):
    """One mutation that an event of the browser asks for; `str()` is its call in JavaScript."""

    __slots__ = ("keep", "modifiers", "path", "target", "value", "verb")

    def __init__(
        self,
        target: Target,
        verb: str,
        path: Path,
        value: Any = None,
        keep: int | None = None,
        modifiers: tuple[tuple[str, str | None], ...] = (),
    ) -> None:
        self.target, self.verb, self.path = target, verb, path
        self.value, self.keep, self.modifiers = value, keep, modifiers

    def confirm(self, text: str) -> Action:
        """Ask the person first. Without JavaScript the server asks, on a page of its own."""
        return self._with("confirm", text)

    def debounce(self, ms: int) -> Action:
        """Wait until no such event came for *ms* milliseconds; then act once."""
        return self._with("debounce", str(int(ms)))

    def throttle(self, ms: int) -> Action:
        """Act at most once in *ms* milliseconds; the last event of a burst counts."""
        return self._with("throttle", str(int(ms)))

    def key(self, name: str) -> Action:
        """Act only on the key *name* (`KeyboardEvent.key`: "Enter", "Escape", "a")."""
        return self._with("key", name)

    def once(self) -> Action:
        """Act on the first event of this element only."""
        return self._with("once", None)

    def prevent(self) -> Action:
        """Keep the browser from doing what it does by itself. `onsubmit` always does."""
        return self._with("prevent", None)

    def keep_values(self) -> Action:
        """Leave the fields of the form as they are when the action succeeded."""
        return self._with("keep_values", None)

    def _with(self, name: str, value: str | None) -> Action:
        others = tuple(pair for pair in self.modifiers if pair[0] != name)
        modifiers = (*others, (name, value))
        return Action(self.target, self.verb, self.path, self.value, self.keep, modifiers)

    def __str__(self) -> str:
        return self.js()

    def js(self, offer: str | None = None) -> str:
        """Return the call of the browser's `store_<name>` object, with *offer* as last argument."""
        name, _, owner = self.target.label.partition("@")
        store = f"store_{name}" + (f".of({wire.dumps(owner)})" if owner else "")
        arguments: list[Json] = [str(self.path)]
        template = template_of(self.value)
        if template is not None or self.keep is not None or offer is not None:
            arguments.append(template)
        if offer is not None:
            arguments.append(offer)
        elif self.keep is not None:
            arguments.append(self.keep)
        # `</script` inside a string can't end a script element this way.
        text = ", ".join(wire.dumps(a).replace("</", "<\\/") for a in arguments)
        # The seed writes a blank behind commas and colons of data; JavaScript does not mind.
        return f"{store}.{self.verb}({text})"


@dataclass(frozen=True, eq=False)
class Chain(_Step):
    """Several steps of one event. Its server steps are one POST, all or nothing.

    Browser steps (`JSCode`) may stand before and after the server steps; those after run only
    when the server accepted. Modifiers are those of the first server step.
    """

    steps: tuple[Any, ...]


class JSCode(_Step):
    """JavaScript of the author's own for an `on*` attribute.

    Args:
        parts: Code, and actions that it calls: `JSCode("if (sure()) ", action)`. Each action
            stands as a call that carries its offer. `JSCode(action)` alone is the action.

    In the code, `this` is the element and `event` the event. It is attached without `eval`, by a
    script element with the page's nonce.
    """

    __slots__ = ("parts",)

    def __init__(self, *parts: str | Action) -> None:
        if not all(isinstance(part, (str, Action)) for part in parts) or not parts:
            raise HtealeafError("JSCode takes code as text, and actions")
        self.parts = parts

    def __str__(self) -> str:
        return "".join(str(part) for part in self.parts)


def flat_steps(value: Any) -> list[Any]:
    """Return the steps that *value* (an action, a chain, JSCode, a list of these) stands for."""
    if isinstance(value, Chain):
        return flat_steps(value.steps)
    if isinstance(value, (list, tuple)):
        return [step for item in value for step in flat_steps(item)]
    if isinstance(value, JSCode) and len(value.parts) == 1 and isinstance(value.parts[0], Action):
        return [value.parts[0]]
    if not isinstance(value, _Step):
        raise HtealeafError(
            f"a {type(value).__name__} is no action; use store.do... or JSCode(...)"
        )
    return [value]


def template_of(value: Any) -> Json:
    """Return *value* as JSON in which each slot is `{"$": [...]}`."""
    if isinstance(value, Slot):
        return {"$": list(value.data)}
    if isinstance(value, dict):
        made = {key: template_of(inner) for key, inner in value.items()}
        # Data that looks like a slot is wrapped, so that it can't act as one.
        return {"$": ["const", made]} if wire.slot(made) else made
    if isinstance(value, (list, tuple)):
        return [template_of(inner) for inner in value]
    found: Json = resolved(value)
    return found


def slots_of(template: Json) -> list[list[str]]:
    """Return the slots in *template*, in order."""
    found = wire.slot(template)
    if found:
        return [] if found[0] == "const" else [found]
    if isinstance(template, dict):
        return [slot for inner in template.values() for slot in slots_of(inner)]
    if isinstance(template, list):
        return [slot for inner in template for slot in slots_of(inner)]
    return []


class PageOfActions(Protocol):
    """What rendering an action needs of the page that is rendered."""

    scope: Scope
    base: str
    in_form: bool
    slots: set[str]

    def sign(self, text: str) -> str:
        """Return the MAC of *text* for this page's browser key."""


def signed_text(streams: Iterable[str], path: str, query: str) -> str:
    """Return the text that an offer's MAC covers (the browser key is in the MAC's key).

    It can be read in one way only: a query has no line break, and how long the name of a stream is
    stands before it, since a user's name may have one.
    """
    return "\n".join((*(f"{len(stream)} {stream}" for stream in streams), path, query))


def offer_url(page: PageOfActions, actions: Sequence[Action]) -> str | None:
    """Return the offer of *actions*; None when an `allow` rule forbids one of them.

    Returns:
        The URL below that of all stores: `shared/counter?update=1&o=...`. Of a chain, which has no
        place, it is the whole URL.

    Raises:
        HtealeafError: An action that can't do what it says; see `_check`.
    """
    if len(actions) > 1:
        return _chained(page, actions)
    action = actions[0]
    target, path, verb = action.target, action.path, action.verb
    stream = target.offered(verb, path)
    if stream is None:
        return None
    text, place, by_index = _place(target.label, path)
    shape = _shape(page.scope, stream, path) if by_index else None
    value = action.value
    plain = value is None or type(value) is int  # as most are: nothing to encode or to check
    if plain and action.keep is None and not action.modifiers:
        query = verb if value is None else f"{verb}={value}"
        if shape is not None:
            query += f"&at={shape}"
    else:
        step = _step(page, stream, action, shape)
        query = wire.query_of(step, dict(action.modifiers))
    mac = page.sign(f"{len(stream)} {stream}\n{text}\n{query}")  # as `signed_text`
    return f"{place}?{query}&o={mac}"


def _chained(page: PageOfActions, actions: Sequence[Action]) -> str | None:
    steps, streams = [], []
    for action in actions:
        stream = action.target.offered(action.verb, action.path)
        if stream is None:
            return None
        streams.append(stream)
        steps.append(_step(page, stream, action, _shape(page.scope, stream, action.path)))
    query = wire.query_of_steps(steps, dict(actions[0].modifiers))
    return f"{_base(page)}?{query}&o={page.sign(signed_text(streams, '', query))}"


def _base(page: PageOfActions) -> str:
    return f"{escape(page.base)}{wire.STORE_URL}" if page.base else wire.STORE_URL


@lru_cache(maxsize=8192)
def _place(label: str, path: Path) -> tuple[str, str, bool]:
    # The path as text, the place as in a URL, and whether it may cross a list by index: a page that
    # is shown again has the same.
    return str(path), wire.encode_place(f"{label}/{path}"), any(map(str.isdecimal, path))


def _step(page: PageOfActions, stream: str, action: Action, shape: str | None) -> wire.Step:
    template = template_of(action.value)
    _check(page, stream, action, template)
    return wire.Step(
        action.target.label, str(action.path), action.verb, template, action.keep, shape
    )


def _check(page: PageOfActions, stream: str, action: Action, template: Json) -> None:
    slots = slots_of(template)
    page.slots.update(slot[1] for slot in slots if slot[0] == "value")
    if action.verb == "update" and wire.slot(template) and slots:
        old = find(page.scope.moment.root(stream), action.path, None)
        if type(old) in (int, float):
            raise HtealeafError(
                f"update adds to a number, and '{action.path}' is one; say set(...) to put what was"
                " typed there, or increment(...) to add it"
            )


def _shape(scope: Scope, stream: str, path: Path) -> str | None:
    # The newest version among the lists that the path crosses by index: whatever changed one of
    # them later is carried over when the action comes back.
    value = scope.moment.root(stream)
    version = -1
    for depth, segment in enumerate(path):
        if type(value) is FrozenList:
            if is_index(segment):
                scope.note(stream, Path(path[:depth]), SHAPE)
                version = max(version, value.version)
                value = value[int(segment)] if int(segment) < len(value) else None
            else:
                value = find(value, Path((segment,)), None)
        elif isinstance(value, dict):
            value = value.get(segment)
        else:
            break
    if version < 0:
        return None
    return f"{scope.moment.epoch}.{version}" if version else "0"


def attributes(page: PageOfActions, event: Event) -> str:
    """Return the attributes that attach *event*, as text.

    An offer needs no escaping beyond its base: it has no quotes, and none of its ampersands begins
    a character reference (HTML standard, 13.1.2.3).

    A button's click stands in `formaction` and a form's submit in `action`, so that they work
    where scripts are off; everything else in `ht-<event>`, without what all addresses begin with.
    Where an `allow` rule forbids it, the control is disabled.
    """
    value = event.value
    if type(value) is Action:  # the usual one
        url = offer_url(page, (value,))
        if url is None:
            return _forbidden(event)
        native = _native(page, event, (value,))
        if native:
            return f'{native}="{_base(page)}/{url}"'
        return f' ht-{event.name}="{url}"'
    before, actions, after = _parts(flat_steps(value))
    url = offer_url(page, actions) if actions else None
    if actions and url is None:
        return _forbidden(event)
    native = _native(page, event, actions) if url is not None else ""
    if native and url is not None:
        native += f'="{url}"' if url[0] == "/" else f'="{_base(page)}/{url}"'
    codes = [
        *(f"js:{_code(page, step)}" for step in before),
        *([("" if native else url)] if url is not None else []),
        *(f"js:{_code(page, step)}" for step in after),
    ]
    if native and len(codes) == 1:
        return native
    if codes == [url]:
        return f' ht-{event.name}="{url}"'
    text = str(codes[0]) if len(codes) == 1 else wire.dumps([*codes])
    return f'{native} ht-{event.name}="{escape(text)}"'


def _forbidden(event: Event) -> str:
    return " disabled" if event.tag.name in _DISABLED else ""


_DISABLED = frozenset({"button", "input", "select", "textarea"})


def _parts(steps: list[Any]) -> tuple[list[JSCode], list[Action], list[JSCode]]:
    where = [i for i, step in enumerate(steps) if isinstance(step, Action)]
    if not where:
        return steps, [], []
    first, last = where[0], where[-1]
    if last - first + 1 != len(where):
        raise HtealeafError(
            "JSCode stands between two server steps; those are one POST, so put it before or after"
        )
    return steps[:first], steps[first : last + 1], steps[last + 1 :]


def _native(page: PageOfActions, event: Event, actions: Sequence[Action]) -> str:
    # The attribute that works where scripts are off, too, without its value, and what goes along;
    # none where HTML has no such thing, or where the author says how the form is sent.
    tag, known = event.tag.name, event.attributes
    if tag == "form" and event.name == "submit":
        method = attribute_of(known, "method")
        if attribute_of(known, "action") is not None or method not in (None, "post"):
            return ""
        return " action" if method else ' method="post" action'
    if tag != "button" or event.name != "click":
        return ""
    if len(known) > 1 and (
        attribute_of(known, "type") not in (None, "submit")
        or any(attribute_of(known, name) is not None for name in ("form", "name", "formaction"))
    ):
        return ""
    has_slots = True in [_has_slots(action.value) for action in actions]
    if has_slots and page.in_form:
        # The author's form may say GET, or nothing, which is GET.
        return ' formmethod="post" formaction'
    validate = "" if has_slots else " formnovalidate"
    return f' form="{wire.FORM}"{validate} formaction'


def _has_slots(value: Any) -> bool:
    # Slots that a control of the page fills.
    if value is None or type(value) is int:
        return False
    return any(slot[0] == "value" for slot in slots_of(template_of(value)))


def _code(page: PageOfActions, step: JSCode) -> str:
    out = []
    for part in step.parts:
        if isinstance(part, Action):
            url = offer_url(page, [part])
            out.append(part.js(url.partition("?")[2] if url else ""))
        else:
            out.append(part)
    return "".join(out)
