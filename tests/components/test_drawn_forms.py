"""Drawn forms: what a form shows comes back as it was, and no browser refuses what is right."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page, expect
from pydantic import Field

from htealeaf import WSGI, Registry, SuperStore
from htealeaf.components import form_for
from htealeaf.testing import Client
from tests.serving import serving


class Size(enum.Enum):
    SMALL = "s"
    LARGE = "l"


class Odd(enum.Enum):
    YES = True
    MANY = Decimal("1E+2")
    NOON = time(12, 30)
    NOTHING = None


@dataclass
class Row:
    what: str
    price: Annotated[Decimal, Field(ge=0, decimal_places=2)]
    count: int = 1


def cents(least: int = -(10**6)) -> st.SearchStrategy[Decimal]:
    return st.integers(least, 10**6).map(lambda n: Decimal(n) / 100)


TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=12)
MOMENTS = st.datetimes(datetime(1000, 1, 1)).map(lambda found: found.replace(microsecond=0))
ROWS = st.builds(Row, TEXT, cents(0), st.integers(0, 99))
#: Annotations, and the values that are right for them.
KINDS: dict[str, tuple[Any, st.SearchStrategy[Any]]] = {
    "whole": (int, st.integers(-(10**9), 10**9)),
    "limited": (Annotated[int, Field(gt=0, lt=10)], st.integers(1, 9)),
    "multiple": (
        Annotated[int, Field(ge=1, multiple_of=5)],
        st.integers(1, 20).map(lambda n: n * 5),
    ),
    "real": (float, st.floats(allow_nan=False, allow_infinity=False)),
    "above": (Annotated[float, Field(gt=0.5)], st.floats(0.5, 1e9, exclude_min=True)),
    "money": (Annotated[Decimal, Field(decimal_places=2)], cents()),
    "odd_money": (
        Annotated[Decimal, Field(gt=Decimal("0.005"), decimal_places=2)],
        cents(1),
    ),
    "text": (str, TEXT),
    "short": (
        Annotated[str, Field(min_length=2, max_length=12)],
        TEXT.filter(lambda t: len(t) > 1),
    ),
    "code": (
        Annotated[str, Field(pattern=r"^[A-Z]{2}\d+$")],
        st.from_regex(r"[A-Z]{2}[0-9]{1,5}", fullmatch=True),
    ),
    "mail": (
        Annotated[str, Field(pattern=r"^[\w.+-]+@[\w.-]+$")],
        st.from_regex(r"[\w.+-]{1,5}@[\w.-]{1,5}", fullmatch=True, alphabet="aé日1_.+-@"),
    ),
    "part": (
        Annotated[str, Field(pattern="[ab]c|d")],
        st.sampled_from(["xacx", "bc", "d", "--d--"]),
    ),
    "day": (date, st.dates(date(1000, 1, 1))),
    "late": (Annotated[date, Field(gt=date(2026, 1, 1))], st.dates(date(2026, 1, 2))),
    "moment": (datetime, MOMENTS),
    "hour": (time, st.times().map(lambda found: found.replace(microsecond=0))),
    "uuid": (UUID, st.uuids()),
    "size": (Size, st.sampled_from(Size)),
    "literal": (Literal["a", 2], st.sampled_from(["a", 2])),
    "odd": (Odd, st.sampled_from(Odd)),
    "odd_literal": (Literal[True, False, 7, None], st.sampled_from([True, False, 7, None])),
    "agreed": (Literal[True], st.just(True)),
    "box": (bool, st.booleans()),
    "maybe": (bool | None, st.sampled_from([None, True, False])),
    "optional": (int | None, st.none() | st.integers(0, 9)),
    "optional_text": (str | None, st.none() | TEXT.filter(bool)),
    "sizes": (list[Size], st.sampled_from([[], [Size.SMALL], [Size.SMALL, Size.LARGE]])),
    "texts": (list[str], st.lists(TEXT.filter(bool), max_size=3)),
    "row": (Row, ROWS),
    "rows": (list[Row], st.lists(ROWS, max_size=3)),
}


@st.composite
def forms(draw: st.DrawFn) -> list[tuple[str, Any, Any]]:
    """Names of parameters, their annotations, and values that are right."""
    kinds = draw(st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=6))
    return [(f"{k}_{at}", KINDS[k][0], draw(KINDS[k][1])) for at, k in enumerate(kinds)]


def made(shown: list[tuple[str, Any, Any]], got: list[Any]) -> WSGI:
    names = ", ".join(name for name, _, _ in shown)
    space: dict[str, Any] = {"got": got}
    exec(f"def act({names}): got.append(({names},))", space)
    function: Callable[..., None] = space["act"]
    function.__annotations__ = {name: annotation for name, annotation, _ in shown}
    with Registry():
        app = WSGI(secret="a secret of these tests")
        SuperStore(app)
    action = app.action(function)
    values = {name: value for name, _, value in shown}
    app.route("/")(lambda: form_for(action, values=values))
    return app


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "plain"])
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(forms())
def test_what_a_form_shows_comes_back(scripts: bool, shown: list[tuple[str, Any, Any]]) -> None:
    """A step of the client fails where a browser would not send the form."""
    got: list[Any] = []
    page = Client(made(shown, got), scripts=scripts).open("/")
    page.submit("#act")

    assert page.errors == {}
    assert got == [tuple(value for _, _, value in shown)]


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "plain"])
def test_a_browser_sends_it_as_well(scripts: bool, context_factory: Any) -> None:
    samples = [[(k, a, _example(s, at)) for k, (a, s) in KINDS.items()] for at in range(4)]
    page: Page = context_factory(java_script_enabled=scripts).new_page()
    for shown in samples:
        got: list[Any] = []
        with serving(made(shown, got)) as url:
            page.goto(url)
            with page.expect_response(lambda answer: answer.request.method == "POST"):
                page.get_by_role("button", name="Save").click()
            expect(page.locator(".ht-message")).to_have_count(0)
        assert got == [tuple(value for _, _, value in shown)]


def _example(strategy: st.SearchStrategy[Any], number: int) -> Any:
    found: list[Any] = []

    @settings(max_examples=20, derandomize=True, database=None)
    @given(strategy)
    def look(value: Any) -> None:
        found.append(value)

    look()
    return found[min(number * 5, len(found) - 1)]
