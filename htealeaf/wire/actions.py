"""Actions: what a click is to do, as plain data in an attribute.

`store.do.update("counter", 1)` builds an `Action`. While a page is rendered it becomes an offer
(`offers`). What the browser adds when the event happens, the text of a field, is a slot in its
value (`slots`).

Rule 1: an action is inert in HTML: no inline script, nothing to evaluate.

Rule 2: an action whose path crosses a list by index carries that list's shape version, so that the
server can find the thing again that the person saw, after others inserted or deleted.

Rule 3: nothing here signs, commits or looks at a request; the page that is rendered passes in what
is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from htealeaf.data import streams
from htealeaf.data.documents import Json
from htealeaf.data.paths import Path
from htealeaf.errors import HtealeafError
from htealeaf.html.markup import Dynamic
from htealeaf.wire.codec import dumps
from htealeaf.wire.keys import pressed
from htealeaf.wire.names import MODIFIERS, STORE_OBJECT, Visits
from htealeaf.wire.slots import ENTRIES, Slot, template_of
from htealeaf.wire.urls import query_texts, with_query

if TYPE_CHECKING:
    from typing_extensions import Self

#: Said by the author only: it keeps an offer from saying `ONE`.
REPEAT = "repeat"


class Target(Protocol):
    """The part of a store that an action needs: which stream, in whose name."""

    @property
    def label(self) -> str:
        """Return the store's name on the wire, with an owner that was named."""

    def offered(self, verb: str, path: Path, value: Any) -> str | None:
        """Return the stream that the store means for the visitor of the current scope.

        Returns:
            None when the author's `allow` rule does not let that visitor do this.
        """

    @property
    def hides(self) -> bool:
        """Tell whether a control whose action is forbidden is not shown, instead of disabled."""

    def check_local(self, path: Path, value: Any) -> None:
        """Refuse what a browser command can't set without a request."""

    def sealed(self, stream: str, shape: str) -> str:
        """Return how an offer names *stream* where its path crosses a list by index."""


class Step(Dynamic):
    """One step of what an event does, and when and how it is done."""

    __slots__ = ("modifiers",)
    is_action: ClassVar[bool] = True
    modifiers: tuple[tuple[str, str | None], ...]

    def then(self, step: Step | Iterable[Step]) -> Chain:
        """Return this and then *step*, as one event's work; see `Chain`."""
        return Chain(tuple(flat_steps([self, step])))

    def confirm(self, text: str) -> Self:
        """Ask the person first. Without JavaScript the server asks, on a page of its own."""
        return self._with("confirm", text)

    def debounce(self, ms: int) -> Self:
        """Wait until no such event came for *ms* milliseconds; then act once."""
        return self._with("debounce", str(int(ms)))

    def throttle(self, ms: int) -> Self:
        """Act at most once in *ms* milliseconds; the last event of a burst counts."""
        return self._with("throttle", str(int(ms)))

    def key(self, name: str) -> Self:
        """Act only on one key, with what is held: "Enter", "a", "?", "Ctrl+k", "Shift+Enter".

        Args:
            name: As `KeyboardEvent.key` has it, behind "Ctrl+", "Alt+", "Meta+" and "Shift+", or
                "Mod+" for Ctrl or Meta, whichever the system has for shortcuts.

        Raises:
            HtealeafError: There is no such key.
        """
        return self._with("key", pressed(name))

    def window(self) -> Self:
        """Act wherever in the page it happens: a shortcut, or an event of the window.

        A key does not act while somebody types into a field, but with Ctrl, Meta, Escape and F1 to
        F24; nor behind a modal dialog, nor where the element is disabled.
        """
        return self._with("window", None)

    def outside(self) -> Self:
        """Act when it happens outside of the element, while that is shown."""
        return self._with("outside", None)

    def self(self) -> Self:
        """Act when it happens to the element itself, not to what is in it."""
        return self._with("self", None)

    def every(self, ms: int) -> Self:
        """Act each *ms* milliseconds, with `oninterval=`, while the page is not hidden."""
        if ms < 1:
            raise HtealeafError(f"every({ms!r}) wants a number of milliseconds from 1 up")
        return self._with("every", str(int(ms)))

    def once(self) -> Self:
        """Act on the first event of this element only."""
        return self._with("once", None)

    def prevent(self) -> Self:
        """Keep the browser from doing what it does by itself. `onsubmit` always does."""
        return self._with("prevent", None)

    def keep_values(self) -> Self:
        """Leave the fields of the form as they are when the action succeeded."""
        return self._with("keep_values", None)

    def repeat(self) -> Self:
        """Let each press count, also while the one before it is under way.

        Without it a form, and what inserts, moves, deletes or clears, takes no second press until
        the first is answered; nor does an action function. What adds to a number or turns a switch
        always repeats.
        """
        return self._modified((*self.modifiers, (REPEAT, None)))

    def meanwhile(self) -> Step:
        """Return this as it is done until the answer comes; see `Offered.show`.

        Raises:
            HtealeafError: It can't be taken back.
        """
        raise HtealeafError(
            f"{self} can't be taken back, so it can't be shown until the answer comes; what can:"
            " browser.show, hide, toggle, add_class, remove_class, toggle_class, set_attribute,"
            " remove_attribute, toggle_attribute, set_property"
        )

    def _with(self, name: str, value: str | None) -> Self:
        if MODIFIERS[name].valued is not (value is not None):
            raise HtealeafError(f"modifier {name!r} is said with the wrong value: {value!r}")
        if not self.modifiers:  # the usual one
            return self._modified(((name, value),))
        others = tuple(pair for pair in self.modifiers if pair[0] != name)
        return self._modified((*others, (name, value)))

    def _modified(self, modifiers: tuple[tuple[str, str | None], ...]) -> Self:
        raise NotImplementedError


