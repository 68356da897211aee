"""Fitting: whether a value from outside fits the place that it is for, and what it becomes there.

The server writes the template of an action's value into the page, and the browser fills the slots.
`fill` puts that in, turned (mostly from text) into the type of the place. `check_scripted` is the
rule for what a script sends without an offer.

Rule 1: constants are the author's: they are read from the bytes that were signed, and from nowhere
else. A text of a control has the line breaks of JSON and JavaScript, as a script reads them: a form
that the browser sends by itself writes them as CRLF (HTML standard, "constructing the entry list").

Rule 2: bool is no number; null fits where null is or was at first; a dict that is empty in the
default is open, any other keeps its keys; an item of a list is like its siblings.

Rule 3: a key that means something to a language is none: what reads a document may be a script.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import isfinite
from typing import Any, Final

from htealeaf.data.documents import MISSING, Json, child, find
from htealeaf.data.paths import Path
from htealeaf.data.shapes import Maybe
from htealeaf.data.verbs import Use, verb_of
from htealeaf.errors import InvalidValue, NotOffered, RefusedField
from htealeaf.wire.codec import MAX_INT, dumps
from htealeaf.wire.slots import Found, key_of, slot

#: Gives the value of a slot that the server fills, by the name of its kind.
Serve = Callable[[str], Json]

_TRUE, _FALSE = ("true", "on", "1", "yes"), ("false", "off", "0", "no", "")


def fill(template: Json, values: Iterator[Json], place: Any, serve: Serve) -> Json:
    """Return *template* with its slots filled.

    Args:
        template: The author's value, slots as `{"$": [...]}`.
        values: What the browser fills its slots with, in order; one for each.
        place: What is stored at the place now (`MISSING` for nothing): its types are wanted.
        serve: Gives the server's slots.

    Raises:
        RefusedField: What was filled in can't be turned into the type of the place.
    """
    if isinstance(template, dict):
        found = slot(template)
        if found is not None:
            return _filled(found, values, place, serve)
    if type(place) is Maybe:
        place = place.of
    if isinstance(template, dict):
        keys = {key_of(key): inner for key, inner in template.items()}
        return {k: fill(inner, values, child(place, k), serve) for k, inner in keys.items()}
    if isinstance(template, list):
        return [fill(item, values, _item(place, i), serve) for i, item in enumerate(template)]
    return template


def _item(place: Any, at: int) -> Any:
    # What is behind the end is like the last one.
    return place[min(at, len(place) - 1)] if isinstance(place, list) and place else MISSING


def _filled(slot: Found, values: Iterator[Json], place: Any, serve: Serve) -> Json:
    if slot.kind.filler == "server":
        return serve(slot.kind.name)
    value, name = next(values), slot.name if slot.kind.control else ""
    if slot.kind.control:
        value = [*map(_lines, value)] if isinstance(value, list) else _lines(value)
    if type(place) is Maybe:
        if value is None or value == "":
            return None
        place = place.of
    wanted = _NAMED.get(slot.type)
    if wanted is not None:
        return _exactly(converted(value, wanted, name), wanted, name)
    if isinstance(place, list) and place and type(place[0]) in _NAMED.values():
        items = value if isinstance(value, list) else [] if value in (None, "") else [value]
        return [converted(item, type(place[0]), name) for item in items]
    return converted(value, type(place), name)


def _lines(value: Json) -> Json:
    return value.replace("\r\n", "\n").replace("\r", "\n") if isinstance(value, str) else value


def _exactly(value: Json, wanted: type, name: str) -> Json:
    # The author named a type: there, a whole number and one with a fraction are two things.
    if wanted is float and type(value) is int:
        return float(value)
    if wanted is int and type(value) is float:
        if not value.is_integer():
            raise RefusedField(name, "a whole number")
        return int(value)
    return value


def converted(value: Json, wanted: type, name: str) -> Json:
    """Return *value*, what a control or an event gave, as *wanted*.

    Raises:
        RefusedField: It can't be; the message names the control *name*, never the value.

    >>> converted("3", int, "n"), converted("3.5", float, "n"), converted("on", bool, "b")
    (3, 3.5, True)
    """
    if wanted is bool:
        return _bool(value, name)
    if wanted is int or wanted is float:
        return _number(value, name)
    if wanted is str:
        if isinstance(value, (dict, list)):
            raise RefusedField(name, "text")
        return value if isinstance(value, str) else "" if value is None else dumps(value)
    if isinstance(value, dict) or (issubclass(wanted, dict)):
        raise RefusedField(name, "a single value")
    if isinstance(value, list) and not all(isinstance(item, str) for item in value):
        raise RefusedField(name, "texts")
    if issubclass(wanted, list) and not isinstance(value, list):
        return [] if value is None or value == "" else [value]
    return value


def _bool(value: Json, name: str) -> bool:
    if isinstance(value, bool):
        return value
    text = "" if value is None else str(value).strip().lower()
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    raise RefusedField(name, "yes or no")


def _number(value: Json, name: str) -> int | float:
    if type(value) is int or (type(value) is float and isfinite(value)):
        return value
    text = value.strip() if isinstance(value, str) else ""
    if len(text) <= 40 and "_" not in text:
        for kind in (int, float):
            try:
                number: int | float = kind(text)
            except ValueError:
                continue
            if not isfinite(number) or (kind is int and abs(number) > MAX_INT):
                break
            return number
    raise RefusedField(name, "a number")


_NAMED: dict[str, type] = {"int": int, "float": float, "bool": bool, "str": str}


def typed(place: Any, initial: Any) -> Any:
    """Return what tells the type of a place: what is there, else what the default has there."""
    return place if place is not MISSING and place is not None else initial


def replaced(verb: str, root: Json, path: Path) -> Any:
    """Return what stands where the value of *verb* will: its types are what slots are turned into.

    Returns:
        A number for what is added, the last item of a list that grows, a list of it for one that
        is extended, None for where an item is moved to, else what is at the place; `MISSING` for
        nothing.

    >>> replaced("append", {"log": [7]}, Path(("log",)))
    7
    """
    row = verb_of(verb)
    there = find(root, place_of(verb, path), MISSING)
    use = row.use(there, MISSING)
    if use == "adds":
        return 0
    if use == "moves":  # to a place, which no item tells the type of
        return None
    if use == "grows" and isinstance(there, list):
        return there[-1] if there else MISSING
    return there[-1:] if use == "extends" and isinstance(there, list) else there


def place_of(verb: str, path: Path) -> Path:
    """Return the place that takes the value of *verb*: the list, for one beside an item."""
    return Path(path[:-1]) if verb_of(verb).beside else path


def check_sayable(verb: str, value: Json, root: Json, path: Path) -> None:
    """Check what a script wants to do, without an offer, to a document of whatever shape.

    Args:
        verb: One of the verbs.
        value: What was sent.
        root: The document.
        path: The place.

    Raises:
        InvalidValue: A key is reserved, the whole document would go, or there is no such verb.
        NotOffered: No script may say this verb.
    """
    row = verb_of(verb)
    if not row.scripted:
        raise NotOffered(f"a script may not say {verb} without an offer")
    refuse_reserved(value)
    refuse_reserved(dict.fromkeys(path))
    if not path and row.use(root, value) != "merges":
        raise InvalidValue("a script replaces no whole document; it may merge keys into it")


def check_scripted(verb: str, value: Json, root: Json, path: Path, default: Json) -> None:
    """Check what a script wants to do to a document of which no schema says what fits.

    Args:
        verb: As for `check_sayable`, and so on.
        default: What the store holds at first: a dict that is empty there is open, any other
            keeps its keys.

    Raises:
        InvalidValue: As `check_sayable`; or the value does not fit what it replaces, or a dict
            would lose or gain a key.
        NotOffered: As `check_sayable`.
    """
    check_sayable(verb, value, root, path)
    row, at = verb_of(verb), place_of(verb, path)
    there, initial = find(root, at, MISSING), find(default, at, MISSING)
    above = find(root, Path(path[:-1]), MISSING) if path else MISSING
    open_above = find(default, Path(path[:-1]), MISSING) == {}
    use = row.use(there, value)
    if isinstance(above, dict) and not open_above and (there is MISSING or use == "removes"):
        raise InvalidValue("this place keeps the keys that it has")
    _SCRIPTED[use](value, there, initial)


#: Keys that no value from a browser has: JavaScript's own, and all of Python's own.
RESERVED: Final = frozenset({"__proto__", "constructor", "prototype"})


def refuse_reserved(value: Json) -> None:
    """Refuse a value in which a key is reserved.

    Raises:
        InvalidValue: One is.
    """
    waiting: list[Any] = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            for key in one:
                if key in RESERVED or (key[:2] == "__" and key[-2:] == "__" and len(key) > 4):
                    raise InvalidValue(f"{key!r} is reserved and can't be a key")
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one


def _fits_key(value: Json, key: str, place: dict[str, Json], initial: Any) -> None:
    if key not in place and initial != {}:
        raise InvalidValue("the value has a key that the place does not have")
    fits(value, child(place, key), child(initial, key))


def fits(value: Json, place: Any, initial: Any) -> None:
    """Check a scripted value against what it replaces.

    Args:
        value: What was sent.
        place: What is there, `MISSING` for nothing: anything fits a place that is new.
        initial: What the default has there.

    Raises:
        InvalidValue: It does not fit.
    """
    if value is None and (place is None or initial is None):
        return
    place = typed(place, initial)
    if isinstance(place, dict):
        if not isinstance(value, dict):
            raise InvalidValue("a dict is wanted there")
        if initial != {} and set(place) - set(value):
            raise InvalidValue("the value lacks a key that the place has")
        for key, inner in value.items():
            _fits_key(inner, key, place, initial)
    elif isinstance(place, list):
        if not isinstance(value, list):
            raise InvalidValue("a list is wanted there")
        _fits_siblings(value, place, initial)
    elif isinstance(value, (dict, list)):
        if place is None or isinstance(place, (str, int, float)):
            raise InvalidValue("a single value is wanted there")
    elif place is not None and isinstance(place, (str, int, float)):
        _same_kind(value, place)


def _fits_siblings(items: Sequence[Json], place: Any, initial: Any) -> None:
    # Like the first item that is there, else that of the default; else like each other. A list
    # that was made by the author may have items of several kinds: then one of the last few tells.
    known = next((one for one in (place, initial) if isinstance(one, list) and one), items)
    if not known:
        return
    models = list({id(one): one for one in (*known[:2], *known[-2:])}.values())
    for item in items:
        _fits_one_of(item, models)


def _fits_one_of(item: Json, models: Sequence[Json]) -> None:
    refusal: InvalidValue | None = None
    for model in models:
        try:
            fits(item, model, MISSING)
        except InvalidValue as error:
            refusal = refusal or error
        else:
            return
    if refusal is not None:
        raise InvalidValue(f"an item is like the others of its list: {refusal}") from refusal


def _same_kind(value: Json, place: Any) -> None:
    def kind(one: Any) -> str:
        if one is None:
            return "null"
        return "bool" if isinstance(one, bool) else "text" if isinstance(one, str) else "number"

    if kind(value) != kind(place):
        raise InvalidValue(f"a {kind(place)} is wanted there")


def _merges(value: Json, place: Any, initial: Any) -> None:
    if isinstance(place, dict) and isinstance(value, dict):
        for key, inner in value.items():
            _fits_key(inner, key, place, initial)
    else:
        fits(value, place, initial)


def _empties(value: Json, place: Any, initial: Any) -> None:
    if isinstance(place, dict) and initial != {}:
        raise InvalidValue("this place keeps the keys that it has")


def _grows(value: Json, place: Any, initial: Any) -> None:
    # At the end of a list, or, for an insertion, beside the place: both give the list itself.
    if isinstance(place, list):
        _fits_siblings([value], place, initial)


def _extends(value: Json, place: Any, initial: Any) -> None:
    if not isinstance(value, list):
        raise InvalidValue("a list is wanted there")
    if isinstance(place, list):
        _fits_siblings(value, place, initial)


def _anything(value: Json, place: Any, initial: Any) -> None:
    # The verb itself looks at it.
    pass


#: What is asked of a scripted value, for each thing that may become of it.
_SCRIPTED: dict[Use, Callable[[Json, Any, Any], None]] = {
    "replaces": fits,
    "merges": _merges,
    "grows": _grows,
    "extends": _extends,
    "adds": _anything,
    "turns": _anything,
    "moves": _anything,
    "removes": _anything,  # whether the key may go was asked before
    "empties": _empties,
}
