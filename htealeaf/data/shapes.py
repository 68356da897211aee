"""Shapes: what an annotation says of the places of a JSON document.

A schema is a dataclass, a `TypedDict`, a model of pydantic's or a Struct of msgspec's. Here its
places are found by path, so that a path is known before there is data, and only what was touched
has to be checked.

Rule: nothing here converts or checks, and neither library is imported; see `annotations`.
"""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import functools
import sys
import types
import typing
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Final, Literal, NamedTuple, Union

from typing_extensions import NotRequired, Required, TypedDict, is_typeddict

from htealeaf.data.annotations import fields_of, inside, plain, unqualified
from htealeaf.data.documents import MISSING
from htealeaf.data.paths import is_index, selector

_DEPTH: Final = 8  # of a sample; a class may have itself inside
_AS_TEXT: Final = (
    str,
    datetime.date,
    datetime.time,
    datetime.timedelta,
    decimal.Decimal,
    uuid.UUID,
)
_SAMPLES: Final[dict[Any, Any]] = {bool: False, int: 0, float: 0.0}


class Maybe(NamedTuple):
    """A sample of a place that may be null as well."""

    of: Any


@functools.lru_cache(maxsize=1024)
def keys_of(annotation: Any) -> Mapping[str, str] | None:
    """Return the keys of a record by the names that its attributes have; None for no record."""
    found = fields_of(annotation)
    if found is None or getattr(annotation, "__pydantic_root_model__", False):
        return None
    models = getattr(annotation, "model_fields", None)
    if isinstance(models, dict) and not dataclasses.is_dataclass(annotation):
        return {name: field.alias or name for name, field in models.items()}
    encoded = getattr(annotation, "__struct_encode_fields__", None)
    if encoded is not None:
        return dict(zip(annotation.__struct_fields__, encoded, strict=True))
    return {name: name for name in found}


def is_mapping_of_keys(annotation: Any) -> bool:
    """Tell whether Python reads a record of this type with `[...]`, as a `TypedDict`'s is."""
    return is_typeddict(annotation)


def item_of(annotation: Any) -> Any:
    """Return what the items of a list, or the values of a dict, are; `MISSING` for neither.

    >>> item_of(list[int]), item_of(dict[str, str]), item_of(int) is MISSING
    (<class 'int'>, <class 'str'>, True)
    """
    found = inside(annotation).type
    origin, args = typing.get_origin(found) or found, typing.get_args(found)
    if origin is list:
        return args[0] if args else Any
    if origin is dict:
        return args[1] if args else Any
    return MISSING


def is_list(annotation: Any) -> bool:
    """Tell whether *annotation* is a list."""
    found = inside(annotation).type
    return (typing.get_origin(found) or found) is list


def below(annotation: Any, segment: str) -> Any:
    """Return the annotation of what *segment* names in a place; `MISSING` where there is none.

    >>> below(list[int], "0"), below(list[int], "name") is MISSING
    (<class 'int'>, True)
    """
    item = item_of(annotation)
    if item is not MISSING:
        if is_list(annotation) and not (is_index(segment) or segment == "-" or selector(segment)):
            return MISSING
        return item
    found = inside(annotation).type
    if keys_of(found) is None:
        return MISSING
    field = _fields(found).get(segment)
    return MISSING if field is None else field


@functools.lru_cache(maxsize=1024)
def _fields(annotation: Any) -> Mapping[str, Any]:
    found = fields_of(annotation) or {}
    return {name: unqualified(field.annotation) for name, field in found.items()}


def at(annotation: Any, path: Sequence[str]) -> Any:
    """Return the annotation of the place at *path*; `MISSING` where there is none."""
    for segment in path:
        if annotation is MISSING or is_anything(annotation):
            return annotation
        annotation = below(annotation, segment)
    return annotation


def is_anything(annotation: Any) -> bool:
    """Tell whether *annotation* leaves open what is in a place."""
    found = inside(annotation).type
    if found is Any or found is object:
        return True
    # Of several types, and of types that are made in other ways, only the library knows.
    return keys_of(found) is None and item_of(found) is MISSING and not _is_single(found)


def _is_single(annotation: Any) -> bool:
    return sample(annotation) is not MISSING or annotation is type(None)


def sample(annotation: Any, depth: int = _DEPTH) -> Any:
    """Return a value that shows which types a place wants; `MISSING` where that can't be said.

    >>> sample(list[int]), sample(float | None)
    ([0], Maybe(of=0.0))
    """
    found = inside(annotation)
    made = _sample(found.type, depth)
    return Maybe(made) if found.optional and made is not MISSING else made


