"""Pages that answer a form without scripts: what they name is found from where the page is."""

from __future__ import annotations

from htealeaf import WSGI, Element, Invalid, PageStore, Registry, SuperStore
from htealeaf.components import button, div, form, img, p, textInput
from htealeaf.testing import Client


def test_what_a_page_names_is_found_from_where_it_is() -> None:
    """Not from the address of the action that it answers."""
    with Registry():
        app = WSGI(secret="a secret of the tests")
        SuperStore(app)
        view = PageStore({"n": 0}, name="view")

    @app.action
    def refuse(text: str) -> None:
        raise Invalid(text="No.")

    @app.route("/deep/page")
    def page() -> Element:
        return div(
            img(src="logo.svg", alt=""),
            p(view.react("n")),
            button("+", onclick=view.do.increment("n")),
            form(onsubmit=refuse)(textInput(name="text"), button("Send")),
        )

    for press in ("+", "Send"):
        shown = Client(app, scripts=False).open("/deep/page")
        assert not shown.has("base")
        shown.click("button", text=press)
        assert shown.has("head > base[href='/deep/page']")
