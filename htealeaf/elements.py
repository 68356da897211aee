"""What a page is made of: frozen elements that escape what they hold.

An `Element` is made by calling a tag (`div("x", class_="card")`) and is turned into HTML at once as
far as that is possible: a subtree without bindings and actions is one string from the moment it is
made, and its parent only copies that string. What can be known only while a page is rendered
(a binding, an action, a generated style rule) stays in the tree as a `Dynamic` part.

Rule 1: text and attribute values are escaped here and nowhere else. `Markup`, or any object with
`__html__`, is the only way around.

Rule 2: elements never change. `attr()`, `classes()` and a call return new ones, so a constant
element may be shared by every page.

Rule 3: nothing here knows stores, HTTP or the page that an element will be part of.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from numbers import Number
from types import MappingProxyType
from typing import Any, ClassVar

from markupsafe import Markup, escape

from htealeaf.errors import HtealeafError

try:  # the C function returns exact strings, which join faster than Markup does
    from markupsafe._speedups import _escape_inner as _escape
except ImportError:  # pragma: no cover - a markupsafe without its C half

    def _escape(text: str, /) -> str:
        return str(escape(text))


#: Whatever may stand between two tags; see `Element` for what becomes of each kind.
Child = Any
#: Whatever may be an attribute's value.
Value = Any

#: Browser events that an action can be attached to, by `on` + name. `wire.py` shares them.
EVENTS = (
    "click dblclick contextmenu change input submit keydown keyup focus blur"
    " pointerdown pointermove pointerup pointerenter pointerleave"
    " mouseover mouseout mouseenter mouseleave wheel scroll"
    " toggle close cancel reset paste drop dragover dragstart dragend"
).split()

_KNOWN_EVENTS = frozenset(EVENTS)
_URL_ATTRIBUTES = frozenset(
    "href src action formaction poster data cite background ping manifest xlink:href".split()
)
_SCRIPT_URL = re.compile(r"(?:javascript|vbscript)\s*:|data\s*:\s*text/html", re.IGNORECASE)
_IGNORED_IN_URLS = re.compile(r"[\x00-\x20]+")  # the URL standard drops these before it looks
_BAD_NAME = re.compile(r"[\s\"'<>/=\x00-\x1f\x7f]")
_CSS_NAME = re.compile(r"-{0,2}[a-z][a-z0-9-]*\Z")
_CSS_VALUE = re.compile(r"[^{}<>;\\\x00-\x1f]+\Z")
_CSS_STRING = re.compile(r"\"[^\"]*\"|'[^']*'")
_CSS_OPEN = re.compile(r"[\"'\[\]]|/\*")  # would swallow what comes after the declaration


class Dynamic:
    """Something in a tree that is resolved while a page is rendered, never before.

    A subclass says what becomes of it in `render`; `wants_host` is true for one that, as an
    element's only child, uses that element as its mark.
    """

    __slots__ = ()
    wants_host: ClassVar[bool] = False

    def render(self, page: Any) -> None:
        """Write this part's HTML to *page*, a `rendering.Render`."""
        raise HtealeafError(f"{type(self).__name__} stands where a child is wanted")


class Rule(Dynamic):
    """A generated CSS rule that has to be in the page before the element that uses it."""

    __slots__ = ("css", "name")

    def __init__(self, name: str, css: str) -> None:
        self.name, self.css = name, css

    def render(self, page: Any) -> None:
        page.rules[self.name] = self.css


class Host(Dynamic):
    """An element whose own tag needs the page: it has actions, is a mark or opens a context."""

    __slots__ = ("element", "inner", "open", "sole", "special")

    def __init__(
        self,
        element: Element,
        open_: str,
        special: dict[str, Value],
        inner: tuple[str | Dynamic, ...],
        sole: Dynamic | None,
    ) -> None:
        self.element = element  #: for its tag and its attributes
        self.open = open_  #: `<tag` with every attribute that is known
        self.special = special  #: the others: HTML name to a Dynamic or a list of actions
        self.inner = inner
        self.sole = sole  #: the only child, when it is a binding

    def render(self, page: Any) -> None:
        page.host(self)


