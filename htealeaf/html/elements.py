"""Elements: frozen trees of HTML that escape what they hold.

An `Element` is made by calling a tag (`div("x", class_="card")`) and is turned into HTML at once as
far as that is possible: a subtree without bindings and actions is one string from the moment it is
made, and its parent only copies that string. What can be known only while a page is rendered
(a binding, an action, a generated style rule) stays in the tree as a `Dynamic` part.

Rule 1: elements never change. `attr()`, `classes()` and a call return new ones, so a constant
element may be shared by every page.

Rule 2: an element keeps what is inside as HTML, not as the children it was given, so that a page
of thousands of elements holds one string.

Rule 3: nothing here knows stores, HTTP or the page that an element will be part of.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from numbers import Number
from typing import Any

from markupsafe import Markup

from htealeaf.errors import HtealeafError, RefusedValue, mistaken
from htealeaf.html.attributes import slip
from htealeaf.html.bound import bound
from htealeaf.html.markup import (
    FAILED,
    GROUP,
    KEEP,
    RAW,
    WORDS,
    Child,
    Dynamic,
    Value,
    attribute,
    attribute_of,
    declaration,
    escape,
    merged,
    name_of,
    resolved,
    spared,
    text_of,
)
from htealeaf.html.parts import Event, Host, Rule, Tag, needs_form
from htealeaf.html.standins import compares
from htealeaf.html.urls import checked


class Draft:
    # The slots of an Element before it is frozen; `build` fills one and then changes its class,
    # which is the cheapest way to a frozen object.
    __slots__ = ("attributes", "html", "inner", "parts", "tag")
    tag: Tag
    attributes: Mapping[str, Value]
    #: What is inside: HTML; if some of it needs the page, the number of the part that it begins
    #: with; what a `Host` holds; or children, if `tag.keeps`.
    inner: str | int | tuple[Any, ...]
    html: str | None  #: the whole element, when nothing in it needs the page
    parts: tuple[str | Dynamic, ...]  #: only else: strings and what needs the page, in order


class Element(Draft):
    """One HTML element, frozen. Made by calling a tag of `htealeaf.components`.

    Children: text (escaped), numbers, `None`/`False`/`True` (nothing), elements, any iterable of
    these (consumed at once), bindings, Refs (their value), `Markup` or any object with `__html__`.

    Attributes: keywords (`class_`, `for_`, `data_id` is `data-id`); `True` is a bare attribute,
    `None` and `False` leave it out; numbers and text are escaped.

    Example:
        >>> from htealeaf.components import div, p
        >>> str(div(class_="card")(p("a < b"), None, 3))
        '<div class="card"><p>a &lt; b</p>3</div>'
    """

    __slots__ = ()

    def __call__(self, *children: Child, **attributes: Value) -> Element:
        """Return this element with *children* added at its end and *attributes* set."""
        if not attributes:
            if self.inner == "" and (make := self.tag.make) is not None:  # `tr(class_="x")(...)`
                return make(*children, **self.attributes)  # type: ignore[no-any-return]
            known = self.attributes
        else:
            known = merged(self.attributes, attributes)
        return build(self.tag, (*self.children, *children), known)

    def attr(self, names: Mapping[str, Value] | None = None, /, **attributes: Value) -> Element:
        """Return this element with attributes set; a name that it already has is replaced.

        Args:
            names: HTML names as they are, for those that are no Python keyword: `{"x-on:y": 1}`.
            attributes: Python names: `class_`, `data_id`, `onclick`.
        """
        added = {RAW + name: value for name, value in (names or {}).items()} | attributes
        return build(self.tag, self.children, merged(self.attributes, added))

    def id(self, id: str) -> Element:
        """Return this element with the id *id*."""
        return self.attr(id=id)

    def classes(self, *names: str, **switches: object) -> Element:
        """Return this element with classes added: `classes("card", done=task["done"])`.

        A keyword adds its name (`_` is written `-`) when its value is true.
        """
        wanted = [*names, *(name.replace("_", "-") for name, on in switches.items() if on)]
        return self.attr(class_=self._with_classes(wanted))

    def style(self, **declarations: str | int | float | None) -> Element:
        r"""Return this element with CSS of its own: `style(margin_top="1px")`.

        The declarations become one generated class, whose rule stands once in the page's `<style>`
        however many elements use it, so it works where inline styles are forbidden.

        Raises:
            HtealeafError: A name or value that could end the declaration (`;`, `{`, `<`, `\`).
        """
        css = ";".join(_declared(declarations))
        name = (
            "s-" + hashlib.blake2b(css.encode("utf-8", "surrogatepass"), digest_size=5).hexdigest()
        )
        classes = self._with_classes([name])
        rule = Rule(name, f".{name}{{{css}}}")
        attributes = merged(self.attributes, {"class_": classes})
        return build(self.tag, (rule, *self.children), attributes)

    def row(self) -> Element:
        """Return this element as a row: its children side by side."""
        return self.classes("ht-row")

    def column(self) -> Element:
        """Return this element as a column: its children below each other."""
        return self.classes("ht-column")

    def drop(self, group: str) -> Element:
        """Return this list as one in which items of other lists may be dropped; see `onmove`.

        Args:
            group: Items go from one list to another where both say the same.
        """
        return self.attr({GROUP: group})

    def move_words(self, picked_up: str, dropped: str, put_back: str) -> Element:
        """Return this element as one inside of which moves are told in these words; see `onmove`.

        Args:
            picked_up: What a screen reader says of an item that was taken with the space bar; the
                place follows, "2 / 7". It is the one moment to tell which keys there are.
            dropped: When it was let go, before its place.
            put_back: When it is again where it was.
        """
        return self.attr(
            {WORDS: "\n".join(" ".join(said.split()) for said in (picked_up, dropped, put_back))}
        )

    def keep(self, on: bool = True, *, script: str = "") -> Element:
        """Return this element as one that patches leave alone, with all that is inside.

        For what a script of your own draws or fills: a chart, a map, an editor. The script hears
        `htealeaf:mount`, `htealeaf:update` when the server says something else in a `data-*`
        attribute, and `htealeaf:unmount`. Nothing else of it follows the server until it is taken
        away or comes without `keep`. Between neighbours of one kind it is found again by its `id`,
        so give it one.

        Args:
            on: Whether it is.
            script: The URL of a module that has run before the element is mounted. A page loads it
                once, when the first such element comes.
        """
        if script:
            checked(script, "keep(script=)")
        return self.attr({KEEP: script or on if on else False})

    def action(self, url: Value) -> Element:
        """Return this form with the URL that it is sent to."""
        return self.attr(action=url)

    def method(self, method: str) -> Element:
        """Return this form with its method, `get` or `post`."""
        return self.attr(method=method)

    def attribute(self, name: str) -> Value:
        """Return the value of the attribute with the HTML name *name*; `None` without it.

        A number is returned as the text that it becomes, a Ref as its value.
        """
        return attribute_of(self.attributes, name)

    @property
    def children(self) -> tuple[Child, ...]:
        """Return what is inside, as it can be given to another element."""
        inner = self.inner
        if isinstance(inner, str):
            return (Markup(inner),) if inner else ()
        if isinstance(inner, int):
            inner = self.parts[inner:-1]
        if self.tag.keeps:
            return inner
        return tuple(Markup(part) if type(part) is str else part for part in inner)

    def _with_classes(self, names: list[str]) -> str:
        old = self.attribute("class")
        if isinstance(old, Dynamic):
            raise HtealeafError("the class of this element is a binding; give it all classes there")
        return " ".join(dict.fromkeys([*str(old or "").split(), *names]))

    def __html__(self) -> str:
        """Return the HTML.

        Raises:
            HtealeafError: Something in it needs a page: a binding or an action.
        """
        if self.html is None:
            raise HtealeafError(
                f"<{self.tag.name}> holds a binding or an action, which only a page can render;"
                " return it from a route function, or render a page with htealeaf.testing"
            )
        return self.html

    def __str__(self) -> str:
        return self.__html__()

    def __repr__(self) -> str:
        shown = self.html or "".join(part for part in self.parts if type(part) is str)
        return f"<Element {shown if len(shown) <= 60 else shown[:59] + '…'}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Element):
            return NotImplemented
        return compares(
            (self.tag.name, self.children, self.attributes),
            (other.tag.name, other.children, other.attributes),
        )

    def __hash__(self) -> int:
        return hash((self.tag.name, len(self.attributes)))

    def __iter__(self) -> Any:
        # Without this, an element among the children of another would look like an iterable to
        # someone who tries `list(element)`, and fail with a puzzling message.
        raise TypeError(f"<{self.tag.name}> is one element, not an iterable of children")

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(
            f"an element is frozen; <{self.tag.name}>.attr({name}=...) returns a new one"
        )

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"an element is frozen; <{self.tag.name}> keeps its {name}")

    def __reduce__(self) -> tuple[Any, ...]:
        if self.html is None:
            raise HtealeafError(
                f"<{self.tag.name}> holds a binding or an action, which belongs to the stores of"
                " this process, so it can't be pickled; keep the data, and make the element again"
            )
        attributes = {key: resolved(value) for key, value in self.attributes.items()}
        return _unpickled, (self.tag.name, attributes, self.inner, self.html)

    def __copy__(self) -> Element:
        return self

    def __deepcopy__(self, memo: object) -> Element:
        return self

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(
            f"an element has no '{name}'; it is frozen: element(child) returns one with more"
            f" children and element.attr(name=value) one with other attributes"
        )


def _declared(declarations: Mapping[str, object]) -> Iterator[str]:
    for name, value in declarations.items():
        if value is None:
            continue
        try:
            yield declaration(name, value)
        except RefusedValue as error:
            spared(error)


def assembled(
    opened: str, events: list[Event] | None, inner: list[str | Dynamic], close: str
) -> tuple[tuple[str | Dynamic, ...], int]:
    # An element's parts, and which of them what is inside begins with.
    if not events:
        return (opened + ">", *inner, close), 1
    return (opened, *events, ">", *inner, close), len(events) + 2


def fragments(children: Iterable[Child]) -> list[str | Dynamic]:
    """Return *children* as HTML strings and what needs the page, in order, nothing joined.

    Each single child (after `None` and booleans are dropped and iterables flattened) that is text
    or an element is one or more items.
    """
    out: list[str | Dynamic] = []
    for child in children:
        _add(out, child)
    return out


def _unpickled(name: str, attributes: dict[str, Value], inner: Any, html: str) -> Element:
    draft = Draft()
    draft.tag, draft.attributes, draft.inner, draft.html = Tag(name), attributes, inner, html
    draft.__class__ = Element
    return draft  # type: ignore[return-value]


def flatten(children: Child) -> list[Child]:
    """Return *children* as a flat list of text, elements, `Markup` and `Dynamic`s, no `None`."""
    if type(children) is Element:
        return [children]
    flat: list[Child] = []
    _flatten(flat, children)
    return flat


def _flatten(flat: list[Child], child: Child) -> None:
    kind = type(child)
    if kind is list or kind is tuple:
        for inner in child:
            if type(inner) is Element or type(inner) is str:
                flat.append(inner)
            else:
                _flatten(flat, inner)
        return
    child = resolved(child)
    kind = type(child)
    if child is None or kind is bool:
        return
    if isinstance(child, (str, Element, Dynamic, Number)):
        flat.append(child)
    elif hasattr(child, "__html__"):
        flat.append(Markup(child.__html__()))
    else:
        for inner in _iterated(child):
            _flatten(flat, inner)


def _bound(tag: Tag, children: tuple[Child, ...], attributes: Mapping[str, Value]) -> Element:
    # A control with `bind=`: what is shown is made of what it keeps.
    inside = "".join(map(str, fragments(children))) if not tag.keeps else ""
    kept = (Markup(inside),) if inside else ()
    shown = build(tag, *bound(tag.name, kept, attributes))
    draft = Draft()
    draft.tag, draft.attributes, draft.html, draft.parts = tag, attributes, None, shown.parts
    draft.inner = () if tag.keeps else inside
    draft.__class__ = Element
    return draft  # type: ignore[return-value]


def _built(tag: Tag, children: tuple[Child, ...], attributes: Mapping[str, Value]) -> Element:
    if tag.control and "bind" in attributes:
        return _bound(tag, children, attributes)
    draft = Draft()
    draft.tag, draft.attributes = tag, attributes
    opened, special = _opened(tag, attributes)
    # Flat: a generator can be read only once, and a list may change later.
    children = tuple(flatten(children)) if tag.keeps else children
    inner = _joined([_raw_text(tag, children)] if tag.raw else fragments(children))
    rules = [part for part in inner if type(part) is Rule]
    if rules:
        inner = _joined(part for part in inner if type(part) is not Rule)
    if tag.void and inner:
        raise HtealeafError(f"<{tag.name}> is a void element and can't have children")
    first = inner[0] if inner else ""
    if tag.drops_newline and isinstance(first, str) and first[:1] == "\n":
        inner.insert(0, "\n")  # the parser drops the first newline (HTML standard, 13.2.6.4.7)
        inner = _joined(inner)
    close = "" if tag.void else tag.close
    in_form = tag.control and needs_form(attributes)
    text = "" if not inner else inner[0] if len(inner) == 1 and type(inner[0]) is str else None
    if text is not None and not (special or rules or in_form):
        draft.inner = children if tag.keeps else text
        draft.html = f"{opened}>{text}{close}"
        draft.__class__ = Element
        return draft  # type: ignore[return-value]
    draft.html = None
    sole = _sole(tag, inner)
    events = [value for value in special.values() if type(value) is Event]
    in_context = tag.context and text is None
    if sole is None and len(events) == len(special) and not in_form and not in_context:
        draft.parts, draft.inner = assembled(opened, events, [*rules, *inner], close)
    else:
        host = Host(tag, attributes, opened, special, tuple(inner), sole)
        draft.parts, draft.inner = (*rules, host), (*rules, *inner)
    if tag.keeps:
        draft.inner = children
    draft.__class__ = Element
    return draft  # type: ignore[return-value]


#: Makes an element of whatever it may be made of.
build: Callable[[Tag, tuple[Child, ...], Mapping[str, Value]], Element] = _built
intercepted = False  #: `build` was wrapped: no element may be made in another way


def intercept(wrapper: Callable[[Callable[..., Element]], Callable[..., Element]]) -> None:
    """Let *wrapper*'s function make every element from now on; for the debug mode."""
    global build, intercepted
    build, intercepted = wrapper(build), True


def _opened(tag: Tag, attributes: Mapping[str, Value]) -> tuple[str, dict[str, Dynamic]]:
    # `<tag` with every attribute that is known, and the others.
    opened = tag.open
    special: dict[str, Dynamic] = {}
    for key, value in attributes.items():
        name = name_of(key)
        if name.odd:
            slip(tag.name, name.written)
        try:
            known = attribute(name, value, tag.name, attributes)
        except RefusedValue as error:
            spared(error)
            known = "" if FAILED in opened else f" {FAILED}"
        if type(known) is str:
            opened += known
        elif name.event:
            event = special[name.html] = Event()
            event.tag, event.attributes, event.name, event.value = (
                tag,
                attributes,
                name.event,
                known,
            )
        else:
            special[name.html] = known
    return opened, special


def _sole(tag: Tag, inner: list[str | Dynamic]) -> Dynamic | None:
    # The only child, when it is a binding, which then uses this element as its mark.
    if len(inner) == 1 and isinstance(inner[0], Dynamic) and inner[0].wants_host:
        return inner[0]
    if tag.texts and any(getattr(part, "wants_host", False) for part in inner):
        raise HtealeafError(
            f"<{tag.name}> holds text only, so a binding in it has to be its only child; put the"
            " rest into the render function: react(path, lambda value: f'...{value}')"
        )
    return None


def _joined(parts: Iterable[Any]) -> list[str | Dynamic]:
    # Neighbouring strings become one, so that a page with few bindings has few parts.
    out: list[str | Dynamic] = []
    run = ""
    for part in parts:
        if isinstance(part, str):
            run += part
            continue
        if run:
            out.append(run)
            run = ""
        out.append(part)
    if run:
        out.append(run)
    return out


def _raw_text(tag: Tag, children: tuple[Child, ...]) -> str:
    for child in children:
        if isinstance(child, Dynamic):
            raise HtealeafError(
                f"<{tag.name}> holds text only, no {type(child).__name__}; read the value, and"
                " give it as text"
            )
    text = "".join(text_of(child) for child in children)
    # `</` can't end the element, and `<!--` can't start the state in which it needs two ends (HTML
    # standard, 4.12.1.3). Both stay what they were in strings of JavaScript, CSS and JSON.
    text = text.replace("</", "<\\/")
    return text.replace("<!--", "\\u003c!--") if tag.name == "script" else text


def _add(buf: list[Any], child: Child) -> None:
    child = resolved(child)
    kind = type(child)
    if kind is str:
        buf.append(escape(child))
    elif child is None or kind is bool:
        return
    elif isinstance(child, Element):
        if child.html is not None:
            buf.append(child.html)
        else:
            buf.extend(child.parts)
    elif isinstance(child, Dynamic):
        buf.append(child)
    elif hasattr(child, "__html__"):
        buf.append(str(child.__html__()))
    elif isinstance(child, (str, Number)):
        buf.append(escape(text_of(child)))
    else:
        for inner in _iterated(child):
            _add(buf, inner)


def _iterated(child: Child) -> Iterable[Child]:
    if isinstance(child, (bytes, bytearray, Mapping)) or not isinstance(child, Iterable):
        hint = " (call it to make the element)" if callable(child) else ""
        words = (
            f"a {type(child).__name__} can't be a child{hint}; children are text, numbers,"
            " elements, bindings, Markup, None, or iterables of these"
        )
        if not isinstance(child, (bytes, Mapping)):
            raise mistaken(words)
        spared(RefusedValue(words))  # data may be a dict
        return ()
    return child
