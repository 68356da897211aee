"""The verbs do what their table says, all or nothing, and say what they did."""

import copy
from json import dumps
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from htealeaf.data.documents import MISSING, by_key, find, freeze, locate, same, thaw
from htealeaf.data.paths import ROOT, Path, parse
from htealeaf.data.verbs import VERBS, Change, Mutation, apply, apply_all, inverse, verb_of
from htealeaf.errors import HtealeafError, InvalidValue, PathNotFound, WrongType
from tests.data.made import documents, mutations, places

DOCUMENT: Any = freeze(
    {
        "number": 1,
        "float": 0.5,
        "bool": False,
        "text": "x",
        "null": None,
        "dict": {"a": 1, "b": {"c": 2}},
        "list": ["a", "b", "c"],
        "rows": [{"id": 7, "n": 0}, {"id": 8, "n": 0}],
    },
    version=1,
)


def do(verb: str, path: str, value: Any = None, keep: int | None = None) -> tuple[Any, Any]:
    return apply(DOCUMENT, Mutation(verb, parse(path), value, keep), version=2)


@pytest.mark.parametrize(
    ("verb", "path", "value", "after"),
    [
        ("update", "number", 2, 3),
        ("update", "number", 0.5, 1.5),
        ("update", "number", True, True),
        ("update", "number", "x", "x"),
        ("update", "bool", 1, 1),
        ("update", "text", "y", "y"),
        ("update", "null", 1, 1),
        ("update", "dict", {"b": 3, "d": None}, {"a": 1, "b": 3, "d": None}),
        ("update", "dict", 5, 5),
        ("update", "list", "d", "d"),
        ("update", "new", 1, 1),
        ("update", "rows/id=8/n", 5, 5),
        ("set", "number", 2, 2),
        ("set", "dict", {"z": 1}, {"z": 1}),
        ("set", "list", ["z"], ["z"]),
        ("set", "list", "d", ["a", "b", "c", "d"]),
        ("set", "list", {"d": 1}, ["a", "b", "c", {"d": 1}]),
        ("set", "new", [], []),
        ("replace", "number", 2, 2),
        ("replace", "list", "d", "d"),
        ("replace", "dict", {"z": 1}, {"z": 1}),
        ("replace", "new", {"z": 1}, {"z": 1}),
        ("replace", "list/1", "z", "z"),
        ("increment", "number", None, 2),
        ("increment", "number", -3, -2),
        ("increment", "float", 1, 1.5),
        ("toggle", "bool", None, True),
        ("append", "list", ["d"], ["a", "b", "c", ["d"]]),
        ("extend", "list", ["d", ["e"]], ["a", "b", "c", "d", ["e"]]),
        ("merge", "dict", {"a": 1, "b": None}, {"a": 1, "b": None}),
        ("clear", "list", None, []),
        ("clear", "dict", None, {}),
    ],
)
def test_a_verb_makes_the_value_of_its_place(verb: str, path: str, value: Any, after: Any) -> None:
    root, _ = do(verb, path, value)

    assert same(locate(root, parse(path)), after)


@pytest.mark.parametrize(
    ("verb", "path", "value", "after"),
    [
        ("insert", "list/0", "z", "zabc"),
        ("insert", "list/2", "z", "abzc"),
        ("insert", "list/3", "z", "abcz"),
        ("insert", "list/-", "z", "abcz"),
        ("delete", "list/1", None, "ac"),
        ("move", "list/0", 2, "bca"),
        ("move", "list/0", 1, "bac"),
        ("move", "list/2", 0, "cab"),
        ("move", "list/0", "-", "bca"),
        ("move", "list/0", "1", "bac"),
        ("move", "list/0", "list/1", "bac"),
        ("move", "list/0", "list/-", "bca"),
        ("move", "list/1", 1, "abc"),
    ],
)
def test_a_list_is_reshaped(verb: str, path: str, value: Any, after: str) -> None:
    root, changes = do(verb, path, value)

    assert root["list"] == list(after)
    assert root["list"].version == (2 if changes else 1)


