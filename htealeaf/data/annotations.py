"""Annotations: what is inside of a type, and which values its constraints allow.

Arguments of action functions are converted by them, and forms are drawn from them, so both see the
same rule. Constraints are read by their names, whoever made them: `annotated_types`, pydantic's
`Field`, a class of the author's with an attribute `ge`.

Rule: nothing here converts, and nothing imports pydantic.
"""

from __future__ import annotations

import dataclasses
import enum
import inspect
import types
import typing
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, Literal, NamedTuple, Union

from typing_extensions import is_typeddict

MANY: Final = (list, tuple, set, frozenset)
#: No default.
NONE_SAID: Final = inspect.Parameter.empty

_CONSTRAINTS: Final = frozenset(
    "ge gt le lt multiple_of min_length max_length pattern decimal_places title description"
    " accept max_size max_count".split()
)


class Inside(NamedTuple):
    """What an annotation says.

    Attributes:
        type: Without `Annotated` and without None.
        optional: None is a value, too.
        constraints: By name: `ge`, `max_length`, `pattern`, …
    """

    type: Any
    optional: bool
    constraints: Mapping[str, Any]

    @property
    def item(self) -> Any:
        """Return what each of several is; None if it is no list."""
        args = typing.get_args(self.type)
        if typing.get_origin(self.type) in MANY:
            return args[0] if args else str
        return str if self.type in MANY else None


class FieldOf(NamedTuple):
    """One field of a dataclass, a model or a `TypedDict`.

    Attributes:
        annotation: As it is written, resolved.
        default: `NONE_SAID` where it has to be given.
    """

    annotation: Any
    default: Any = NONE_SAID


def inside(annotation: Any) -> Inside:
    """Return what *annotation* says.

    >>> inside(Annotated[int, NamedTuple("Ge", [("ge", int)])(1)] | None)
    Inside(type=<class 'int'>, optional=True, constraints={'ge': 1})
    """
    constraints: dict[str, Any] = {}
    optional = False
    while True:
        for found in _said(annotation):
            constraints = {**found, **constraints}  # what stands further out counts
        annotation = plain(annotation)
        if typing.get_origin(annotation) not in (Union, types.UnionType):
            return Inside(annotation, optional or may_be_none(annotation), constraints)
        args = typing.get_args(annotation)
        others = [arg for arg in args if arg is not type(None)]
        optional |= len(others) < len(args)
        if len(others) != 1:
            return Inside(annotation, optional, constraints)
        annotation = others[0]


def may_be_none(annotation: Any) -> bool:
    """Tell whether *annotation* is a `Literal` of which None is one value."""
    return typing.get_origin(annotation) is Literal and None in typing.get_args(annotation)


def choice_of(value: Any) -> str:
    """Return a member of an `Enum`, or a value of a `Literal`, as a form sends it.

    >>> choice_of("a"), choice_of(2), choice_of(True)
    ('a', '2', 'true')
    """
    value = value.value if isinstance(value, enum.Enum) else value
    return str(value).lower() if isinstance(value, bool) else str(value)


def plain(annotation: Any) -> Any:
    """Return *annotation* without `Annotated`, and what a `NewType` or an alias stands for."""
    while (inner := _unwrapped(annotation)) is not annotation:
        annotation = inner
    return annotation


def unqualified(annotation: Any) -> Any:
    """Return *annotation* without what a `TypedDict` says of its key: `Required`, `ReadOnly`.

    >>> unqualified(typing.NotRequired[list[int]])
    list[int]
    """
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in _QUALIFIERS:
        return unqualified(args[0])
    if origin is Annotated and (inner := unqualified(args[0])) is not args[0]:
        return Annotated.__class_getitem__((inner, *args[1:]))
    return annotation


def parts(annotation: Any) -> Iterator[Any]:
    """Yield *annotation* and whatever is inside of it."""
    yield annotation
    for inner in typing.get_args(annotation):
        yield from parts(inner)


def is_upload(annotation: Any) -> bool:
    """Tell whether *annotation* is an uploaded file, or a list of them."""
    return any(hasattr(part, "is_upload") for part in parts(annotation))


