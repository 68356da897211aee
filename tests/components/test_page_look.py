"""The look of whole pages in Chromium: axe-core, narrow windows, and the author's own rules."""

from __future__ import annotations

from typing import Any

import pytest

from htealeaf import WSGI, Element, Registry, Store, SuperStore
from htealeaf.components import (
    Column,
    a,
    button,
    caption,
    checkbox,
    code,
    data_table,
    details,
    div,
    fieldset,
    footer,
    form,
    h1,
    h2,
    header,
    label,
    legend,
    li,
    main,
    nav,
    option,
    p,
    pre,
    section,
    select,
    small,
    style,
    summary,
    table,
    tbody,
    td,
    textarea,
    textInput,
    th,
    thead,
    tr,
    ul,
)
from tests.axe import accuse
from tests.conftest import ContextFactory
from tests.serving import serving

DAYS = range(1, 31)


def app(**settings: Any) -> WSGI:
    with Registry():
        # Without a policy: one page has a rule of its own.
        made = WSGI(secret="a secret of the tests", title="Look", csp=None, **settings)
        SuperStore(made)
        notes = Store({"list": []}, name="notes")

        @made.route("/")
        def home(args: Any) -> Element:
            return div(
                style("button { background: rgb(1, 2, 3) }") if args["own"] else None,
                header(nav(a("Home", href="/", aria_current="page"), a("Other", href="/?other=1"))),
                main(
                    h1("A page"),
                    p("A text with ", code("code"), " and ", a("a link", href="/"), "."),
                    section(
                        h2("Days"),
                        table(
                            caption("Who is away"),
                            thead(
                                tr(th("Who", scope="col"), [th(day, scope="col") for day in DAYS])
                            ),
                            tbody(tr(th("Ann", scope="row"), [td(day % 2) for day in DAYS])),
                        ),
                        tabindex=0,
                        aria_label="Days",
                    ),
                    data_table([{"name": "Ann"}], [Column("name")], caption="People"),
                    button("One", onclick=notes.do.append("list", 1)),
                    button("Two", onclick=notes.do.append("list", 2), disabled=True),
                    form(onsubmit=notes.do.append("list", 3))(
                        label("Text ", textInput(name="text", placeholder="What is it?")),
                        label("Kind ", select(name="kind")(option("a"), option("b"))),
                        label(checkbox(name="all"), " All"),
                        button("Save"),
                    ),
                    fieldset(legend("More"), label("Long ", textarea(name="long"))),
                    details(summary("More"), pre("a " * 200), open=True),
                    ul(li("x" * 300)),
                ),
                footer(small("The end")),
            )

    return made


@pytest.mark.parametrize(
    "options",
    [
        {"color_scheme": "light"},
        {"color_scheme": "dark", "viewport": {"width": 320, "height": 700}},
        {"forced_colors": "active"},
    ],
    ids=str,
)
def test_axe_finds_nothing_wrong_and_nothing_is_too_wide(
    options: dict[str, Any], context_factory: ContextFactory
) -> None:
    page = context_factory(**options).new_page()
    with serving(app(page_css=True)) as url:
        page.goto(url)

        assert accuse(page) == []
        wide, window = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert wide <= window


def test_it_is_there_when_asked_for_and_the_author_goes_over_it(
    context_factory: ContextFactory,
) -> None:
    page = context_factory(color_scheme="light").new_page()
    shown = "getComputedStyle(document.querySelector('main button')).backgroundColor"
    with serving(app(page_css=True)) as url:
        page.goto(url)
        looks = page.evaluate(shown)
        page.goto(url + "/?own=1")
        own = page.evaluate(shown)
    with serving(app(components_css=True)) as url:
        page.goto(url)
        pieces = page.evaluate(shown)

    assert looks == "rgb(243, 244, 246)"
    assert own == "rgb(1, 2, 3)"
    assert pieces not in (looks, own)