@pytest.mark.parametrize(
    ("verb", "path", "value", "error", "message"),
    [
        ("increment", "text", 1, WrongType, "increment needs a number at 'text'; there is a str"),
        ("increment", "bool", 1, WrongType, "needs a number at 'bool'; there is a bool"),
        ("increment", "number", True, InvalidValue, "increment adds a number; this is a bool"),
        ("increment", "new", 1, PathNotFound, "no 'new'"),
        ("toggle", "number", None, WrongType, "toggle needs a bool at 'number'; there is an int"),
        ("append", "dict", 1, WrongType, "append needs a list at 'dict'; there is a dict"),
        ("append", "new", 1, PathNotFound, "no 'new'"),
        ("extend", "dict", [1], WrongType, "extend needs a list at 'dict'; there is a dict"),
        ("extend", "list", "ab", InvalidValue, "extend takes a list; this is a str"),
        ("merge", "list", {}, WrongType, "merge needs a dict at 'list'; there is a list of 3"),
        ("merge", "dict", [], InvalidValue, "merge takes a dict; this is an empty list"),
        ("insert", "dict/0", 1, WrongType, "insert needs a list at 'dict'; there is a dict"),
        ("insert", "list/4", 1, PathNotFound, "so the index runs from 0 to 2"),
        ("insert", "", 1, WrongType, "insert needs a place in a list"),
        ("move", "dict/a", 0, WrongType, "move needs an item of a list at 'dict/a'"),
        ("move", "", 0, WrongType, "move needs an item of a list at the root; there is a dict"),
        ("move", "", 1, WrongType, "at the root"),
        ("move", "list/0", 3, InvalidValue, "move goes to an index from 0 to 2, or '-'"),
        ("move", "list/0", -1, InvalidValue, "move goes to an index from 0 to 2"),
        ("move", "list/0", True, InvalidValue, "move goes to an index or a path"),
        ("move", "list/0", "rows/0", InvalidValue, "move stays in one list"),
        ("move", "list/0", "~", InvalidValue, "~0 for a tilde"),
        ("delete", "", None, WrongType, "delete needs a place below the root"),
        ("delete", "new", None, PathNotFound, "no 'new'"),
        (
            "clear",
            "text",
            None,
            WrongType,
            "clear needs a list or a dict at 'text'; there is a str",
        ),
        ("replace", "new/new", 1, PathNotFound, "no 'new'"),
        ("replace", "list/3", 1, PathNotFound, "a list of 3 items"),
        ("set", "list/-", 1, PathNotFound, "where only insert can go"),
        ("set", "text/x", 1, PathNotFound, "there is a str, which has nothing below it"),
        ("set", "new", float("nan"), InvalidValue, "not finite"),
        ("frobnicate", "number", 1, InvalidValue, "no verb 'frobnicate'; there is: update, set"),
    ],
)
def test_an_error_says_what_was_asked_and_what_is_there(
    verb: str, path: str, value: Any, error: type[HtealeafError], message: str
) -> None:
    with pytest.raises(error) as caught:
        do(verb, path, value)

    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("number", "step"), [(1e308, 1e308), (1 << 1023, 1 << 1023), ((1 << 1024) - 1, 0.5)]
)
def test_a_sum_stays_a_number_of_json(number: Any, step: Any) -> None:
    root = freeze({"n": number})

    for verb in ("update", "increment"):
        with pytest.raises(InvalidValue):
            apply(root, Mutation(verb, parse("n"), step * 2), 1)


def test_append_keeps_the_last_items() -> None:
    root, changes = do("append", "list", "d", keep=2)

    assert root["list"] == ["c", "d"]
    assert [(c.kind, str(c.path)) for c in changes] == [
        ("insert", "list/3"),
        ("delete", "list/0"),
        ("delete", "list/0"),
    ]


@pytest.mark.parametrize(
    ("keep", "kept"), [(1, "e"), (2, "de"), (3, "cde"), (5, "abcde"), (9, "abcde")]
)
def test_extend_keeps_the_last_items(keep: int, kept: str) -> None:
    """Of those that come, only the ones that stay; and each change is one of an item."""
    root, changes = do("extend", "list", ["d", "e"], keep=keep)

    assert root["list"] == [*kept]
    model, coming = ["a", "b", "c"], [*kept]
    for change in changes:
        if change.kind == "delete":
            assert change.size == len(model)
            del model[change.at]
        else:
            model.insert(change.at, coming[change.at])
            assert change.size == len(model)
    assert model == [*kept]


def test_extending_by_nothing_alters_nothing() -> None:
    root = freeze(["a"])

    assert apply(root, Mutation("extend", ROOT, []), version=2) == (root, ())