class Offered(Step):
    """A step that the server does."""

    __slots__ = ()

    def show(self, *commands: Step | Iterable[Step]) -> Chain:
        """Return this, shown by *commands* at once and until the answer comes.

        Then they are taken back, and what the server says is what is shown: also where it refuses.

            button("x", onclick=task.do.delete().show(browser.hide(closest("li"))))

        Args:
            commands: Of `browser`, those that can be taken back: what shows, hides, and sets
                classes, attributes and properties.
        """
        return Chain((*(step.meanwhile() for step in flat_steps(commands)), self))


class Action(Offered):
    """One mutation that an event of the browser asks for; `str()` is its call in JavaScript."""

    __slots__ = ("keep", "path", "target", "value", "verb")

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

    def _modified(self, modifiers: tuple[tuple[str, str | None], ...]) -> Action:
        return Action(self.target, self.verb, self.path, self.value, self.keep, modifiers)

    def __str__(self) -> str:
        return self.js()

    def js(self, offer: str | None = None) -> str:
        """Return the call of the browser's `store_<name>` object, with *offer* as last argument."""
        name, owner = streams.split(self.target.label)
        store = f"{STORE_OBJECT}{name}" + (f".of({dumps(owner)})" if owner else "")
        arguments: list[Json] = [str(self.path)]
        template = template_of(self.value)
        if template is not None or self.keep is not None or offer is not None:
            arguments.append(template)
        if offer is not None:
            arguments.append(offer)
        elif self.keep is not None:
            arguments.append(self.keep)
        # `</script` inside a string can't end a script element this way.
        text = ", ".join(dumps(a).replace("</", "<\\/") for a in arguments)
        # The seed writes a blank behind commas and colons of data; JavaScript does not mind.
        return f"{store}.{self.verb}({text})"


class Function(Protocol):
    """The part of an action function that an offer needs."""

    name: str
    takes_files: bool
    hides: bool

    @property
    def checked_names(self) -> Iterable[str]:
        """Return the parameters that the author's checks look at."""

    def jsonable(self, constants: Mapping[str, Any]) -> Json:
        """Return *constants* as JSON, with slots as `slots.template_of` has them."""

    def wants(self, constants: Mapping[str, Any]) -> bool:
        """Tell whether parameters are left for the form to fill."""

    def permits(self, constants: Mapping[str, Any]) -> bool:
        """Tell whether the author's rule lets the visitor of the current scope do this."""


class Call(Offered):
    """One call of an action function that an event of the browser asks for.

    Args:
        function: The function.
        constants: Arguments that the author says; the form's controls fill the others by name.
    """

    __slots__ = ("constants", "function")

    def __init__(
        self,
        function: Function,
        constants: Mapping[str, Any],
        modifiers: tuple[tuple[str, str | None], ...] = (),
    ) -> None:
        self.function, self.constants, self.modifiers = function, constants, modifiers

    def _modified(self, modifiers: tuple[tuple[str, str | None], ...]) -> Any:
        return Call(self.function, self.constants, modifiers)

    @property
    def template(self) -> Json:
        """Return the value of its offer: the constants, and what the form sends if it is wanted."""
        constants = self.function.jsonable(self.constants)
        return [constants, ENTRIES] if self.function.wants(self.constants) else [constants]

    def __str__(self) -> str:
        said = ", ".join(f"{name}={value!r}" for name, value in self.constants.items())
        return f"{self.function.name}({said})"

    __repr__ = __str__


