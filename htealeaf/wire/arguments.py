"""Arguments of action functions: what forms send, as the annotations of a function want it.

A form sends names and texts. `nested` puts them together, `lines[0][price]` into rows of `lines`;
`Arguments.convert` makes of them what the parameters are annotated with. Conversion and constraints
are pydantic's; what only HTML has (boxes, empty texts, repeated names) is read here first.

| annotation | what a form sends |
|---|---|
| `bool` | a box: ticked or not sent at all; or `true` and `false` |
| `list[...]` | a name that stands there often, or rows `lines[0]`; none is the empty list |
| `... | None` | an empty text, or nothing, is None |
| anything else but `str` | an empty text is as good as none: the default, else an error |
| a dataclass, a model | names with brackets: `address[street]` |

Rule 1: a refused value is never repeated in a message, and all fields are told at once.

Rule 2: what no form can send, a class that nothing converts to, has to be provided.
"""

from __future__ import annotations

import enum
import inspect
import re
import types
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, time
from functools import cached_property
from typing import Any, Final, Literal, NamedTuple, TypeAlias, Union

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.errors import PydanticSchemaGenerationError, PydanticUserError
from pydantic_core import ErrorDetails, to_jsonable_python
from typing_extensions import NotRequired, Required, TypedDict

from htealeaf.data.annotations import (
    MANY,
    choice_of,
    fields_of,
    inside,
    may_be_none,
    plain,
    uploads_in,
)
from htealeaf.data.documents import Json
from htealeaf.errors import BadRequest, HtealeafError, Invalid
from htealeaf.html.markup import resolved
from htealeaf.wire.slots import Slot, template_of
from htealeaf.words import say

#: A name and what stands under it: a text, or a file as whoever read it gives it.
Entry: TypeAlias = tuple[str, Any]

MAX_ENTRIES: Final = 5000  #: of one form
MAX_NESTED: Final = 8  #: brackets behind one name
_TOLD: Final = 200  # wrong values of one form; nobody reads more
_DIGITS: Final = 16  # of a row's number: one that a browser adds has its time in milliseconds

_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)\Z")
_PART = re.compile(r"\[([^\[\]]*)\]")
_CONFIG = ConfigDict(arbitrary_types_allowed=True, allow_inf_nan=False)
_MISSING: Final = object()
#: No text, whatever it stands for: it is refused as what the annotation is not.
_WRONG: Final = object()
_typed_dict: Any = TypedDict  # one that is made here, which no checker can follow
_YES = frozenset({"on", "true", "1", "yes"})
_NO = frozenset({"off", "false", "0", "no", ""})


# -- what a form sends ---------------------------------------------------------------------