class Tag:
    """What is known about an element's name. `CONTEXTS` change how what is inside is rendered."""

    __slots__ = (
        "close",
        "context",
        "control",
        "drops_newline",
        "name",
        "open",
        "raw",
        "texts",
        "void",
    )

    CONTEXTS: ClassVar[frozenset[str]] = frozenset({"form", "svg", "math", "foreignObject"})
    CONTROLS: ClassVar[frozenset[str]] = frozenset({"input", "select", "textarea"})
    VOID: ClassVar[frozenset[str]] = frozenset(
        "area base br col embed hr img input link meta source track wbr".split()
    )

    def __init__(self, name: str) -> None:
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*", name):
            raise HtealeafError(f"{name!r} is no element name: letters, digits and '-' only")
        self.name = name
        self.open, self.close = f"<{name}", f"</{name}>"
        self.void = name in self.VOID
        self.raw = name in {"script", "style"}
        self.context = name in self.CONTEXTS
        self.control = name in self.CONTROLS
        self.drops_newline = name in {"pre", "textarea", "listing"}
        self.texts = name in {"textarea", "title", "option"}  # elements inside are no elements


class _Name:
    __slots__ = ("bare", "event", "html", "known_event", "prefix", "url")

    def __init__(self, html: str) -> None:
        if not html or _BAD_NAME.search(html):
            raise HtealeafError(
                f"{html!r} is no attribute name: no blanks, quotes, '<', '>', '/' or '='"
            )
        if html[:2].lower() == "on":
            html = html.lower()  # one spelling, whatever reads it
        elif html[:3].lower() == "ht-":
            raise HtealeafError(
                f"{html!r} is a name of htealeaf's own; give the element an action instead"
            )
        self.html = html
        self.bare = " " + html
        self.prefix = f' {html}="'
        self.event = html[2:] if html[:2] == "on" else ""
        self.known_event = self.event in _KNOWN_EVENTS
        self.url = html.lower() in _URL_ATTRIBUTES

    @property
    def checked(self) -> bool:
        return bool(self.event) or self.url


# Keyword to name. Bounded by the program's text; names from data go through `.attr({...})` and are
# kept out once there are many, so that data can't fill the memory.
_NAMES: dict[str, _Name] = {}
_PREFIXES: dict[str, str] = {}  # those of them that take any text: keyword to ` name="`
_RAW = "\0"  # marks a name of `.attr({...})`, which is taken as it is


def _name(key: str) -> _Name:
    if key.startswith(_RAW):
        name = _Name(key[1:])
    else:
        name = _Name(key.rstrip("_").replace("_", "-"))
    if len(_NAMES) < 10_000:
        _NAMES[key] = name
        if not name.checked:
            _PREFIXES[key] = name.prefix
    return name


class _Draft:
    # The slots of an Element before it is frozen; `_build` fills one and then changes its class,
    # which is the cheapest way to a frozen object.
    __slots__ = ("attributes", "children", "html", "parts", "tag")
    tag: Tag
    children: tuple[Child, ...]
    attributes: Mapping[str, Value]
    html: str | None  #: the whole element, when nothing in it needs the page
    parts: tuple[str | Dynamic, ...]  #: else strings and what needs the page, in order


class Element(_Draft):
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
        merged = _merged(self.attributes, attributes) if attributes else self.attributes
        return _build(self.tag, self.children + children, merged)

    def attr(self, names: Mapping[str, Value] | None = None, /, **attributes: Value) -> Element:
        """Return this element with attributes set; a name that it already has is replaced.

        Args:
            names: HTML names as they are, for those that are no Python keyword: `{"x-on:y": 1}`.
            attributes: Python names: `class_`, `data_id`, `onclick`.
        """
        added = {_RAW + name: value for name, value in (names or {}).items()} | attributes
        return _build(self.tag, self.children, _merged(self.attributes, added))

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
        css = ";".join(_declaration(k, v) for k, v in declarations.items() if v is not None)
        name = "s-" + hashlib.blake2b(css.encode(), digest_size=5).hexdigest()
        classes = self._with_classes([name])
        rule = Rule(name, f".{name}{{{css}}}")
        attributes = _merged(self.attributes, {"class_": classes})
        return _build(self.tag, (rule, *self.children), attributes)

    def row(self) -> Element:
        """Return this element as a row: its children side by side."""
        return self.classes("ht-row")

    def column(self) -> Element:
        """Return this element as a column: its children below each other."""
        return self.classes("ht-column")

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
        for key, value in self.attributes.items():
            if (_NAMES.get(key) or _name(key)).html == name:
                value = resolved(value)
                is_number = isinstance(value, Number) and not isinstance(value, bool)
                return text_of(value) if is_number else value
        return None

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
        inside = f"{len(self.children)} children, {len(self.attributes)} attributes"
        return f"<{self.tag.name}: {inside}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Element):
            return NotImplemented
        return (self.tag.name, self.children, self.attributes) == (
            other.tag.name,
            other.children,
            other.attributes,
        )

    def __hash__(self) -> int:
        return hash((self.tag.name, len(self.children)))

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

    def __copy__(self) -> Element:
        return self

    def __deepcopy__(self, memo: object) -> Element:
        return self

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(
            f"an element has no '{name}'; it is frozen: element(child) returns one with more"
            f" children and element.attr(name=value) one with other attributes"
        )