@pytest.mark.parametrize(("verb", "value"), [("append", "a"), ("extend", ["a", "a", "a"])])
def test_what_comes_and_goes_at_once_alters_nothing(verb: str, value: Any) -> None:
    root = freeze(["a", "a"])

    assert apply(root, Mutation(verb, ROOT, value, 2), version=2) == (root, ())


@pytest.mark.parametrize(
    ("verb", "keep"), [("append", 0), ("append", True), ("extend", 0), ("set", 1)]
)
def test_keep_is_a_positive_number_for_append(verb: str, keep: Any) -> None:
    with pytest.raises(InvalidValue, match="keep"):
        do(verb, "list", "d", keep)


@pytest.mark.parametrize(
    ("verb", "path", "value"),
    [
        ("set", "number", 1),
        ("update", "number", 0),
        ("update", "dict", {"a": 1}),
        ("replace", "list", ["a", "b", "c"]),
        ("replace", "", thaw(DOCUMENT)),
        ("move", "list/2", "-"),
    ],
)
def test_what_alters_nothing_is_no_change(verb: str, path: str, value: Any) -> None:
    root, changes = do(verb, path, value)

    assert root is DOCUMENT
    assert changes == ()


@pytest.mark.parametrize("value", [1.0, True])
def test_an_equal_value_of_another_type_is_a_change(value: Any) -> None:
    root, changes = do("set", "number", value)

    assert type(root["number"]) is type(value)
    assert len(changes) == 1


@pytest.mark.parametrize(
    ("verb", "path", "value", "change"),
    [
        ("set", "number", 2, Change("set", parse("number"))),
        ("set", "number", [2], Change("replace", parse("number"))),
        ("set", "dict", 2, Change("replace", parse("dict"))),
        ("set", "new", [2], Change("set", parse("new"), created=True)),
        ("merge", "dict", {"a": 1, "z": 2}, Change("set", parse("dict/z"), created=True)),
        ("set", "list/1", "z", Change("set", parse("list/1"), 1)),
        ("set", "rows/id=8", {}, Change("replace", parse("rows/1"), 1)),
        ("delete", "dict/a", None, Change("delete", parse("dict/a"))),
        ("delete", "rows/id=8", None, Change("delete", parse("rows/1"), 1, size=2)),
        ("insert", "rows/id=8", {}, Change("insert", parse("rows/1"), 1, size=3)),
        ("move", "list/0", "-", Change("move", parse("list/0"), 0, 2, size=3)),
        ("clear", "list", None, Change("replace", parse("list"))),
        ("set", "", 1, Change("replace", parse(""))),
    ],
)
def test_a_change_says_what_happened_where(
    verb: str, path: str, value: Any, change: Change
) -> None:
    assert do(verb, path, value)[1] == (change,)


def test_the_shape_version_counts_what_an_index_means() -> None:
    def version(*mutations: tuple[str, str, Any]) -> int:
        wishes = [Mutation(verb, parse(path), value) for verb, path, value in mutations]
        root: Any = apply_all(DOCUMENT, wishes, 5)[0]
        return int(root["rows"].version)

    assert version(("set", "rows/0/n", 9)) == 1
    assert version(("set", "rows/0/n", {"a": 1})) == 1
    assert version(("append", "rows", {})) == 5
    assert version(("move", "rows/0", 1)) == 5
    assert version(("set", "rows/0", {})) == 5
    assert version(("set", "rows", [])) == 5
    assert apply(DOCUMENT, Mutation("set", parse("list/0"), "z"), 5)[0]["list"].version == 1  # type: ignore[call-overload, index, union-attr]


def test_a_document_is_never_deeper_than_a_path_is_long() -> None:
    root: Any = freeze({})
    for depth in range(1, 64):
        root, _ = apply(root, Mutation("set", Path("a" * depth), {}), 1)

    with pytest.raises(InvalidValue, match="too deeply"):
        apply(root, Mutation("set", Path("a" * 64), {}), 1)
    apply(root, Mutation("set", Path("a" * 64), 1), 1)


# -- laws ------------------------------------------------------------------------------------


class Refused(Exception):
    """The model refuses a mutation."""


