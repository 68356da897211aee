"""Escaping: text and attributes as HTML, their names and values, and what waits for the page.

Rule 1: text and attribute values are escaped here and in `elements`, and nowhere else. `Markup`,
or any object with `__html__`, is the only way around.

Rule 2: an attribute that could run code is refused: a URL of a scheme that `urls` does not have,
text in `on*`, CSS that loads or runs something (`css`), a document in `srcdoc` that is no `Markup`.

Rule 3: names are allowed by name; see `attributes.KNOWN`.

Rule 4: a value that data may have is refused with a `RefusedValue`. Where a whole page would be
lost by it, `taking` takes it, and the element goes without.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from difflib import get_close_matches
from numbers import Number
from typing import Any, ClassVar

from markupsafe import Markup
from markupsafe import escape as _escape_anything

from htealeaf.errors import HtealeafError, RefusedValue
from htealeaf.html.attributes import is_known, is_odd, unknown
from htealeaf.html.css import check_declaration, check_style, check_value, is_plain
from htealeaf.html.urls import (
    ATTRIBUTES,
    OF_TAG,
    PLAIN,
    UnsafeUrl,
    checked,
    holds_urls,
    is_image,
    one,
)

try:  # the C function returns exact strings, which join faster than Markup does
    from markupsafe._speedups import _escape_inner
except ImportError:  # pragma: no cover - a markupsafe without its C half

    def _escape_inner(text: str, /) -> str:
        return str(_escape_anything(text))


#: Escapes an exact str.
escape = _escape_inner

#: Whatever may stand between two tags; see `elements.Element` for what becomes of each kind.
Child = Any
#: Whatever may be an attribute's value.
Value = Any

#: What the names of htealeaf's own attributes begin with; no author may set one.
OWN_ATTRIBUTES = "ht-"
FAILED = "ht-failed"  #: of the place of something that could not be shown; for style sheets
KEEP = "ht-keep"  #: one of them that stands on an author's word
WORDS = "ht-words"  #: another one: in which words moves are told
GROUP = "ht-group"  #: another one: the group of lists that items may be moved to
_GIVEN = (KEEP, GROUP, WORDS)  # those that an author gives, by a method
BOOST = "ht-boost"  #: the links and GET forms in it are fetched by the shim; "false": not these
PREFETCH = "ht-prefetch"  #: "false": what the links in it lead to is not fetched ahead
FIELD = "ht-field"  #: of a message of what was refused: the name of its control
FIELD_CLASS = "ht-field"  #: the class of what holds a control, and its message
MESSAGE_CLASS = "ht-message"  #: the class of messages, and what their ids begin with
LINE_CLASS = "ht-line"  #: the class of a row of a form
ROWS = "ht-rows"  #: the name of buttons that add a row of a form, and take one out
#: Browser events that an action can be attached to, by `on` + name. `wire/names.py` shares them.
EVENTS = (
    "click dblclick contextmenu auxclick change input beforeinput submit reset invalid select"
    " keydown keyup keypress focus blur focusin focusout"
    " pointerdown pointermove pointerup pointerenter pointerleave pointerover pointerout"
    " pointercancel gotpointercapture lostpointercapture"
    " mousedown mousemove mouseup mouseover mouseout mouseenter mouseleave wheel scroll scrollend"
    " touchstart touchmove touchend touchcancel"
    " toggle beforetoggle close cancel command copy cut paste"
    " drag dragstart dragenter dragover dragleave dragend drop"
    " compositionstart compositionupdate compositionend selectionchange slotchange"
    " animationstart animationend animationiteration animationcancel"
    " transitionrun transitionstart transitionend transitioncancel"
    " load error abort play playing pause ended timeupdate volumechange seeking seeked ratechange"
    " durationchange loadstart loadeddata loadedmetadata canplay canplaythrough progress waiting"
    " stalled suspend emptied cuechange fullscreenchange fullscreenerror"
    " resize online offline hashchange popstate pageshow pagehide visibilitychange storage message"
    " beforeprint afterprint languagechange"
    " visible interval move"
).split()

_KNOWN_EVENTS = frozenset(EVENTS)
#: Words of ours that are written like attributes, and take True or False.
_SWITCHES = {"boost": BOOST, "prefetch": PREFETCH}
#: Tells whether an event is an author's own: what a browser has, has no dash.
OWN_EVENT = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)+\Z").match
#: Attributes of SVG that take CSS values, and may name an image or a filter by `url()`.
_PAINTED = frozenset(
    "fill stroke filter mask clip-path cursor marker marker-start marker-mid marker-end".split()
)
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")  # of a custom element
_NO_COLON = re.compile(r"[^:]*\Z").match
_NO_FUNCTION = re.compile(r"[^(\\]*\Z").match


#: Takes what elements were refused that are made outside of any binding, while a page is made.
#: None: it raises.
taking: ContextVar[Callable[[RefusedValue], None] | None] = ContextVar("htealeaf_taking")


def spared(error: RefusedValue) -> None:
    """Hand *error* to who takes it, so that its own place is all that it costs.

    Raises:
        RefusedValue: Nobody does: it is *error*.
    """
    take = taking.get(None)
    if take is None:
        raise error
    take(error)


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


class Name:
    """An attribute's name, checked once: how it is written, and which values it takes."""

    __slots__ = (
        "bare",
        "event",
        "html",
        "known",
        "known_event",
        "lower",
        "odd",
        "prefix",
        "switch",
        "taken",
        "written",
    )

    def __init__(self, html: str) -> None:
        #: It is one of ours, which says yes or no for all that is inside.
        self.switch = html in _SWITCHES
        #: It is one that any element may have. Of custom elements, any word may be.
        self.known = self.switch or is_known(html)
        if not self.known and not _WORD.match(html):
            raise HtealeafError(
                f"{html!r} is no attribute name: it has letters, digits and '-', and those of"
                " other libraries ':', '@', '.' and '_' too"
            )
        self.written, self.odd = html, is_odd(html)
        if html[:2].lower() == "on":
            html = html.lower()  # one spelling, whatever reads it
        elif html[: len(OWN_ATTRIBUTES)].lower() == OWN_ATTRIBUTES and html not in _GIVEN:
            raise HtealeafError(
                f"{html!r} is a name of htealeaf's own; give the element an action instead"
            )
        html = _SWITCHES.get(html, html)
        self.html = html
        self.lower = html.lower()
        self.bare = " " + html
        self.prefix = f' {html}="'
        self.event = html[2:].lstrip("-") if html[:2] == "on" else ""
        self.known_event = self.event in _KNOWN_EVENTS
        #: Tells which texts may stand there as they are; None: any may. What it does not take is
        #: not refused yet, but looked at.
        self.taken: Callable[[str], object] | None = None
        if self.lower in ATTRIBUTES:
            self.taken = PLAIN if ATTRIBUTES[self.lower] is one else _NO_COLON
        elif self.lower in _PAINTED:
            self.taken = _NO_FUNCTION
        elif self.lower == "style":
            self.taken = is_plain
        elif self.lower == "srcdoc":
            self.taken = _never


