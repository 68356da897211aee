"""Signed actions in a page: the attributes that attach an action, and the offer in them.

Rule 1: an offer is made for one browser key, stream, place and shape version; see
`offers.signed_head`.

Rule 2: what works without scripts stands where HTML looks for it: `formaction` of a button,
`action` of a form.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, TypeAlias

from markupsafe import escape

from htealeaf.data.documents import MISSING, FrozenList, Json, find
from htealeaf.data.paths import ROOT, Path, is_index
from htealeaf.data.streams import ARGS
from htealeaf.data.undo import TAKES_BACK
from htealeaf.data.verbs import verb_of
from htealeaf.errors import HtealeafError, RefusedValue
from htealeaf.html.markup import attribute_of, name_of
from htealeaf.html.parts import Event
from htealeaf.reactive.graph import SHAPE, VALUE
from htealeaf.reactive.plans import (
    FAR,
    KEYS,
    MAX_URL,
    MINDED,
    SINGLE,
    SINGLES,
    planned,
    pressed,
)
from htealeaf.reactive.scope import Scope
from htealeaf.wire.actions import Action, Call, JSCode, Offered, Visit, flat_steps
from htealeaf.wire.commands import Command, written
from htealeaf.wire.names import (
    ACTION_URL,
    PRESSES,
    STORE_URL,
    VISIT_URL,
    WHEN,
    Attribute,
    Id,
    Key,
    Part,
)
from htealeaf.wire.names import Command as Kind
from htealeaf.wire.offers import (
    MAC,
    Step,
    call_head,
    place_of,
    query_of,
    query_of_steps,
    signed_head,
)
from htealeaf.wire.slots import Found, Slot, slots_of, template_of
from htealeaf.wire.steps import Local, Steps


class PageOfActions(Protocol):
    """What rendering an action needs of the page that is rendered."""

    scope: Scope
    base: str
    in_form: bool
    slots: set[str]
    needs: set[str]

    def note_action(self) -> None:
        """Note that the page has an action."""

    def sign(self, text: str) -> str:
        """Return the MAC of *text* for this page's browser key."""

    def spared(self, error: RefusedValue) -> None:
        """Note that a control goes without its action; inside of a binding, which is lost, raise.

        Raises:
            RefusedValue: It is *error*.
        """


def offer_url(page: PageOfActions, actions: Sequence[Action], event: str = "") -> str | None:
    """Return the offer of *actions*; None when an `allow` rule forbids one of them.

    Args:
        event: The type of the event that they are done on.

    Returns:
        The URL below that of all stores: `shared/counter?update=1&o=...`. Of a chain, which has no
        place, it is the whole URL.

    Raises:
        HtealeafError: An action that can't do what it says; see `_check`.
    """
    if len(actions) > 1:
        return _chained(page, actions, event)
    action = actions[0]
    target, path, verb, value = action.target, action.path, action.verb, action.value
    keep, modifiers = action.keep, action.modifiers
    stream = target.offered(verb, path, value)
    if stream is None:
        return None
    place, head, by_index = place_of(target.label, path, stream)
    shape = _shape(page.scope, stream, path) if by_index else None
    if shape is not None:
        head = signed_head(str(path), target.sealed(stream, shape))
    if modifiers or event in PRESSES:
        single = verb in SINGLES or (verb == "set" and _use(page, stream, action) in SINGLE)
        if modifiers or event.startswith("key"):
            page.needs.add(Part.EVENTS)
        modifiers = pressed(modifiers, event, single)
    if value is not None and type(value) is not int:  # else there is nothing to check
        value = _template(page, stream, action)
    query = query_of(verb, value, keep, shape, modifiers)
    return f"{place}?{query}{MAC}{page.sign(head + query)}"


def _use(page: PageOfActions, stream: str, action: Action) -> str:
    there = (
        find(page.scope.moment.root(stream), action.path, None) if action.verb == "set" else None
    )
    if action.verb in TAKES_BACK:
        return "turns"  # each press is another one
    return verb_of(action.verb).use(there, action.value)


