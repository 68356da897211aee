"""Browser commands: steps of an event that need no server, as data.

`browser.hide("menu")` is a step like an action is, and a list may hold both:

    button("x", onclick=[browser.hide("menu"), store.do.increment("n"), browser.focus("search")])

What stands before an action is done at once, what stands behind it when the server has accepted. In
HTML a command is `[kind, target, ...]`; `Command` of `wire/names.py` lists the kinds, and
`static/htealeaf.commands.js` does them.

Rule 1: a command is inert data, and can't run code: what an attribute may hold is asked of the same
gate as for an element, and properties and methods are allowed by name.

Rule 2: what a command sets stays until the server changes that very thing.

Rule 3: a target that is not in the page is no error; the command does nothing then.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any, Final, Protocol, TypeAlias

from htealeaf.data.documents import MISSING, Json
from htealeaf.errors import HtealeafError
from htealeaf.html.markup import OWN_ATTRIBUTES, OWN_EVENT, attribute, name_of, resolved, text_of
from htealeaf.html.urls import ATTRIBUTES, OF_TAG
from htealeaf.wire.actions import Action, JSCode, Step
from htealeaf.wire.names import Command as Kind
from htealeaf.wire.selectors import checked_selector
from htealeaf.wire.slots import Slot, This, template_of

Modifiers: TypeAlias = "tuple[tuple[str, str | None], ...]"


class Closest:
    """The nearest element around the one that acts, or itself; made by `closest`."""

    __slots__ = ("selector",)

    def __init__(self, selector: str) -> None:
        self.selector = checked_selector(selector)

    def __repr__(self) -> str:
        return f"closest({self.selector!r})"


def closest(selector: str) -> Closest:
    """Return the target that a command finds from its element outwards: `closest("li")`.

    Args:
        selector: A CSS selector. The element itself is looked at first.

    Raises:
        HtealeafError: No browser could read it.
    """
    return Closest(selector)


#: What a command is about: an element's id, `this`, or `closest(...)`.
Target: TypeAlias = "str | This | Closest"


class Command(Step):
    """One step that the browser does by itself; made by `browser`.

    Attributes:
        said: How it is written in Python.
        kind: One of `wire.names.Command`.
        target: What it is about.
        given: What goes along; a slot is filled when the event happens.
    """

    __slots__ = ("given", "kind", "said", "target")

    def __init__(
        self,
        said: str,
        kind: str,
        target: Target,
        given: Sequence[Any] = (),
        modifiers: Modifiers = (),
    ) -> None:
        self.said, self.kind, self.target = said, kind, target
        self.given, self.modifiers = tuple(given), modifiers

    def _modified(self, modifiers: Modifiers) -> Command:
        return Command(self.said, self.kind, self.target, self.given, modifiers)

    def meanwhile(self) -> Step:
        if self.kind not in _TAKEN_BACK:
            return super().meanwhile()
        if self.modifiers:
            raise HtealeafError(f"{self} is shown when its action is done: say when of the action")
        return Command(self.said, Kind.MEANWHILE, _NOWHERE, (self,))

    @property
    def parts(self) -> tuple[Command, ...]:
        """Return the commands that it holds, or itself."""
        return self.given if self.kind in (Kind.TRANSITION, Kind.MEANWHILE) else (self,)

    def template(self) -> Json:
        """Return it as it stands in HTML, slots as `slots.template_of` has them."""
        if self.kind in (Kind.TRANSITION, Kind.MEANWHILE):
            return [self.kind, "", [one.template() for one in self.parts]]
        given = [template_of(value) if isinstance(value, Slot) else value for value in self.given]
        return [self.kind, _written(self.target), *given]

    def __str__(self) -> str:
        return self.said

    __repr__ = __str__


_TAKEN_BACK: Final = frozenset({Kind.ATTRIBUTE, Kind.CLASS, Kind.PROPERTY})
_NOWHERE: Final = This()


def _written(target: Target) -> str:
    # Only an id begins with a hash: a selector may, so a blank stands before it.
    if isinstance(target, Closest):
        return f" {target.selector}" if target.selector[0] == "#" else target.selector
    return f"#{target}" if isinstance(target, str) else ""


def written(steps: Sequence[JSCode | Command]) -> list[JSCode | Command]:
    """Return *steps* as they are done: a transition holds the commands that follow it."""
    made: list[JSCode | Command] = []
    for step in steps:
        last = made[-1] if made else None
        if not isinstance(step, Command) or step.kind in (Kind.TRANSITION, Kind.MEANWHILE):
            made.append(step)
        elif isinstance(last, Command) and last.kind == Kind.TRANSITION:
            made[-1] = Command(last.said, last.kind, last.target, (*last.given, step))
        else:
            made.append(step)
    return made


# -- what an author writes ---------------------------------------------------------------------

#: Properties that a command may set: none of them is read as HTML, as a URL or as code.
_PROPERTIES: Final = frozenset(
    "value checked indeterminate selectedIndex disabled readOnly required hidden open inert"
    " scrollTop scrollLeft currentTime volume muted playbackRate loop".split()
)
_UNSET: Final = {
    "id": "patches find an element by it",
    "class": "say add_class, remove_class or toggle_class",
    "style": "a page's policy forbids inline styles; say add_class, and style that class",
    "srcdoc": "it is a page of its own",
    "nonce": "it lets scripts run",
    "form": "it says which form a control is sent with",
    "formaction": "it is where a button keeps its action",
    "action": "it is where a form keeps its action",
    "attributename": "an animation of it could set anything",
    **dict.fromkeys(OF_TAG["animate"], "an animation could set a URL by it"),
}


class Settable(Protocol):
    """The part of a store's place that `browser.set` needs."""

    @property
    def do(self) -> Any:
        """Return what makes actions on it."""