def model(document: Any, wish: Mutation) -> Any:
    """Do the same naively: copy everything, then change the copy."""
    box = {"": copy.deepcopy(document)}
    parent: Any = box
    key: Any = ""
    for segment in wish.path:
        if not exists(parent, key):
            raise Refused
        parent, key = parent[key], segment
        if isinstance(parent, list):
            key = index(parent, segment, wish.verb == "insert")
        elif not isinstance(parent, dict):
            raise Refused
    old = parent[key] if exists(parent, key) else MISSING
    change(parent, key, old, wish)
    return box[""]


def exists(parent: Any, key: Any) -> bool:
    return key in parent if isinstance(parent, dict) else key < len(parent)


def index(items: list[Any], segment: str, inserting: bool) -> int:
    if inserting and segment == "-":
        return len(items)
    if segment.isdigit() and int(segment) < len(items) + inserting:
        return int(segment)
    field, equals, text = segment.partition("=")
    for at, item in enumerate(items):
        value = item.get(field) if equals and isinstance(item, dict) else None
        if value is not None and text in (value, repr(value).lower()):
            return at
    raise Refused


def number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def change(parent: Any, key: Any, old: Any, wish: Mutation) -> None:
    verb, value = wish.verb, wish.value
    if verb == "insert" and isinstance(parent, list):
        return parent.insert(key, value)
    if verb == "update" and number(old) and number(value):
        parent[key] += value
    elif verb == "update" and isinstance(old, dict) and isinstance(value, dict):
        old.update(value)
    elif verb == "set" and isinstance(old, list) and not isinstance(value, list):
        old.append(value)
    elif verb in ("update", "set", "replace"):
        parent[key] = value
    elif verb == "increment" and number(old) and (value is None or number(value)):
        parent[key] += 1 if value is None else value
    elif verb == "toggle" and isinstance(old, bool):
        parent[key] = not old
    elif verb == "append" and isinstance(old, list):
        old.append(value)
        del old[: len(old) - (wish.keep or len(old))]
    elif verb == "extend" and isinstance(old, list) and isinstance(value, list):
        old.extend(value)
        if value:
            del old[: len(old) - (wish.keep or len(old))]
    elif verb == "merge" and isinstance(old, dict) and isinstance(value, dict):
        old.update(value)
    elif verb == "clear" and isinstance(old, (list, dict)):
        old.clear()
    elif verb == "delete" and wish.path and old is not MISSING:
        del parent[key]
    elif verb == "move" and isinstance(parent, list):
        to = len(parent) - 1 if value == "-" else int(str(value))
        if to >= len(parent):
            raise Refused
        parent.insert(to, parent.pop(key))
    else:
        raise Refused
    return None


@settings(max_examples=400)
@given(st.data())
def test_apply_does_what_a_naive_model_does(data: st.DataObject) -> None:
    document = data.draw(documents)
    wish = data.draw(mutations(document))
    root = freeze(document, 1)
    try:
        expected = model(document, wish)
    except Refused:
        with pytest.raises(HtealeafError):
            apply(root, wish, 2)
    else:
        after, changes = apply(root, wish, 2)
        assert same(after, expected)
        assert bool(changes) == (after is not root) == (not same(root, after))
    assert same(root, document)