class Node:
    """What stands under one name: values, and what has brackets behind the name."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self.inner: dict[str, Node] = {}

    @cached_property
    def rows(self) -> list[tuple[str, Node]]:
        """Return what stands under numbers, in their order; numbers may be left out.

        It is asked for each value that is refused, and found once, when all is read.
        """
        numbered = [key for key in self.inner if _is_number(key)]
        return [(key, self.inner[key]) for key in sorted(numbered, key=int)]


def _is_number(key: str) -> bool:
    # Of a row. To read a number of thousands of digits takes its time.
    return key.isascii() and key.isdigit() and len(key) <= _DIGITS


def nested(entries: Iterable[Entry]) -> dict[str, Node]:
    """Return *entries* by name, those with brackets inside of each other.

    Raises:
        BadRequest: There are too many, or names are nested too deeply.

    >>> found = nested([("tag", "a"), ("tag", "b"), ("lines[2][price]", "1.50")])
    >>> found["tag"].values, found["lines"].rows[0][1].inner["price"].values
    (['a', 'b'], ['1.50'])
    """
    top = Node()
    for count, (name, value) in enumerate(entries):
        if count >= MAX_ENTRIES:
            raise BadRequest(f"a form has at most {MAX_ENTRIES} fields")
        node = top
        for part in (name,) if "[" not in name else _parts_of(name):
            found = node.inner.get(part)
            if found is None:
                found = node.inner[part] = Node()
            node = found
        node.values.append(value)
    return top.inner


def as_sent(messages: Mapping[str, str], entries: Iterable[Entry]) -> dict[str, str]:
    """Return *messages* by the names that controls have in the form.

    A function counts the rows that it gets; a form may leave numbers out.

    >>> as_sent({"lines[1][price]": "No."}, [("lines[0][price]", "1"), ("lines[7][price]", "2")])
    {'lines[7][price]': 'No.'}
    """
    if not any("[" in name for name in messages):
        return dict(messages)
    tree = nested(entries)
    return {_as_sent(name, tree): text for name, text in messages.items()}


def _as_sent(name: str, tree: Mapping[str, Node]) -> str:
    first, *parts = _parts_of(name)
    node = tree.get(first)
    for part in parts:
        rows = node.rows if node is not None and _is_number(part) else []
        key = rows[int(part)][0] if rows and int(part) < len(rows) else part
        first += f"[{key}]"
        node = node.inner.get(key) if node is not None else None
    return first


def _is_text(value: Any) -> bool:
    # What a form could have sent: texts, lists of these, rows of names and texts.
    if isinstance(value, Mapping):
        return all(isinstance(key, str) for key in value)
    if isinstance(value, (list, tuple)):
        return all(isinstance(item, (str, Mapping)) and _is_text(item) for item in value)
    return isinstance(value, str)


def _node_of(value: Any) -> Node:
    node = Node()
    if isinstance(value, Mapping):
        node.inner = {key: _node_of(inner) for key, inner in value.items()}
    elif isinstance(value, (list, tuple)) and any(isinstance(item, Mapping) for item in value):
        node.inner = {str(at): _node_of(item) for at, item in enumerate(value)}
    else:
        node.values = [*value] if isinstance(value, (list, tuple)) else [value]
    return node


def _parts_of(name: str) -> list[str]:
    match = _NAME.match(name)
    parts = [name] if match is None else [match[1], *_PART.findall(match[2])]
    if len(parts) > MAX_NESTED:
        raise BadRequest("the names of a form are nested too deeply")
    return parts


# -- what a function wants -----------------------------------------------------------------


class Parameter(NamedTuple):
    """One parameter that a form fills.

    Attributes:
        annotation: As it is written, resolved.
        default: `inspect.Parameter.empty` for none.
        fillable: A form can fill it; else it has to be provided.
    """

    name: str
    annotation: Any
    default: Any
    fillable: bool

    @property
    def required(self) -> bool:
        """Tell whether it has no default."""
        return self.default is inspect.Parameter.empty


def parameters_of(function: Callable[..., Any], built_in: Sequence[str]) -> dict[str, Parameter]:
    """Return the parameters of *function* that are not *built_in*, by name.

    Raises:
        HtealeafError: One has no annotation, or one that can't be resolved, or none by name.
    """
    name = getattr(function, "__name__", "function")
    try:
        hints = typing.get_type_hints(function, include_extras=True)
    except NameError as error:
        raise HtealeafError(
            f"the annotations of {name}() can't be read: {error}; a name in an annotation has to be"
            " one of the module, or built in"
        ) from error
    found = {}
    for given in inspect.signature(function).parameters.values():
        if given.kind not in (given.POSITIONAL_OR_KEYWORD, given.KEYWORD_ONLY):
            raise HtealeafError(f"{name}() gets its arguments by name; {given} can't be one")
        if given.name in built_in:
            continue
        if given.name not in hints:
            raise HtealeafError(
                f"{name}({given.name}) has no annotation, and what a form sends is text; write"
                f" {given.name}: str, or int, Decimal, date, a list, a dataclass, Upload …"
            )
        annotation = hints[given.name]
        fillable = _converts(annotation)
        found[given.name] = Parameter(given.name, annotation, given.default, fillable)
    return found


def _converts(annotation: Any) -> bool:
    try:
        TypeAdapter(annotation)
    except PydanticSchemaGenerationError:
        return False
    except PydanticUserError as error:
        raise HtealeafError(f"{annotation!r} can't be converted to: {error.message}") from error
    return True


def takes_files(parameters: Iterable[Parameter]) -> bool:
    """Tell whether one of *parameters* is an uploaded file, or has some."""
    return any(any(uploads_in(parameter.annotation)) for parameter in parameters)


def _validator(fields: Mapping[str, Any]) -> Callable[[Any], Any]:
    made: Any = _typed_dict("arguments", dict(fields))
    made.__pydantic_config__ = _CONFIG
    found: Callable[[Any], Any] = TypeAdapter(made).validator.validate_python
    return found


class Arguments:
    """Converts what forms send to what the parameters of one function are annotated with.

    Args:
        parameters: Those that a form or a constant fills.
    """

    def __init__(self, parameters: Mapping[str, Parameter]) -> None:
        self.parameters = parameters
        self._validate = _validator(
            {
                key: Required[found.annotation] if found.required else NotRequired[found.annotation]
                for key, found in parameters.items()
            }
        )
        self._nullable = {
            key
            for key, one in parameters.items()
            if one.required and inside(one.annotation).optional
        }
        self._readers = {key: reader_of(one.annotation) for key, one in parameters.items()}

    def convert(
        self, entries: Iterable[Entry], constants: Mapping[str, Any], filled: Iterable[str] = ()
    ) -> dict[str, Any]:
        """Return the arguments by name; those with a default may be missing.

        Args:
            entries: What the form sends; names that are no parameters are nobody's.
            constants: What the author said, by name.
            filled: The constants that a slot was filled for: texts as of a form.

        Raises:
            Invalid: Values are refused; it tells each field.
        """
        given, tree = self._read(entries, constants, filled)
        return self.check(given, tree)

    def convertible(
        self, entries: Iterable[Entry], constants: Mapping[str, Any], filled: Iterable[str] = ()
    ) -> tuple[dict[str, Any], dict[str, str]]:
        """Return those arguments that can be converted, and messages for the others by field."""
        given, tree = self._read(entries, constants, filled)
        try:
            return self.check(given, tree), {}
        except Invalid as error:
            wrong = {name.partition("[")[0] for name in error.fields}
            right = {key: value for key, value in given.items() if key not in wrong}
            return dict(self._convert_some(right)), error.fields

    def _read(
        self, entries: Iterable[Entry], constants: Mapping[str, Any], filled: Iterable[str]
    ) -> tuple[dict[str, Any], dict[str, Node]]:
        tree = nested(entries)
        given: dict[str, Any] = {}
        for key, read in self._readers.items():
            if key in constants and key not in filled:
                given[key] = constants[key]
                continue
            node = tree.get(key)
            if key in constants:
                node = _node_of(constants[key])
            value = read(node)
            if value is not _MISSING:
                given[key] = value
            elif key in self._nullable:
                given[key] = None
        return given, tree

    @cached_property
    def _convert_some(self) -> Callable[[Any], Any]:
        # As `_validate`, for a part of them.
        return _validator(
            {key: NotRequired[found.annotation] for key, found in self.parameters.items()}
        )

    def of_python(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return arguments that Python code gives; a text means what it means in a form.

        Raises:
            Invalid: Values are refused; it tells each field.
        """
        tree = {key: _node_of(value) for key, value in given.items() if _is_text(value)}
        found = dict(given)
        for key, node in tree.items():
            value = self._readers[key](node)
            found[key] = None if value is _MISSING and key in self._nullable else value
        return self.check({k: v for k, v in found.items() if v is not _MISSING}, tree)

    def check(
        self, given: Mapping[str, Any], tree: Mapping[str, Node] | None = None
    ) -> dict[str, Any]:
        """Return *given* checked and converted: values of Python's, or texts.

        Raises:
            Invalid: Values are refused; it tells each field.
        """
        try:
            return dict(self._validate(given))
        except ValidationError as error:
            told: dict[str, str] = {}
            for found in error.errors(include_url=False, include_input=False)[:_TOLD]:
                told.setdefault(self._field(found["loc"], tree or {}), message_of(found))
            raise Invalid(told) from error

    def _field(self, loc: tuple[int | str, ...], tree: Mapping[str, Node]) -> str:
        # The control's name: a row is told by the number that it has in the form. What else stands
        # in a place, which of several types was tried, is nothing that a form has.
        name = str(loc[0])
        annotation, node = self.parameters[name].annotation, tree.get(name)
        for part in loc[1:]:
            annotation = inside(annotation).type
            fields = fields_of(annotation) or {}
            if isinstance(part, int) and typing.get_origin(annotation) in MANY:
                if node is None or not node.inner:
                    break  # one of several of the same name
                key = node.rows[part][0] if part < len(node.rows) else str(part)
                annotation = (*typing.get_args(annotation), Any)[0]
            elif part in fields:
                key = str(part)
                annotation = fields[key].annotation
            else:
                break
            name += f"[{key}]"
            node = node.inner.get(key) if node is not None else None
        return name


