"""An answer as a value, and the small page that says what went wrong."""

from __future__ import annotations

import pytest

from htealeaf.web.answer import HTML, Answer, error_page, html_answer


def test_more_headers_make_another_answer() -> None:
    answer = Answer(200, (("A", "1"),))

    assert answer.with_headers(("A", "2"), ("B", "3")).headers == [
        ("A", "1"), ("A", "2"), ("B", "3"),
    ]  # fmt: skip
    assert answer.with_missing([("a", "2"), ("B", "3")]).headers == [("A", "1"), ("B", "3")]
    assert answer.headers == (("A", "1"),)


def test_a_page_is_html_whatever_the_author_s_headers_say() -> None:
    answer = html_answer("<p>é", 201, [("content-type", "text/plain"), ("Location", "/é")])

    assert (answer.status, answer.body) == (201, "<p>é".encode())
    assert answer.headers == [("Content-Type", HTML), ("Location", "/%C3%A9")]


def test_a_line_break_in_a_header_is_refused() -> None:
    with pytest.raises(ValueError, match="newline"):
        html_answer("", 200, [("X-Own", "a\nb")])


def test_an_error_page_escapes_what_it_says() -> None:
    page = error_page(404, "no <b>", '/"', ValueError("<script>"))

    assert "no &lt;b&gt;" in page
    assert "<script>" not in page
    assert 'href="/&#34;"' in page
    assert "ValueError" not in error_page(404, "no", "/")
