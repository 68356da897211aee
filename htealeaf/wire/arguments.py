"""Arguments of action functions: what forms send, as the annotations of a function want it.

A form sends names and texts, which `entries` puts together, `lines[0][price]` into rows of `lines`;
`Arguments.convert` makes of them what the parameters are annotated with. Conversion and constraints
are pydantic's; what only HTML has (boxes, empty texts, repeated names) is read first, by `readers`.

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
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, Final, NamedTuple

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.errors import PydanticSchemaGenerationError, PydanticUserError
from pydantic_core import ErrorDetails, to_jsonable_python
from pydantic_core.core_schema import ErrorType
from typing_extensions import NotRequired, Required, TypedDict

from htealeaf.data.annotations import (
    MANY,
    fields_of,
    inside,
    uploads_in,
)
from htealeaf.data.documents import Json
from htealeaf.errors import HtealeafError, Invalid
from htealeaf.html.markup import resolved
from htealeaf.wire.entries import Entry, Node, is_text, nested, node_of
from htealeaf.wire.readers import MISSING, reader_of
from htealeaf.wire.slots import Slot, template_of
from htealeaf.words import say

_TOLD: Final = 200  # wrong values of one form; nobody reads more
_CONFIG = ConfigDict(arbitrary_types_allowed=True, allow_inf_nan=False)
_typed_dict: Any = TypedDict  # one that is made here, which no checker can follow


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
                node = node_of(constants[key])
            value = read(node)
            if value is not MISSING:
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
        tree = {key: node_of(value) for key, value in given.items() if is_text(value)}
        found = dict(given)
        for key, node in tree.items():
            value = self._readers[key](node)
            found[key] = None if value is MISSING and key in self._nullable else value
        return self.check({k: v for k, v in found.items() if v is not MISSING}, tree)

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

#: What a person is told, by pydantic's name of what is wrong, or by how that begins.
MESSAGES: Final[dict[str, str]] = {
    "missing": "This is needed.",
    "int": "Please write a whole number.",
    "float": "Please write a number.",
    "decimal": "Please write a number.",
    "finite_number": "Please write a number.",
    "date": "Please write a date.",
    "datetime": "Please write a date and a time.",
    "time": "Please write a time.",
    "time_delta": "Please write a time span, such as 1:30:00.",
    "date_past": "A day in the past, please.",
    "date_future": "A day to come, please.",
    "datetime_past": "A time in the past, please.",
    "datetime_future": "A time to come, please.",
    "timezone_aware": "Please write the time zone, too, such as +01:00.",
    "email": "Please write an e-mail address, such as ann@example.com.",
    "url": "Please write a whole address, such as https://example.com/.",
    "url_scheme": "Please write an address that begins with {expected_schemes}.",
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
}
_OTHER = "This does not fit."

#: Kinds that pydantic has by itself. Others are of a type or a validator that has words of its own.
_KINDS: Final = frozenset(typing.get_args(ErrorType)) - {"value_error", "assertion_error"}


def message_of(error: ErrorDetails) -> str:
    """Return what a person is told of one error of pydantic's.

    >>> message_of({"type": "greater_than_equal", "loc": (), "msg": "", "ctx": {"ge": 0}})
    'At least 0, please.'
    """
    kind, context = error["type"], error.get("ctx", {})
    if kind not in _KINDS:
        return _own(error) or say(_OTHER)
    words = kind.split("_")
    for count in range(len(words), 0, -1):
        if (name := "_".join(words[:count])) in MESSAGES:
            return say(MESSAGES[name], **context)
    return say(_OTHER)


def _own(error: ErrorDetails) -> str:
    # What a validator raised. That of pydantic's own, of addresses for mail, has a reason.
    context = error.get("ctx", {})
    if "reason" in context and error["type"] == "value_error":
        return say(MESSAGES["email"])
    if "error" in context:
        return str(context["error"])
    return error["msg"][:1].upper() + error["msg"][1:]


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