class Visit(Offered):
    """Shows the page under another query; made by `visit`.

    Args:
        query: What changes in the query, by key: lists of texts, or a slot.
        replace: It takes the place of what was shown in the history of the browser.
    """

    __slots__ = ("query", "replace")

    def __init__(
        self,
        query: Mapping[str, Any],
        replace: bool = False,
        modifiers: tuple[tuple[str, str | None], ...] = (),
    ) -> None:
        self.query = {
            key: value if isinstance(value, Slot) else [*query_texts(value)]
            for key, value in query.items()
        }
        self.replace, self.modifiers = replace, modifiers

    def _modified(self, modifiers: tuple[tuple[str, str | None], ...]) -> Visit:
        return Visit(self.query, self.replace, modifiers)

    @property
    def how(self) -> str:
        """Return which of `Visits` it is."""
        return Visits.REPLACE if self.replace else Visits.PUSH

    @property
    def template(self) -> Json:
        """Return what changes as JSON, with slots."""
        return template_of(self.query)

    @property
    def has_slots(self) -> bool:
        """Tell whether something is filled in when the event happens."""
        return any(isinstance(value, Slot) for value in self.query.values())

    @property
    def is_link(self) -> bool:
        """Tell whether a link can lead to where it leads; see `components/control.py`."""
        return not self.has_slots

    def of(self, url: str) -> str:
        """Return *url* with the query changed.

        >>> visit(page=2, q=None).of("/list?q=a&sort=name")
        '/list?sort=name&page=2'

        Raises:
            HtealeafError: It has slots, so only an event knows.
        """
        if self.has_slots:
            raise HtealeafError(f"{self} has a slot, which is filled when an event happens")
        return with_query(url, self.query)

    def __str__(self) -> str:
        said = [f"{key}={value!r}" for key, value in self.query.items()]
        return f"visit({', '.join([*said, 'replace=True'] if self.replace else said)})"

    __repr__ = __str__


def visit(
    query: Mapping[str, Any] | None = None, /, *, replace: bool = False, **more: Any
) -> Visit:
    """Show the page under another query: `visit(q=value_of("q"), page=1)`.

    As an action it is done in the browser, which asks for what has changed, and can go back. An
    action function returns it.

    Args:
        query: What changes, for keys that are no Python names: `visit({"sort-by": "name"})`.
        replace: The browser's history has it in the place of what was shown: for a search that
            goes on with each letter.
        more: What changes. None, False, an empty text or an empty list takes a key out; a list
            repeats it; a slot is filled when the event happens.

    Raises:
        HtealeafError: A value that can't stand in a query.
    """
    return Visit({**(query or {}), **more}, replace)


class Chain(Step):
    """Several steps of one event. Its server steps are one POST, all or nothing.

    Browser steps (`browser`, `JSCode`) may stand before and after the server steps; those after
    are done only when the server accepted. Modifiers are those of the first server step, or of the
    first step where the server has none.
    """

    __slots__ = ("steps",)

    def __init__(self, steps: tuple[Any, ...]) -> None:
        self.steps = steps

    def _with(self, name: str, value: str | None) -> Chain:
        return self._first(lambda step: step._with(name, value))

    def repeat(self) -> Chain:
        return self._first(lambda step: step.repeat())

    def _first(self, change: Callable[[Any], Any]) -> Chain:
        at = next((i for i, one in enumerate(self.steps) if isinstance(one, Offered)), 0)
        return Chain((*self.steps[:at], change(self.steps[at]), *self.steps[at + 1 :]))


class JSCode(Step):
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
        self.modifiers = ()

    def _modified(self, modifiers: tuple[tuple[str, str | None], ...]) -> JSCode:
        made = JSCode(*self.parts)
        made.modifiers = modifiers
        return made

    def __str__(self) -> str:
        return "".join(str(part) for part in self.parts)


def flat_steps(value: Any) -> list[Any]:
    """Return the steps that *value* (an action, a chain, JSCode, a list of these) stands for."""
    if isinstance(value, Chain):
        return flat_steps(value.steps)
    if isinstance(value, (list, tuple)):
        return [step for item in value for step in flat_steps(item)]
    if isinstance(value, JSCode) and len(value.parts) == 1 and isinstance(value.parts[0], Action):
        action = value.parts[0]
        modifiers = {**dict(action.modifiers), **dict(value.modifiers)}
        return [action._modified((*modifiers.items(),))] if value.modifiers else [action]
    if not isinstance(value, Step):
        raise HtealeafError(
            f"a {type(value).__name__} is no action; use store.do... or JSCode(...)"
        )
    return [value]