def _never(text: str) -> bool:
    return False


# Keyword to name. Bounded by the program's text; names from data go through `.attr({...})` and are
# kept out once there are many, so that data can't fill the memory.
_NAMES: dict[str, Name] = {}
#: The same, for those of them that take any text, ` name="`; for the others None.
PREFIXES: dict[str, str | None] = {}
#: Of the others, those that take some texts as they are, and which.
TAKEN: dict[str, tuple[str, Callable[[str], object]]] = {}
#: Those of them that take actions: keyword to the event's name.
ACTIONS: dict[str, str] = {}
RAW = "\0"  #: marks a name of `.attr({...})`, which is taken as it is


def name_of(key: str) -> Name:
    """Return the name that the keyword *key* means: `class_` is `class`, `data_id` `data-id`.

    Raises:
        HtealeafError: It can't be an attribute's name.
    """
    known = _NAMES.get(key)
    if known is not None:
        return known
    name = Name(key[1:] if key.startswith(RAW) else key.rstrip("_").replace("_", "-"))
    if len(_NAMES) < 10_000:
        _NAMES[key] = name
        if name.odd or not name.known:  # each use is looked at, so it takes the long way
            return name
        PREFIXES[key] = None if name.event or name.taken or name.switch else name.prefix
        if name.taken is not None:
            TAKEN[key] = name.prefix, name.taken
        if name.known_event:
            ACTIONS[key] = name.event
    return name


def attribute_of(attributes: Mapping[str, Value], name: str) -> Value:
    """Return the value of the attribute with the HTML name *name*; `None` without it.

    A number is returned as the text that it becomes, a Ref as its value.
    """
    for key, value in attributes.items():
        if name_of(key).html == name:
            if type(value) is str:  # as nearly always
                return value
            value = resolved(value)
            is_number = isinstance(value, Number) and not isinstance(value, bool)
            return text_of(value) if is_number else value
    return None


def merged(old: Mapping[str, Value], new: Mapping[str, Value]) -> dict[str, Value]:
    """Return the attributes *old*, those of *new* replaced or added."""
    names = {name_of(key).html for key in new}
    kept = {key: value for key, value in old.items() if name_of(key).html not in names}
    return kept | dict(new)


def resolved(value: Any) -> Any:
    """Return what *value* stands for: a Ref's stored value, else *value* itself."""
    read = getattr(type(value), "__ht_value__", None)
    return read(value) if read is not None else value


def text_of(value: object) -> str:
    """Return *value* as the text of an attribute or a text node, not yet escaped."""
    # str.__str__: a member of a `str` enumeration is its text, not its name.
    return str.__str__(value) if isinstance(value, str) else str(value)


