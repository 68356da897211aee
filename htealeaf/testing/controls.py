"""Form controls: what they hold, which form they belong to, what a form sends.

What a person typed or chose is kept in the element's `state`: the attributes are the server's.

Source: HTML standard, "Form control infrastructure" (which form owns a control, which controls are
submitted) and "Implicit submission".
"""

from __future__ import annotations

from typing import NamedTuple
from unicodedata import bidirectional

from bs4 import Tag

from htealeaf.data.documents import Json
from htealeaf.testing.failures import PageFailure
from htealeaf.testing.trees import attribute, by_id, closest, is_inert, state, text_of
from htealeaf.wire.names import Attribute, Id

FIELDS = frozenset({"input", "select", "textarea"})


class File(NamedTuple):
    """A file that was chosen in a control."""

    name: str
    data: bytes
    type: str


NO_FILE = File("", b"", "application/octet-stream")
LISTED = FIELDS | {"button", "output", "fieldset", "object"}  # in `form.elements`
_TICKED = frozenset({"checkbox", "radio"})
_BUTTONS = frozenset({"submit", "image", "reset", "button"})


def type_of(tag: Tag) -> str:
    """Return what kind of control *tag* is: an input's type, else its name."""
    if tag.name == "input":
        return (attribute(tag, "type") or "text").lower()
    if tag.name == "button":
        kind = (attribute(tag, "type") or "submit").lower()
        return kind if kind in ("reset", "button") else "submit"
    return str(tag.name)


def is_ticked(tag: Tag) -> bool:
    """Tell whether *tag* is a checkbox or a radio button."""
    return tag.name == "input" and type_of(tag) in _TICKED


def is_typed(tag: Tag) -> bool:
    """Tell whether a person types into *tag*."""
    return tag.name == "textarea" or (
        tag.name == "input" and type_of(tag) not in _TICKED | _BUTTONS | {"hidden", "file"}
    )


def is_submit(tag: Tag) -> bool:
    """Tell whether *tag* submits its form."""
    return tag.name in ("button", "input") and type_of(tag) in ("submit", "image")


def is_disabled(tag: Tag) -> bool:
    """Tell whether *tag* is disabled, itself or by a fieldset around it."""
    if "disabled" in tag.attrs and tag.name in LISTED | {"option", "optgroup"}:
        return True
    if tag.name == "option":
        return closest(tag, lambda t: t.name == "optgroup" and "disabled" in t.attrs) is not None
    return any(
        not any(parent is outer.find("legend", recursive=False) for parent in tag.parents)
        for outer in tag.parents
        if outer.name == "fieldset" and "disabled" in outer.attrs
    )


def page_of(tag: Tag) -> Tag:
    """Return the document that *tag* stands in."""
    return [tag, *tag.parents][-1]


def form_of(tag: Tag) -> Tag | None:
    """Return the form that *tag* belongs to."""
    if tag.name == "form":
        return tag
    own = attribute(tag, "form") if tag.name in LISTED else None
    if own is not None:
        found = by_id(page_of(tag), own)
        return found if found is not None and found.name == "form" else None
    return closest(tag, lambda outer: outer.name == "form")


def controls_of(form: Tag) -> list[Tag]:
    """Return the controls that belong to *form*, in the order of the page."""
    found = page_of(form).find_all(sorted(LISTED))
    return [tag for tag in found if form_of(tag) is form and not is_inert(tag)]


def default_button(form: Tag) -> Tag | None:
    """Return the button that Enter in a field of *form* presses, if it is not disabled."""
    return next((tag for tag in controls_of(form) if is_submit(tag)), None)


# -- what is held --------------------------------------------------------------------------


def value_of(tag: Tag) -> str:
    """Return the control's `value` as a script reads it."""
    if "value" in state(tag):
        return str(state(tag)["value"])
    if tag.name == "select":
        chosen = chosen_of(tag)
        return option_value(chosen[0]) if chosen else ""
    if is_ticked(tag):
        return attribute(tag, "value") or ("on" if "value" not in tag.attrs else "")
    return said(tag)


def said(tag: Tag) -> str:
    """Return the server's word on the value: `defaultValue`."""
    if tag.name == "textarea":
        return tag.get_text().removeprefix("\n")
    return attribute(tag, "value") or ""


def is_checked(tag: Tag) -> bool:
    """Tell whether a checkbox or radio button is checked."""
    return bool(state(tag).get("checked", "checked" in tag.attrs))