def _sample(annotation: Any, depth: int) -> Any:
    if annotation in _SAMPLES:
        return _SAMPLES[annotation]
    if typing.get_origin(annotation) is Literal:
        return _of_values(typing.get_args(annotation))
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return _of_values([one.value for one in annotation])
    if isinstance(annotation, type) and issubclass(annotation, _AS_TEXT):
        return ""
    if depth == 0:
        return MISSING
    item = item_of(annotation)
    if item is not MISSING:
        if not is_list(annotation):
            return {}
        one = sample(item, depth - 1)
        return [] if one is MISSING else [one]
    if keys_of(annotation) is None:
        return MISSING
    made = {name: sample(one, depth - 1) for name, one in _fields(annotation).items()}
    return {name: one for name, one in made.items() if one is not MISSING}


def _of_values(values: Sequence[Any]) -> Any:
    kinds = {type(value.value if isinstance(value, enum.Enum) else value) for value in values}
    kind = kinds.pop() if len(kinds) == 1 else None
    return "" if kind is str else _SAMPLES.get(kind, MISSING)


def fields_in(annotation: Any) -> Mapping[str, Any]:
    """Return the annotations of a record's fields, by key; none of what is no record."""
    found = inside(annotation).type
    return _fields(found) if keys_of(found) is not None else {}


#: What `inside_of` gives for a single value, and where only the library knows.
NOTHING_INSIDE: Final[tuple[Any, Mapping[str, Any]]] = MISSING, {}


class Either(NamedTuple):
    """Annotations of which one is that of a place."""

    of: tuple[Any, ...]


def inside_of(annotation: Any) -> tuple[Any, Mapping[str, Any]]:
    """Return the item of a list, tuple or dict, `MISSING` for none, and the fields of a record.

    Of a choice, as `Line | Other` is, they are those of all its types.
    """
    try:
        return _inside_of(annotation)
    except TypeError:  # what it was annotated with can't be a key
        return _inside_of.__wrapped__(annotation)


@functools.lru_cache(maxsize=1024)
def _inside_of(annotation: Any) -> tuple[Any, Mapping[str, Any]]:
    items: list[Any] = []
    fields: dict[str, list[Any]] = {}
    for one in _choices(annotation):
        if typing.get_origin(one) is tuple:
            items += [item for item in typing.get_args(one) if item is not Ellipsis]
        elif (item := item_of(one)) is not MISSING:
            items.append(item)
        for key, field in fields_in(one).items():
            fields.setdefault(key, []).append(field)
    return _either(items), {key: _either(found) for key, found in fields.items()}


def is_choice(annotation: Any) -> bool:
    """Tell whether what is in a place has one of several types; null beside one is none."""
    return len([*_choices(annotation)]) > 1


def _choices(annotation: Any) -> Iterator[Any]:
    found = annotation if isinstance(annotation, Either) else inside(annotation).type
    if isinstance(found, Either):
        several: Sequence[Any] = found.of
    elif typing.get_origin(found) in (Union, types.UnionType):
        several = typing.get_args(found)
    else:
        yield found
        return
    for one in several:
        yield from _choices(one)


def _either(found: Sequence[Any]) -> Any:
    if len(found) < 2:
        return found[0] if found else MISSING
    return Either(tuple(found))


# -- what is checked alone ------------------------------------------------------------------


def spot(annotation: Any, path: Sequence[str]) -> tuple[int, Any]:
    """Return the smallest part of a document that tells whether what is at *path* is right.

    A part is left behind for one inside of it only where nothing that its type says is about more
    than one of these: no validator, no limit on its length, no configuration.

    Returns:
        How many segments of the path lead to it, and its annotation.
    """
    found = 0, annotation
    for depth, segment in enumerate(path):
        if not _is_plain(annotation):
            break
        annotation = below(annotation, segment)
        if annotation is MISSING:
            break
        found = depth + 1, annotation
    return found


def _is_plain(annotation: Any) -> bool:
    said = inside(annotation)
    if _is_annotated(annotation):
        return False
    if item_of(said.type) is not MISSING:
        # What a dict says of its keys is asked with all of it.
        return is_list(said.type) or typing.get_args(said.type)[:1] in ((), (str,))
    return keys_of(said.type) is not None and not rules_of(said.type)


def is_loose(annotation: Any) -> bool:
    """Tell whether a list or dict is right whatever goes, or moves, that is in it."""
    return item_of(annotation) is not MISSING and _is_plain(annotation)


def _is_annotated(annotation: Any) -> bool:
    # With something that limits a value, also on one side of `X | None`.
    if any(_limits(one) for one in getattr(annotation, "__metadata__", ())):
        return True
    inner = plain(annotation)
    if typing.get_origin(annotation) in (Annotated, Required, NotRequired):
        return _is_annotated(typing.get_args(annotation)[0])
    args = typing.get_args(inner) if typing.get_origin(inner) in (Union, types.UnionType) else ()
    return any(_is_annotated(arg) for arg in args)