class Browser:
    """Makes commands: `browser.hide("menu")` is done without asking the server.

    A target is an element's id, `this` (the element that has the action) or `closest(selector)`.
    """

    __slots__ = ()

    # -- what is shown

    def show(self, target: Target) -> Command:
        """Show an element: take away its attribute `hidden`."""
        return self._attribute("show", target, "hidden", None)

    def hide(self, target: Target) -> Command:
        """Hide an element: give it the attribute `hidden`."""
        return self._attribute("hide", target, "hidden", "")

    def toggle(self, target: Target) -> Command:
        """Show what is hidden, and hide what is shown."""
        return _command("toggle", Kind.ATTRIBUTE, target, "hidden")

    def add_class(self, target: Target, names: str) -> Command:
        """Give an element classes, parted by blanks."""
        return _command("add_class", Kind.CLASS, target, _classes(names), True)

    def remove_class(self, target: Target, names: str) -> Command:
        """Take classes from an element."""
        return _command("remove_class", Kind.CLASS, target, _classes(names), False)

    def toggle_class(self, target: Target, names: str) -> Command:
        """Give an element each of these classes that it lacks, and take away those that it has."""
        return _command("toggle_class", Kind.CLASS, target, _classes(names))

    def set_attribute(self, target: Target, name: str, value: Any = True) -> Command:
        """Set an attribute, as an element would have it; `True` is a bare one, `None` is none.

        Raises:
            HtealeafError: It could run or load something, or is not for a command to set.
        """
        html = _name("set_attribute", name)
        return self._attribute("set_attribute", target, html, _value(html, value))

    def remove_attribute(self, target: Target, name: str) -> Command:
        """Take an attribute away."""
        return self._attribute("remove_attribute", target, _name("remove_attribute", name), None)

    def toggle_attribute(self, target: Target, name: str) -> Command:
        """Turn an attribute: bare or none; of one of `aria-*`, "true" or "false"."""
        html = _name("toggle_attribute", name)
        if html.lower() in ATTRIBUTES:
            raise HtealeafError(f"browser.toggle_attribute: {html!r} is a URL, which is never bare")
        return _command("toggle_attribute", Kind.ATTRIBUTE, target, html)

    def set_property(self, target: Target, name: str, value: Any) -> Command:
        """Set what an element is now, beside its attributes: `value`, `checked`, `scrollTop`.

        Raises:
            HtealeafError: It is none of the properties that a command may set.
        """
        if name not in _PROPERTIES:
            near = get_close_matches(name, sorted(_PROPERTIES), 1, 0.6)
            meant = f"did you mean {near[0]!r}?" if near else f"there are: {_listed(_PROPERTIES)}"
            raise HtealeafError(f"browser.set_property sets no {name!r}; {meant}")
        given = _scalar("set_property", value)
        return _command("set_property", Kind.PROPERTY, target, name, given)

    def _attribute(self, said: str, target: Target, name: str, value: Any) -> Command:
        return _command(said, Kind.ATTRIBUTE, target, name, value)

    # -- what is done

    def focus(self, target: Target) -> Command:
        """Put the focus on an element that can have it."""
        return _command("focus", Kind.CALL, target, "focus")

    def select(self, target: Target) -> Command:
        """Select the text of a field, or what an element holds."""
        return _command("select", Kind.SELECT, target)

    def clear(self, target: Target) -> Command:
        """Empty a field, as a person would: its `oninput` acts.

        Of a form, or a fieldset, all fields that a person could empty.
        """
        return _command("clear", Kind.CLEAR, target)

    def scroll_to(self, target: Target, *, smooth: bool = False, block: str = "nearest") -> Command:
        """Scroll until an element is in view.

        Args:
            target: The element.
            smooth: It is seen to move.
            block: Where it comes to stand: `nearest`, `start`, `center` or `end`.
        """
        if block not in _BLOCKS:
            raise HtealeafError(f"browser.scroll_to: block={block!r} is none of {_listed(_BLOCKS)}")
        options: Json = {"behavior": "smooth" if smooth else "auto", "block": block}
        return _command("scroll_to", Kind.CALL, target, "scrollIntoView", options)

    def copy(self, target: Target) -> Command:
        """Copy the value of a field, or the text of an element. Browsers want https for it."""
        return _command("copy", Kind.COPY, target)

    def submit(self, target: Target) -> Command:
        """Submit a form, or that of a control, as its button would."""
        return _command("submit", Kind.SUBMIT, target)

    def dispatch(self, target: Target, event: str, detail: Any = None) -> Command:
        """Let an event happen to an element: one of the author's own has a dash in its name.

        Args:
            target: The element; it bubbles from there.
            event: Its type: `card-opened`, which `on_card_opened=` hears.
            detail: JSON, which scripts find as `event.detail`.
        """
        if not OWN_EVENT(event):
            raise HtealeafError(
                f"browser.dispatch: {event!r} is no event of your own; its name has a dash, in"
                " small letters: 'card-opened'"
            )
        given = () if detail is None else (_json("dispatch", detail),)
        return _command("dispatch", Kind.DISPATCH, target, event, *given)

    def open_dialog(self, target: Target) -> Command:
        """Open a `dialog`, in front of all else."""
        return _command("open_dialog", Kind.CALL, target, "showModal")

    def close_dialog(self, target: Target) -> Command:
        """Close a `dialog`."""
        return _command("close_dialog", Kind.CALL, target, "close")

    def set(self, place: Settable, value: Any) -> Command:
        """Set a place of a page store, without a request; the next one brings it along.

        What is shown follows with the answer to that: until then, other commands show it.

        Args:
            place: Of a `PageStore(..., local=[...])` that names it: `view.at("tab")`.
            value: A single value of the type of what is there, or a slot.

        Raises:
            HtealeafError: Its store does not name it, or it is of another type.
        """
        action: Action = place.do.replace("", value)
        given = _scalar("set", value)
        action.target.check_local(action.path, MISSING if isinstance(given, Slot) else given)
        where = f"{action.target.label}/{action.path}"
        said = f"browser.set({where!r}, {value!r})"
        return Command(said, Kind.LOCAL, _NOWHERE, (where, given))

    def transition(self) -> Command:
        """Show what follows as a view transition, where the browser has them.

        What follows are the commands behind it, and what the answer to the action behind it
        changes. Without them in the browser it is shown at once.
        """
        return Command("browser.transition()", Kind.TRANSITION, _NOWHERE)

    def __getattr__(self, name: str) -> Any:
        known = sorted(one for one in dir(Browser) if one[0] != "_")
        near = get_close_matches(_MEANT.get(name, name), known, 1, 0.5)
        meant = f"did you mean browser.{near[0]}?" if near else f"it has: {', '.join(known)}"
        raise AttributeError(f"browser has no command {name!r}; {meant}")


