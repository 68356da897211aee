"""Documents are valid JSON, deeply frozen, and say where a path stops."""

import copy
import json
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from htealeaf.data.documents import (
    MAX_DEPTH,
    FrozenDict,
    FrozenList,
    Limits,
    find,
    freeze,
    locate,
    resolve,
    same,
    shape,
    thaw,
)
from htealeaf.data.paths import parse
from htealeaf.errors import FrozenError, InvalidValue, PathNotFound

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(values)
def test_freezing_and_thawing_keep_the_value(value: Any) -> None:
    frozen = freeze(value)

    assert same(frozen, value)
    assert same(thaw(frozen), value)
    assert json.loads(json.dumps(frozen)) == value
    assert freeze(frozen, None) is frozen
    assert pickle.loads(pickle.dumps(frozen)) == frozen


few = st.recursive(
    st.sampled_from([None, False, True, 0, 1, 0.0, 1.0, "1"]),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2)
    ),
    max_leaves=3,
)


@given(few, few)
def test_values_are_the_same_when_their_json_is(one: Any, other: Any) -> None:
    assert same(one, other) == (json.dumps(one) == json.dumps(other))


SNAPSHOT: Any = freeze({"todo": [{"done": False}, 2], "name": "x"}, version=4)


@pytest.mark.parametrize(
    ("write", "verb"),
    [
        (lambda s: s.__setitem__("name", 1), "replace"),
        (lambda s: s.update(name=1), "merge"),
        (lambda s: s.__ior__({}), "merge"),
        (lambda s: s.pop("name"), "delete"),
        (lambda s: s.popitem(), "delete"),
        (lambda s: s.__delitem__("name"), "delete"),
        (lambda s: s.setdefault("name", 1), "replace"),
        (lambda s: s.clear(), "clear"),
        (lambda s: s["todo"].append(1), "append"),
        (lambda s: s["todo"].extend([1]), "extend"),
        (lambda s: s["todo"].__iadd__([1]), "extend"),
        (lambda s: s["todo"].__imul__(2), "replace"),
        (lambda s: s["todo"].insert(0, 1), "insert"),
        (lambda s: s["todo"].pop(), "delete"),
        (lambda s: s["todo"].remove(2), "delete"),
        (lambda s: s["todo"].__delitem__(0), "delete"),
        (lambda s: s["todo"].__setitem__(0, 1), "replace"),
        (lambda s: s["todo"].sort(), "replace"),
        (lambda s: s["todo"].reverse(), "replace"),
        (lambda s: s["todo"].clear(), "clear"),
        (lambda s: s["todo"][0].update(done=True), "merge"),
    ],
)
def test_writing_to_a_snapshot_names_the_verb(write: Any, verb: str) -> None:
    before = thaw(SNAPSHOT)

    with pytest.raises(FrozenError, match=rf"a snapshot can't be written; use store\.{verb}\(path"):
        write(SNAPSHOT)

    assert before == SNAPSHOT


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda v: v.copy(), thaw])
def test_a_copy_of_a_snapshot_is_plain_all_the_way(copied: Any) -> None:
    plain = copied(SNAPSHOT)

    plain["todo"][0]["done"] = True
    plain["todo"].append(3)

    assert SNAPSHOT["todo"] == [{"done": False}, 2]
    assert type(plain) is dict


def test_joining_snapshots_gives_plain_values() -> None:
    todo = SNAPSHOT["todo"]

    for plain in (todo + [1], [1] + todo):  # noqa: RUF005 - that is what is tested
        assert type(plain) is list
        assert len(plain) == 3
    for plain in (SNAPSHOT | {"b": 1}, {"b": 1} | SNAPSHOT):
        assert type(plain) is dict
        plain["todo"].append(1)
    assert len(todo) == 2


def test_every_list_gets_the_version_of_its_write() -> None:
    moved = freeze({"again": [SNAPSHOT["todo"]]}, version=9)

    assert SNAPSHOT["todo"].version == 4
    assert locate(moved, parse("again")).version == 9
    assert locate(moved, parse("again/0")).version == 9
    assert pickle.loads(pickle.dumps(SNAPSHOT["todo"])).version == 4


class Text(str):
    """A str of another type, such as Markup."""


def test_subclasses_are_stored_as_what_they_hold() -> None:
    value: Any = freeze({Text("a"): Text("b"), "c": (1, 2)})

    assert [type(x) for x in (value, value["a"], value["c"])] == [FrozenDict, str, FrozenList]
    assert {type(key) for key in value} == {str}