def _chained(page: PageOfActions, actions: Sequence[Action], event: str) -> str | None:
    steps, streams = [], []
    for action in actions:
        target, path, verb = action.target, action.path, action.verb
        stream = target.offered(verb, path, action.value)
        if stream is None:
            return None
        template, shape = _template(page, stream, action), _shape(page.scope, stream, path)
        streams.append(stream if shape is None else target.sealed(stream, shape))
        steps.append(Step(target.label, str(path), verb, template, action.keep, shape))
    single = event in PRESSES and any(
        _use(page, *one) in SINGLE for one in zip(streams, actions, strict=True)
    )
    if actions[0].modifiers or event.startswith("key"):
        page.needs.add(Part.EVENTS)
    modifiers = pressed(actions[0].modifiers, event, single)
    query = query_of_steps(steps, modifiers)
    return f"{_base(page)}?{query}{MAC}{page.sign(signed_head('', *streams) + query)}"


def call_url(page: PageOfActions, call: Call, event: str = "") -> str | None:
    """Return the offer of a call of an action function, the whole URL; None if it is forbidden."""
    function = call.function
    if not function.permits(call.constants):
        return None
    if call.modifiers or event.startswith("key"):
        page.needs.add(Part.EVENTS)
    modifiers = pressed(call.modifiers, event, True)
    template = call.template
    if _has_slots(call):
        page.needs.add(Part.FORMS)
    _noted(page, template)
    query = query_of(Key.CALL, template, modifiers=modifiers)
    mac = page.sign(call_head(function.name) + query)
    return f"{_below(page, ACTION_URL)}/{function.name}?{query}{MAC}{mac}"


def _base(page: PageOfActions) -> str:
    return _below(page, STORE_URL) if page.base else STORE_URL


def _below(page: PageOfActions, url: str) -> str:
    return f"{escape(page.base)}{url}" if page.base else url