# -- words ---------------------------------------------------------------------------------

#: What a person is told, by pydantic's name of what is wrong. It never holds what was sent.
MESSAGES: Final[dict[str, str]] = {
    "missing": "This is needed.",
    "int": "Please write a whole number.",
    "float": "Please write a number.",
    "decimal": "Please write a number.",
    "finite_number": "Please write a number.",
    "date": "Please write a date.",
    "datetime": "Please write a date and a time.",
    "time": "Please write a time.",
    "uuid": "This is no valid id.",
    "bool": "Please choose yes or no.",
    "enum": "Please choose one of these.",
    "literal_error": "Please choose one of these.",
    "is_instance_of": "Please choose a file.",
    "greater_than_equal": "At least {ge}, please.",
    "greater_than": "More than {gt}, please.",
    "less_than_equal": "At most {le}, please.",
    "less_than": "Less than {lt}, please.",
    "multiple_of": "A multiple of {multiple_of}, please.",
    "string_too_short": "At least {min_length} characters, please.",
    "string_too_long": "At most {max_length} characters, please.",
    "too_short": "At least {min_length} of these, please.",
    "too_long": "At most {max_length} of these, please.",
    "decimal_max_digits": "At most {max_digits} digits, please.",
    "decimal_max_places": "At most {decimal_places} digits after the point, please.",
    "decimal_whole_digits": "At most {whole_digits} digits before the point, please.",
    "value_error": "{error}",
    "assertion_error": "{error}",
}
_OTHER = "This does not fit."


