"""Where a redirect may lead: what any browser reads as this site, or http(s) that was meant."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from htealeaf import WSGI, Registry, Store, SuperStore, redirect
from htealeaf.components import button
from htealeaf.errors import BadRequest, HtealeafError
from htealeaf.wire.urls import (
    MAX_KEYS,
    is_local,
    is_web,
    pairs_in,
    parsed,
    query_of,
    query_texts,
    unquoted,
    with_query,
)
from tests.http import Browser

LOCAL = [
    "/",
    "/login?next=/a",
    "?page=2",
    "#top",
    "a/b:c",
    "..",
    "",
    "/a//b",
    "/caf\u00e9",
    "/a?b=c:d",
]
WEB = ["https://example.org/", "http://example.org:8000/a?b#c", "HTTPS://example.org"]
NEITHER = [
    "javascript:alert(1)",
    " javascript:alert(1)",
    "java\tscript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,x",
    "vbscript:x",
    "//host/",
    "/\\host",
    "\\\\host",
    "/\t/host",
    "\x00//host",
    "http:host",
    "https:///host",
    "mailto:a@example.org",
    "/a\nb",
]


@pytest.mark.parametrize("url", LOCAL)
def test_what_stays_on_this_site(url: str) -> None:
    assert is_local(url)
    assert not is_web(url)
    assert redirect(url).location == url


@pytest.mark.parametrize("url", WEB)
def test_another_site_has_to_be_meant(url: str) -> None:
    with pytest.raises(HtealeafError, match="external=True"):
        redirect(url)

    assert redirect(url, external=True).location == url


@pytest.mark.parametrize("url", NEITHER)
@pytest.mark.parametrize("external", [False, True])
def test_what_is_no_place_to_go_to(url: str, external: bool) -> None:
    assert not is_local(url)
    assert not is_web(url)
    with pytest.raises(HtealeafError, match="redirect"):
        redirect(url, external=external)


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "/\\host", "//host/"])
def test_a_patch_visits_no_such_place(url: str) -> None:
    """The page itself is, and the browser reads what its answer redirects to."""
    with Registry():
        app, shared = WSGI(secret="x" * 40), Store({"n": 0}, name="shared")
        SuperStore(app)

    @app.route("/")
    def home() -> Any:
        return (
            (303, {"Location": url}, "")
            if shared["n"]
            else button("+", onclick=shared.do.increment("n"))
        )

    browser = Browser(app)
    page = browser.open("/")

    answer = browser.send(page, page.offer("button[formaction]"))

    assert 'ht-op="visit" ht-to="/"' in answer.text


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
VALUES = st.one_of(TEXTS, st.none(), st.booleans(), st.integers(), st.lists(TEXTS, max_size=3))


@given(st.dictionaries(TEXTS, VALUES, max_size=4), st.dictionaries(TEXTS, VALUES, max_size=4))
def test_a_query_says_what_was_said_last(first: dict[str, Any], then: dict[str, Any]) -> None:
    url = with_query(with_query("/list", first), then)
    wanted = {key: tuple(query_texts(value)) for key, value in {**first, **then}.items()}
    assert parsed(query_of(url)) == {key: texts for key, texts in wanted.items() if texts}
    assert url.isascii()
    assert with_query(url, {}) == url


VALUES_OF_TEXT = st.dictionaries(
    st.text(min_size=1, max_size=3), st.text(min_size=1, max_size=5), max_size=4
)


@given(VALUES_OF_TEXT)
def test_what_is_written_into_a_query_is_read_from_it(values: dict[str, str]) -> None:
    url = with_query("/list?old=1#end", values)

    found = parsed(query_of(url))
    assert {key: texts[-1] for key, texts in found.items()} == {"old": "1", **values}


@pytest.mark.parametrize("gone", [None, "", [], [None], [""]])
def test_what_is_nothing_takes_its_key_out(gone: Any) -> None:
    assert with_query("/list?a=1&b=2", {"a": gone}) == "/list?b=2"
    assert with_query("/list?a=1", {"a": gone}) == "/list"


@pytest.mark.parametrize(
    ("value", "text"), [(True, "true"), (2.0, "2"), (2.5, "2.5"), (7, "7"), (["a", 1], "a&x=1")]
)
def test_values_are_written_as_the_shim_writes_them(value: Any, text: str) -> None:
    assert with_query("/", {"x": value}) == f"/?x={text}"


def test_what_has_no_text_is_refused() -> None:
    with pytest.raises(HtealeafError, match="a dict"):
        with_query("/", {"x": {"a": 1}})


def test_a_query_is_bounded() -> None:
    assert len(parsed("&".join(f"k{n}=1" for n in range(MAX_KEYS)))) == MAX_KEYS
    with pytest.raises(BadRequest):
        parsed("&".join(f"k{n}=1" for n in range(MAX_KEYS + 1)))


# -- names and values of forms ----------------------------------------------------------------

_PIECES = ["%41", "%c3%a9", "%4", "%", "%zz", "a", "=", "&", "+", "%\n", "é", "%3D", "%%41", "\r"]


@given(st.lists(st.sampled_from(_PIECES), max_size=200))
def test_pairs_are_those_that_python_finds(pieces: list[str]) -> None:
    """Whatever is escaped, how often, and how wrongly: the fast way gives the same."""
    text = "".join(pieces)

    found = pairs_in(text.encode(), 1000)

    assert found == parse_qsl(text, keep_blank_values=True)
    assert unquoted(text) == unquote(text)


def test_pairs_are_counted_before_they_are_read() -> None:
    assert len(pairs_in(b"&".join([b"a=1"] * 10), 10)) == 10
    with pytest.raises(BadRequest):
        pairs_in(b"&".join([b"a=1"] * 11), 10)


def test_thousands_of_percent_signs_for_nothing_are_refused() -> None:
    assert unquoted("%zz" * 2000) == "%zz" * 2000
    with pytest.raises(BadRequest):
        unquoted("%zz" * 2001)
    with pytest.raises(BadRequest):
        pairs_in(b"&".join([b"a=" + b"%" * 20] * 200), 1000)