def check(tag: Tag, on: bool) -> None:
    """Check or uncheck; of radio buttons, the others of the group follow."""
    if on and type_of(tag) == "radio":
        for other in group_of(tag):
            state(other)["checked"] = False
    state(tag)["checked"] = on


def group_of(radio: Tag) -> list[Tag]:
    """Return the radio buttons of the same name in the same form."""
    name, form = attribute(radio, "name"), form_of(radio)
    found = page_of(radio).find_all("input", attrs={"name": name}) if name else [radio]
    return [tag for tag in found if type_of(tag) == "radio" and form_of(tag) is form]


def options_of(select: Tag) -> list[Tag]:
    """Return the options of *select*, in order."""
    return list(select.find_all("option"))


def option_value(option: Tag) -> str:
    """Return what choosing *option* stands for."""
    value = attribute(option, "value")
    return text_of(option) if value is None else value


def chosen_of(select: Tag) -> list[Tag]:
    """Return the options that are chosen; of a simple select at most one."""
    options = options_of(select)
    chosen = [o for o in options if state(o).get("selected", "selected" in o.attrs)]
    if "multiple" in select.attrs:
        return chosen
    if chosen:
        return chosen[-1:]
    if int(attribute(select, "size") or 1) > 1:
        return []
    return [option for option in options if not is_disabled(option)][:1]


def choose(select: Tag, chosen: list[Tag]) -> None:
    """Choose these options and no others."""
    for option in options_of(select):
        state(option)["selected"] = any(option is one for one in chosen)


def is_control(tag: Tag) -> bool:
    """Tell whether a person can change what *tag* holds."""
    return tag.name in FIELDS and type_of(tag) not in _BUTTONS | {"hidden"}


def choices_of(control: Tag) -> list[Tag]:
    """Return what *control* lets choose from; nothing for a field that is typed into."""
    if control.name == "select":
        return options_of(control)
    if is_ticked(control):
        return group_of(control) if type_of(control) == "radio" else [control]
    return []


def is_touched(control: Tag) -> bool:
    """Tell whether a person changed *control*, or its group."""
    return any(
        name in state(part)
        for part in choices_of(control) or [control]
        for name in ("value", "checked", "selected")
    )


def word(control: Tag, *, shown: bool = False) -> object:
    """Return the server's word on *control*, or what it shows, in one form for both."""
    choices = choices_of(control)
    if not choices:
        return value_of(control) if shown else said(control)
    if control.name == "select" and shown:
        return [option_value(option) for option in chosen_of(control)]
    if control.name == "select":
        return [option_value(option) for option in choices if "selected" in option.attrs]
    if shown:
        return [value_of(part) for part in choices if is_checked(part)]
    return [value_of(part) for part in choices if "checked" in part.attrs]


def choose_again(control: Tag, values: object) -> bool:
    """Choose what has one of *values*; tell whether there is any, or none was asked for."""
    if not isinstance(values, list):
        state(control)["value"] = values
        return True
    name, found = "selected" if control.name == "select" else "checked", not values
    for part in choices_of(control):
        value = option_value(part) if part.name == "option" else value_of(part)
        state(part)[name] = value in values
        found |= value in values
    return found


def restore(tag: Tag) -> None:
    """Let a control show what the server said."""
    for part in [tag, *(options_of(tag) if tag.name == "select" else ())]:
        for name in ("value", "checked", "selected", "about", "files"):
            state(part).pop(name, None)
        part.attrs.pop(Attribute.NEWER, None)


def reset(form: Tag) -> None:
    """Let every control of *form* show what the server said."""
    for control in controls_of(form):
        restore(control)


def files_of(control: Tag) -> list[File]:
    """Return the files that were chosen in *control*."""
    found: list[File] = state(control).get("files", [])
    return found


def files_for(form: Tag) -> list[tuple[str, File]]:
    """Return the files that *form* sends, with the names of their controls.

    A control in which none was chosen has one without name and content, as browsers send it.
    """
    found = []
    for tag in controls_of(form):
        name = attribute(tag, "name")
        if name and tag.name == "input" and type_of(tag) == "file" and not is_disabled(tag):
            found += [(name, file) for file in files_of(tag) or [NO_FILE]]
    return found


# -- what is sent --------------------------------------------------------------------------


def slot_value(control: Tag) -> Json:
    """Return what `value_of(...)` of an action takes from *control*."""
    if control.name == "input" and type_of(control) == "radio":
        return next((value_of(radio) for radio in group_of(control) if is_checked(radio)), None)
    if control.name == "input" and type_of(control) == "checkbox":
        return is_checked(control)
    if control.name == "select" and "multiple" in control.attrs:
        return [option_value(option) for option in chosen_of(control)]
    return value_of(control)