def message_of(error: ErrorDetails) -> str:
    """Return what a person is told of one error of pydantic's.

    >>> message_of({"type": "greater_than_equal", "loc": (), "msg": "", "ctx": {"ge": 0}})
    'At least 0, please.'
    """
    kind, context = error["type"], error.get("ctx", {})
    for name in (kind, kind.partition("_")[0]):
        if name in MESSAGES:
            return say(MESSAGES[name], **context) or say(_OTHER)
    return say(_OTHER)


# -- reading texts -------------------------------------------------------------------------

Reader: TypeAlias = Callable[["Node | None"], Any]


def reader_of(annotation: Any) -> Reader:
    """Return what makes of a node of a form what pydantic then converts to *annotation*."""
    annotation = plain(annotation)
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (Union, types.UnionType):
        others = [arg for arg in args if arg is not type(None)]
        if len(others) < len(args):
            return _optional(reader_of(others[0]) if len(others) == 1 else _text)
        return _text
    if annotation is bool:
        return _box
    if annotation is str or annotation is Any:
        return _text
    if origin in MANY or annotation in MANY:
        return _many(args[0] if args else str)
    if origin is Literal:
        choice = _choice([arg for arg in args if arg is not None])
        return _optional(choice) if may_be_none(annotation) else choice
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return _choice([*annotation])
    fields = fields_of(annotation)
    if fields is not None:
        return _record({name: field.annotation for name, field in fields.items()})
    if annotation in (date, datetime, time):
        return _point_in_time
    return _value