def quoted(text: str) -> str:
    """Return *text* as it stands between the quotes of an attribute."""
    if type(text) is str:
        return escape(text)
    return str(_escape_anything(text)).replace('"', "&#34;")


def is_action(value: object) -> bool:
    """Tell whether *value* is something that an event can do."""
    return getattr(value, "is_action", False) is True


def is_link(value: object) -> bool:
    """Tell whether *value* is an action that leads to a URL, so that a link can have it."""
    return getattr(value, "is_link", False) is True


def attribute_text(tag: str, name: str, value: Value, others: Mapping[str, Value]) -> str:
    """Return ` name="value"` as a `<tag>` would have it; "" for `None` and `False`.

    Args:
        others: The element's attributes.

    Raises:
        HtealeafError: *value* can't be that attribute's value.
    """
    text = attribute(name_of(RAW + name), value, tag, others)
    if not isinstance(text, str):
        raise HtealeafError(f"attribute {name!r} is given a {type(value).__name__} by a binding")
    return text


def attribute(name: Name, value: Value, tag: str, others: Mapping[str, Value]) -> Any:
    """Return the attribute as text; or, if it has to wait for the page, the `Dynamic` or actions.

    Args:
        tag: The name of the element.
        others: Its attributes.

    Raises:
        HtealeafError: A `<tag>` has no such attribute, or *value* can't be its value.
    """
    if not name.known and "-" not in tag:
        raise HtealeafError(unknown(tag, name.html))
    value = resolved(value)
    if name.event:
        return _event(name, value)
    if name.switch:
        return _switch(name, value)
    if isinstance(value, Dynamic):
        return value
    if value is None or value is False:
        return ""
    if value is True:
        return name.bare
    if hasattr(value, "__html__"):
        if name.lower == "srcdoc":  # HTML inside of HTML
            return f'{name.prefix}{escape(str(value.__html__()))}"'
        text = quoted(value)
        raw = str(Markup(text).unescape())
    elif isinstance(value, (str, Number)):
        raw = text_of(value)
        text = escape(raw)
    else:
        kind = RefusedValue if isinstance(value, (Mapping, list, tuple)) else HtealeafError
        raise kind(  # data may be a dict
            f"attribute {name.html!r} is given a {type(value).__name__}; it takes text, a number,"
            " True, False, None or a binding"
        )
    taken = name.taken
    if (taken is not None and not taken(raw)) or tag in OF_TAG:
        _check(name.lower, value if type(value) is UnsafeUrl else raw, tag, others)
    return f'{name.prefix}{text}"'


def _check(name: str, text: str, tag: str, others: Mapping[str, Value]) -> None:
    # Refuses a value that could run or load what nobody meant.
    if name == "srcdoc":
        raise RefusedValue(
            f"<{tag} srcdoc> is given text, which would be a page of its own; give it elements, or"
            " Markup(...) if it is your own HTML"
        )
    where = f"<{tag} {name}>"
    if name == "style":
        check_style(text, where)
    elif name in _PAINTED:
        check_value(text, where)
    urls = holds_urls(tag, name, {name_of(k).lower: resolved(v) for k, v in others.items()})
    if urls is None:
        return
    if type(text) is UnsafeUrl:
        return
    image = is_image(tag, name)
    for url in urls(text):
        checked(url, where, image=image)


def _switch(name: Name, value: Value) -> str:
    if value is None:
        return ""
    if not isinstance(value, bool):
        word = next(word for word, html in _SWITCHES.items() if html == name.html)
        raise HtealeafError(f"{word}= takes True or False, not a {type(value).__name__}")
    return name.bare if value else f'{name.prefix}false"'


def _event(name: Name, value: Value) -> Any:
    if not name.known_event and not OWN_EVENT(name.event):
        near = get_close_matches(name.event, EVENTS, 1, 0.7)
        meant = (
            f"did you mean on{near[0]}=?" if near else "one of your own has a dash: on_my_event="
        )
        raise HtealeafError(f"{name.html!r} is no event that is known; {meant}")
    if is_action(value):
        return value
    if value is None or value is False:
        return ""
    if isinstance(value, str):
        raise HtealeafError(
            f"{name.html} is given text, which would be inline code; give it an action"
            f" (store.do.update(...)), or JSCode({value!r}) for code of your own"
        )
    steps = list(value) if isinstance(value, (list, tuple)) else [value]
    if not all(map(is_action, steps)):
        raise HtealeafError(
            f"{name.html} is given a {type(value).__name__}; it takes an action"
            " (store.do.update(...)), a list of actions, or JSCode(...)"
        )
    return steps or ""


def declaration(name: str, value: object) -> str:
    """Return a CSS declaration, `margin-top:1px`.

    Raises:
        RefusedValue: A name or value that could end it, or that loads or runs something.
    """
    name, text = name.rstrip("_").replace("_", "-"), str(value)
    check_declaration(name, text)
    return f"{name}:{text}"
