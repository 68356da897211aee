"""Ids that hold what would end an attribute."""

from __future__ import annotations

import pytest

from htealeaf import WSGI, Element, Ref, Registry, Store, SuperStore
from htealeaf.components import div, h3, li, p, textInput, ul
from htealeaf.testing import Client

EVIL = 'x"><img id=bad src=x onerror=alert(1)>'


@pytest.fixture
def client() -> Client:
    registry = Registry()
    with registry:
        app = WSGI(secret="only for these tests")
        SuperStore(app, registry)
        store = Store({"n": 1, "rows": [{"id": 1}, {"id": 2}, {"id": 3}]}, name="s")

        def row(item: Ref) -> Element:
            return li(item["id"], id=f"{EVIL}{item['id']}")

        @app.route("/")
        def page() -> Element:
            return div(
                div(store.react("n", id=EVIL + "a")),
                p("x", store.react("n", h3, id=EVIL + "b")),
                p("x", store.react("n", lambda n: [h3(n), h3(n)], id=EVIL + "c")),
                p("x", store.react("n", lambda n: ["text", h3(n)], id=EVIL + "d")),
                ul(store.each("rows", row, key="id"), id=EVIL + "e"),
                textInput(value=store.react("n"), id=EVIL + "f"),
            )

    return Client(app)


def test_an_id_can_t_end_its_attribute(client: Client) -> None:
    """Neither in a page nor in a patch, wherever it stands there."""
    page = client.open("/")
    store = client.app.registry.stores["s"]

    def changed(write) -> None:
        write()
        page.look()
        assert not page.soup.select("img")
        assert "<img" not in str(page.patch.html)
        page.assert_consistent()

    assert not page.soup.select("img")
    changed(lambda: store.set("n", 2))
    changed(lambda: store.move("rows/0", 2))
    changed(lambda: store.move("rows/2", 0))
    changed(lambda: store.delete("rows/1"))
    changed(lambda: store.append("rows", {"id": 9}))
    changed(lambda: store.insert("rows/0", {"id": 8}))
    changed(lambda: store.replace("rows", []))
