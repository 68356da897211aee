"""Schemas of stores: what documents have to be, as a type of the author's says.

    @dataclass
    class Task:
        value: str
        done: bool = False

    @dataclass
    class Todos:
        todo: list[Task] = field(default_factory=list)

    todos = Store(name="todos", schema=Todos)
    todos.react(lambda d: d.todo[0].done)

A `Schema` checks what a write has made of a document, gives the document that a store begins with,
and finds the path that a function names. Checking is pydantic's, or msgspec's for its Structs.

Rule 1: it is checked as JSON, and exactly: "3" is no number. What is stored stays as it was said; a
field that was left out is filled in with its default, and a key that no field has is refused.

Rule 2: what was touched is checked, not the whole document, where no rule of the author's is about
more than that. Such a rule is asked when the step is committed, so the steps before it are free.

Rule 3: an author's rule is pure: it may run again, and while others wait.

Rule 4: an error says the path, and never what was sent.

This module, and with it pydantic, is loaded by apps that have a schema.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib import import_module
from typing import Any, Final, NamedTuple

from pydantic import TypeAdapter, ValidationError
from pydantic.errors import PydanticSchemaGenerationError, PydanticUserError

from htealeaf.data import shapes
from htealeaf.data.documents import MISSING, Json, child, find
from htealeaf.data.effects import landed
from htealeaf.data.paths import ROOT, Path
from htealeaf.data.verbs import Change, verb_of
from htealeaf.errors import HtealeafError, InvalidValue
from htealeaf.state.naming import named_by
from htealeaf.wire.arguments import message_of

_STRUCT_PLACE: Final = re.compile(r" - at `\$(.*?)`\Z")
_STRUCT_PART: Final = re.compile(r"\[(\d+)\]|\.([^.\[]+)")
_STRICT: Final = True  # "3" is no number
_CHECKERS: Final = 256  # that are kept, each with its annotation, so that no other gets its id
_ONE_BY_ONE: Final = 8  # times dearer than as a part of a list an item is when it is asked alone


class SchemaRefused(InvalidValue):
    """A document would not be what the schema of its store says.

    Attributes:
        path: The place.
        words: What a person is told: "Please write a whole number."
    """

    def __init__(self, store: str, path: Path, why: str, words: str) -> None:
        where = f"store '{store}', '{path}'" if path else f"store '{store}'"
        super().__init__(f"{where}: {why} (see its schema=)")
        self.store, self.path, self.why, self.words = store, path, why, words
        self.public = words  # type: ignore[misc]

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.store, self.path, self.why, self.words)


class Wrong(NamedTuple):
    """What a library refuses: where, why, and what a person is told."""

    loc: Sequence[str]
    why: str
    words: str


class _Checker:
    # One annotation, as pydantic checks it.
    def __init__(self, annotation: Any) -> None:
        self._adapter: TypeAdapter[Any] = TypeAdapter(shapes.newer(annotation))

    def checked(self, value: Json) -> Any:
        """Return *value* as the library gives it back: JSON, with what was left out.

        Raises:
            Refusal: It is not what the annotation says.
        """
        text = json.dumps(value, check_circular=False)
        try:
            made = self._adapter.validate_json(text, strict=_STRICT)
        except ValidationError as error:
            found = error.errors(include_url=False, include_input=False, include_context=True)[0]
            loc = [str(part) for part in found["loc"]]
            raise Refusal(Wrong(loc, found["msg"], message_of(found))) from None
        return self._adapter.dump_python(made, mode="json", by_alias=True, warnings=False)

    def dumped(self, value: Any) -> Any:
        """Return an instance as JSON."""
        return self._adapter.dump_python(value, mode="json", by_alias=True, warnings=False)


class _StructChecker:
    # The same of msgspec's.
    def __init__(self, annotation: Any) -> None:
        self._library = import_module("msgspec")
        self._annotation = annotation

    def checked(self, value: Json) -> Any:
        library = self._library
        try:
            made = library.convert(value, self._annotation, strict=_STRICT, str_keys=True)
        except library.ValidationError as error:
            words, place = str(error), _STRUCT_PLACE.search(str(error))
            loc = [a or b for a, b in _STRUCT_PART.findall(place[1])] if place else []
            why = words[: place.start()] if place else words
            raise Refusal(Wrong(loc, why, "This does not fit.")) from None
        return library.to_builtins(made, str_keys=True)

    def dumped(self, value: Any) -> Any:
        return self._library.to_builtins(value)


class Refusal(Exception):
    """A value is not what an annotation says."""

    def __init__(self, wrong: Wrong) -> None:
        super().__init__(wrong.why)
        self.wrong = wrong


class Schema:
    """What the documents of one store have to be.

    Args:
        annotation: A dataclass, a `TypedDict`, a model or a Struct.
        store: The store's name, for errors.

    Raises:
        HtealeafError: It is nothing that a document can be checked by.
    """

    def __init__(self, annotation: Any, store: str) -> None:
        self.annotation, self.store = annotation, store
        try:
            keys = shapes.keys_of(annotation)
        except NameError as error:
            raise HtealeafError(
                f"the schema of store '{store}' can't be read: {error}; a name in an annotation has"
                " to be one of the module, or built in"
            ) from error
        if keys is None:
            raise HtealeafError(
                f"schema={annotation!r} of store '{store}' is no record; it is a dataclass, a"
                " TypedDict, a model of pydantic's or a Struct of msgspec's"
            )
        self._checkers: dict[int, tuple[Any, _Checker | _StructChecker]] = {}
        self._checker(annotation)

    def _checker(self, annotation: Any) -> _Checker | _StructChecker:
        # By id, since what a type is annotated with may be a dict, which can't be a key.
        known = self._checkers.get(id(annotation))
        if known is None:
            if len(self._checkers) >= _CHECKERS:
                self._checkers.clear()
            known = self._checkers[id(annotation)] = annotation, self._made(annotation)
        return known[1]

    def _made(self, annotation: Any) -> _Checker | _StructChecker:
        if hasattr(self.annotation, "__struct_fields__"):
            return _StructChecker(annotation)
        try:
            return _Checker(annotation)
        except (PydanticSchemaGenerationError, PydanticUserError) as error:
            raise HtealeafError(
                f"the schema of store '{self.store}' can't be checked: {error.message}"
            ) from error

    def default(self, given: Any = MISSING) -> Json:
        """Return what a document is at first: *given*, checked; else what the schema begins with.

        Raises:
            HtealeafError: Nothing was given, and a field has no default.
            SchemaRefused: It is not what the schema says.
        """
        value = given
        if given is MISSING:
            value = {}
        elif not isinstance(given, dict):
            value = self._checker(self.annotation).dumped(given)
        try:
            return self.filled(value)
        except SchemaRefused as error:
            if given is not MISSING:
                raise
            raise HtealeafError(
                f"store '{self.store}' has no default=, and its schema has none for"
                f" '{error.path}'; give one of them"
            ) from error

    def filled(self, value: Json) -> Json:
        """Return a whole document with what was left out in it.

        Raises:
            SchemaRefused: It is not what the schema says.
        """
        for place, default in self._check(value, ROOT):
            value = _with(value, place, default)
        return value

    def check(
        self, root: Json, changes: Sequence[Change], *, final: bool
    ) -> list[tuple[Path, Json]] | None:
        """Check what *changes*, the last ones, have made of *root*.

        Args:
            final: Nothing comes after them in their step, so the author's rules are asked.

        Returns:
            Fields that were left out, with their defaults; or None: it has to be asked again at
            the end of the step.

        Raises:
            SchemaRefused: It is not what the schema says.
        """
        left: list[tuple[Path, Json]] = []
        seen: set[tuple[str, ...]] = set()
        for path in _touched(self.annotation, changes):
            depth, annotation = shapes.spot(self.annotation, path)
            if path[:depth] in seen:
                continue
            seen.add(path[:depth])
            if not final and shapes.has_code(annotation):
                return None
            left += self._check(root, Path(path[:depth]), annotation)
        return left

    def _check(
        self, root: Json, path: Path, annotation: Any = MISSING
    ) -> Iterator[tuple[Path, Json]]:
        value = find(root, path, MISSING)
        if value is MISSING:
            return iter(())
        annotation = self.annotation if annotation is MISSING else annotation
        try:
            made = self._checker(annotation).checked(value)
        except Refusal as refusal:
            raise self._refused(value, path, refusal.wrong) from None
        return iter([*self._left_out(annotation, value, made, path)])

    def _refused(self, value: Json, path: Path, wrong: Wrong) -> SchemaRefused:
        place: list[str] = [*path]
        at: Any = value
        for part in wrong.loc:
            found = child(at, part) if isinstance(at, (dict, list)) else MISSING
            if found is MISSING and not (isinstance(at, dict) and part is wrong.loc[-1]):
                break  # which of several types was tried
            place.append(part)
            at = found
        return SchemaRefused(self.store, Path(tuple(place)), wrong.why, wrong.words)

    def _left_out(
        self, annotation: Any, value: Any, made: Any, path: tuple[str, ...]
    ) -> Iterator[tuple[Path, Json]]:
        # Keys that no field has are ignored by the libraries, so what they made has none of them.
        item, fields = shapes.inside_of(annotation)
        if isinstance(value, dict) and isinstance(made, dict) and (fields or item is not MISSING):
            for key, inner in value.items():
                if key not in made and (key not in fields or shapes.is_choice(annotation)):
                    has = f"it has: {', '.join(fields)}" if fields else "it is written another way"
                    why = f"it has no {key!r}; {has}"
                    raise SchemaRefused(self.store, Path(path), why, "This does not fit.")
                below = fields.get(key, item)
                if below is not MISSING and isinstance(inner, (dict, list)):
                    yield from self._left_out(below, inner, made.get(key), (*path, key))
            if not made.keys() <= value.keys():
                for key in fields:
                    if key not in value and key in made:
                        yield Path((*path, key)), made[key]
        elif isinstance(value, list) and isinstance(made, list) and item is not MISSING:
            if shapes.inside_of(item) == shapes.NOTHING_INSIDE:
                return
            for index, (inner, one) in enumerate(zip(value, made, strict=False)):
                yield from self._left_out(item, inner, one, (*path, str(index)))

    # -- what is known before there is data -----------------------------------------------------

    def knows(self, path: Iterable[str]) -> bool:
        """Tell whether a document may have a place at *path*."""
        return shapes.at(self.annotation, [*path]) is not MISSING

    def wanted(self, verb: str, there: Any, path: Path) -> Any:
        """Return a sample of what the value of *verb* at *path* has to be; `MISSING` for any.

        Args:
            there: What stands at the place, or above it for a verb beside it.
        """
        row = verb_of(verb)
        use = row.use(there, MISSING)
        if use == "adds":
            return 0
        place = shapes.at(self.annotation, path[:-1] if row.beside else path)
        if use == "grows" and place is not MISSING:
            place = shapes.item_of(place)
        return MISSING if place is MISSING else shapes.sample(place)

    def path(self, start: Path, function: Callable[[Any], Any]) -> Path:
        """Return the path that `lambda d: d.todo[0].done` names below *start*.

        Raises:
            HtealeafError: The schema has no such place, or the function does something else.
        """
        return named_by(self.annotation, self.store, start, function)


def _touched(annotation: Any, changes: Sequence[Change]) -> Iterator[tuple[str, ...]]:
    # The places that changes, those of one mutation, may have made wrong.
    first = changes[0]
    if len(changes) > 1 and len(changes) * _ONE_BY_ONE > max(one.size for one in changes) > 0:
        yield first.path[:-1]  # so many items of one list came or went that it is asked at once
        return
    for change, place in landed(changes):
        if change.kind in ("delete", "move"):
            above = change.path[:-1]
            depth, found = shapes.spot(annotation, above)
            if depth < len(above) or not shapes.is_loose(found):
                yield above
        elif place is not None:
            yield place


def _with(value: Json, path: Path, inner: Json) -> Json:
    # A copy along the path.
    if not path:
        return inner
    if isinstance(value, dict):
        key = path[0]
        return {**value, key: _with(value.get(key), Path(path[1:]), inner)}
    assert isinstance(value, list)
    at = int(path[0])
    return [*value[:at], _with(value[at], Path(path[1:]), inner), *value[at + 1 :]]