def tag(name: str) -> Callable[..., Element]:
    """Return the function that makes elements called *name*: `tag("my-widget")("text", id="w")`.

    Raises:
        HtealeafError: *name* is no element name.
    """
    make = _maker(Tag(name))
    make.__name__ = make.__qualname__ = name
    make.__doc__ = f"Make a `<{name}>` element of *children* and *attributes*; see `Element`."
    return make


def _maker(tag: Tag) -> Callable[..., Element]:
    # Makes elements of text and finished elements, the usual case, in one go, without the calls and
    # the list that `_build` needs. Whatever else it meets, it leaves to `_build`, which begins
    # anew: nothing was consumed until then.
    open_, start, close = tag.open, tag.open + ">", tag.close
    usual = not (tag.raw or tag.drops_newline or tag.void)
    empty, control, prefixes = tag.void, tag.control, _PREFIXES

    def make(*children: Child, **attributes: Value) -> Element:
        if _intercepted or not (usual or (empty and not children)):
            return _build(tag, children, attributes)
        if len(children) == 1 and not attributes and type(text := children[0]) is str:
            draft = _Draft()
            draft.tag, draft.children, draft.attributes, draft.parts = tag, children, _NOTHING, ()
            draft.html = f"{start}{_escape(text)}{close}"
            draft.__class__ = Element
            return draft  # type: ignore[return-value]
        inner: tuple[Child, ...] = children
        known: Mapping[str, Value] = _NOTHING  # one for all: pages have thousands without any
        special: dict[str, Value] | None = None
        opened = open_
        if attributes:
            known = attributes
            for key, value in attributes.items():
                prefix = prefixes.get(key)
                if prefix is None:
                    name = _NAMES.get(key)
                    if name is None or not name.known_event or not _is_action(value):
                        return _build(tag, children, attributes)
                    special = special or {}
                    special[name.html] = value
                    continue
                kind = type(value)
                if kind is str:
                    opened += f'{prefix}{_escape(value)}"'
                elif kind is int:
                    opened += f'{prefix}{value}"'
                elif value is True:
                    opened += prefix[:-2]
                elif value is not None and value is not False:
                    return _build(tag, children, attributes)
            if control and "id" in attributes:  # see `_needs_form`
                return _build(tag, children, attributes)
        text = ""
        if len(children) == 1 and type(only := children[0]) is list:
            inner = tuple(only)
        for child in inner:
            kind = type(child)
            if kind is str:
                text += _escape(child)
            elif kind is Element and child.html is not None:
                text += child.html
            else:
                return _build(tag, inner, attributes)
        draft = _Draft()
        draft.tag, draft.children, draft.attributes, draft.parts = tag, inner, known, ()
        draft.html = f"{opened}>" if empty else f"{opened}>{text}{close}"
        if special is not None:
            draft.html = None
            host = Host(draft, opened, special, (text,) if text else (), None)  # type: ignore[arg-type]
            draft.parts = (host,)
        draft.__class__ = Element
        return draft  # type: ignore[return-value]

    return make


def _is_action(value: Value) -> bool:
    return bool(getattr(value, "is_action", False))


_NOTHING: Mapping[str, Value] = MappingProxyType({})
_intercepted = False


def intercept(wrapper: Callable[[Callable[..., Element]], Callable[..., Element]]) -> None:
    """Let *wrapper*'s function make every element from now on; for the debug mode."""
    global _build, _intercepted
    _build, _intercepted = wrapper(_build), True


def fragments(children: Iterable[Child]) -> list[str | Dynamic]:
    """Return *children* as HTML strings and what needs the page, in order, nothing joined.

    Each single child (after `None` and booleans are dropped and iterables flattened) that is text
    or an element is one or more items; `shape_of` says what they are together.
    """
    out: list[str | Dynamic] = []
    for child in children:
        _add(out, child)
    return out


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


