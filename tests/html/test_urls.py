"""URLs in a page: what a browser makes of each, in every attribute that holds one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markupsafe import Markup

from htealeaf import HtealeafError, Registry, Store, unsafe_url
from htealeaf.components import a, area, div, iframe, img, link, meta, svg, tag, video
from htealeaf.html.urls import ATTRIBUTES, OF_TAG, PLAIN, SCHEMES, is_local, is_web, one, scheme_of

#: What is refused wherever a URL stands.
HOSTILE = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    " \t\n javascript:alert(1)",
    "java\nscript:alert(1)",
    "java\rscript:alert(1)",
    "java\tscript:alert(1)",
    "javascript\n:alert(1)",
    "\x00javascript:alert(1)",
    "\x01\x1fjavascript:alert(1)",
    "java\x00script:alert(1)",
    "javascript://%0aalert(1)",
    "vbscript:x",
    "livescript:x",
    "data:text/html,<script>alert(1)</script>",
    "data:text/html;base64,PHNjcmlwdD4=",
    "data:image/svg+xml,<svg onload=alert(1)>",
    "data:application/xhtml+xml,x",
    "data:,x",
    "data:image/png",
    "blob:https://host/1",
    "file:///etc/passwd",
    "filesystem:http://host/x",
    "view-source:http://host/",
    "about:blank",
    "ms-appx://x",
    "x-y.z+1:a",
    "feed:javascript:alert(1)",
]
FINE = [
    "",
    "/",
    "/a:b",
    "?a=b:c",
    "#a:b",
    "a/b:c",
    "./a:b",
    "//host/x",
    "http://host",
    "HTTPS://host/x?javascript:alert(1)",
    "mailto:ann@example.org?subject=a:b",
    "tel:+1-555",
    "1:2",
    "Chapter 1: the beginning",
    "caf\u00e9:x",
    "{n}",
]
_WITH = [(tag_, name) for tag_, names in OF_TAG.items() for name in names]
PLACES: list[tuple[str, str]] = [*[("a", name) for name in ATTRIBUTES], *_WITH]


def made(of: str, name: str, value: Any) -> str:
    more = {"meta": {"http-equiv": "Refresh"}}.get(of, {})
    if of.startswith(("animate", "set")):
        more = {"attributeName": "href"}
    return str(tag(of)().attr({**more, name: value}))


def written(of: str, name: str, url: str) -> str:
    if of == "meta":
        return f"0; url={url}"
    return f"/fine 1x, {url} 2x" if name.endswith("srcset") and url else url


@pytest.mark.parametrize("url", HOSTILE)
@pytest.mark.parametrize(("of", "name"), PLACES, ids=str)
def test_a_hostile_url_is_refused_in_every_place(of: str, name: str, url: str) -> None:
    if ATTRIBUTES.get(name) not in (None, one) and any(c in url.strip() for c in "\t\n\r"):
        return  # a line break ends a URL in a list of them
    with pytest.raises(HtealeafError, match=rf"<{of} {name}>.*unsafe_url"):
        made(of, name, written(of, name, url))


@pytest.mark.parametrize("url", FINE)
@pytest.mark.parametrize(("of", "name"), PLACES, ids=str)
def test_other_urls_are_fine_in_every_place(of: str, name: str, url: str) -> None:
    assert f'{name}="' in made(of, name, written(of, name, url))


@pytest.mark.parametrize("name", ["HREF", "Src", "XLink:Href", "formAction"])
def test_the_spelling_of_the_name_does_not_count(name: str) -> None:
    with pytest.raises(HtealeafError, match="scheme"):
        a().attr({name: "javascript:alert(1)"})


def test_a_character_reference_in_markup_is_read() -> None:
    for text in (
        "javascript&#58;x",
        "java&Tab;script:x",
        "&#x6a;avascript:x",
        "javascript&colon;x",
    ):
        with pytest.raises(HtealeafError, match="scheme"):
            a(href=Markup(text))


PIXEL = "data:image/png;base64,iVBORw0KGgo="


@pytest.mark.parametrize(
    "make",
    [
        lambda url: img(src=url),
        lambda url: img(srcset=f"{url} 1x, /x 2x"),
        lambda url: video(poster=url),
        lambda url: link(rel="icon", href=url),
        lambda url: svg(tag("image")(href=url)),
        lambda url: div(style=f"background:url({url})"),
        lambda url: div().style(background=f"url('{url.replace(';base64', '')}')"),
    ],
)
def test_an_image_may_be_one_of_points_in_the_url(make: Callable[[str], Any]) -> None:
    assert make(PIXEL)
    for other in ("data:image/svg+xml,x", "data:text/html,x", "javascript:x"):
        with pytest.raises(HtealeafError, match="scheme"):
            make(other)


@pytest.mark.parametrize(
    "make", [lambda url: a(href=url), lambda url: iframe(src=url), lambda url: area(href=url)]
)
def test_what_is_no_image_is_no_data_url(make: Callable[[str], Any]) -> None:
    with pytest.raises(HtealeafError, match="'data:'"):
        make(PIXEL)


@pytest.mark.parametrize(
    "text",
    [
        "javascript:x",
        "javascript:x 1x",
        "/a 1x,javascript:x 2x",
        "/a, javascript:x",
        ",,javascript:x",
        "/a 1x (,), javascript:x",
        "data:image/svg+xml,x 1x",
    ],
)
def test_every_candidate_of_a_srcset_is_looked_at(text: str) -> None:
    with pytest.raises(HtealeafError, match="scheme"):
        img(srcset=text)


def test_every_url_of_a_list_is_looked_at() -> None:
    assert str(a(ping="/a https://host/b")) == '<a ping="/a https://host/b"></a>'
    with pytest.raises(HtealeafError, match="<a ping>"):
        a(ping="/a javascript:x")


@pytest.mark.parametrize(
    "text",
    [
        "0;url=javascript:x",
        "0;URL = 'javascript:x'",
        '1.5,url="javascript:x"',
        "0 javascript:x",
        ";javascript:x",
        "0; 'javascript:x'",
        "0;\n url\t=\n java\nscript:x",
        "0;url=data:text/html,x",
    ],
)
@pytest.mark.parametrize("equiv", ["refresh", "REFRESH", " Refresh "])
def test_a_refresh_leads_nowhere_else(text: str, equiv: str) -> None:
    with pytest.raises(HtealeafError, match="<meta content>"):
        meta(http_equiv=equiv, content=text)


def test_other_content_of_a_meta_is_text() -> None:
    for text in ("width=device-width", "a: b", "javascript: the good parts"):
        assert str(meta(name="description", content=text)).endswith(f'content="{text}">')
    assert "refresh" in str(meta(http_equiv="refresh", content="5; url=https://host/a:b"))
    assert "refresh" in str(meta(http_equiv="refresh", content="5"))


@pytest.mark.parametrize("name", ["href", "xlink:href", "HREF"])
def test_an_animation_gives_no_such_url(name: str) -> None:
    animate = tag("animate")
    with pytest.raises(HtealeafError, match="<animate values>"):
        animate(attributeName=name, values="/a;javascript:x")
    with pytest.raises(HtealeafError, match="<set to>"):
        tag("set")(to="javascript:x").attr(attributeName=name)

    assert "md:x" in str(animate(attributeName="class", to="md:x"))


def test_a_binding_in_an_attribute_that_says_what_another_is() -> None:
    """Nobody knows which it will be, so the value is looked at."""
    with Registry():
        shared = Store({"kind": "refresh"}, name="shared")
    with pytest.raises(HtealeafError, match="<meta content>"):
        meta(http_equiv=shared.react("kind"), content="0;url=javascript:x")


def test_an_author_s_word_is_the_way_around() -> None:
    assert str(a("x", href=unsafe_url("sms:+1"))) == '<a href="sms:+1">x</a>'
    assert str(a("x", href=unsafe_url('x:"&'))) == '<a href="x:&#34;&amp;">x</a>'
    assert str(img(srcset=unsafe_url("blob:x 1x"))) == '<img srcset="blob:x 1x">'
    assert str(meta(http_equiv="refresh", content=unsafe_url("0;url=x:y")))


def test_an_author_s_word_is_no_way_out_of_a_style_or_into_a_document() -> None:
    with pytest.raises(HtealeafError, match="srcdoc"):
        iframe(srcdoc=unsafe_url("<script>"))
    with pytest.raises(HtealeafError, match="expression"):
        div(style=unsafe_url("width:expression(1)"))


def test_html_in_an_attribute_is_escaped_as_text_is() -> None:
    """What was escaped once is text, and a reference in it no end of that."""
    made_ = iframe(srcdoc=div("a < b", title='"'))

    assert str(made_) == (
        '<iframe srcdoc="&lt;div title=&#34;&amp;#34;&#34;&gt;a &amp;lt; b&lt;/div&gt;"></iframe>'
    )
    for text in ("<b>x</b>", "x"):
        with pytest.raises(HtealeafError, match="<iframe srcdoc> is given text"):
            iframe(srcdoc=text)


_CHARS = st.sampled_from([*"javscript:/?#\\.@ahttps", *map(chr, range(0x22)), "\u3002", "\uff0f"])


def _as_the_standard(url: str) -> str:
    # URL standard, 4.4, from its first step to the end of the scheme state.
    url = "".join(c for c in url.strip("".join(map(chr, range(0x21)))) if c not in "\t\n\r")
    scheme = ""
    for n, c in enumerate(url):
        if c == ":" and n:
            return scheme.lower()
        if not c.isascii() or not (c.isalpha() or (n and (c.isdigit() or c in "+-."))):
            return ""
        scheme += c
    return ""


@given(st.text(_CHARS, max_size=16))
@example("java\tscript:")
def test_a_scheme_is_what_the_standard_finds(url: str) -> None:
    if "\0" not in url:  # which a parser of HTML makes another character of
        assert scheme_of(url) == _as_the_standard(url)


@given(st.text(_CHARS, max_size=16))
@example("\x01http:")
def test_what_is_taken_at_once_is_what_would_be_allowed(url: str) -> None:
    if PLAIN(url):
        assert scheme_of(url) in SCHEMES


@given(st.text(_CHARS, max_size=16))
def test_what_is_local_has_neither_scheme_nor_host(url: str) -> None:
    if is_local(url):
        assert scheme_of(url) == ""
        assert not url.replace("\\", "/").startswith("//")
        assert not is_web(url)


@pytest.mark.parametrize(
    "url", ["/\uff0f\uff0fhost", "\uff0f\uff0fhost", "/\uff0e\uff0e/x", "/\u3002/", "/a\u2028b"]
)
def test_what_looks_like_a_slash_or_a_dot_is_not_local(url: str) -> None:
    assert not is_local(url)
    assert not is_web("https://host\u3002test/")
    assert is_local("/search?q=\u3002")