def entered(element: Tag, name: str, submitter: Tag | None) -> Json:
    """Return what `value_of(name)` of an action of *element* gives.

    It is what the form would send under that name, the pressed button included. Several controls of
    one name are a list, and so is a `select` with `multiple`; a checkbox alone is a bool; of
    radios and of buttons one is meant; None is what would not be sent.

    Raises:
        PageFailure: There is no such control.
    """
    page = page_of(element)
    found = by_id(page, name)
    if found is not None and found.name in FIELDS:
        form, same = form_of(found), [found]
    else:
        form = form_of(element) or by_id(page, Id.FORM)
        listed = controls_of(form) if form is not None else []
        same = [tag for tag in listed if attribute(tag, "name") == name]
    if not same:
        known = [n for tag in listed if tag.name in FIELDS and (n := attribute(tag, "name"))]
        raise PageFailure(
            f"the action reads value_of({name!r}), and there is no control with that id, nor with"
            " that name in the same form, which has: " + (", ".join(dict.fromkeys(known)) or "none")
        )
    control, kind, own = same[0], type_of(same[0]), attribute(same[0], "name")
    if kind == "checkbox" and len(same) == 1:
        return is_checked(control) and not is_disabled(control)
    values: list[Json] = [value_of(control)]
    if form is not None and own:
        pressed = submitter if submitter is not None and form_of(submitter) is form else None
        values = [value for sent, value in entries_of(form, pressed) if sent == own]
    many = len(same) > 1 and kind not in ("radio", "submit")
    if many or (kind == "select" and "multiple" in control.attrs):
        return values
    return values[0] if values else None


def entries_for(element: Tag, submitter: Tag | None) -> list[tuple[str, Json]]:
    """Return what the form of *element*, which acts, would send; a control for files is `{}`."""
    form = form_of(element) or by_id(page_of(element), Id.FORM)
    if form is None:
        return []
    pressed = submitter if submitter is not None and form_of(submitter) is form else None
    return _entries(form, pressed, files=True)


def entries_of(form: Tag, submitter: Tag | None) -> list[tuple[str, str]]:
    """Return a form's entry list: names and values in order, as a script reads them.

    Source: HTML standard, "constructing the entry list". A file is left out.
    """
    return [(name, value) for name, value in _entries(form, submitter) if isinstance(value, str)]


def _entries(form: Tag, submitter: Tag | None, *, files: bool = False) -> list[tuple[str, Json]]:
    sent: list[tuple[str, Json]] = []
    for tag in controls_of(form):
        kind, name = type_of(tag), attribute(tag, "name") or ""
        if is_disabled(tag) or closest(tag, lambda t: t.name == "datalist"):
            continue
        if kind == "image" and tag is submitter:
            sent += [(f"{name}.{axis}" if name else axis, "0") for axis in "xy"]
        elif not name:
            continue
        elif tag.name == "select":
            sent += [(name, option_value(o)) for o in chosen_of(tag) if not is_disabled(o)]
        elif is_ticked(tag):
            sent += [(name, value_of(tag))] if is_checked(tag) else []
        elif kind in _BUTTONS:
            sent += [(name, value_of(tag))] if tag is submitter else []
        elif kind == "file":
            sent += [(name, {})] * max(1, len(files_of(tag))) if files else []
        elif tag.name in ("input", "textarea"):
            charset = kind == "hidden" and name.lower() == "_charset_"
            sent.append((name, "UTF-8" if charset else value_of(tag)))
            direction = attribute(tag, "dirname")
            if direction and is_typed(tag):
                sent.append((direction, _direction(tag)))
    return sent


def _direction(tag: Tag) -> str:
    # HTML standard, "The dir attribute".
    outer = closest(tag, lambda t: (attribute(t, "dir") or "").lower() in ("ltr", "rtl", "auto"))
    said = (attribute(outer, "dir") or "").lower() if outer is not None else ""
    if said != "auto":
        return said or "ltr"
    text = value_of(tag) if outer is tag else outer.get_text() if outer is not None else ""
    strong = next((kind for c in text if (kind := bidirectional(c)) in ("L", "R", "AL")), "L")
    return "ltr" if strong == "L" else "rtl"


def fields_of(form: Tag, submitter: Tag | None) -> list[tuple[str, str]]:
    """Return what a browser sends for *form* by itself: the entry list, line breaks as CRLF."""

    def crlf(text: str) -> str:
        return text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")

    return [(crlf(name), crlf(value)) for name, value in entries_of(form, submitter)]