def uploads_in(annotation: Any, name: str = "", depth: int = 8) -> Iterator[tuple[str, Any]]:
    """Yield the uploaded files that *annotation* is, or has inside, as name and annotation.

    Args:
        name: Of the control. Inside of rows their number is left out: `lines[][receipt]`.
        depth: How deep it is looked; a class may have itself inside.
    """
    if is_upload(annotation):
        yield name, annotation
        return
    found = inside(annotation)
    if found.item is not None:
        yield from uploads_in(found.item, f"{name}[]", depth)
        return
    for key, one in (fields_of(found.type) or {}).items() if depth else ():
        yield from uploads_in(one.annotation, f"{name}[{key}]", depth - 1)


def has_rows(annotation: Any, depth: int = 8) -> bool:
    """Tell whether a list that is no list of files is what *annotation* is, or has inside."""
    found = inside(annotation)
    if found.item is not None:
        return not is_upload(found.item)
    fields = fields_of(found.type) if depth else None
    return any(has_rows(one.annotation, depth - 1) for one in (fields or {}).values())


def fields_of(annotation: Any) -> dict[str, FieldOf] | None:
    """Return the fields of a dataclass, a model or a `TypedDict` by name; None for others."""
    if not isinstance(annotation, type):
        return None
    if is_typeddict(annotation):
        hints = typing.get_type_hints(annotation, include_extras=True)
        optional = annotation.__optional_keys__  # type: ignore[attr-defined]
        return {
            name: FieldOf(hint, None if name in optional else NONE_SAID)
            for name, hint in hints.items()
        }
    if dataclasses.is_dataclass(annotation):
        hints = typing.get_type_hints(annotation, include_extras=True)
        return {
            field.name: FieldOf(hints[field.name], _default_of(field))
            for field in dataclasses.fields(annotation)
            if field.init
        }
    if hasattr(annotation, "__struct_fields__"):
        return _fields_of_struct(annotation)
    models = getattr(annotation, "model_fields", None)  # pydantic's
    if not isinstance(models, dict):
        return None
    return {
        field.alias or name: FieldOf(
            Annotated[field.annotation, field],
            NONE_SAID if field.is_required() else field.get_default(call_default_factory=True),
        )
        for name, field in models.items()
    }


def _fields_of_struct(struct: Any) -> dict[str, FieldOf]:
    # msgspec's. The last fields are those with defaults; one that is made anew is as good as none.
    hints = typing.get_type_hints(struct, include_extras=True)
    names = struct.__struct_fields__
    defaults = dict(zip(reversed(names), reversed(struct.__struct_defaults__), strict=False))
    return {
        key: FieldOf(hints[name], defaults.get(name, NONE_SAID))
        for name, key in zip(names, struct.__struct_encode_fields__, strict=True)
    }


def _default_of(field: dataclasses.Field[Any]) -> Any:
    if field.default is not dataclasses.MISSING:
        return field.default
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return NONE_SAID


def _unwrapped(annotation: Any) -> Any:
    if typing.get_origin(annotation) is Annotated:
        return typing.get_args(annotation)[0]
    if hasattr(annotation, "__supertype__"):  # a NewType
        return annotation.__supertype__
    if hasattr(annotation, "__value__"):  # `type Price = ...`
        return annotation.__value__
    if typing.get_origin(annotation) in _QUALIFIERS:  # of a TypedDict
        return typing.get_args(annotation)[0]
    return annotation


_QUALIFIERS: Final = tuple(
    getattr(module, name)
    for module in (typing, __import__("typing_extensions"))
    for name in ("Required", "NotRequired", "ReadOnly")
    if hasattr(module, name)
)


def _said(annotation: Any) -> Iterator[dict[str, Any]]:
    # The constraints of an annotation's own layers, the outermost first.
    while True:
        if typing.get_origin(annotation) is Annotated:
            for given in reversed(typing.get_args(annotation)[1:]):
                yield from _constraints(given)
        inner = _unwrapped(annotation)
        if inner is annotation:
            return
        annotation = inner


def _constraints(given: Any) -> Iterator[dict[str, Any]]:
    names = [name for name in _CONSTRAINTS if not isinstance(given, (str, type))]
    found = {name: getattr(given, name, None) for name in names}
    if isinstance(getattr(given, "documentation", None), str):  # `Doc("...")`
        found["description"] = given.documentation
    yield {name: value for name, value in found.items() if _is_said(value)}
    metadata = getattr(given, "metadata", None)  # of pydantic's Field
    for inner in reversed(metadata) if isinstance(metadata, list) else ():
        yield from _constraints(inner)


def _is_said(value: Any) -> bool:
    return value is not None and not callable(value)
