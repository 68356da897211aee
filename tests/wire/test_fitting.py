"""A value from outside fits the place that it is for, or is refused."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from htealeaf.data import verbs
from htealeaf.data.documents import MISSING, freeze
from htealeaf.data.paths import parse
from htealeaf.data.verbs import VERBS, Use, Verb
from htealeaf.errors import HtealeafError, InvalidValue, NotOffered
from htealeaf.wire import fitting
from htealeaf.wire.fitting import check_scripted, fill, replaced
from htealeaf.wire.slots import template_of, value_of

ROOT: Any = freeze({"n": 1, "name": "x", "items": [1, 2], "none": [], "d": {"a": 1}})
LISTS: Any = freeze(
    {
        **ROOT,
        "nothing": None,
        "rows": [{"a": 1, "b": "x"}],
        "empty": [],
        "nested": [[1], [2]],
        "mixed": [1, "a"],
    }
)


def no_server(kind: str) -> Any:
    raise AssertionError(kind)


@pytest.mark.parametrize(
    ("verb", "path", "there"),
    [
        ("set", "n", 1),
        ("increment", "n", 0),
        ("increment", "gone", 0),
        ("append", "items", 2),
        ("append", "none", MISSING),
        ("extend", "items", [2]),
        ("extend", "none", []),
        ("append", "name", "x"),
        ("insert", "items/0", 2),
        ("insert", "none/-", MISSING),
        ("set", "items", 2),
        ("replace", "items", [1, 2]),
        ("merge", "d", {"a": 1}),
        ("update", "d", {"a": 1}),
    ],
)
def test_a_slot_has_the_type_of_what_stands_where_it_goes(verb: str, path: str, there: Any) -> None:
    assert replaced(verb, ROOT, parse(path)) == there


def test_an_unknown_verb_is_refused_before_anything_is_looked_at() -> None:
    with pytest.raises(InvalidValue, match="no verb 'upsert'"):
        check_scripted("upsert", 1, ROOT, parse("n"), ROOT)
    with pytest.raises(InvalidValue, match="no verb 'upsert'"):
        replaced("upsert", ROOT, parse("n"))


def test_a_new_verb_is_not_for_scripts_until_its_row_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    row = VERBS["replace"]
    monkeypatch.setitem(verbs.VERBS, "put", Verb("put", row.apply, row.use))

    with pytest.raises(NotOffered):
        check_scripted("put", 2, ROOT, parse("n"), ROOT)


def test_every_use_has_a_rule_for_scripts() -> None:
    assert set(fitting._SCRIPTED) == set(get_args(Use))


@pytest.mark.parametrize(
    ("verb", "path", "value"),
    [
        ("replace", "n", "text"),
        ("set", "n", [1]),
        ("update", "name", 1),
        ("merge", "d", {"b": 1}),
        ("update", "d", {"a": "text"}),
        ("replace", "d", {}),
        ("clear", "d", None),
        ("delete", "d/a", None),
        ("replace", "new", 1),
        ("replace", "n", None),
        ("append", "items", "text"),
        ("append", "items", {"any": 1}),
        ("append", "items", None),
        ("insert", "items/0", [1]),
        ("set", "items", "text"),
        ("replace", "items", [1, "text"]),
        ("append", "rows", "text"),
        ("append", "rows", {"a": 1}),
        ("append", "rows", {"a": 1, "b": "x", "c": 2}),
        ("append", "rows", {"a": "1", "b": "x"}),
        ("insert", "rows/-", {"a": None, "b": "x"}),
        ("replace", "rows", [{"a": 1, "b": "x"}, {"a": 1}]),
        ("replace", "rows/0", {"a": 1}),
        ("append", "nested/0", "x"),
        ("append", "nested", 1),
    ],
)
def test_a_script_can_not_change_what_a_place_is(verb: str, path: str, value: Any) -> None:
    with pytest.raises(InvalidValue):
        check_scripted(verb, value, LISTS, parse(path), LISTS)


@pytest.mark.parametrize(
    ("verb", "path", "value"),
    [
        ("replace", "n", 2.5),
        ("replace", "nothing", None),
        ("replace", "nothing", 1),
        ("set", "items", 4),
        ("append", "items", 4.5),
        ("insert", "items/0", 4),
        ("replace", "items", []),
        ("replace", "items", [7]),
        ("append", "rows", {"b": "y", "a": 2}),
        ("insert", "rows/0", {"a": 2, "b": ""}),
        ("append", "empty", "the first one tells"),
        ("append", "nested", [3]),
        ("append", "nested/0", 3),
        ("append", "mixed", "text"),
        ("append", "mixed", 1),
        ("update", "d", {"a": 2}),
        ("increment", "n", 1),
        ("delete", "items/0", None),
        ("clear", "items", None),
    ],
)
def test_a_script_may_do_what_fits(verb: str, path: str, value: Any) -> None:
    check_scripted(verb, value, LISTS, parse(path), LISTS)


def test_a_slot_of_an_unknown_kind_is_refused() -> None:
    """It is neither filled nor taken for data."""
    with pytest.raises(HtealeafError, match="can't be read"):
        fill({"a": {"$": ["cookie", "key"]}}, iter([1]), {"a": 1}, no_server)


@pytest.mark.parametrize(
    "data", [{"$": ["now"]}, {"$$": 1, "$": {"$": ["value", "n"]}}, {"$a": [{"$": 1}]}, {"": {}}]
)
def test_data_that_looks_like_a_slot_is_data(data: Any) -> None:
    assert fill(template_of(data), iter([]), MISSING, no_server) == data


def test_data_that_looks_like_a_slot_may_hold_slots() -> None:
    template = template_of({"$": ["now"], "n": value_of("n")})

    assert fill(template, iter(["3"]), {"$": ["x"], "n": 1}, no_server) == {"$": ["now"], "n": 3}


@pytest.mark.parametrize("sent", ["a\r\nb", "a\nb", "a\rb", ["a\r\nb"]])
def test_a_text_has_the_line_breaks_that_a_script_reads(sent: Any) -> None:
    """A form that the browser sends by itself writes CRLF."""
    found = fill(template_of(value_of("area")), iter([sent]), MISSING, no_server)

    assert found == (["a\nb"] if isinstance(sent, list) else "a\nb")


@pytest.mark.parametrize("verb", ["replace", "set", "clear", "delete"])
def test_a_script_replaces_no_whole_document(verb: str) -> None:
    with pytest.raises(HtealeafError):
        check_scripted(verb, ROOT, ROOT, parse(""), ROOT)
    check_scripted("merge", {"n": 2}, ROOT, parse(""), ROOT)


@pytest.mark.parametrize("key", ["__proto__", "constructor", "prototype", "__class__"])
def test_a_reserved_name_is_no_key(key: str) -> None:
    open_root = freeze({"free": {}})
    cases: list[Any] = [(f"free/{key}", 1), ("free", {key: 1}), ("free/a", [{"b": {key: 1}}])]
    for path, value in cases:
        with pytest.raises(InvalidValue, match="reserved"):
            check_scripted("update", value, open_root, parse(path), open_root)
    check_scripted("update", 1, open_root, parse("free/__"), open_root)


def test_texts_for_a_list_are_turned_into_what_it_holds() -> None:
    template = template_of(value_of("many"))

    assert fill(template, iter([["3", "4"]]), [1, 2], no_server) == [3, 4]
    assert fill(template, iter(["3"]), [1], no_server) == [3]
    assert fill(template, iter([None]), [1], no_server) == []
    with pytest.raises(InvalidValue):
        fill(template, iter([["x"]]), [1], no_server)


def test_a_number_beyond_what_a_browser_keeps_is_refused() -> None:
    template = template_of(value_of("n"))

    assert fill(template, iter([str(2**53 - 1)]), 1, no_server) == 2**53 - 1
    with pytest.raises(InvalidValue):
        fill(template, iter([str(2**53)]), 1, no_server)
