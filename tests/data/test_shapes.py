"""Shapes: what an annotation says of the places of a document, and what has to be checked."""

from __future__ import annotations

import typing
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import pydantic
import pytest
from annotated_types import Ge, MaxLen

from htealeaf.data import shapes
from htealeaf.data.documents import MISSING
from htealeaf.data.shapes import Maybe


@dataclass
class Row:
    name: str
    n: Annotated[int, Ge(0)] = 0
    inner: list[Row] = field(default_factory=list)
    maybe: float | None = None


@dataclass
class Ruled:
    a: int = 0
    rows: list[Row] = field(default_factory=list)

    def __post_init__(self) -> None:
        pass


class Model(pydantic.BaseModel):
    model_config = {"str_max_length": 3}
    texts: list[str] = []


@dataclass
class Doc:
    title: str
    rows: list[Row]
    few: Annotated[list[Row], MaxLen(3)]
    named: dict[str, Row]
    ruled: Ruled
    model: Model
    odd: int | str
    limited: list[Annotated[str, MaxLen(3)]]


@pytest.mark.parametrize(
    ("path", "checked"),
    [
        ("title", "title"),
        ("rows/7/name", "rows/7/name"),
        ("rows/7/inner/0/n", "rows/7/inner/0/n"),
        ("rows/7/other", "rows/7"),
        ("few/0/name", "few"),
        ("named/x/name", "named/x/name"),
        ("ruled/rows/0/name", "ruled"),
        ("model/texts/0", "model"),
        ("odd/x", "odd"),
        ("limited/4", "limited/4"),
        ("nothing", ""),
        ("", ""),
    ],
)
def test_as_little_is_checked_as_tells_whether_it_is_right(path: str, checked: str) -> None:
    """A rule about more than one place is asked with all of it."""
    segments = path.split("/") if path else []
    depth, annotation = shapes.spot(Doc, segments)

    assert "/".join(segments[:depth]) == checked
    assert annotation is (shapes.at(Doc, segments[:depth]))


def test_a_sample_has_the_types() -> None:
    assert shapes.sample(Row, 2) == {"name": "", "n": 0, "inner": [], "maybe": Maybe(0.0)}
    assert shapes.sample(Literal["a", "b"]) == ""
    assert shapes.sample(Literal[1, "b"]) is MISSING
    assert shapes.sample(int | str) is MISSING
    assert shapes.sample(list[int] | None) == Maybe([0])


def test_a_place_that_no_schema_has_is_missing() -> None:
    assert shapes.at(Doc, ["rows", "x"]) is MISSING
    assert shapes.at(Doc, ["rows", "name=x", "n"]) is not MISSING
    assert shapes.at(Doc, ["titel"]) is MISSING
    assert shapes.at(Doc, ["title", "x"]) is MISSING
    assert shapes.is_anything(shapes.at(dict[str, Any], ["x", "y"]))


def test_code_of_an_author_is_found_wherever_it_stands() -> None:
    def check(value: int) -> int:
        return value

    assert shapes.has_code(Doc)
    assert shapes.has_code(list[Ruled])
    assert shapes.has_code(Annotated[int, pydantic.AfterValidator(check)])
    assert not shapes.has_code(list[Row])
    assert not shapes.has_code(Model)


def test_a_typed_dict_of_typing_is_one_that_pydantic_takes() -> None:
    class Inner(typing.TypedDict):
        n: int

    class Outer(typing.TypedDict, total=False):
        inner: list[Inner]

    Outer.__annotations__ = {"inner": list[Inner]}
    Inner.__annotations__ = {"n": int}
    adapter: pydantic.TypeAdapter[Any] = pydantic.TypeAdapter(shapes.newer(Outer))

    assert adapter.validate_python({}) == {}
    assert adapter.validate_python({"inner": [{"n": 1}]}) == {"inner": [{"n": 1}]}
    with pytest.raises(pydantic.ValidationError):
        adapter.validate_python({"inner": [{}]})