def resolved(value: Any) -> Any:
    """Return what *value* stands for: a Ref's stored value, else *value* itself."""
    read = getattr(type(value), "__ht_value__", None)
    return read(value) if read is not None else value


def text_of(value: object) -> str:
    """Return *value* as the text of an attribute or a text node, not yet escaped."""
    # str.__str__: a member of a `str` enumeration is its text, not its name.
    return str.__str__(value) if isinstance(value, str) else str(value)


def check_url(name: str, url: str) -> None:
    """Refuse a URL that would run as a script.

    Raises:
        HtealeafError: *url* begins with `javascript:`, `vbscript:` or `data:text/html`, blanks and
            control characters aside (URL standard, "basic URL parser": they are removed).
    """
    if _SCRIPT_URL.match(_IGNORED_IN_URLS.sub("", url)):
        raise HtealeafError(
            f"{name} is given a script URL, which could run someone else's code;"
            " use an action, or JSCode for code of your own"
        )


def _merged(old: Mapping[str, Value], new: Mapping[str, Value]) -> dict[str, Value]:
    names = {(_NAMES.get(key) or _name(key)).html for key in new}
    kept = {k: v for k, v in old.items() if (_NAMES.get(k) or _name(k)).html not in names}
    return kept | dict(new)


def _declaration(name: str, value: object) -> str:
    name, text = name.rstrip("_").replace("_", "-"), str(value)
    bare = _CSS_STRING.sub("", text)
    closed = not _CSS_OPEN.search(bare) and bare.count("(") == bare.count(")")
    if not _CSS_NAME.match(name) or not _CSS_VALUE.match(text) or not closed:
        raise HtealeafError(
            f"style({name}={text!r}) is no single CSS declaration; leave ';', '{{', '}}', '<',"
            " '>', '\\' and open quotes or brackets out, and put longer rules into a stylesheet"
        )
    return f"{name}:{text}"


def _build(tag: Tag, children: tuple[Child, ...], attributes: Mapping[str, Value]) -> Element:
    draft = _Draft()
    draft.tag, draft.children, draft.attributes = tag, children, attributes
    buf: list[Any] = [tag.open]
    special: dict[str, Value] | None = None
    for key, value in attributes.items():
        name = _NAMES.get(key) or _name(key)
        if type(value) is str and not name.url and not name.event:
            buf.append(name.prefix)
            buf.append(_escape(value))
            buf.append('"')
        elif value is True and not name.event:
            buf.append(name.bare)
        elif value is not None and value is not False:
            known = _attribute(name, value)
            if type(known) is str:
                buf.append(known)
            else:
                special = special or {}
                special[name.html] = known
    buf.append(">")
    mark = len(buf)
    if children:
        for child in children:
            if type(child) is not str and type(child) is not Element:
                # Kept flat: a generator can be read only once, and a list may change later.
                draft.children = children = tuple(flatten(children))
                break
        if tag.raw:
            buf.append(_raw_text(tag, children))
        else:
            for child in children:
                kind = type(child)
                if kind is str:
                    buf.append(_escape(child))
                elif kind is Element:
                    if child.html is not None:
                        buf.append(child.html)
                    else:
                        buf.extend(child.parts)
                else:
                    _add(buf, child)
        if tag.void and len(buf) > mark and any(type(part) is not Rule for part in buf[mark:]):
            raise HtealeafError(f"<{tag.name}> is a void element and can't have children")
        if tag.drops_newline and str(next(filter(None, buf[mark:]), ""))[:1] == "\n":
            buf.insert(mark, "\n")  # the parser drops the first newline (HTML standard, 13.2.6.4.7)
    if not tag.void:
        buf.append(tag.close)
    if special is None and not (tag.control and _needs_form(attributes)):
        try:
            draft.html = "".join(buf)
        except TypeError:  # something in it needs the page
            draft.html = None
        else:
            draft.parts = ()
            draft.__class__ = Element
            return draft  # type: ignore[return-value]
    return _with_parts(draft, buf, mark, special or {})


