"""Source lines of the author: who runs, what an error comes from, and where a function begins."""

from __future__ import annotations

import json
from inspect import currentframe
from typing import Any

import pytest

from htealeaf.html.lines import (
    author_line,
    caller,
    collected,
    is_author_s,
    keep_line,
    line_above,
    meant,
    noted,
    place_of,
    written_at,
)


def raised(work: Any) -> Exception:
    try:
        work()
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")


def here() -> int:
    frame = currentframe()
    assert frame is not None
    assert frame.f_back is not None
    return frame.f_back.f_lineno


def test_the_caller_is_the_line_outside_of_the_package() -> None:
    place, line = caller(), here()

    assert place is not None
    assert (place.file, place.line) == (__file__, line)
    assert place.function == "test_the_caller_is_the_line_outside_of_the_package"


def test_inside_a_comprehension_the_function_around_is_named() -> None:
    [place] = [caller() for _ in "x"]

    assert place is not None
    assert place.function == "test_inside_a_comprehension_the_function_around_is_named"


def test_the_line_above_is_kept_without_its_frame() -> None:
    def made() -> Any:
        return line_above()

    line, number = made(), here()

    assert place_of(line)[1:] == (number, "test_the_line_above_is_kept_without_its_frame")


def test_an_error_in_a_library_comes_from_the_line_that_called_it() -> None:
    def read() -> None:
        json.loads("{")

    error = raised(read)

    place = author_line(error)
    assert place is not None
    assert (place.file, place.function) == (__file__, "read")


def test_an_error_with_no_line_of_the_author_s_has_that_of_its_binding() -> None:
    """The line where the innermost binding was made, whatever is said later."""
    error, inner, outer = ValueError("x"), line_above(0), line_above(0)
    assert author_line(error) is None

    keep_line(error, inner)
    keep_line(error, (outer[0], outer[1] + 100))

    assert author_line(error) == place_of(inner)


def test_an_error_that_takes_no_attributes_is_left_as_it_is() -> None:
    class Slotted(Exception):
        def __setattr__(self, name: str, value: Any) -> None:
            raise AttributeError(name)

    keep_line(Slotted(), line_above(0))  # raises nothing


def test_words_for_an_error_are_noted_once_and_collected() -> None:
    error = raised(lambda: 1 / 0)

    with collected() as errors:
        words = noted(error)
        assert noted(error) == words

    assert errors == [error, error]
    assert words.startswith(f" ({__file__}:")
    assert "1 / 0" in words
    assert len(getattr(error, "__notes__", ["one"])) == 1


def test_outside_nothing_is_collected() -> None:
    with collected() as errors:
        pass
    noted(raised(lambda: 1 / 0))

    assert errors == []


def test_a_function_says_where_it_is_written() -> None:
    line = test_a_function_says_where_it_is_written.__code__.co_firstlineno

    assert written_at(test_a_function_says_where_it_is_written) == (
        f"test_a_function_says_where_it_is_written() ({__file__}:{line})"
    )
    assert written_at(len) == "len()"


@pytest.mark.parametrize(
    ("name", "words"),
    [("incremet", "did you mean 'increment'?"), ("zzz", "it has: append, increment")],
)
def test_a_misspelt_name_is_told_the_nearest_one(name: str, words: str) -> None:
    assert meant(name, ["increment", "append"]) == words


def test_frames_of_libraries_are_not_the_author_s() -> None:
    frame = currentframe()
    assert frame is not None
    seen = []
    json.loads("{}", object_hook=lambda found: seen.append(currentframe()))

    assert is_author_s(frame)
    assert seen[0] is not None
    assert seen[0].f_back is not None
    assert not is_author_s(seen[0].f_back)
