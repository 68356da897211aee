"""Schemas of stores: what a write makes of a document is what a type of the author's says."""

from __future__ import annotations

import enum
import subprocess
import sys
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Any, Literal

import msgspec
import pydantic
import pytest
import typing_extensions
from annotated_types import Ge, MaxLen

from htealeaf import (
    WSGI,
    AuthStore,
    Element,
    PageStore,
    Registry,
    SessionStore,
    Store,
    SuperStore,
    value_of,
)
from htealeaf.components import button, div, p
from htealeaf.data.paths import parse
from htealeaf.data.verbs import Mutation
from htealeaf.errors import HtealeafError, Invalid, InvalidValue, NotAValue, UnknownPlace
from htealeaf.state.drafts import OFFERED, SCRIPTED, Draft, Write
from htealeaf.state.naming import UnknownField
from htealeaf.state.refs import Ref
from htealeaf.state.schemas import SchemaRefused, _Checker
from htealeaf.testing import Client
from htealeaf.wire.slots import template_of


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclass
class Task:
    value: str
    done: bool = False
    n: Annotated[int, Ge(0)] = 0
    due: date | None = None
    colour: Colour = Colour.RED
    tags: list[str] = field(default_factory=list)


@dataclass
class Todos:
    title: str = ""
    todo: list[Task] = field(default_factory=list)
    few: Annotated[list[int], MaxLen(2)] = field(default_factory=list)
    by_name: dict[str, Task] = field(default_factory=dict)


class TaskModel(pydantic.BaseModel):
    value: str
    done: bool = False
    n: int = pydantic.Field(0, ge=0)
    tags: list[str] = []


class TodosModel(pydantic.BaseModel):
    title: str = ""
    todo: list[TaskModel] = []
    by_name: dict[str, TaskModel] = {}


class TaskStruct(msgspec.Struct):
    value: str
    done: bool = False
    n: Annotated[int, msgspec.Meta(ge=0)] = 0
    tags: list[str] = []


class TodosStruct(msgspec.Struct):
    title: str = ""
    todo: list[TaskStruct] = []
    by_name: dict[str, TaskStruct] = {}


class TaskDict(typing.TypedDict):
    value: str
    done: bool
    n: Annotated[int, Ge(0)]
    tags: list[str]


class TodosDict(typing_extensions.TypedDict):
    title: str
    todo: list[TaskDict]
    by_name: dict[str, TaskDict]


KINDS: list[Any] = [Todos, TodosModel, TodosStruct, TodosDict]
WHOLE = {"value": "Milk", "done": False, "n": 0, "tags": []}
EMPTY: dict[str, Any] = {"title": "", "todo": [], "by_name": {}}


@pytest.fixture(autouse=True)
def registry() -> Iterator[Registry]:
    with Registry() as made:
        yield made


@pytest.fixture(params=KINDS, ids=lambda kind: kind.__name__)
def store(request: pytest.FixtureRequest) -> Store[Any]:
    kind = request.param
    made: Store[Any] = (
        Store(EMPTY, name="s", schema=kind) if kind is TodosDict else Store(name="s", schema=kind)
    )
    made.append("todo", WHOLE)
    return made


# -- what is refused ------------------------------------------------------------------------------

