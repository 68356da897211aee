"""Arguments of action functions: texts of forms as the annotations want them, or a message each."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from ipaddress import IPv4Address
from typing import Annotated, Any, Literal

import pytest
from pydantic import BeforeValidator, FutureDatetime, HttpUrl, PastDate
from pydantic_core import PydanticCustomError

from htealeaf import HtealeafError, Invalid
from htealeaf.wire.arguments import (
    MESSAGES,
    Arguments,
    constants_of,
    parameters_of,
)


class Size(enum.Enum):
    SMALL = "s"
    LARGE = "l"


@dataclass
class Line:
    price: Decimal
    count: int = 1


def arguments(function: Callable[..., Any]) -> Arguments:
    return Arguments(parameters_of(function, ("session",)))


def one(annotation: Any, *texts: str, default: Any = ...) -> Any:
    """Return what a parameter of this annotation gets when a form sends *texts*."""

    def wants(value):
        pass

    wants.__annotations__ = {"value": annotation}
    if default is not ...:
        wants.__defaults__ = (default,)
    return arguments(wants).convert([("value", text) for text in texts], {}).get("value", "-")


@pytest.mark.parametrize(
    ("annotation", "texts", "value"),
    [
        (str, ["a"], "a"),
        (int, [" 7 "], 7),
        (float, ["2.5"], 2.5),
        (Decimal, ["1.50"], Decimal("1.50")),
        (bool, ["on"], True),
        (bool, [], False),
        (date, ["2026-11-27"], date(2026, 11, 27)),
        (time, ["10:00"], time(10)),
        (Size, ["l"], Size.LARGE),
        (Literal["a", "b"], ["b"], "b"),
        (int | None, [""], None),
        (int | None, ["3"], 3),
        (list[int], ["1", "2"], [1, 2]),
        (list[int], [], []),
    ],
)
def test_a_text_becomes_what_the_annotation_says(
    annotation: Any, texts: list[str], value: Any
) -> None:
    found = one(annotation, *texts)

    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("annotation", "text"),
    [
        (int, "seven"),
        (int, "1.5"),
        (date, "soon"),
        (Size, "x"),
        (Literal["a"], "b"),
        (Decimal, "-"),
    ],
)
def test_what_does_not_fit_is_told_at_its_field(annotation: Any, text: str) -> None:
    with pytest.raises(Invalid) as caught:
        one(annotation, text)

    [(field, message)] = caught.value.fields.items()
    assert field == "value"
    assert message.endswith(".")
    assert text not in message


def test_each_field_is_told_and_not_only_the_first() -> None:
    def add(a: int, b: date, c: str) -> None: ...

    with pytest.raises(Invalid) as caught:
        arguments(add).convert([("a", "x"), ("b", "y"), ("c", "z")], {})

    assert set(caught.value.fields) == {"a", "b"}


def test_rows_stand_in_brackets() -> None:
    def add(lines: list[Line]) -> None: ...

    entries = [("lines[2][price]", "1.50"), ("lines[0][price]", "3"), ("lines[0][count]", "2")]
    with_order = arguments(add).convert(entries, {})["lines"]

    assert with_order == [Line(Decimal(3), 2), Line(Decimal("1.50"))]


def test_a_row_that_is_refused_is_told_at_its_own_control() -> None:
    def add(lines: list[Line]) -> None: ...

    with pytest.raises(Invalid) as caught:
        arguments(add).convert([("lines[7][price]", "x")], {})

    assert [*caught.value.fields] == ["lines[7][price]"]


def test_a_default_is_left_to_the_function() -> None:
    def add(a: int, b: int = 5) -> None: ...

    assert arguments(add).convert([("a", "1")], {}) == {"a": 1}


def test_constants_are_the_author_s_and_no_field_replaces_them() -> None:
    def add(id: int, text: str) -> None: ...

    found = arguments(add).convert([("id", "9"), ("text", "x")], {"id": 3})

    assert found == {"id": 3, "text": "x"}


def test_a_constant_that_a_slot_filled_is_a_text_of_a_form() -> None:
    def add(id: int) -> None: ...

    assert arguments(add).convert([], {"id": "4"}, filled=["id"]) == {"id": 4}


def test_names_that_are_no_parameters_are_nobody_s() -> None:
    def add(a: int) -> None: ...

    assert arguments(add).convert([("a", "1"), ("z", "9"), ("a.b", "x")], {}) == {"a": 1}


def test_python_gives_values_or_texts() -> None:
    def add(a: int, when: date) -> None: ...

    found = arguments(add).of_python({"a": 1, "when": "2026-11-27"})

    assert found == {"a": 1, "when": date(2026, 11, 27)}
    with pytest.raises(Invalid):
        arguments(add).of_python({"a": "x", "when": date(2026, 1, 1)})


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("def f(a): ...", "has no annotation"),
        ("def f(*a: int): ...", "by name"),
        ("def f(a: int, /): ...", "by name"),
        ("def f(a: 'Nowhere'): ...", "can't be read"),
    ],
)
def test_a_function_that_no_form_can_call_says_why(source: str, words: str) -> None:
    names: dict[str, Any] = {}
    exec(source, names)

    with pytest.raises(HtealeafError, match=words):
        parameters_of(names["f"], ())


def test_what_the_framework_gives_is_no_field() -> None:
    def add(session, a: int) -> None: ...

    assert [*parameters_of(add, ("session",))] == ["a"]


def _own(text: str, kind: str = "budget") -> BeforeValidator:
    def refuse(value: Any) -> Any:
        context = {"reason": "No."} if "reason" in text else {"left": "3"}
        raise PydanticCustomError(kind, text, context)

    return BeforeValidator(refuse)


@pytest.mark.parametrize(
    ("annotation", "text", "message"),
    [
        (Annotated[str, _own("only {left} are left.")], "x", "Only 3 are left."),
        (Annotated[str, _own("no more: {left}", "value_error")], "x", "No more: 3"),
        # As `EmailStr` does, without the package that it needs.
        (Annotated[str, _own("{reason}", "value_error")], "a@b", MESSAGES["email"]),
        (IPv4Address, "x", "Input is not a valid IPv4 address"),
        (HttpUrl, "x", "Please write a whole address, such as https://example.com/."),
        (HttpUrl, "ftp://x", "Please write an address that begins with 'http' or 'https'."),
        (PastDate, "2999-01-01", "A day in the past, please."),
        (FutureDatetime, "1999-01-01T00:00", "A time to come, please."),
        (timedelta, "x", "Please write a time span, such as 1:30:00."),
    ],
)
def test_a_person_is_told_what_would_do(annotation: Any, text: str, message: str) -> None:
    """Also of types and validators whose errors have words of their own."""

    def add(value: str) -> None: ...

    add.__annotations__["value"] = annotation
    with pytest.raises(Invalid) as caught:
        arguments(add).convert([("value", text)], {})
    assert caught.value.fields == {"value": message}


def test_nobody_is_told_of_thousands_of_wrong_values() -> None:
    def add(numbers: list[int]) -> None: ...

    with pytest.raises(Invalid) as caught:
        arguments(add).convert([(f"numbers[{n}]", "x") for n in range(999)], {})

    assert len(caught.value.fields) == 200
    assert {*caught.value.fields.values()} == {"Please write a whole number."}


def test_constants_travel_as_json() -> None:
    constants = {"id": 3, "when": date(2026, 11, 27), "price": Decimal("1.50"), "size": Size.LARGE}

    assert constants_of(constants) == {
        "id": 3,
        "when": "2026-11-27",
        "price": "1.50",
        "size": "l",
    }
