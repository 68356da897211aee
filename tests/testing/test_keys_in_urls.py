"""A dict may have any key: what a URL would drop or read otherwise arrives as it is.

Each key is clicked in the browserless client, with and without scripts, and in Chromium, and is
written by a `store_<name>` call. Nobody but the thing of that key may change.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Page as Tab

from htealeaf import WSGI, Ref, Registry, Store, SuperStore
from htealeaf.components import button, li, ul
from htealeaf.data.paths import Path, parse
from htealeaf.testing import Client
from tests.serving import serving

# "." is named by the URL standard's "single-dot path segment", and so on; the others are what
# servers, proxies and parsers of paths are known to change.
KEYS = {
    "single dot": ".",
    "double dot": "..",
    "three dots": "...",
    "a dot, encoded": "%2e",
    "two dots, half encoded": ".%2E",
    "a dot at the end": "end.",
    "a hidden file": ".git",
    "a slash and dots": "a/../b",
    "dots with slashes around": "/./",
    "an escape": "~.",
    "an escape of an escape": "~0.",
    "a tilde and a digit": "~2",
    "a tilde": "~",
    "nothing": "",
    "a blank": " ",
    "a backslash": "..\\",
    "a query": "?a=b&o=c",
    "a fragment": "#top",
    "a plus": "1+1",
    "a percent sign": "100%",
    "a parameter": "a;b=c",
    "a tab and a line break": "a\t\nb",
    "no ASCII": "Zoë·日本",
}


def app_of(keys: list[str]) -> tuple[WSGI, Store]:
    with Registry():
        rooms = Store(
            {"rooms": {key: {"n": 0, ".": {"..": 0}} for key in keys}, "other": 0},
            name="rooms",
            writable=["rooms/*/n"],
        )
        app = WSGI(secret="a secret for tests only")
        SuperStore(app)

    def row(room: Ref) -> object:
        return li(
            button("n", onclick=room.do.increment("n")),
            button("dots", onclick=room.do.increment(Path((".", "..")))),
            room.react("n"),
        )

    app.route("/")(lambda: ul(rooms.each("rooms", row)))
    return app, rooms


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_a_click_reaches_the_thing_of_any_key(key: str, scripts: bool) -> None:
    app, rooms = app_of([key, "beside"])
    page = Client(app, check=True, scripts=scripts).open("/")

    page.click("li:first-child button", text="n")
    page.click("li:first-child button", text="dots")

    assert rooms.read("rooms") == {
        key: {"n": 1, ".": {"..": 1}},
        "beside": {"n": 0, ".": {"..": 0}},
    }


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_no_segment_of_a_path_s_text_is_one_that_a_url_drops(key: str) -> None:
    text = str(Path(("rooms", key, "..")))

    assert parse(text) == ("rooms", key, "..")
    assert not {".", ".."} & set(text.split("/"))


def test_any_key_in_a_browser(page: Tab) -> None:
    app, rooms = app_of([*KEYS.values(), "beside"])
    with serving(app) as url:
        page.goto(url)
        for at in range(len(KEYS)):
            with page.expect_response("**/api/_store/**"):
                page.locator("li").nth(at).get_by_text("dots").click()

    dots = {key: room["."][".."] for key, room in rooms.read("rooms").items()}
    assert dots == {**dict.fromkeys(KEYS.values(), 1), "beside": 0}


def test_any_key_in_a_call_of_a_script(page: Tab) -> None:
    app, rooms = app_of([*KEYS.values(), "beside"])
    texts = [f"rooms/{key.replace('~', '~0').replace('/', '~1')}/n" for key in KEYS.values()]
    with serving(app) as url:
        page.goto(url)
        page.evaluate(
            "async (texts) => { for (const t of texts) await store_rooms.update(t, 1); }", texts
        )

    counts = {key: room["n"] for key, room in rooms.read("rooms").items()}
    assert counts == {**dict.fromkeys(KEYS.values(), 1), "beside": 0}