def _last(node: Node | None) -> Any:
    return node.values[-1] if node is not None and node.values else _MISSING


def _text(node: Node | None) -> Any:
    return _last(node)


def _value(node: Node | None) -> Any:
    value = _last(node)
    return _MISSING if isinstance(value, str) and not value.strip() else value


def _point_in_time(node: Node | None) -> Any:
    # Digits alone would be taken for seconds since 1970.
    value = _value(node)
    return _WRONG if isinstance(value, str) and not re.search(r"\d[-:]\d", value) else value


def _box(node: Node | None) -> Any:
    value = _last(node)
    if not isinstance(value, str):
        return False if value is _MISSING else value
    word = value.lower()
    return word not in _NO if word in _YES or word in _NO else True


def _optional(read: Reader) -> Reader:
    def optional(node: Node | None) -> Any:
        if node is None or not (node.values or node.inner):
            return _MISSING
        if not node.inner and node.values[-1] in ("", None) and len(node.values) == 1:
            return None
        return read(node)

    return optional


def _many(item: Any) -> Reader:
    read = reader_of(item)
    keeps_empty = plain(item) is str

    def many(node: Node | None) -> Any:
        if node is None:
            return []
        found = []
        for value in node.values:
            if value is not None and (value != "" or keeps_empty):
                one = Node()
                one.values.append(value)
                found.append(read(one))
        rows = [read(row) for _, row in node.rows]
        return found + [_WRONG if row is _MISSING else row for row in rows]

    return many


def _choice(values: Sequence[Any]) -> Reader:
    known = {text: value for value in values for text in _texts_of(value)}

    def choice(node: Node | None) -> Any:
        value = _last(node)
        if value == "" and "" not in known:
            return _MISSING
        return known.get(value, value) if isinstance(value, str) else value

    return choice


def _texts_of(value: Any) -> tuple[str, ...]:
    one = value.value if isinstance(value, enum.Enum) else value
    ticked = ("on",) if one is True else ()  # what a box sends
    return (*ticked, str(one), choice_of(value))


def _record(fields: Mapping[str, Any]) -> Reader:
    readers: dict[str, Reader] = {}

    def record(node: Node | None) -> Any:
        if not readers:  # made at the first use, as a type may hold itself
            readers.update({name: reader_of(annotation) for name, annotation in fields.items()})
        if node is None or not node.inner:
            return _last(node)
        read = {name: reader(node.inner.get(name)) for name, reader in readers.items()}
        return {name: value for name, value in read.items() if value is not _MISSING}

    return record


# -- constants -----------------------------------------------------------------------------


def constants_of(constants: Mapping[str, Any]) -> Json:
    """Return constants as a template, with slots as `template_of` has them.

    Raises:
        HtealeafError: One is nothing that JSON can hold.
    """
    return template_of({name: _jsonable(value) for name, value in constants.items()})


def _jsonable(value: Any) -> Any:
    value = resolved(value)
    if value is None or type(value) in (str, int, float, bool) or isinstance(value, Slot):
        return value
    if isinstance(value, enum.Enum):
        return _jsonable(value.value)
    if isinstance(value, Mapping):
        return {str(key): _jsonable(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_jsonable(inner) for inner in value]
    try:
        return to_jsonable_python(value)
    except Exception as error:
        raise HtealeafError(
            f"a {type(value).__name__} can't be a constant of an action; give what names it, an id,"
            " and look it up in the function"
        ) from error