#: What somebody writes, and the place that is told.
WRONG: dict[str, tuple[Callable[[Store[Any]], object], str]] = {
    "another type": (lambda s: s.set("todo/0/done", "yes"), "todo/0/done"),
    "a text of digits": (lambda s: s.set("todo/0/n", "3"), "todo/0/n"),
    "a bool for a number": (lambda s: s.set("todo/0/n", True), "todo/0/n"),
    "null": (lambda s: s.set("title", None), "title"),
    "a limit": (lambda s: s.increment("todo/0/n", -1), "todo/0/n"),
    "an item": (lambda s: s.append("todo", "Milk"), "todo/1"),
    "a field of an item": (lambda s: s.append("todo", {**WHOLE, "done": 1}), "todo/1/done"),
    "an inserted item": (lambda s: s.insert("todo/0", {**WHOLE, "value": 1}), "todo/0/value"),
    "a list": (lambda s: s.replace("todo", [WHOLE, {**WHOLE, "n": "x"}]), "todo/1/n"),
    "deep inside": (lambda s: s.append("todo/0/tags", 7), "todo/0/tags/0"),
    "a merged field": (lambda s: s.merge("todo/0", {"done": None}), "todo/0/done"),
    "a value of a dict": (lambda s: s.set("by_name/x", {**WHOLE, "n": None}), "by_name/x/n"),
    "a key that is needed": (lambda s: s.delete("todo/0/value"), "todo/0"),
    "a key that nothing has": (lambda s: s.set("todo/0/dnoe", True), "todo/0"),
    "a key in a new item": (lambda s: s.append("todo", {**WHOLE, "x": 1}), "todo/1"),
    "a key of the document": (lambda s: s.set("titel", "x"), ""),
    "the document": (lambda s: s.replace("", {"title": 3}), "title"),
    "an emptied record": (lambda s: s.clear("todo/0"), "todo/0"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_the_schema_does_not_say_is_refused_with_its_path(
    store: Store[Any], name: str
) -> None:
    """Every verb, every kind of schema; nothing is changed, and the value is not told."""
    write, path = WRONG[name]
    before = store.read()

    with pytest.raises(SchemaRefused) as told:
        write(store)

    assert str(told.value.path).startswith(path)
    assert "store 's'" in str(told.value)
    assert "yes" not in str(told.value)
    assert told.value.status_hint == 422
    assert store.read() is before


def test_what_the_schema_says_is_written(store: Store[Any]) -> None:
    store.toggle("todo/0/done")
    store.increment("todo/0/n", 2)
    store.append("todo/0/tags", "dairy")
    store.set("by_name/x", WHOLE)
    store.delete("by_name/x")
    store.move("todo/0", 0)

    assert store.read("todo/0/n") == 2
    assert store.read("todo/0/tags") == ["dairy"]


def test_a_rule_for_a_list_is_asked_where_an_item_comes_or_goes() -> None:
    store = Store(name="s", schema=Todos)
    store.append("few", 1)
    store.append("few", 2)

    with pytest.raises(SchemaRefused, match="'few'"):
        store.append("few", 3)

    store.append("few", 3, keep=2)
    assert store.read("few") == [2, 3]


def test_json_has_no_dates_so_texts_stand_for_them() -> None:
    store = Store(name="s", schema=Todos)
    store.append("todo", {"value": "x", "due": "2026-01-31", "colour": "blue"})

    for wrong in ({"due": "tomorrow"}, {"colour": "green"}, {"due": 3}):
        with pytest.raises(SchemaRefused):
            store.merge("todo/0", wrong)
    assert store.read("todo/0/due") == "2026-01-31"


def test_hostile_text_is_refused_and_costs_nothing_else() -> None:
    store = Store(name="s", schema=Todos)
    with pytest.raises(InvalidValue):
        store.set("title", "\ud800")
    store.set("title", "</script>\x00\u2028")
    assert store.read("title") == "</script>\x00\u2028"


# -- defaults -------------------------------------------------------------------------------------


def test_the_first_document_is_the_schemas() -> None:
    assert Store(name="a", schema=TodosModel).read() == EMPTY
    assert Store(name="b", schema=TodosStruct).read() == EMPTY
    assert Store(Todos(title="x"), name="c", schema=Todos).read("title") == "x"
    assert Store({"title": "y"}, name="d", schema=TodosModel).read() == {**EMPTY, "title": "y"}


def test_a_field_that_was_left_out_gets_its_default_in_the_same_step() -> None:
    store = Store(name="s", schema=Todos)
    before = store.journal.n

    store.append("todo", {"value": "Milk"})

    assert store.read("todo/0") == {
        "value": "Milk", "done": False, "n": 0, "due": None, "colour": "red", "tags": [],
    }  # fmt: skip
    assert store.journal.n == before + 1


def test_a_schema_without_a_default_says_which_field_has_none() -> None:
    with pytest.raises(HtealeafError, match=r"schema has none for 'title'"):
        Store(name="s", schema=TodosDict)
    with pytest.raises(SchemaRefused, match=r"store 's', 'todo'"):
        Store({**EMPTY, "todo": 3}, name="s", schema=TodosDict)
    with pytest.raises(InvalidValue, match="needs a default"):
        Store(name="s")
    with pytest.raises(HtealeafError, match="no record"):
        Store({}, name="s", schema=int)


def test_a_schema_that_can_not_be_read_is_told_in_words() -> None:
    @dataclass
    class Hidden:
        n: int = 0

    @dataclass
    class Holder:
        hidden: list[Hidden] = field(default_factory=list)

    with pytest.raises(HtealeafError, match="has to be one of the module"):
        Store(name="s", schema=Holder)


# -- rules of the author's ------------------------------------------------------------------------


class Span(pydantic.BaseModel):
    start: int = 0
    end: int = 0

    @pydantic.model_validator(mode="after")
    def _ordered(self) -> Span:
        if self.start > self.end:
            raise ValueError("The start is after the end.")
        return self


class Spans(pydantic.BaseModel):
    spans: list[Span] = []
    note: str = ""


def test_a_rule_about_two_fields_is_asked_at_the_end_of_a_step() -> None:
    store = Store(name="s", schema=Spans)
    store.append("spans", {})
    with pytest.raises(SchemaRefused, match=r"spans/0.*start is after the end"):
        store.set("spans/0/start", 5)

    with store.batch():
        store.set("spans/0/start", 5)
        store.set("spans/0/end", 6)

    def shifted() -> None:
        with store.batch():
            store.set("spans/0/end", 9)
            store.insert("spans/0", {})  # what was touched is another item by now
            store.set("spans/1/start", 10)

    with pytest.raises(SchemaRefused, match="after the end"):
        shifted()

    assert store.read("spans") == [{"start": 5, "end": 6}]


def test_what_has_no_rule_is_refused_where_it_is_written() -> None:
    """So the line that is wrong is the one that raises, and a batch may go on."""
    store = Store(name="s", schema=Spans)
    with store.batch():
        with pytest.raises(SchemaRefused):
            store.set("note", 3)
        store.set("note", "x")

    assert store.read("note") == "x"


_wild: list[Callable[[], object]] = []


class Wild(pydantic.BaseModel):
    n: int = 0

    @pydantic.field_validator("n")
    @classmethod
    def _writes(cls, value: int) -> int:
        for write in _wild:
            write()
        return value


def test_a_rule_that_writes_is_told_and_waits_for_nobody() -> None:
    other, store = Store({"n": 0}, name="other"), Store(name="s", schema=Wild)
    _wild.append(lambda: other.increment("n"))
    try:
        with pytest.raises(HtealeafError, match="pure"):
            store.set("n", 1)
    finally:
        _wild.clear()
    store.set("n", 1)
    assert [other.read("n"), store.read("n")] == [0, 1]


def test_a_rule_is_asked_of_what_was_touched_where_it_stands_at_last() -> None:
    store = Store(name="s", schema=Spans)
    store.extend("spans", [{}, {}, {}])

    def gone_before() -> None:
        with store.batch():
            store.set("spans/2/start", 5)
            store.delete("spans/0")

    with pytest.raises(SchemaRefused, match=r"spans/1.*after the end"):
        gone_before()
    assert store.read("spans") == [{"start": 0, "end": 0}] * 3


def test_what_is_filled_in_at_the_end_of_a_step_is_undone_with_it(registry: Registry) -> None:
    store = Store(name="s", schema=Spans)
    app = WSGI(secret="a secret of the tests")
    SuperStore(app)

    @app.action
    def twice() -> None:
        store.append("spans", {})
        store.append("spans", {"end": 3})

    @app.route("/")
    def home() -> Element:
        return div(
            button("twice", onclick=twice),
            button("undo", onclick=store.do.undo()),
        )

    page = Client(app).open("/")
    page.click("button", text="twice")
    assert store.read("spans") == [{"start": 0, "end": 0}, {"start": 0, "end": 3}]
    page.click("button", text="undo")
    assert store.read("spans") == []


@pytest.mark.parametrize("count", [3, 100])
def test_items_that_come_are_checked_where_they_stand_at_last(count: int) -> None:
    store = Store(name="s", schema=Todos)
    store.extend("todo", [{"value": str(n)} for n in range(count)])
    for write in (
        lambda: store.append("todo", {"value": 1}, keep=count),
        lambda: store.extend("todo", [{"value": "x"}, {"value": 1}]),
        lambda: store.extend("todo", [{"value": "x"}, {"value": 1}], keep=count),
    ):
        with pytest.raises(SchemaRefused, match=rf"'todo/{count - 1}/value'|'todo/{count + 1}/val"):
            write()

    store.append("todo", {"value": "kept"}, keep=count)
    store.extend("todo", [{"value": "a"}, {"value": "b"}], keep=count)
    assert [store.read(f"todo/{at}/done") for at in range(count)] == [False] * count


def test_what_goes_or_moves_asks_nothing_of_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long a list is."""
    store = Store(name="s", schema=Todos)
    store.extend("todo", [{"value": str(n)} for n in range(100)])
    store.set("by_name/x", {"value": "x"})
    asked: list[Any] = []

    def checked(self: _Checker, value: Any) -> Any:
        asked.append(value)
        return value

    monkeypatch.setattr(_Checker, "checked", checked)

    store.move("todo/3", 7)
    store.delete("todo/3")
    store.delete("by_name/x")
    assert asked == []
    store.append("todo", {"value": "y"}, keep=99)
    assert asked == [{"value": "y"}] * len(asked) != []


# -- what comes from browsers ---------------------------------------------------------------------


def _applied(store: Store[Any], write: Write) -> Any:
    with store.journal.moment() as moment:
        draft = Draft(_Base(store, moment), 1)
        draft.apply(write)
        draft.settle()
        return draft.root(write.stream)


class _Base:
    def __init__(self, store: Store[Any], moment: Any) -> None:
        self._store, self.root = store, moment.root

    def default(self, stream: str) -> Any:
        return self._store.default

    def schema(self, stream: str) -> Any:
        return self._store.versions.schema

    def past(self, *given: Any) -> tuple[Any, ...]:
        return ()


def _offered(store: Store[Any], verb: str, path: str, template: Any, *values: Any) -> Any:
    mutation = Mutation(verb, parse(path), [*values])
    return _applied(store, Write("s", mutation, None, OFFERED, template_of(template)))


def test_slots_are_turned_into_what_the_schema_says_where_nothing_stands_yet() -> None:
    """An empty list has no item to be like."""
    store = Store(name="s", schema=Todos)
    task = {"value": value_of("task"), "n": value_of("n"), "due": value_of("due")}

    made = _offered(store, "append", "todo", task, "3", "3", "")

    assert made["todo"][0] == {
        "value": "3", "n": 3, "due": None, "done": False, "colour": "red", "tags": [],
    }  # fmt: skip


def test_a_refused_slot_is_told_at_its_control() -> None:
    store = Store(name="s", schema=Todos)
    with pytest.raises(Invalid) as told:
        _offered(store, "append", "todo", {"value": "x", "n": value_of("amount")}, "-3")
    assert told.value.fields == {"amount": "At least 0, please."}

    store.append("todo", {"value": "x"})
    with pytest.raises(Invalid) as told:
        _offered(store, "set", "todo/0/due", value_of("day"), "soon")
    assert told.value.fields == {"day": "Please write a date."}


def _scripted(store: Store[Any], verb: str, path: str, value: Any) -> Any:
    return _applied(store, Write("s", Mutation(verb, parse(path), value), None, SCRIPTED))


def test_scripts_write_what_the_schema_says() -> None:
    """Also where nothing stands that would tell, and never what is reserved."""
    store = Store(name="s", schema=Todos)

    assert _scripted(store, "append", "todo", {"value": "x"})["todo"][0]["done"] is False
    assert _scripted(store, "set", "by_name/x", {"value": "x"})["by_name"]["x"]["n"] == 0
    for verb, path, value in (
        ("append", "todo", {"value": 3}),
        ("append", "few", "3"),
        ("set", "by_name/__proto__", {"value": "x"}),
        ("set", "titel", "x"),
        ("replace", "", {}),
        ("delete", "title", None),
    ):
        try:
            made = _scripted(store, verb, path, value)
        except InvalidValue:
            continue
        assert (verb, path, made["title"]) == ("delete", "title", "")  # it has a default


# -- places that functions name -------------------------------------------------------------------


def test_a_function_names_a_path() -> None:
    store = Store(name="s", schema=Todos)
    store.append(lambda d: d.todo, {"value": "Milk"})
    task = store.at(lambda d: d.todo[0])

    store.toggle(lambda d: d.todo[0].done)
    task.increment(lambda t: t.n)

    assert str(task.path) == "todo/0"
    assert task.read(lambda t: t.done) is True
    assert str(store.do.delete(lambda d: d.by_name["a/b"]).path) == "by_name/a~1b"
    assert store.react(lambda d: d.todo[0].n).value() == 1
    assert store.each(lambda d: d.todo, lambda t: "").name()[1] == ("todo",)


@dataclass
class Square:
    side: int = 1


@dataclass
class Order:
    refused: bool = False
    instead: Square = field(default_factory=Square)


def test_a_field_may_be_called_as_something_that_a_stand_in_has() -> None:
    store = Store(name="s", schema=Order)
    assert str(store.at(lambda d: d.refused).path) == "refused"
    assert str(store.at(lambda d: d.instead.side).path) == "instead/side"


def test_a_typed_dict_is_asked_as_a_dict() -> None:
    store = Store(EMPTY, name="s", schema=TodosDict)
    assert str(store.at(lambda d: d["todo"][3]["done"]).path) == "todo/3/done"
    with pytest.raises(UnknownField, match=r"say \['todo'\]"):
        store.at(lambda d: d.todo)  # type: ignore[attr-defined]


def test_a_type_checker_knows_the_places_of_a_schema() -> None:
    """mypy reads this file, and tells where a comment here is not needed."""
    todos: Store[Todos] = Store(name="s", schema=Todos)
    free = Store({"n": 1}, name="free")
    mine = AuthStore(lambda session: session.user, name="mine", schema=TodosModel)
    row: Ref[Task] = todos.at(lambda d: d.todo[0])
    with pytest.raises(
        UnknownField, match="the schema of store 's' has no 'dnoe' at 'todo/0'; did"
    ):
        todos.react(lambda d: d.todo[0].dnoe)  # type: ignore[attr-defined]
    with pytest.raises(UnknownField, match="it has: title, todo, few, by_name"):
        todos.do.toggle(lambda d: d.zzz)  # type: ignore[attr-defined]
    with pytest.raises(UnknownField, match="at 'todo/0'"):
        row.read(lambda t: t.x)  # type: ignore[attr-defined]
    with pytest.raises(UnknownField):
        mine.of("ann").react(lambda d: d.x)  # type: ignore[attr-defined]
    with pytest.raises(HtealeafError, match="'free' has none; say schema="):
        free.react(lambda d: d.anything.at.all)


def test_a_function_that_names_no_place_is_told() -> None:
    store = Store(name="s", schema=Todos)
    for wrong, words in (
        (lambda d: 3, "it returned a int"),
        (lambda d: "x" if d.title == "a" else d.title, "== can't compare it"),
        (lambda d: d.todo[0] if d.todo else d.title, "an if"),
        (lambda d: d.todo[-1], "an index from 0 on"),
        (lambda d: d.todo["x"], "asked by an index"),
        (lambda d: d.title.upper(), "has no 'upper' at 'title'"),
    ):
        with pytest.raises((HtealeafError, NotAValue), match=words):
            store.react(wrong)


def test_a_place_of_the_schema_that_is_not_there_yet_is_no_slip_of_the_pen() -> None:
    class Open(typing_extensions.TypedDict, total=False):
        note: str

    Open.__annotations__ = {"note": str}
    store = Store({}, name="s", schema=Open)
    assert store.react(lambda d: d["note"]).value() is None
    with pytest.raises(UnknownPlace):
        store.react("nota").value()


def test_what_a_literal_and_a_nested_choice_say() -> None:
    class Item(pydantic.BaseModel):
        kind: Literal["a", "b"] = "a"
        either: int | str | None = None

    class Items(pydantic.BaseModel):
        items: list[Item] = []

    store = Store(name="s", schema=Items)
    store.append("items", {"either": 3})
    store.set("items/0/either", "x")
    for path, value in (("kind", "c"), ("either", 1.5), ("either", [])):
        with pytest.raises(SchemaRefused):
            store.replace(f"items/0/{path}", value)


@dataclass
class Round:
    radius: int = 1


@dataclass
class Forms:
    one: Square | Round | None = None
    several: list[Square | Round] = field(default_factory=list)
    fixed: tuple[Square, ...] = ()
    by_number: dict[int, Square] = field(default_factory=dict)
    by_colour: dict[Colour, int] = field(default_factory=dict)


class SquareStruct(msgspec.Struct, tag=True):
    side: int = 1


class RoundStruct(msgspec.Struct, tag=True):
    radius: int = 1


class FormsStruct(msgspec.Struct):
    several: list[SquareStruct | RoundStruct] = []
    by_number: dict[int, SquareStruct] = {}


def test_keys_that_nothing_has_are_refused_in_a_choice_and_in_a_tuple() -> None:
    """The libraries ignore them, so they would be stored."""
    store = Store(name="s", schema=Forms)
    tagged = Store(name="t", schema=FormsStruct)
    for write in (
        lambda: store.set("one", {"radius": 1, "evil": 1}),
        lambda: store.append("several", {"side": 1, "evil": 1}),
        lambda: store.append("several", {"radius": "no number"}),  # of no use to a square
        lambda: store.replace("fixed", [{"side": 1, "evil": 1}]),
        lambda: store.replace("several", [{}, {"evil": 1}]),
        lambda: tagged.append("several", {"type": "RoundStruct", "evil": 1}),
    ):
        with pytest.raises(SchemaRefused):
            write()

    store.append("several", {"radius": 2})
    store.replace("fixed", [{}])
    tagged.append("several", {"type": "RoundStruct"})
    assert [store.read("several"), store.read("fixed")] == [[{"radius": 2}], [{"side": 1}]]
    assert tagged.read("several") == [{"type": "RoundStruct", "radius": 1}]


@pytest.mark.parametrize("kind", [Forms, FormsStruct])
def test_keys_of_a_dict_are_what_its_type_says(kind: Any) -> None:
    """As JSON writes them: two keys of one number would be one."""
    store: Store[Any] = Store(name="s", schema=kind)
    store.set("by_number/7", {})
    assert store.read("by_number") == {"7": {"side": 1}}
    assert str(store.at(lambda d: d.by_number[7].side).path) == "by_number/7/side"

    for key in ("x", "07"):
        with pytest.raises(SchemaRefused, match="by_number"):
            store.set(f"by_number/{key}", {})
        with pytest.raises(SchemaRefused, match="by_number"):
            store.replace("by_number", {key: {}})


def test_a_key_of_a_choice_is_one_of_them() -> None:
    store = Store(name="s", schema=Forms)
    store.set("by_colour/red", 1)
    with pytest.raises(SchemaRefused, match="by_colour"):
        store.set("by_colour/green", 1)


class Marked(typing_extensions.TypedDict, total=False):
    name: typing_extensions.Required[str]
    rows: typing_extensions.NotRequired[list[TaskDict]]
    made: typing_extensions.ReadOnly[int]
    n: Annotated[typing_extensions.NotRequired[int], Ge(0)]


@pytest.mark.filterwarnings("ignore:Item 'made'")
def test_keys_that_say_whether_they_are_needed_are_written_alone() -> None:
    store = Store({"name": "x"}, name="s", schema=Marked)
    for path, right, wrong in (
        ("name", "y", 1), ("rows", [], [1]), ("made", 3, "3"), ("n", 1, -1),
    ):  # fmt: skip
        store.set(path, right)
        with pytest.raises(SchemaRefused, match=path):
            store.replace(path, wrong)
    with pytest.raises(SchemaRefused):
        store.delete("name")
    store.delete("made")


@dataclass
class Described:
    n: Annotated[int, {"label": "How many"}] = 0
    rows: list[Annotated[Square, ["drawn"]]] = field(default_factory=list)
    last: Annotated[Square | None, {"label": "Last"}] = None


def test_what_a_type_is_annotated_with_may_be_anything() -> None:
    store = Store(name="s", schema=Described)
    store.set("n", 1)
    store.append("rows", {})
    store.set("last", {})
    assert store.read() == {"n": 1, "rows": [{"side": 1}], "last": {"side": 1}}
    for path in ("n", "rows/0/side", "last/side"):
        with pytest.raises(SchemaRefused):
            store.replace(path, "x")


class Tidy(pydantic.BaseModel):
    rows: list[Span] = []

    @pydantic.field_validator("rows", mode="before")
    @classmethod
    def _whole(cls, rows: Any) -> Any:
        return [row for row in rows if row]


def test_a_validator_may_leave_items_out() -> None:
    store = Store(name="s", schema=Tidy)
    store.append("rows", {})
    store.append("rows", {"start": 1, "end": 2})
    assert store.read("rows/1") == {"start": 1, "end": 2}


def test_pydantic_is_loaded_by_apps_that_have_a_schema() -> None:
    code = "import sys, htealeaf; htealeaf.Store({'n': 1}, 'a');sys.exit('pydantic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0


def test_sessions_and_pages_have_schemas_too() -> None:
    """A rule about two fields is asked at the end of an action function, whoever's store it is."""
    mine = AuthStore(lambda session: session.user, name="mine", schema=Todos)
    with pytest.raises(SchemaRefused):
        mine.of("ann").set("title", 3)
    stores = [
        SessionStore(name="of_session", schema=Span),
        PageStore(name="of_page", schema=Span),
    ]
    app = WSGI(secret="a secret of the tests")
    SuperStore(app)

    @app.action
    def shift(start: int) -> None:
        for store in stores:
            store.set("start", start)
            store.set("end", 6)

    @app.route("/")
    def home() -> Element:
        return div(
            p(stores[0].react("start"), "-", stores[1].react("start"), id="starts"),
            button("5", id="right", onclick=shift(start=5)),
            button("7", id="wrong", onclick=shift(start=7)),
        )

    page = Client(app).open("/")
    page.click("#right")
    page.click("#wrong", status=422)

    assert page.text("#starts") == "5-5"
