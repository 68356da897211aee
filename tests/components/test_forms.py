"""Forms: what annotations become in HTML, and what a person is told, without a browser."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal, NewType
from uuid import UUID

import pytest
from bs4 import BeautifulSoup, Tag
from pydantic import BaseModel, EmailStr, Field, PositiveInt
from typing_extensions import TypedDict

from htealeaf import (
    WSGI,
    Element,
    HtealeafError,
    Registry,
    Store,
    SuperStore,
    Upload,
)
from htealeaf.components import button, div, field, form, form_for, input_, label, textInput
from htealeaf.testing import Client
from tests.components import order


def control(annotation: Any, **given: Any) -> dict[str, str]:
    """Return the attributes of the control of a field, without its name and id."""
    found = BeautifulSoup(str(field("x", type=annotation, **given)), "html.parser")
    tag = found.select_one("input, select, textarea")
    assert tag is not None
    return {k: str(v) for k, v in tag.attrs.items() if k not in ("name", "id")} | (
        {} if tag.name == "input" else {"tag": tag.name}
    )


class Size(Enum):
    SMALL = "s"
    LARGE = "l"


Name = NewType("Name", str)


@pytest.mark.parametrize(
    ("annotation", "attributes"),
    [
        (str, {"type": "text"}),
        (Name, {"type": "text"}),
        (int, {"type": "number", "step": "1", "required": ""}),
        (int | None, {"type": "number", "step": "1"}),
        (PositiveInt, {"type": "number", "step": "1", "min": "1", "required": ""}),
        (
            Annotated[int, Field(ge=1, lt=9)],
            {"type": "number", "step": "1", "min": "1", "max": "8", "required": ""},
        ),
        (
            Annotated[int, Field(ge=1, multiple_of=5)],
            {"type": "number", "step": "5", "min": "5", "required": ""},
        ),
        (
            Annotated[Decimal, Field(gt=0, decimal_places=2)],
            {"type": "number", "step": "0.01", "min": "0.01", "required": ""},
        ),
        (float, {"type": "number", "step": "any", "required": ""}),
        (date, {"type": "date", "required": ""}),
        (
            Annotated[date, Field(ge=date(2026, 1, 1))],
            {"type": "date", "min": "2026-01-01", "required": ""},
        ),
        (datetime, {"type": "datetime-local", "step": "any", "required": ""}),
        (time, {"type": "time", "step": "any", "required": ""}),
        (UUID, {"type": "text", "required": ""}),
        (EmailStr, {"type": "email", "required": ""}),
        (bool, {"type": "checkbox"}),
        (Size, {"tag": "select", "required": ""}),
        (Literal["a", "b"] | None, {"tag": "select"}),
        (Upload, {"type": "file", "required": ""}),
        (Upload | None, {"type": "file"}),
        (list[Upload], {"type": "file", "multiple": ""}),
        (
            Annotated[str, Field(min_length=2, max_length=5)],
            {"type": "text", "minlength": "2", "maxlength": "5", "required": ""},
        ),
        (
            Annotated[str, Field(pattern=r"^\d+$")],
            {"type": "text", "pattern": r"\d+", "required": ""},
        ),
        (
            Annotated[str, Field(pattern=r"a+")],
            {"type": "text", "pattern": ".*a+.*", "required": ""},
        ),
        (Annotated[str, Field(pattern=r"(?i)^a$")], {"type": "text", "required": ""}),
    ],
)
def test_a_control_and_its_constraints_are_those_of_the_annotation(
    annotation: Any, attributes: dict[str, str]
) -> None:
    assert control(annotation) == attributes


def test_a_look_changes_the_control_and_not_the_rule() -> None:
    told = Annotated[str, Field(max_length=5)]
    page = Client(_app(told, field("x", type="textarea", rows=4))).open("/")
    assert page.soup.textarea is not None
    assert (page.soup.textarea["maxlength"], page.soup.textarea["rows"]) == ("5", "4")
    page = Client(_app(told, field("x", type="password", value="secret"))).open("/")
    shown = page.soup.select_one("[type=password]")
    assert shown is not None
    assert shown["maxlength"] == "5"
    assert "secret" not in page.html


def _app(annotation: Any, *content: Any, **given: Any) -> WSGI:
    with Registry():
        app = WSGI(secret="a secret of these tests")
        SuperStore(app)

    def send(x: Any) -> None: ...

    send.__annotations__ = {"x": annotation, "return": None}
    action = app.action(send)
    app.route("/")(lambda: div(form_for(action, *content, **given)))
    return app


def test_labels_and_hints_may_stand_in_the_annotation() -> None:
    told = Annotated[int, Field(title="How many", description="Pieces")]
    page = Client(_app(told)).open("/")

    assert page.text("label") == "How many"
    assert page.text(f"#{page.soup.select_one('[name=x]')['aria-describedby']}") == "Pieces"  # type: ignore[index]


def test_values_are_shown() -> None:
    class Contact(BaseModel):
        x: date = date(2026, 11, 27)

    assert Client(_app(date, values=Contact())).open("/").value("[name=x]") == "2026-11-27"
    assert Client(_app(Size, values={"x": Size.LARGE})).open("/").value("[name=x]") == "l"
    assert Client(_app(bool, values={"x": True})).open("/").value("[name=x]") is True
    assert Client(_app(list[Size], values={"x": [Size.LARGE]})).open("/").value("[value=l]") is True


def test_a_choice_that_has_to_be_made_is_not_made_by_the_browser() -> None:
    page = Client(_app(Size)).open("/")
    assert page.value("select") == ""
    with pytest.raises(AssertionError, match="required"):
        page.submit("#send")


def test_choices_may_come_from_data() -> None:
    page = Client(_app(int, field("x", options=[(7, "Ann"), (8, "Bob")]))).open("/")
    page.select("select", "Bob")
    assert page.value("select") == "8"


def test_a_field_of_no_parameter_says_so() -> None:
    with pytest.raises(AssertionError, match=r"send\(\) has no parameter 'y'"):
        Client(_app(int, div(field("y")))).open("/")


def test_a_nested_annotation_is_a_group() -> None:
    class Place(TypedDict):
        street: str

    page = Client(_app(Place, values={"x": {"street": "Main"}})).open("/")
    assert page.value("[name='x[street]']") == "Main"
    assert page.text("legend") == "X"


def test_a_refusal_is_told_at_the_field() -> None:
    page = Client(order.made([])).open("/")
    for name, value in (("name", "Ann"), ("amount", 2), ("day", "2026-11-27"), ("note", "both")):
        page.fill(f"[name={name}]", value)
    page.select("[name=category]", "food")
    page.submit("#order")

    assert page.errors == {"amount": "Too late.", "name": "Who?"}
    found = page.soup.select_one("[name=amount]")
    assert found is not None
    assert found["aria-invalid"] == "true"
    hint, message = str(found["aria-describedby"]).split()
    assert (page.text(f"#{hint}"), page.text(f"#{message}")) == ("How many", "Too late.")
    page.assert_consistent()
    page.fill("[name=note]", "")
    page.submit("#order")
    assert page.errors == {}
    assert not page.has(".ht-message")


def test_a_check_asks_about_one_control() -> None:
    got: list[Any] = []
    page = Client(order.made(got)).open("/")
    page.fill("[name=amount]", 8)

    assert page.errors == {"amount": "Only 3 are left."}
    assert page.requests[-1].status == 422
    page.fill("[name=name]", "A")  # no check looks at it
    assert page.errors == {"amount": "Only 3 are left."}
    page.click("button", text="More")
    page.fill("[name=amount]", 4)
    assert page.errors == {}
    assert page.requests[-1].status in (200, 204)
    assert got == []


def test_a_check_reads_and_writes_nothing() -> None:
    with Registry():
        app = WSGI(secret="a secret of these tests")
        SuperStore(app)
        store = Store({"n": 0}, name="store")

    @app.action
    def send(x: int) -> None: ...

    @send.check
    def writes(x: int) -> None:
        store.increment("n")

    app.route("/")(lambda: form(onsubmit=send)(textInput(name="x"), button("Send")))
    page = Client(app).open("/")
    with pytest.raises(AssertionError, match="writes"):
        page.fill("[name=x]", 3)
    assert store["n"] == 0


def test_who_may_not_call_it_learns_nothing_from_its_checks() -> None:
    with Registry():
        app = WSGI(secret="a secret of these tests")
        SuperStore(app)
        store = Store({"open": True}, name="store")

    @app.action(allow=lambda: store["open"])
    def send(x: int) -> None: ...

    @send.check
    def known(x: int) -> None:
        raise AssertionError

    app.route("/")(lambda: form(onsubmit=send)(textInput(name="x"), button("Send")))
    page = Client(app).open("/")
    store.replace("open", False)
    page.fill("[name=x]", 3)
    assert page.requests[-1].status == 403


def test_without_scripts_the_page_comes_back() -> None:
    client = Client(order.made([]), scripts=False)
    page = client.open("/own")
    assert page.value("[name=name]") == "Ann"
    page.fill("[name=note]", "both")
    page.fill("[name=day]", "2026-11-27")
    page.check("[name=category][value=food]")
    page.submit("#order")

    assert page.status == 422
    assert page.errors == {"amount": "Too late.", "name": "Who?"}
    name = page.soup.select_one("[name=name]")
    assert name is not None
    assert "autofocus" in name.attrs
    message = page.soup.select_one(f"#{name['aria-describedby']}")
    assert message is not None
    assert isinstance(message.parent, Tag)
    assert message.parent["class"] == "ht-field"
    assert page.value("[name=category][value=food]") == "food"
    assert page.value("textarea") == "both"


@dataclass
class _Row:
    id: int
    x: int


def test_forms_of_several_rows_have_ids_of_their_own() -> None:
    with Registry():
        app = WSGI(secret="a secret of these tests")
        SuperStore(app)

    @app.action
    def edit(id: int, x: int) -> None: ...

    rows = [_Row(1, 10), _Row(2, 20)]
    app.route("/")(lambda: div(form_for(edit(id=row.id), values=row) for row in rows))
    page = Client(app).open("/")

    assert [page.value(f"#edit-{id}-x") for id in (1, 2)] == ["10", "20"]


def test_an_element_of_a_field_outside_of_a_form_is_a_text() -> None:
    def home() -> Element:
        return div(field("x", label="Name"))

    with Registry():
        app = WSGI(secret="a secret of these tests")
        SuperStore(app)
    app.route("/")(home)
    page = Client(app).open("/")
    assert page.text("label") == "Name"
    with pytest.raises(HtealeafError):
        str(field("x"))


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "plain"])
def test_a_message_stands_behind_the_label_of_a_control(scripts: bool) -> None:
    """In it, it would be part of what the control is called."""
    with Registry():
        app = WSGI(secret="a secret of these tests")
        SuperStore(app)

    @app.action
    def answer(choice: Literal["a", "b"], name: Annotated[str, Field(min_length=2)]) -> None: ...

    @app.route("/")
    def home() -> Element:
        choices = (label(input_(type="radio", name="choice", value=c), c) for c in "ab")
        return form(onsubmit=answer)(*choices, label("Name", textInput(name="name")), button("Go"))

    page = Client(app, scripts=scripts).open("/")
    page.submit("form:not([id])")

    assert page.errors == {"choice": "This is needed.", "name": "At least 2 characters, please."}
    assert [found.get_text() for found in page.soup.select("label")] == ["a", "b", "Name"]
    assert len(page.soup.select("label + .ht-message")) == 2
