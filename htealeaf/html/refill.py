"""Forms in the HTML of a page: the controls of one, and the page again with it as it was sent.

Where scripts are off, a refused form would come back empty. `refill` puts the values that were sent
into the controls, and each message behind its control, tied to it by `aria-describedby`. It works
on the HTML of a page, so a form needs nothing for it.

Rule: what a person should not find in a page is not put there: passwords and files. Hidden fields
are the author's, and stay as the page has them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Literal, NamedTuple

from htealeaf.html.markup import FIELD, FIELD_CLASS, MESSAGE_CLASS, escape, quoted

_KEPT = frozenset({"hidden", "password", "file", "submit", "image", "reset", "button"})
_TICKED = frozenset({"checkbox", "radio"})
_CONTROLS = frozenset({"input", "select", "textarea", "fieldset"})

_Attributes = dict[str, str | None]


@dataclass
class _Option:
    start: int
    end: int
    attributes: _Attributes
    text: str = ""


@dataclass
class _Control:
    tag: str
    attributes: _Attributes
    form: _Form | None
    start: int
    end: int  #: of the start tag
    close: int = 0  #: where its end tag begins
    after: int = 0  #: where what follows it begins
    box: _Field | None = None  #: what it stands in, with its message
    label: _Field | None = None  #: what it stands in: a message there would be part of the name
    options: list[_Option] = field(default_factory=list)


@dataclass(eq=False)
class _Field:
    end: int = 0  #: where its end tag begins; of a label, where what follows it does


@dataclass(eq=False)
class _Form:
    attributes: _Attributes
    end: int  #: of its start tag


class _Reader(HTMLParser):
    # Notes where the forms and controls of a page stand, and which form has *url*.
    def __init__(self, html: str, url: str) -> None:
        super().__init__(convert_charrefs=True)
        self.html, self.url = html, url
        self.lines = [0]
        for line in html.split("\n"):
            self.lines.append(self.lines[-1] + len(line) + 1)
        self.forms: list[_Form] = []
        self.controls: list[_Control] = []
        self.found: _Form | None = None
        self._form: _Form | None = None
        self._open: _Control | None = None
        self._option: _Option | None = None
        self._fields: list[_Field | None] = []  # of the `div`s that are open
        self._label: _Field | None = None
        self._inert = 0  # how many templates are open
        self._pressed: list[_Attributes] = []
        self.feed(html)
        self.close()
        # The form that is named may stand behind what names it.
        for control in self.controls:
            if "form" in control.attributes:
                control.form = self._owner(control.attributes)
        for button in self._pressed:
            self.found = self.found or self._owner(button)

    @property
    def at(self) -> int:
        line, column = self.getpos()
        return self.lines[line - 1] + column

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes, start = dict(attrs), self.at
        end = start + len(self.get_starttag_text() or "")
        if tag == "template":
            self._inert += 1
        if self._inert:
            return
        if tag == "div":
            of_field = FIELD_CLASS in (attributes.get("class") or "").split()
            self._fields.append(_Field() if of_field else None)
        elif tag == "label":
            self._label = _Field()
        elif tag == "form":
            self._form = _Form(attributes, end)
            self.forms.append(self._form)
            if attributes.get("action") == self.url:
                self.found = self._form
        elif tag == "button" and attributes.get("formaction") == self.url:
            self.found = self.found or self._owner(attributes)
            self._pressed.append(attributes)
        elif tag in _CONTROLS:
            control = _Control(tag, attributes, self._owner(attributes), start, end, end, end)
            control.box = next((found for found in reversed(self._fields) if found), None)
            control.label = self._label
            self.controls.append(control)
            self._open = None if tag in ("input", "fieldset") else control
        elif tag == "option" and self._open is not None:
            self._option = _Option(start, end, attributes)
            self._open.options.append(self._option)

    def _owner(self, attributes: _Attributes) -> _Form | None:
        if "form" not in attributes:
            return self._form
        named = [form for form in self.forms if form.attributes.get("id") == attributes["form"]]
        return named[0] if named else None

    def handle_data(self, data: str) -> None:
        if self._option is not None:
            self._option.text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "template":
            self._inert -= 1
        elif self._inert:
            return
        elif tag == "div":
            box = self._fields.pop() if self._fields else None
            if box is not None:
                box.end = self.at
        elif tag == "label" and self._label is not None:
            self._label.end = self.html.index(">", self.at) + 1
            self._label = None
        elif tag == "form":
            self._form = None
        elif tag == "option":
            self._option = None
        elif self._open is not None and tag == self._open.tag:
            self._open.close = self.at
            self._open.after = self.html.index(">", self.at) + 1
            self._open = self._option = None


class Control(NamedTuple):
    """What a name that an action reads means in a page.

    Attributes:
        name: What the form sends it under.
        kind: `box` is a checkbox alone, of which is told whether it is sent; `many` are several
            controls of one name, or a `select` of several, which give a list; `one` is any other.
    """

    name: str
    kind: Literal["box", "many", "one"]


class FormControls:
    """The controls of the form of *url* in a page, by what actions call them.

    >>> FormControls('<form action="/a"><input type=checkbox name=b></form>', "/a").named("b")
    Control(name='b', kind='box')
    """

    def __init__(self, html: str, url: str) -> None:
        page = _Reader(html, url)
        form = page.found
        self._controls = [c for c in page.controls if form is not None and c.form is form]

    def named(self, name: str) -> Control | None:
        """Return what *name* means, an id or else the name of a control; None for nothing."""
        same = [c for c in self._controls if c.attributes.get("id") == name][:1]
        same = same or [c for c in self._controls if c.attributes.get("name") == name]
        if not same:
            return None
        first, kind = same[0], _kind_of(same[0])
        sent = first.attributes.get("name") or name
        if kind == "checkbox" and len(same) == 1:
            return Control(sent, "box")
        several = len(same) > 1 and kind not in ("radio", "submit")
        several |= kind == "select" and "multiple" in first.attributes
        return Control(sent, "many" if several else "one")


def refill(
    html: str,
    url: str,
    entries: Iterable[tuple[str, object]],
    messages: Mapping[str, str],
    hidden: Mapping[str, str] | None = None,
) -> str:
    """Return *html* with the form of *url* as it was sent.

    Args:
        html: A whole page.
        url: What the form, or the button that was pressed, leads to.
        entries: What was sent: names and texts; what is no text is left out.
        messages: What was refused, by name; "" is the whole form.
        hidden: Fields that the form gets, and nobody sees.

    >>> page = '<form action="/a"><input name="n"></form>'
    >>> refill(page, "/a", [("n", "x")], {})
    '<form action="/a"><input name="n" value="x"></form>'
    """
    page = _Reader(html, url)
    values: dict[str, list[str]] = {}
    for key, value in entries:
        if isinstance(value, str):
            values.setdefault(key, []).append(value)
    edits: list[tuple[int, int, str]] = []
    left, told = dict(messages), 0
    for number, control in enumerate(page.controls):
        name = control.attributes.get("name")
        if not name or page.found is None or control.form is not page.found:
            continue
        message = left.pop(name, None)
        edits += _filled(control, values.get(name, []), message, number, first=not told)
        told += message is not None
    edits.append((_head(page), _head(page), "".join(map(_alert, left.items()))))
    if page.found is not None:
        fields = (
            {"type": "hidden", "name": name, "value": v} for name, v in (hidden or {}).items()
        )
        own = "".join(_tag("input", one) for one in fields)
        edits.append((page.found.end, page.found.end, own))
    out, done = [], 0
    for start, end, text in sorted(edits, key=lambda edit: edit[:2]):
        out += [html[done:start], text]
        done = end
    return "".join([*out, html[done:]])


def _alert(message: tuple[str, str]) -> str:
    name, text = message
    return f'<p role="alert" class="{MESSAGE_CLASS}" {FIELD}="{quoted(name)}">{escape(text)}</p>'


def _head(page: _Reader) -> int:
    # Buttons that stand in no form belong to one that nobody sees: what is said of it as a whole
    # stands above all.
    if page.found is not None and "hidden" not in page.found.attributes:
        return page.found.end
    start = page.html.find("<body")
    return page.html.index(">", start) + 1 if start >= 0 else 0


def _filled(
    control: _Control, values: list[str], message: str | None, number: int, *, first: bool
) -> list[tuple[int, int, str]]:
    attributes, edits = dict(control.attributes), []
    kind = _kind_of(control)
    if kind in _TICKED:
        _turn(attributes, "checked", (attributes.get("value") or "on") in values)
    elif kind == "select":
        for option in control.options:
            own = dict(option.attributes)
            said = own.get("value")
            _turn(own, "selected", (option.text.strip() if said is None else said) in values)
            edits.append((option.start, option.end, _tag("option", own)))
    elif kind == "textarea":
        if values:
            # A line break at the start of a textarea is not part of its text.
            edits.append((control.end, control.close, "\n" + escape(values.pop(0))))
    elif values and kind != "fieldset":
        sent = values.pop(0)
        if kind not in _KEPT:
            attributes["value"] = sent
    if message is not None:
        id = f"{MESSAGE_CLASS}-{number}"
        described = attributes.get("aria-describedby")
        attributes["aria-invalid"] = "true"
        attributes["aria-describedby"] = f"{described} {id}" if described else id
        if first:
            attributes["autofocus"] = None
        name = quoted(control.attributes["name"] or "")
        told = f'<p id="{id}" class="{MESSAGE_CLASS}" {FIELD}="{name}">{escape(message)}</p>'
        box = control.box or control.label
        at = (box.end if box is not None else 0) or control.after
        edits.append((at, at, told))
    if attributes != control.attributes:
        edits.append((control.start, control.end, _tag(control.tag, attributes)))
    return edits


def _kind_of(control: _Control) -> str:
    if control.tag == "input":
        return (control.attributes.get("type") or "text").lower()
    return control.tag


def _turn(attributes: _Attributes, name: str, on: bool) -> None:
    if on:
        attributes[name] = None
    else:
        attributes.pop(name, None)


def _tag(name: str, attributes: Mapping[str, str | None]) -> str:
    said = "".join(
        f" {key}" if value is None else f' {key}="{quoted(value)}"'
        for key, value in attributes.items()
    )
    return f"<{name}{said}>"