def _limits(one: Any) -> bool:
    metadata = getattr(one, "metadata", None)
    if isinstance(metadata, list):  # a `Field(...)`, which every field of a model has
        return bool(metadata) or getattr(one, "discriminator", None) is not None
    return True


_DECORATORS: Final = "validators field_validators root_validators model_validators".split()


def code_of(annotation: Any) -> bool:
    """Tell whether the record *annotation* runs code of its author's when it is checked."""
    if hasattr(annotation, "__post_init__"):
        return True
    made = getattr(annotation, "__pydantic_decorators__", None)
    if made is not None and any(getattr(made, name, None) for name in _DECORATORS):
        return True
    for name in ("model_post_init", "__get_pydantic_core_schema__", "__pydantic_validator_hook__"):
        own = getattr(annotation, name, None)
        if own is not None and getattr(own, "__module__", "pydantic").split(".")[0] != "pydantic":
            return True
    return False


@functools.lru_cache(maxsize=1024)
def rules_of(annotation: Any) -> bool:
    """Tell whether the record *annotation* says more than what each of its fields does."""
    if code_of(annotation):
        return True
    for name in ("__pydantic_config__", "model_config"):
        if getattr(annotation, name, None):
            return True
    config = getattr(annotation, "__struct_config__", None)
    if config is not None:
        return config.tag is not None or config.array_like
    # A default that says more than a value: `x: int = Field(ge=0)`.
    fields = dataclasses.fields(annotation) if dataclasses.is_dataclass(annotation) else ()
    return any(hasattr(field.default, "metadata") for field in fields)


def has_code(annotation: Any) -> bool:
    """Tell whether code of an author's looks at a value of *annotation*, or at a part of it."""
    try:
        return _has_code(annotation)
    except TypeError:  # what it was annotated with can't be a key
        return True


@functools.lru_cache(maxsize=1024)
def _has_code(annotation: Any) -> bool:
    return any(map(_runs_code, _all_in(annotation, {})))


def _all_in(annotation: Any, seen: dict[int, Any]) -> Iterator[Any]:
    if id(annotation) in seen:
        return
    seen[id(annotation)] = annotation  # kept, so that no other gets its id
    yield annotation
    for inner in (typing.get_origin(annotation), *typing.get_args(annotation)):
        yield from _all_in(inner, seen)
    yield from getattr(annotation, "__metadata__", ())
    if isinstance(annotation, type):
        for field in _fields(annotation).values():
            yield from _all_in(field, seen)


def _runs_code(one: Any) -> bool:
    if isinstance(one, type):
        return code_of(one)
    # Metadata: limits are plain values of `annotated_types` and of the library; the rest may call.
    metadata = getattr(one, "metadata", None)
    if isinstance(metadata, list):  # a `Field(...)`
        return any(map(_runs_code, metadata))
    return hasattr(one, "func") or callable(getattr(one, "__get_pydantic_core_schema__", None))


# -- older Pythons --------------------------------------------------------------------------

_IS_NEW: Final = sys.version_info >= (3, 12)
_typed_dict: Any = TypedDict  # one that is made here, which no checker can follow


def newer(annotation: Any) -> Any:
    """Return *annotation* with `typing.TypedDict`s as pydantic wants them before Python 3.12."""
    if is_typeddict(annotation):
        return annotation if _IS_NEW else _newer_dict(annotation)
    args = typing.get_args(annotation)
    origin = typing.get_origin(annotation)
    if not args or origin is Literal:
        return annotation
    if origin is Annotated:
        return Annotated.__class_getitem__((newer(args[0]), *args[1:]))
    if origin in (Union, types.UnionType):
        return Union[tuple(map(newer, args))]  # noqa: UP007  # of a tuple
    return origin[tuple(map(newer, args))] if origin in (list, dict) else annotation


def _newer_dict(annotation: Any) -> Any:
    hints = typing.get_type_hints(annotation, include_extras=True)
    fields = {key: _field(annotation, key, hint) for key, hint in hints.items()}
    made = _typed_dict(annotation.__name__, fields)
    config = getattr(annotation, "__pydantic_config__", None)
    if config is not None:
        made.__pydantic_config__ = config
    return made


def _field(annotation: Any, key: str, hint: Any) -> Any:
    said: Any = typing.get_origin(hint)
    if said not in (Required, NotRequired):
        said = Required if key in annotation.__required_keys__ else NotRequired
    return said[newer(unqualified(hint))]