def related(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    return one[: len(other)] == other[: len(one)]


def touched(change: Change) -> list[tuple[str, ...]]:
    if not change.size:
        return [change.path]
    ends = (change.at, change.to) if change.kind == "move" else (change.at, change.size - 1)
    return [(*change.path[:-1], str(at)) for at in range(min(ends), max(ends) + 1)]


@settings(max_examples=300)
@given(st.data())
def test_what_is_beside_the_changes_is_the_same_object(data: st.DataObject) -> None:
    """The changes are complete, and a document shares all else with the one before."""
    document = data.draw(documents)
    root = after = freeze(document, 1)
    changes: tuple[Change, ...] = ()
    for version in range(2, 5):
        wish = data.draw(mutations(after))
        try:
            after, more = apply(after, wish, version)
        except HtealeafError:
            continue
        changes += more

    marks = [path for change in changes for path in touched(change)]
    for path in {*places(root), *places(after)}:
        if not any(related(path, mark) for mark in marks):
            assert find(root, Path(path), MISSING) is find(after, Path(path), MISSING)


@given(st.data())
def test_a_batch_with_an_error_leaves_nothing(data: st.DataObject) -> None:
    document = data.draw(documents)
    root = freeze(document, 1)
    wishes = [data.draw(mutations(document)), Mutation("toggle", parse("no/such/place"))]

    with pytest.raises(HtealeafError):
        apply_all(root, wishes, 2)

    assert same(root, document)


# -- the table -------------------------------------------------------------------------------


def test_every_verb_is_a_row_under_its_own_name() -> None:
    assert [verb.name for verb in VERBS.values()] == list(VERBS)
    with pytest.raises(InvalidValue, match="no verb 'upsert'; there is: update"):
        verb_of("upsert")


@settings(max_examples=400)
@given(st.data())
def test_what_becomes_of_a_value_is_what_the_table_says(data: st.DataObject) -> None:
    """What the table says of a verb and a value is what becomes of the document."""
    document = data.draw(documents)
    wish = data.draw(mutations(document))
    root, row = freeze(document, 1), VERBS[wish.verb]
    try:
        after, changes = apply(root, wish, 2)
    except HtealeafError:
        return
    place = Path(wish.path[:-1]) if row.beside else changes[0].path if changes else wish.path
    if changes and changes[0].size:
        place = Path(changes[0].path[:-1])
    there, now = find(root, place, MISSING), find(after, place, MISSING)
    use = row.use(find(root, wish.path, MISSING), wish.value)
    if use == "replaces":
        assert same(find(after, wish.path), wish.value)
    elif use == "grows" and changes:
        assert len(now) == min(len(there) + 1, wish.keep or len(there) + 1)
    elif use == "extends" and changes:
        assert isinstance(wish.value, list)
        more = len(there) + len(wish.value)
        assert len(now) == min(more, wish.keep or more)
    elif use == "turns":
        assert now is not there
    elif use == "removes":
        assert now is MISSING or len(now) < len(there)
    elif use == "empties":
        assert len(find(after, wish.path)) == 0
    elif use == "merges":
        assert isinstance(wish.value, dict)
        assert all(same(find(after, wish.path)[key], item) for key, item in wish.value.items())
    elif use == "moves" and changes:
        assert len(now) == len(there)
    elif use == "adds" and changes:
        assert type(now) in (int, float)


@settings(max_examples=600)
@given(st.data())
def test_the_inverse_brings_back_what_was_there(data: st.DataObject) -> None:
    document = data.draw(documents)
    wish = data.draw(mutations(document))
    root = freeze(document, 1)
    try:
        after, _ = apply(root, wish, 2)
    except HtealeafError:
        with pytest.raises(HtealeafError):
            inverse(root, wish)
    else:
        back = apply_all(after, inverse(root, wish), 3)[0]
        assert dumps(back, sort_keys=True) == dumps(document, sort_keys=True)


@pytest.mark.parametrize(
    ("verb", "path", "value"),
    [("update", "number", 5), ("increment", "number", None), ("toggle", "bool", None)],
)
def test_an_inverse_leaves_what_others_did(verb: str, path: str, value: Any) -> None:
    """Somebody does the same between a click and its being taken back: that stays."""
    once: Any = do(verb, path, value)[0]
    twice = apply(once, Mutation(verb, parse(path), value), 3)[0]

    back = apply_all(twice, inverse(DOCUMENT, Mutation(verb, parse(path), value)), 4)[0]

    assert same(back, once)


@settings(max_examples=200)
@given(st.data())
def test_where_items_are_by_a_field_is_known_after_any_verb(data: st.DataObject) -> None:
    """What a list remembers of its items is what one that was never asked would find."""
    root: Any = freeze([{"id": 1}, {"id": 2}, 7])
    items: Any = st.sampled_from([{"id": 1}, {"id": 3}, {"id": "3"}, {}, 8])
    for n in range(data.draw(st.integers(1, 6))):
        by_key(root, "id")
        verb = data.draw(st.sampled_from(["append", "extend", "insert", "delete", "move"]))
        at = data.draw(st.integers(0, max(len(root) - (verb != "insert"), 0)))
        value: Any = data.draw(st.lists(items) if verb == "extend" else items)
        keep = data.draw(st.sampled_from([None, None, 3])) if verb in ("append", "extend") else None
        path = Path() if verb in ("append", "extend") else Path((str(at),))
        wish = Mutation(verb, path, 0 if verb == "move" else value, keep)
        try:
            root, _ = apply(root, wish, n)
        except HtealeafError:
            continue
        assert list(by_key(root, "id").items()) == list(by_key([*root], "id").items())
