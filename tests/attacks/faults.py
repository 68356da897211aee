"""Flaws to plant, one at a time, so that the checks can show that they would notice.

`FAULTS` has them by name, each a context manager. What the package remembers of values that it has
looked at is forgotten before and after.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any
from unittest import mock

from htealeaf.app import dispatch, views
from htealeaf.endpoints import site as sites
from htealeaf.html import css, elements, making, markup, urls
from htealeaf.pages import update
from htealeaf.reactive import rendering
from htealeaf.web import headers, outcome
from htealeaf.web.visitor import Visitor

Fault = Callable[[], AbstractContextManager[None]]
FAULTS: dict[str, Fault] = {}

_REMEMBERED: tuple[dict[str, Any], ...] = (
    markup._NAMES,
    markup.PREFIXES,
    markup.TAKEN,
    markup.ACTIONS,
)
_CACHED = (css.check_declaration, css._check_style, css._check_value)


@contextmanager
def _forgetting() -> Iterator[None]:
    kept = [dict(one) for one in _REMEMBERED]
    known = set(headers._names)
    for one in _REMEMBERED:
        one.clear()
    for cache in _CACHED:
        cache.cache_clear()
    headers._names.clear()
    try:
        yield
    finally:
        for one, before in zip(_REMEMBERED, kept, strict=True):
            one.clear()
            one.update(before)
        for cache in _CACHED:
            cache.cache_clear()
        headers._names.clear()
        headers._names.update(known)


def fault(*places: tuple[Any, str]) -> Callable[[Callable[..., Any]], Fault]:
    """Make a fault of a function that gets what was right, then the arguments."""

    def decorate(wrong: Callable[..., Any]) -> Fault:
        @contextmanager
        def planted() -> Iterator[None]:
            with _forgetting(), ExitStack() as stack:
                for owner, name in places:
                    right = getattr(owner, name)

                    def called(*given: Any, right: Any = right, **options: Any) -> Any:
                        return wrong(right, *given, **options)

                    stack.enter_context(mock.patch.object(owner, name, called))
                yield

        FAULTS[wrong.__name__] = planted
        return planted

    return decorate


def instead(name: str, *places: tuple[Any, str, Any]) -> None:
    """Make a fault of other values."""

    @contextmanager
    def planted() -> Iterator[None]:
        with _forgetting(), ExitStack() as stack:
            for owner, attribute, value in places:
                stack.enter_context(mock.patch.object(owner, attribute, value))
            yield

    FAULTS[name] = planted


# -- escaping ------------------------------------------------------------------------------


@fault((elements, "escape"), (making, "escape"))
def text_is_not_escaped(right: Any, text: str) -> Any:
    return text


@fault((markup, "escape"), (making, "escape"))
def quotes_are_not_escaped(right: Any, text: str) -> Any:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@fault((rendering, "escape"))
def the_text_of_a_binding_is_not_escaped(right: Any, text: Any) -> Any:
    return text


@fault((rendering, "quoted"))
def ids_are_not_escaped(right: Any, text: Any) -> Any:
    return text


@fault((rendering, "comment_of"))
def comments_end_where_a_key_says(right: Any, text: str) -> str:
    return text


@fault((elements, "_raw_text"))
def raw_text_ends_its_element(right: Any, tag: Any, children: Any) -> str:
    return "".join(map(str, children))


# -- names ---------------------------------------------------------------------------------


@fault((markup, "is_known"))
def any_name_is_an_attribute(right: Any, name: str) -> bool:
    return True


@fault((markup, "is_known"))
def blanks_in_names_are_fine(right: Any, name: str) -> Any:
    return right(re.sub(r"\s", "", name)) or right(name.split()[0] if name.split() else name)


@fault((markup, "is_known"))
def names_are_read_without_case_and_script(right: Any, name: str) -> Any:
    return right(name.casefold())


@fault((markup, "_event"))
def events_take_text(right: Any, name: Any, value: Any) -> Any:
    return f'{name.prefix}{markup.escape(value)}"' if isinstance(value, str) else right(name, value)


instead("our_own_names_are_anybody_s", (markup, "OWN_ATTRIBUTES", "none-"))


# -- URLs ----------------------------------------------------------------------------------


@fault((markup, "checked"), (css, "checked"))
def urls_are_not_looked_at(right: Any, *given: Any, **options: Any) -> None:
    pass


@fault((urls, "as_read"))
def tabs_are_not_taken_out(right: Any, url: str) -> str:
    return url.strip("".join(map(chr, range(0x21))))


@fault((urls, "as_read"))
def ends_are_not_stripped(right: Any, url: str) -> str:
    return re.sub(r"[\t\n\r\0]", "", url)


instead("a_scheme_is_in_small_letters", (urls, "_SCHEME", re.compile(r"([a-z][a-z0-9+.-]*):")))
instead("a_script_is_a_scheme", (urls, "SCHEMES", urls.SCHEMES | {"javascript"}))
instead("data_is_a_scheme", (urls, "SCHEMES", urls.SCHEMES | {"data"}))
instead("any_image_is_one_of_points", (urls, "_RASTER", re.compile("data:image/", re.IGNORECASE)))
instead("plain_is_what_has_no_script_at_its_start", (markup, "PLAIN", re.compile("(?!java)").match))


@fault((markup, "is_image"))
def everything_is_an_image(right: Any, tag: str, name: str) -> bool:
    return True


instead("any_data_is_an_image", (urls, "_RASTER", re.compile("data:", re.IGNORECASE)))
for _name in ("srcset", "ping"):
    instead(
        f"of_{_name}_the_first_is_looked_at",
        (urls, "ATTRIBUTES", {**urls.ATTRIBUTES, _name: lambda value: iter(value.split()[:1])}),
    )
for _name in ("href", "formaction", "data", "xlink:href", "poster"):
    instead(
        f"{_name.replace(':', '_')}_is_no_url",
        (urls, "ATTRIBUTES", {k: v for k, v in urls.ATTRIBUTES.items() if k != _name}),
        (markup, "ATTRIBUTES", {k: v for k, v in urls.ATTRIBUTES.items() if k != _name}),
    )
instead("a_refresh_is_no_url", (urls, "OF_TAG", {**urls.OF_TAG, "meta": {}}))
instead("an_animation_is_no_url", (urls, "OF_TAG", {**urls.OF_TAG, "set": {}, "animate": {}}))


@fault((rendering, "attribute_text"))
def attributes_of_bindings_are_not_looked_at(
    right: Any, tag: str, name: str, value: Any, others: Any
) -> str:
    return f' {name}="{markup.quoted(str(value))}"'


# -- documents and styles ------------------------------------------------------------------


@fault((markup, "_check"))
def a_document_is_text(right: Any, name: str, *given: Any) -> None:
    if name != "srcdoc":
        right(name, *given)


@fault((markup, "check_style"))
def styles_are_not_looked_at(right: Any, *given: Any) -> None:
    pass


@fault((markup, "check_value"))
def paint_is_not_looked_at(right: Any, *given: Any) -> None:
    pass


@fault((markup, "check_declaration"))
def declarations_are_not_looked_at(right: Any, *given: Any) -> None:
    pass


@fault((css, "_check"))
def functions_are_not_looked_into(right: Any, tokens: Any, where: str, **options: Any) -> None:
    right([one for one in tokens if one.type != "function"], where, **options)


instead("strings_are_no_urls", (css, "_TAKE_STRINGS", frozenset()))
instead("expressions_are_fine", (css, "_REFUSED", frozenset()))
instead("code_may_be_attached", (css, "_REFUSED_PROPERTIES", frozenset()))


@fault((css, "_makes_url"))
def an_attribute_may_be_a_url(right: Any, arguments: Any) -> bool:
    return False


# -- where a browser is sent ---------------------------------------------------------------


@fault((outcome, "is_local"))
def any_redirect_is_local(right: Any, url: str) -> bool:
    return True


@fault((outcome, "is_local"))
def a_redirect_with_a_slash_is_local(right: Any, url: str) -> bool:
    return url.startswith("/")


@fault((update, "is_local"))
def a_patch_visits_anything(right: Any, url: str) -> bool:
    return True


# -- headers -------------------------------------------------------------------------------


@fault((dispatch, "check"))
def headers_are_not_looked_at(right: Any, answer: Any) -> None:
    pass


instead("names_of_headers_are_anything", (headers, "_NAME", re.compile("")))
instead("latin_and_more_is_a_header", (headers, "_VALUES", re.compile("[^\r\n]*\\Z").match))
instead("nothing_is_personal", (Visitor, "personal", False))
instead("no_part_is_one", (sites.Row, "part", False))
instead("nothing_varies", (headers, "VARY", ("X-Vary", "Cookie")))


@fault((headers, "_personal"))
def what_authors_say_is_all(right: Any, given: Any) -> Any:
    return given


@fault((headers.Standard, "_over"))
def pages_have_no_headers(right: Any, *given: Any) -> Any:
    return []


instead(
    "inline_code_is_allowed",
    (
        headers,
        "DEFAULT_CSP",
        {**headers.DEFAULT_CSP, "script-src": "'self' 'unsafe-inline' 'nonce-{nonce}'"},
    ),
)
instead(
    "anybody_frames_a_page",
    (headers, "DEFAULT_CSP", {**headers.DEFAULT_CSP, "frame-ancestors": "*"}),
)


@fault((views.Views, "_with_nonce"))
def a_nonce_is_always_the_same(right: Any, views_: Any, view: Any) -> Any:
    view.nonce = "x" * 22
    return view