#: Commands as others name them.
_MEANT: Final = {
    "open": "open_dialog", "show_modal": "open_dialog", "close": "close_dialog",
    "scroll": "scroll_to", "scroll_into_view": "scroll_to", "set_attr": "set_attribute",
    "trigger": "dispatch", "emit": "dispatch", "reset": "clear", "empty": "clear",
    "clipboard": "copy", "set_class": "add_class", "attr": "set_attribute",
}  # fmt: skip
_BLOCKS: Final = frozenset({"nearest", "start", "center", "end"})


def _listed(names: frozenset[str]) -> str:
    return ", ".join(sorted(names))


def _command(name: str, kind: str, target: Target, *given: Any) -> Command:
    _check_target(name, target)
    said = [repr(target), *(repr(one) for one in given if name not in _PLAIN)]
    return Command(f"browser.{name}({', '.join(said)})", kind, target, given)


#: Those of which an author says the target only.
_PLAIN: Final = frozenset("show hide toggle focus scroll_to open_dialog close_dialog".split())


def _check_target(name: str, target: Target) -> None:
    if isinstance(target, (This, Closest)):
        return
    if not isinstance(target, str):
        raise HtealeafError(
            f"browser.{name} is given a {type(target).__name__}; its target is an element's id,"
            " this, or closest('li')"
        )
    if not target or target[0] in "#." or any(map(str.isspace, target)):
        hint = f"; did you mean {target[1:]!r}?" if target[:1] == "#" else ""
        raise HtealeafError(
            f"browser.{name}: {target!r} is no element's id{hint}; for a selector, say closest(...)"
        )


