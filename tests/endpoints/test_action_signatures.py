"""Generated signatures: a form, `call` and a browser give a function the same, errors included."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Locator, Page, expect
from pydantic import Field

from htealeaf import WSGI, Invalid, Registry, SuperStore
from htealeaf.components import button, checkbox, form, input_
from htealeaf.testing import Client
from tests.serving import serving


class Size(enum.Enum):
    SMALL = "s"
    LARGE = "l"


class Level(enum.Enum):
    LOW = 1
    HIGH = 2


@dataclass
class Row:
    price: Decimal
    count: int = 1


#: Each kind of annotation, and texts that controls may hold for it, right ones and wrong ones.
KINDS: dict[str, tuple[Any, list[Any]]] = {
    "int": (int, ["3", " 4 ", "-1", "", "x", "3.5"]),
    "limited": (Annotated[int, Field(ge=1, le=9)], ["1", "9", "0", "10", ""]),
    "float": (float, ["1.5", "1e3", "nan", "inf", ""]),
    "decimal": (Decimal, ["12.50", "1,5", "NaN", ""]),
    "text": (str, ["", "a", "ä \"b\" <c> & 'd'", " "]),
    "short": (Annotated[str, Field(min_length=2, pattern="^a")], ["ab", "b", ""]),
    "day": (date, ["2026-11-27", "2026-1-2", "0", "1700000000", ""]),
    "moment": (datetime, ["2026-11-27T10:00", "2026-11-27", "7", ""]),
    "hour": (time, ["10:00", "10:00:30", "25:00", "5", ""]),
    "uuid": (UUID, ["6f1c1c9e-5bd6-4b0e-a3a1-2d4d8d6f6c11", "6f", ""]),
    "size": (Size, ["s", "l", "SMALL", ""]),
    "level": (Level, ["1", "2", "3", ""]),
    "literal": (Literal["a", 2], ["a", "2", "b"]),
    "optional": (int | None, ["", "5", "x"]),
    "optional_text": (str | None, ["", "a"]),
    "box": (bool, [True, False]),
    "texts": (list[str], [["a", ""], ["b"]]),
    "numbers": (list[int], [["1", "2"], ["1", "x"], [""]]),
    "rows": (
        list[Row],
        [
            [{"price": "1.5", "count": "2"}],
            [{"price": "1", "count": ""}, {"price": "x", "count": "y"}],
        ],
    ),
    "row": (Row, [{"price": "2", "count": "3"}, {"price": "", "count": "3"}]),
}


@st.composite
def calls(draw: st.DrawFn) -> list[tuple[str, Any, Any]]:
    """Names of parameters, their annotations, and what the controls hold."""
    kinds = draw(st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=6))
    return [
        (f"{kind}_{at}", KINDS[kind][0], draw(st.sampled_from(KINDS[kind][1])))
        for at, kind in enumerate(kinds)
    ]


def function_of(signature: list[tuple[str, Any, Any]], got: list[Any]) -> Callable[..., None]:
    names = ", ".join(name for name, _, _ in signature)
    space: dict[str, Any] = {"got": got}
    exec(f"def act({names}): got.append(({names},))", space)
    function: Callable[..., None] = space["act"]
    function.__annotations__ = {name: annotation for name, annotation, _ in signature}
    return function


def controls_of(name: str, held: Any) -> Iterator[Any]:
    if isinstance(held, bool):
        yield checkbox(name=name, checked=held)
    elif isinstance(held, dict):
        for key, inner in held.items():
            yield from controls_of(f"{name}[{key}]", inner)
    elif isinstance(held, list):
        for at, inner in enumerate(held):
            yield from controls_of(f"{name}[{at}]" if isinstance(inner, dict) else name, inner)
    else:
        yield input_(name=name, value=held)


def made(*signatures: list[tuple[str, Any, Any]], got: list[Any]) -> tuple[WSGI, list[Any]]:
    """An app with a form for each of *signatures* on its page, and their functions."""
    registry = Registry()
    with registry:
        app = WSGI(secret="a secret of these tests")
        SuperStore(app)
    functions, shown = [], []
    for at, signature in enumerate(signatures):
        functions.append(app.action(name=f"act_{at}")(function_of(signature, got)))
        fields = [control for name, _, held in signature for control in controls_of(name, held)]
        shown.append((functions[-1], fields))
    app.route("/")(lambda: [form(onsubmit=f)(fields, button("Go")) for f, fields in shown])
    return app, functions


def called(function: Any, signature: list[tuple[str, Any, Any]], got: list[Any]) -> Any:
    """Return what `call` gives it, or the errors by field."""
    try:
        function.call(**{name: held for name, _, held in signature})
    except Invalid as error:
        return error.fields
    return got.pop()


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(calls())
def test_a_form_and_call_give_the_same(signature: list[tuple[str, Any, Any]]) -> None:
    """By the shim's request, and by a plain form, which says by its status that it was refused."""
    got: list[Any] = []
    app, [function] = made(signature, got=got)
    wanted = called(function, signature, got)

    page = Client(app).open("/")
    page.submit("form[action]")
    assert (page.errors or got.pop()) == wanted
    plain = Client(app, scripts=False).open("/")
    plain.submit("form[action]")

    if isinstance(wanted, dict):
        assert plain.status == 422
        assert {*plain.soup.stripped_strings} >= {*wanted.values()}
    else:
        assert got == [wanted]


#: All kinds with what is right, and with what is mostly wrong.
SAMPLES = [
    [(name, annotation, held[at]) for name, (annotation, held) in KINDS.items()] for at in (0, -1)
]


def test_a_browser_gives_the_same(context_factory: Any) -> None:
    signatures, got = [*SAMPLES, *_generated(50)], []  # type: ignore[var-annotated]
    app, functions = made(*signatures, got=got)
    with serving(app) as url:
        page: Page = context_factory().new_page()
        page.goto(url)
        for function, signature, shown in zip(
            functions, signatures, page.locator("form[action]").all(), strict=True
        ):
            wanted = called(function, signature, got)
            with page.expect_response(lambda answer: answer.request.method == "POST"):
                shown.get_by_role("button").click()
            expect(shown).not_to_have_attribute("aria-busy", "true")
            assert (_errors(shown) or got.pop()) == wanted, signature
    assert got == []


@pytest.mark.parametrize("signature", SAMPLES, ids=["right", "wrong"])
def test_a_browser_without_scripts_gives_the_same(signature: Any, context_factory: Any) -> None:
    got: list[Any] = []
    app, [function] = made(signature, got=got)
    wanted = called(function, signature, got)
    with serving(app) as url:
        page: Page = context_factory(java_script_enabled=False).new_page()
        page.goto(url)
        page.get_by_role("button", name="Go").click()
        expect(page.locator("form[action]")).to_be_visible()
        assert (_errors(page.locator("form[action]")) or got.pop()) == wanted


def _errors(form: Locator) -> dict[str, str]:
    told = "found => found.map(one => [one.getAttribute('ht-field'), one.textContent])"
    return dict(form.locator("[ht-field]").evaluate_all(told))


def _generated(count: int) -> list[list[tuple[str, Any, Any]]]:
    found: list[Any] = []

    @settings(max_examples=count, derandomize=True, database=None)
    @given(calls())
    def look(signature: list[tuple[str, Any, Any]]) -> None:
        found.append(signature)

    look()
    return found
