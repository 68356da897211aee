"""The text of a path and its segments are in one-to-one correspondence."""

import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from htealeaf.data.paths import (
    MAX_CHARS,
    MAX_SEGMENTS,
    ROOT,
    Path,
    is_index,
    join,
    of,
    parse,
    selector,
)
from htealeaf.errors import HtealeafError, InvalidPath

segments = st.lists(st.text("ab/~=-012. é", max_size=4), max_size=5)


@given(segments)
def test_the_text_of_a_path_reads_back_as_the_same_path(parts: list[str]) -> None:
    path = Path(parts)

    assert parse(str(path)) == path


@given(segments, segments)
def test_two_paths_never_have_the_same_text(one: list[str], other: list[str]) -> None:
    assert (str(Path(one)) == str(Path(other))) == (one == other)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("", ()),
        ("todo/0/done", ("todo", "0", "done")),
        ("a~1b/c~0d", ("a/b", "c~d")),
        ("~01", ("~1",)),
        ("/a", ("", "a")),
        ("a/", ("a", "")),
        ("/", ("", "")),
        ("~2", ("",)),
        ("~./~.~./a.", (".", "..", "a.")),
    ],
)
def test_a_path_follows_json_pointer_without_the_leading_slash(
    text: str, path: tuple[str, ...]
) -> None:
    assert parse(text) == path
    assert str(Path(path)) == text


@pytest.mark.parametrize("text", ["~", "a~", "~3", "~2/a", "a/~2", "~~", "\ud800"])
def test_a_malformed_text_is_refused(text: str) -> None:
    with pytest.raises(InvalidPath):
        parse(text)


@pytest.mark.parametrize("path", [("todo", 0), 7, None, b"todo", {"todo": 0}.keys()])
def test_what_is_no_text_is_told_what_to_write(path: Any) -> None:
    with pytest.raises(HtealeafError, match=r"\.at\('todo', 0\) takes segments"):
        parse(path)


def test_a_path_has_limits() -> None:
    assert len(parse("/".join("a" * MAX_SEGMENTS))) == MAX_SEGMENTS
    with pytest.raises(InvalidPath, match="65"):
        parse("/".join("a" * (MAX_SEGMENTS + 1)))
    with pytest.raises(InvalidPath, match="10000"):
        join(parse("a"), Path("a" * 9999))
    with pytest.raises(InvalidPath):
        parse("a" * (MAX_CHARS + 1))


def test_a_path_is_taken_for_its_text() -> None:
    path = parse("a/b")

    assert parse(path) is path
    assert join("a", path) == ("a", "a", "b")
    assert join(path, ROOT) is path
    assert pickle.loads(pickle.dumps(path)) == path


def test_raw_segments_have_no_special_characters() -> None:
    assert str(of("rooms", "a/b~c", 3)) == "rooms/a~1b~0c/3"


@pytest.mark.parametrize(
    "text", ["-1", "+1", "01", "1.0", "1e3", " 1", "٣", "²", "", "-", "9" * 99]
)
def test_only_plain_digits_are_an_index(text: str) -> None:
    assert not is_index(text)


def test_a_selector_needs_a_field() -> None:
    assert selector("id=7") == ("id", "7")
    assert selector("id=") == ("id", "")
    assert selector("=7") is None
    assert selector("7") is None