def _classes(names: str) -> list[str]:
    found = names.split()
    if not found:
        raise HtealeafError(
            f"{names!r} names no class; it takes names parted by blanks: 'open wide'"
        )
    return found


def _name(command: str, name: str) -> str:
    known = name_of(name)
    if known.event:
        raise HtealeafError(f"browser.{command}: {known.html!r} would run code; give it an action")
    if known.lower in _UNSET:
        raise HtealeafError(f"browser.{command} sets no {known.lower!r}: {_UNSET[known.lower]}")
    if known.lower.startswith(OWN_ATTRIBUTES):
        raise HtealeafError(f"browser.{command} sets no {name!r}: the page says it")
    attribute(known, True, "div", {})  # refuses what no element has
    return known.html


def _value(name: str, value: Any) -> Any:
    if isinstance(value, Slot):
        if name.lower() in ATTRIBUTES:
            raise HtealeafError(f"browser.set_attribute: {name!r} is a URL, so it takes no slot")
        return value
    value = resolved(value)
    attribute(name_of(name), value, "div", {})
    if value is True:
        return ""
    return None if value is None or value is False else text_of(value)


def _scalar(command: str, value: Any) -> Any:
    if isinstance(value, Slot):
        return value
    value = resolved(value)
    if value is not None and not isinstance(value, (str, int, float, bool)):
        raise HtealeafError(f"browser.{command} is given a {type(value).__name__}, no single value")
    return value


def _json(command: str, value: Any) -> Any:
    if isinstance(value, Slot):
        return value
    template = template_of(value)
    if _holds_marks(template):
        raise HtealeafError(f"browser.{command}: a slot stands alone, in no dict and no list")
    return template


def _holds_marks(template: Json) -> bool:
    # A slot, or a key that would have to be told from one.
    if isinstance(template, dict):
        marks = any(key and not key.strip("$") for key in template)
        return marks or any(map(_holds_marks, template.values()))
    return isinstance(template, list) and any(map(_holds_marks, template))


#: Makes commands; see `Browser`.
browser: Final = Browser()