def _cycle() -> list[Any]:
    cycle: list[Any] = []
    cycle.append(cycle)
    return cycle


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"a": [1, {2}]}, "at 'a/1' of the value: a set is no JSON"),
        ({"a": {1: 2}}, "at 'a' of the value: a key of the dict is an int"),
        (float("nan"), "not finite"),
        ({"a": float("inf")}, "at 'a' of the value"),
        (b"x", "the value: a bytes is no JSON"),
        ("\ud800", "half a character"),
        ({"\ud800": 1}, "half a character"),
        (1 << 2000, "1024 bits"),
        (_cycle(), "nested too deeply, or holds itself"),
        ([[0] * 1000] * 2000, "too many items"),
        (object, "a type is no JSON"),
    ],
)
def test_what_is_no_json_is_refused_with_its_place(value: Any, message: str) -> None:
    with pytest.raises(InvalidValue, match=message):
        freeze(value)


def test_depth_and_items_have_limits() -> None:
    deep: Any = 1
    for _ in range(MAX_DEPTH):
        deep = [deep]
    assert freeze(deep) == deep
    with pytest.raises(InvalidValue):
        freeze([deep])
    with pytest.raises(InvalidValue):
        freeze([[1, 2], [3]], limits=Limits(items=4))


DOCUMENT: Any = freeze(
    {
        "counter": 1,
        "name": "secret",
        "todo": [{"id": 7, "done": False}, {"id": "x=y", "done": True}, 5],
        "one": [0],
        "none": [],
        "many": {str(i): i for i in range(12)},
        "a=b": {"": 1},
    }
)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("todo/9/done", "stops at 'todo': a list of 3 items, so the index runs from 0 to 2"),
        ("conut", "stops at '': no 'conut'; there is: counter, name, todo, one, none, many, a=b"),
        ("many/x", "no 'x'; there is: 0, 1, 2, 3, 4, 5, 6, 7 and 4 more"),
        ("one/1", "stops at 'one': a list of 1 item, so the index is 0"),
        ("none/0", "stops at 'none': an empty list"),
        ("todo/-", "'-' is the place after the last one, where only insert can go"),
        ("todo/id=8/done", "stops at 'todo': a list of 3 items, none of them with id=8"),
        ("todo/-1", "write an index or field=value, not '-1'"),
        ("todo/append", "write an index or field=value, not 'append'"),
        ("name/__class__", "stops at 'name': there is a str, which has nothing below it"),
        ("__class__", "no '__class__'"),
        ("counter/real", "there is an int, which"),
    ],
)
def test_an_error_says_where_a_path_stops_and_what_is_there(path: str, message: str) -> None:
    with pytest.raises(PathNotFound) as caught:
        locate(DOCUMENT, parse(path))

    assert message in str(caught.value)
    assert "secret" not in str(caught.value)
    assert caught.value.path == parse(path)
    assert find(DOCUMENT, parse(path), "default") == "default"
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


@pytest.mark.parametrize(
    ("path", "exact"),
    [
        ("todo/id=7/done", "todo/0/done"),
        ("todo/id=x=y/done", "todo/1/done"),
        ("todo/done=true/id", "todo/1/id"),
        ("todo/done=false", "todo/0"),
        ("a=b/", "a=b/"),
        ("counter", "counter"),
        ("", ""),
    ],
)
def test_a_segment_means_what_the_container_makes_of_it(path: str, exact: str) -> None:
    assert str(resolve(DOCUMENT, parse(path))) == exact
    assert locate(DOCUMENT, parse(path)) is locate(DOCUMENT, parse(exact))


def test_a_place_that_is_to_be_created_may_be_missing() -> None:
    assert str(resolve(DOCUMENT, parse("todo/id=7/new"), creating=True)) == "todo/0/new"
    with pytest.raises(PathNotFound):
        resolve(DOCUMENT, parse("todo/id=7/new"))
    with pytest.raises(PathNotFound):
        resolve(DOCUMENT, parse("new/new"), creating=True)


def test_the_shape_of_a_path_is_the_newest_version_of_its_lists() -> None:
    root: Any = freeze({"a": [{"b": [1]}], "c": {"0": 1}}, version=3)

    assert shape(root, parse("a/0/b/0")) == 3
    assert shape(root, parse("a/7")) == 3
    assert shape(root, parse("a/b=1")) is None
    assert shape(root, parse("c/0")) is None


def test_a_frozen_record_without_lists_is_kept_as_it_is() -> None:
    """It was looked at before, and only lists have a version; it counts as what it holds."""
    rows = freeze([{"id": 1, "tags": []}, {"id": 2, "name": "a"}], version=3)

    again: Any = freeze(rows, version=5)

    assert again == rows
    assert again[1] is rows[1]  # type: ignore[index]
    assert (again.version, again[0]["tags"].version) == (5, 5)
    with pytest.raises(InvalidValue, match="too many items"):
        freeze([rows[1]] * 10, limits=Limits(items=20))  # type: ignore[index]