def _with_parts(draft: _Draft, buf: list[Any], mark: int, special: dict[str, Value]) -> Element:
    tag = draft.tag
    draft.html = None
    draft.__class__ = Element
    element: Element = draft  # type: ignore[assignment]
    inner = buf[mark : len(buf) - (not tag.void)]
    if special and (not inner or (len(inner) == 1 and type(inner[0]) is str)):
        # Nothing but its tag needs the page, as with most buttons and checkboxes.
        alone = Host(element, "".join(buf[: mark - 1]), special, tuple(inner), None)
        object.__setattr__(element, "parts", (alone,))
        return element
    rules = [part for part in inner if type(part) is Rule]
    if rules:
        inner = [part for part in inner if type(part) is not Rule]
        buf = [part for part in buf if type(part) is not Rule]
    sole = inner[0] if len(inner) == 1 and isinstance(inner[0], Dynamic) else None
    if sole is not None and not sole.wants_host:
        sole = None
    if tag.texts and sole is None and any(getattr(part, "wants_host", False) for part in inner):
        raise HtealeafError(
            f"<{tag.name}> holds text only, so a binding in it has to be its only child; put the"
            " rest into the render function: react(path, lambda value: f'...{value}')"
        )
    if special or sole is not None or tag.context or tag.control:
        host = Host(element, "".join(buf[: mark - 1]), special, tuple(_joined(inner)), sole)
        parts: list[str | Dynamic] = [*rules, host]
    else:
        parts = _joined([*rules, *buf])
    object.__setattr__(element, "parts", tuple(parts))
    return element


def _joined(parts: Iterable[str | Dynamic]) -> list[str | Dynamic]:
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


def _needs_form(attributes: Mapping[str, Value]) -> bool:
    # A control with an id, no name and no form takes part in the page's form, so that actions can
    # read it where scripts are off. Whether it stands in an author's form shows at rendering.
    return "id" in attributes and "name" not in attributes and "form" not in attributes


def attribute_text(name: str, value: Value) -> str:
    """Return ` name="value"` as an element would have it; "" for `None` and `False`.

    Raises:
        HtealeafError: *value* can't be that attribute's value.
    """
    text = _attribute(_NAMES.get(_RAW + name) or _name(_RAW + name), value)
    if not isinstance(text, str):
        raise HtealeafError(f"attribute {name!r} is given a {type(value).__name__} by a binding")
    return text


def _attribute(name: _Name, value: Value) -> Any:
    # Returns the attribute as text, or what has to wait for the page.
    value = resolved(value)
    if name.event:
        return _event(name, value)
    if isinstance(value, Dynamic):
        return value
    if value is None or value is False:
        return ""
    if value is True:
        return name.bare
    if hasattr(value, "__html__"):
        text = str(value.__html__()).replace('"', "&#34;")
        raw = str(Markup(text).unescape()) if name.url else ""
    elif isinstance(value, (str, Number)):
        raw = text_of(value)
        text = _escape(raw)
    else:
        raise HtealeafError(
            f"attribute {name.html!r} is given a {type(value).__name__}; it takes text, a number,"
            " True, False, None or a binding"
        )
    if name.url:
        check_url(name.html, raw)
    return f'{name.prefix}{text}"'


def _event(name: _Name, value: Value) -> Any:
    if not name.known_event:
        raise HtealeafError(
            f"{name.html!r} is no event that is known; there are: on{', on'.join(EVENTS)}"
        )
    if _is_action(value):
        return value
    if value is None or value is False:
        return ""
    if isinstance(value, str):
        raise HtealeafError(
            f"{name.html} is given text, which would be inline code; give it an action"
            f" (store.do.update(...)), or JSCode({value!r}) for code of your own"
        )
    steps = list(value) if isinstance(value, (list, tuple)) else [value]
    if not all(map(_is_action, steps)):
        raise HtealeafError(
            f"{name.html} is given a {type(value).__name__}; it takes an action"
            " (store.do.update(...)), a list of actions, or JSCode(...)"
        )
    return steps


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
        buf.append(_escape(child))
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
        buf.append(_escape(text_of(child)))
    else:
        for inner in _iterated(child):
            _add(buf, inner)


def _iterated(child: Child) -> Iterable[Child]:
    if isinstance(child, (bytes, bytearray, Mapping)) or not isinstance(child, Iterable):
        hint = " (call it to make the element)" if callable(child) else ""
        raise HtealeafError(
            f"a {type(child).__name__} can't be a child{hint}; children are text, numbers,"
            " elements, bindings, Markup, None, or iterables of these"
        )
    return child
