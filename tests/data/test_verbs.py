"""The verbs do what their table says, all or nothing, and say what they did."""

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from htealeaf.data.documents import MISSING, find, freeze, locate, same, shape, thaw
from htealeaf.data.paths import ROOT, Path, parse
from htealeaf.data.verbs import VERBS, Change, Mutation, apply, apply_all, carry, rebase
from htealeaf.errors import HtealeafError, InvalidValue, PathNotFound, WrongType

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


def test_what_comes_and_goes_at_once_alters_nothing() -> None:
    root = freeze(["a", "a"])

    assert apply(root, Mutation("append", ROOT, "a", 2), version=2) == (root, ())


@pytest.mark.parametrize(("verb", "keep"), [("append", 0), ("append", True), ("set", 1)])
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

scalars = st.sampled_from([None, True, False, 0, 1, 2, 1.0, 0.5, "a", "1"])
json = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b", "0", "id", "a=1"]), inner, max_size=3)
    ),
    max_leaves=12,
)
documents = st.dictionaries(st.sampled_from(["a", "b", "0", "id"]), json, max_size=4) | json


def places(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    if isinstance(value, dict):
        for key, item in value.items():
            yield from places(item, (*path, key))
    elif isinstance(value, list):
        for at, item in enumerate(value):
            yield from places(item, (*path, str(at)))


@st.composite
def mutations(draw: Callable[..., Any], document: Any) -> Mutation:
    path = draw(st.sampled_from(sorted(places(document))))
    path += tuple(draw(st.lists(st.sampled_from(["a", "new", "0", "3", "-", "id=1"]), max_size=1)))
    verb = draw(st.sampled_from(VERBS))
    value = draw(st.sampled_from([0, 1, "-", "0"]) if verb == "move" else json)
    keep = draw(st.sampled_from([None, 1, 2])) if verb == "append" else None
    return Mutation(verb, Path(path), value, keep)


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


# -- carrying --------------------------------------------------------------------------------


def rows(tags: Iterator[int], depth: int = 2) -> list[Any]:
    return [
        {"tag": next(tags), "n": 0, "rows": rows(tags, depth - 1) if depth else []}
        for _ in range(3)
    ]


def tagged(value: Any, path: tuple[str, ...] = ()) -> dict[int, Path]:
    return {
        find(value, Path(p), None)["tag"]: Path(p) for p in places(value, path) if is_row(value, p)
    }


def is_row(value: Any, path: tuple[str, ...]) -> bool:
    found = find(value, Path(path))
    return isinstance(found, dict) and "tag" in found


@st.composite
def edits(draw: Callable[..., Any], root: Any, tags: Iterator[int]) -> Mutation:
    lists = [p for p in places(root) if isinstance(find(root, Path(p)), list)]
    path = draw(st.sampled_from(lists))
    items = find(root, Path(path))
    new: Any = {"tag": next(tags), "n": 0, "rows": []}
    verb = draw(st.sampled_from(["append", "insert", "delete", "move", "n", "item", "list"]))
    if verb == "list":
        return Mutation("replace", Path(path), draw(st.sampled_from([[], [new]])))
    if verb == "append" or not items:
        return Mutation("append", Path(path), new, draw(st.sampled_from([None, 2])))
    at = draw(st.integers(0, len(items) - 1))
    item = Path((*path, str(at)))
    if verb == "n":
        return Mutation("increment", Path((*item, "n")))
    if verb == "item":
        return Mutation("replace", item, new)
    return Mutation(verb, item, draw(st.integers(0, len(items) - 1)) if verb == "move" else new)


@settings(max_examples=200)
@given(st.data())
def test_a_carried_path_leads_to_the_same_item(data: st.DataObject) -> None:
    """It is None exactly when the item is gone; an equal shape version means an equal item."""
    tags = iter(range(10_000))
    root = after = freeze({"rows": rows(tags)}, 1)
    changes: tuple[Change, ...] = ()
    for version in range(2, data.draw(st.integers(3, 8))):
        after, more = apply(after, data.draw(edits(after, tags)), version)
        changes += more

    there = tagged(after)
    for tag, path in tagged(root).items():
        assert carry(path, changes) == there.get(tag)
        wish = Mutation("increment", Path((*path, "n")))
        carried = rebase(after, wish, changes)
        assert (carried and carried.path[:-1]) == there.get(tag)
        if shape(root, path) == shape(after, path) and path in there.values():
            assert there.get(tag) == path
        # The same by key, and below it by index.
        keyed = Mutation("increment", Path((*path[:-1], f"tag={tag}", "n")))
        if len(path) == 2:
            carried = rebase(after, keyed, changes)
            assert (carried and carried.path[:-1]) == there.get(tag)
        if len(path) == 4:
            parent = find(root, Path(path[:2]))["tag"]
            below = Mutation("increment", Path(("rows", f"tag={parent}", *path[2:], "n")))
            carried = rebase(after, below, changes)
            assert (carried and carried.path[:-1]) == there.get(tag)


@pytest.mark.parametrize(
    ("path", "change", "carried"),
    [
        ("todo/2/done", Change("delete", parse("todo/2"), 2, size=3), None),
        ("todo/2/done", Change("delete", parse("todo/1"), 1, size=3), "todo/1/done"),
        ("todo/2/done", Change("replace", parse("todo/2"), 2), None),
        ("todo/2/done", Change("replace", parse("todo")), None),
        ("todo/2/done", Change("replace", parse("")), None),
        ("todo/2/done", Change("replace", parse("todo/2/done")), "todo/2/done"),
        ("todo/2/done", Change("set", parse("todo/2/done")), "todo/2/done"),
        ("todo/2", Change("set", parse("todo/2"), 2), "todo/2"),
        ("todo/2", Change("replace", parse("todo/2/tags")), "todo/2"),
        ("todo/2/done", Change("replace", parse("other")), "todo/2/done"),
        ("todo/-", Change("insert", parse("todo/0"), 0, size=4), "todo/-"),
        ("todo", Change("insert", parse("todo/0"), 0, size=4), "todo"),
        ("name", Change("delete", parse("name")), "name"),
        ("years/2020", Change("delete", parse("years/2019")), "years/2020"),
        ("lists/0/x", Change("delete", parse("lists")), None),
    ],
)
def test_carry_loses_a_thing_when_it_or_what_holds_it_went(
    path: str, change: Change, carried: str | None
) -> None:
    result = carry(parse(path), [change])

    assert result == (None if carried is None else parse(carried))


def test_a_key_of_digits_is_no_index() -> None:
    changes = [Change("replace", parse("todo/0/years"))]
    path = parse("todo/0/years/2020")

    assert carry(path, changes) is None
    assert carry(path, changes, indexes={1}) == path
    root = freeze({"todo": [{"years": {"2020": 1}}]})
    assert rebase(root, Mutation("increment", path), changes) == Mutation("increment", path)


@pytest.mark.parametrize("at", range(4))
@pytest.mark.parametrize("to", range(4))
@pytest.mark.parametrize("new", range(5))
def test_a_move_goes_beside_the_item_that_it_was_shown_beside(at: int, to: int, new: int) -> None:
    """Somebody inserts a row between the rendering of a move and the click."""
    root: Any = freeze({"list": list("abcd")})
    move = Mutation("move", parse(f"list/{at}"), to)
    shown: Any = apply(root, move, 2)[0]
    meanwhile, changes = apply(root, Mutation("insert", parse(f"list/{new}"), "new"), 2)

    rebased = rebase(meanwhile, move, changes)

    assert rebased is not None
    after: Any = apply(meanwhile, rebased, 3)[0]
    assert [item for item in after["list"] if item != "new"] == shown["list"]


def test_a_move_is_gone_with_the_item_that_it_goes_to() -> None:
    root: Any = freeze({"list": list("abcd")})
    meanwhile, changes = apply(root, Mutation("delete", parse("list/2")), 2)

    assert rebase(meanwhile, Mutation("move", parse("list/0"), 2), changes) is None
    assert rebase(meanwhile, Mutation("move", parse("list/0"), "-"), changes) is not None