def _template(page: PageOfActions, stream: str, action: Action) -> Json:
    template = template_of(action.value)
    slots = _noted(page, template)
    if slots and isinstance(action.value, Slot):
        old, verb = find(page.scope.moment.root(stream), action.path, None), verb_of(action.verb)
        # Whether it is a number that will come, nobody knows yet.
        if type(old) in (int, float) and verb.use(old, 0) != verb.use(old, MISSING):
            raise HtealeafError(
                f"{action.verb} adds to a number, and '{action.path}' is one; say set(...) to put"
                " what was typed there, or increment(...) to add it"
            )
    return template


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
    Where an `allow` rule forbids it, the control is disabled, or hidden where the author says so.
    So is one whose offer is too long, or can't be written, as constants that are data may be.
    """
    try:
        return planned(page, event) or _attributes(page, event)
    except OfferTooLong as error:
        page.spared(error)
        return _out_of_order(event, hides=False)
    except RefusedValue as error:
        where = f"the on{event.name} of this {event.tag.name}"
        page.spared(RefusedValue(f"{where} has a value that no browser could be given: {error}"))
        return _out_of_order(event, hides=False)


def _attributes(page: PageOfActions, event: Event) -> str:
    value = event.value
    plain = type(value) is Action and (value.value is None or type(value.value) is int)
    if not plain and event.tag.name == "input":
        _check_file(event)
    kind = type(value)
    if (kind is not Action and kind is not Call) or value.modifiers or event.name in MINDED:
        _mind(page, event)
    if type(value) is Action:  # the usual one
        url = offer_url(page, (value,), event.name)
        if url is None:
            return _forbidden(event)
        native = _native(page, event, () if plain and not value.modifiers else (value,))
        if native:
            return f'{native}="{_short(f"{_base(page)}/{url}", event)}"'
        return f'{_attribute(event)}="{url}"'
    if type(value) is Call:
        url = call_url(page, value, event.name)
        if url is None:
            return _forbidden(event)
        native = _native(page, event, (value,))
        return f'{native or _attribute(event)}="{_short(url, event) if native else url}"'
    return _several(page, event)


def _several(page: PageOfActions, event: Event) -> str:
    # The attributes of what has several steps, or none for the server.
    before, actions, after = _parts(flat_steps(event.value))
    url = _offer(page, actions, event) if actions else _when(page, before)
    if actions and url is None:
        return _forbidden(event)
    href, native = "", _native(page, event, actions) if actions else ""
    if native and url is not None:
        whole = url if url[0] == "/" else f"{_base(page)}/{url}"
        native += f'="{_short(whole, event)}"'
    elif actions and isinstance(actions[0], Visit):
        href = _href(page, event, actions[0])
    steps = Steps(
        tuple(_local(page, step) for step in written(before)),
        "" if native else url,
        tuple(_local(page, step) for step in written(after)),
    )
    if not steps.local:
        return native or f'{href}{_attribute(event)}="{url}"'
    if not actions and _sends(event):
        native = ' type="button"'
    return f'{href}{native}{_attribute(event)}="{escape(str(steps))}"'


def _sends(event: Event) -> bool:
    # A button of which nobody says so: what it does needs no form.
    if event.tag.name != "button" or event.name != "click":
        return False
    return attribute_of(event.attributes, "type") is None and all(
        isinstance(step, Command) for step in flat_steps(event.value)
    )


def _mind(page: PageOfActions, event: Event) -> None:
    if event.name in MINDED:
        page.needs.add(Part.MOVES if event.name == "move" else Part.EVENTS)
    _check_keys(event)
    steps = flat_steps(event.value)
    every = any(name == "every" for step in steps for name, _ in step.modifiers)
    if every != (event.name == "interval"):
        raise HtealeafError(
            f"on{event.name} of this {event.tag.name} has .every(ms), which goes with oninterval"
            if every
            else f"oninterval of this {event.tag.name} wants to know how often: .every(1000)"
        )


def _check_keys(event: Event) -> None:
    if event.name in KEYS:
        return
    for step in flat_steps(event.value):
        for name, value in step.modifiers:
            if name == "key":
                raise HtealeafError(
                    f"on{event.name} of this {event.tag.name} has .key({value!r}), and no key goes"
                    " with that event; give it to onkeydown"
                )


def _when(page: PageOfActions, steps: Sequence[JSCode | Command]) -> str | None:
    # What stands in the place of an offer: the modifiers of what needs no server.
    said = next((step.modifiers for step in steps if step.modifiers), ())
    if not said:
        return None
    other = next((step for step in steps if step.modifiers not in ((), said)), None)
    if other is not None:
        raise HtealeafError(
            f"{other} is to be done at another time than the steps beside it, and they are one:"
            " give it an element, or an event, of its own"
        )
    page.needs.add(Part.EVENTS)
    return WHEN + query_of("", None, modifiers=pressed(said, "", False))


def _local(page: PageOfActions, step: JSCode | Command) -> Local:
    if isinstance(step, JSCode):
        page.needs.add(Part.CODE)
        return _code(page, step)
    page.needs.add(Part.COMMANDS)
    template = step.template()
    assert isinstance(template, list)
    for value in (value for part in step.parts for value in part.given):
        if isinstance(value, Slot) and _noted(page, template_of(value))[0].kind.filler == "server":
            raise HtealeafError(f"{value!r} is filled by the server, and no command asks it")
    return template


def _noted(page: PageOfActions, template: Json) -> list[Found]:
    # The slots of a template; what they need is noted.
    slots = [*slots_of(template)]
    if slots:
        page.needs.add(Part.FIELDS)
    for slot in slots:
        if slot.kind.control:
            page.slots.add(slot.name)
        elif slot.name[:6] == "offset" or slot.name == "target":
            page.needs.add(Part.EVENTS)
    return slots


class OfferTooLong(RefusedValue):
    """An action does not fit into a URL, and its control sends one."""


def _short(url: str, event: Event) -> str:
    if len(url) > MAX_URL:
        raise OfferTooLong(
            f"the on{event.name} of this {event.tag.name} has {len(url):,} bytes as a URL, which is"
            f" how it is sent where scripts are off, and servers take {MAX_URL:,}: let the action"
            " name what it is about by an id, or take it from a control or a store; or give a"
            " button type='button', which needs scripts and sends it in the body"
        )
    return url


#: What a server does.
_ServerStep: TypeAlias = Action | Call | Visit


def _offer(page: PageOfActions, actions: Sequence[_ServerStep], event: Event) -> str | None:
    alone = [action for action in actions if isinstance(action, (Call, Visit))]
    if not alone:
        return offer_url(page, [a for a in actions if isinstance(a, Action)], event.name)
    if len(actions) > 1:
        raise HtealeafError(
            f"{alone[0]} stands beside another server step, and an action function is a step of its"
            " own, all or nothing, as a visit is; do what else is to be done in the function, which"
            " may return visit(...)"
        )
    step = alone[0]
    if isinstance(step, Visit):
        return _visit_url(page, event, step)
    return call_url(page, step, event.name)


#: What a click does by itself unless it is prevented: a visit is made in its place.
_FOLLOWED = frozenset({"a", "area", "button"})
_SENDING = ("submit", "image", "reset")  # types of `input`


def _visit_url(page: PageOfActions, event: Event, visit: Visit) -> str:
    # It is not signed: to look at a page of the app, nobody needs to be offered it.
    _noted(page, visit.template)
    if visit.has_slots:
        page.needs.add(Part.FIELDS)
    page.note_action()  # so the page is remembered, and only what depends on the query is sent
    modifiers = visit.modifiers
    if modifiers or event.name.startswith("key"):
        page.needs.add(Part.EVENTS)
    sends = event.tag.name in _FOLLOWED or attribute_of(event.attributes, "type") in _SENDING
    if event.name == "click" and sends and ("prevent", None) not in modifiers:
        modifiers = (*modifiers, ("prevent", None))
    return f"{_below(page, VISIT_URL)}?{query_of(visit.how, visit.template, modifiers=modifiers)}"


def _href(page: PageOfActions, event: Event, visit: Visit) -> str:
    # A link leads there also where scripts are off, and in a window of its own.
    scope = page.scope
    if event.tag.name != "a" or event.name != "click" or visit.has_slots or scope.url is None:
        return ""
    if attribute_of(event.attributes, "href") is not None:
        return ""
    scope.note(ARGS, ROOT, VALUE)
    return f' href="{escape(visit.of(scope.url))}"'


def _attribute(event: Event) -> str:
    return f"{_movable(event)} {Attribute.EVENT}{event.name}"


def _movable(event: Event) -> str:
    # What can be moved can be dragged, and focused, so that keys move it.
    if event.name != "move":
        return ""
    said = (("draggable", "true"), ("tabindex", "0"), ("aria-keyshortcuts", "Space"))
    return "".join(
        f' {name}="{value}"' for name, value in said if attribute_of(event.attributes, name) is None
    )


def _check_file(event: Event) -> None:
    if attribute_of(event.attributes, "type") != "file":
        return
    steps = [step for step in flat_steps(event.value) if isinstance(step, Action)]
    slots = [slot for step in steps for slot in slots_of(template_of(step.value))]
    if any((slot.kind.name, slot.name) == ("this", "value") for slot in slots):
        raise HtealeafError(
            "this.value of a file input is no file but a made-up path (C:\\fakepath\\...); send the"
            " file with a plain form(method='post', enctype='multipart/form-data', action=...), and"
            " read request.files in the route that answers it"
        )


def _forbidden(event: Event) -> str:
    # Of several events that are forbidden the first one says it.
    for key, value in event.attributes.items():
        name = name_of(key).event
        if name == event.name:
            break
        if name and value and _refusing(value) is not None:
            return ""
    step = _refusing(event.value)
    hides = isinstance(step, Action) and step.target.hides
    return _out_of_order(event, hides or (isinstance(step, Call) and step.function.hides))


def _out_of_order(event: Event, hides: bool) -> str:
    tag = event.tag.name
    if not hides and tag not in _DISABLED and tag != "form":
        return ""
    name = "hidden" if hides else "inert" if tag == "form" else "disabled"
    said = attribute_of(event.attributes, name)
    if said is True:
        return ""
    return f" {name}" if said is None or said is False else " inert"


def _refusing(value: Any) -> _ServerStep | None:
    # The step that a rule forbids.
    for step in flat_steps(value):
        if isinstance(step, Action) and not step.target.offered(step.verb, step.path, step.value):
            return step
        if isinstance(step, Call) and not step.function.permits(step.constants):
            return step
    return None


_DISABLED = frozenset({"button", "input", "select", "textarea"})


_Local: TypeAlias = JSCode | Command


def _parts(steps: list[Any]) -> tuple[list[_Local], list[_ServerStep], list[_Local]]:
    # What is shown until the answer comes is done just before it is asked for.
    shown = [s for s in steps if isinstance(s, Command) and s.kind == Kind.MEANWHILE]
    if shown:
        steps = [step for step in steps if step not in shown]
        parts = [part for step in shown for part in step.parts]
        shown = [Command("show", Kind.MEANWHILE, shown[0].target, parts)]
    where = [i for i, step in enumerate(steps) if isinstance(step, Offered)]
    if not where:
        return steps, [], []
    first, last = where[0], where[-1]
    if last - first + 1 != len(where):
        between = next(step for step in steps[first:last] if not isinstance(step, Offered))
        what = "JSCode" if isinstance(between, JSCode) else between
        raise HtealeafError(
            f"{what} stands between two server steps; those are one POST, so put it before or after"
        )
    before, after = steps[:first], steps[last + 1 :]
    if any(step.modifiers for step in (*before, *after)):
        raise HtealeafError(
            "a step beside an action says when it is done; that is for all of them, so say it of"
            f" the action: {steps[first]}"
        )
    return [*before, *shown], steps[first : last + 1], after


def _native(page: PageOfActions, event: Event, actions: Sequence[_ServerStep]) -> str:
    # The attribute that works where scripts are off, too, without its value, and what goes along;
    # none where HTML has no such thing, or where the author says how the form is sent. *actions*
    # are those that may have slots.
    tag, known = event.tag.name, event.attributes
    if actions and not FAR.isdisjoint(name for name, _ in actions[0].modifiers):
        return ""
    if actions and isinstance(actions[0], Visit):  # a form of GET, or a link, needs nothing more
        return ""
    if tag == "form" and event.name == "submit":
        method = attribute_of(known, "method")
        if attribute_of(known, "action") is not None or method not in (None, "post"):
            return ""
        kind = _kind_of(known, actions, "") + _checks(actions)
        return f"{kind} action" if method else f'{kind} method="post" action'
    if tag != "button" or event.name != "click":
        return ""
    submit = ""
    if len(known) > 1:  # it has more than the event
        kind = attribute_of(known, "type")
        if kind not in (None, "submit") or any(
            attribute_of(known, name) is not None for name in ("form", "name", "formaction")
        ):
            return ""
        # A button with a command sends nothing unless it says so (HTML standard, 4.10.6).
        if kind is None and attribute_of(known, "commandfor") is not None:
            submit = ' type="submit"'
    has_slots = any(map(_has_slots, actions))
    if has_slots and page.in_form:
        # The author's form may say GET, or nothing, which is GET.
        return f'{submit}{_kind_of(known, actions, "form")} formmethod="post" formaction'
    validate = "" if has_slots else " formnovalidate"
    return f'{submit} form="{Id.FORM}"{validate} formaction'


def _checks(actions: Sequence[_ServerStep]) -> str:
    # Which controls are asked about when they are left. What was refused always is.
    call = actions[0] if actions else None
    if not isinstance(call, Call) or not call.function.wants(call.constants):
        return ""
    names = [name for name in call.function.checked_names if name not in call.constants]
    return f' {Attribute.CHECK}="{_NAMED.format("|".join(names)) if names else _NEVER}"'


_NAMED = r"^({})\b"
_NEVER = "(?!)"


def _kind_of(known: Any, actions: Sequence[_ServerStep], prefix: str) -> str:
    # Files are sent by one kind of form only.
    files = any(isinstance(action, Call) and action.function.takes_files for action in actions)
    name = f"{prefix}enctype"
    return f' {name}="multipart/form-data"' if files and attribute_of(known, name) is None else ""


def _has_slots(action: _ServerStep) -> bool:
    # Slots that a control of the page fills.
    if isinstance(action, Visit):
        return action.has_slots
    if isinstance(action, Call):
        return action.function.wants(action.constants) or bool([*slots_of(action.template)])
    value = action.value
    return value is not None and any(slot.kind.control for slot in slots_of(template_of(value)))


def _code(page: PageOfActions, step: JSCode) -> str:
    out = []
    for part in step.parts:
        if isinstance(part, Action):
            url = offer_url(page, [part])
            out.append(part.js(url.partition("?")[2] if url else ""))
        else:
            out.append(part)
    return "".join(out)
