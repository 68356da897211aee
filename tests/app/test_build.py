"""A page that other code has rendered is sent whole; workers tell its code by a stamp."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from htealeaf import WSGI, Registry, Store, SuperStore
from htealeaf.app import build
from htealeaf.app.build import stamp_of
from htealeaf.components import button, div, h3, p
from htealeaf.state.backends.memory import MemoryJournal
from htealeaf.state.replica import Replica
from tests.http import Answer, Browser, Shown

SECRET = "a secret for tests only"


def release(base: MemoryJournal, words: str, **options: Any) -> WSGI:
    """Return a worker of a release, whose page says *words* around a counter."""
    with Registry(Replica(base)):
        shared = Store({"n": 0, "other": 0}, name="shared")
        app = WSGI(secret=SECRET, **options)
        SuperStore(app)

    @app.route("/")
    def home() -> Any:
        return div(
            p(words, id="words"),
            h3(shared.react("n", lambda n: f"{words} {n}")),
            button("+", id="plus", onclick=shared.do.increment("n")),
            button("other", id="other", onclick=shared.do.increment("other")),
        )

    return app


def moved(browser: Browser, to: WSGI) -> Browser:
    browser.app = to
    return browser


def caught_up(browser: Browser, page: Shown) -> Answer:
    return browser.get("/api/_live", **{k.replace("-", "_"): v for k, v in page.headers.items()})


@pytest.mark.parametrize("after", ["nothing", "a click", "a click beside it"])
def test_a_page_of_another_release_is_sent_whole(after: str) -> None:
    """Whatever has changed in the data: the page is what the new code's GET is."""
    base = MemoryJournal()
    old, new = release(base, "old words", build="1"), release(base, "new words", build="2")
    browser = Browser(old)
    page = browser.open("/")
    moved(browser, new)

    if after == "nothing":
        answer = caught_up(browser, page)
    else:
        answer = browser.send(page, page.offer("#other" if "beside" in after else "#plus"))

    assert answer.status == 200
    assert "new words" in answer.text
    assert "old words" not in answer.text
    template = answer.soup.find(True, attrs={"ht-op": "page"})
    assert template is not None, "typed text stays: it is no page load"
    # From then on it is a page of the new release.
    page.headers["HT-Page"] = answer.headers.get("HT-Page") or str(
        answer.soup.select_one("input[name=ht-page]")["value"]  # type: ignore[index]
    )
    page.headers["HT-Cursor"] = answer.headers["HT-Cursor"]
    assert caught_up(browser, page).status == 304


def test_a_page_of_the_same_release_is_patched_by_any_worker() -> None:
    base = MemoryJournal()
    one, two = release(base, "words", build="1"), release(base, "words", build="1")
    browser = Browser(one)
    page = browser.open("/")

    assert caught_up(moved(browser, two), page).status == 304
    answer = browser.send(page, page.offer("#plus"))

    assert answer.text.count("words") == 1, "the counter, and nothing else"


def test_a_page_of_a_release_without_stamps_is_sent_whole() -> None:
    browser = Browser(release(MemoryJournal(), "words", build="1"))
    page = browser.open("/")
    fresh, _, shell = page.headers["HT-Page"].split(".")
    page.headers["HT-Page"] = f"{fresh}.{shell}"

    assert caught_up(browser, page).status == 200


# -- the stamp --------------------------------------------------------------------------------


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    """Return what writes an app's files, and stamps it as a fresh process would."""
    files = {
        "shop/__init__.py": "",
        "shop/app.py": "from . import rows\ndef home():\n    from shop.late import x\n",
        "shop/rows.py": "from words import hello\n",
        "shop/late.py": "import shop.later as l\n",
        "shop/later.py": "x = 1\n",
        "shop/unused.py": "x = 1\n",
        "words.py": "hello = 1\n",
    }
    monkeypatch.syspath_prepend(str(tmp_path))

    def stamped(**changed: str) -> str:
        changes = {k.replace("__", "/") + ".py": text for k, text in changed.items()}
        for name, text in (files | changes).items():
            file = tmp_path / name
            file.parent.mkdir(exist_ok=True)
            file.write_text(text)
        for cached in (build._read, build._imported):
            cached.cache_clear()
        _forget()
        importlib.invalidate_caches()
        return stamp_of([importlib.import_module("shop.app").home])

    yield stamped
    _forget()
    build._read.cache_clear()
    build._imported.cache_clear()


def _forget() -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] in ("shop", "words")]:
        del sys.modules[name]


def test_the_same_files_have_the_same_stamp(shop: Callable[..., str]) -> None:
    """Also where something was imported that others have not imported yet."""
    first = shop()
    importlib.import_module("shop.late")

    assert stamp_of([sys.modules["shop.app"].home]) == first
    assert shop() == first


@pytest.mark.parametrize("file", ["shop__app", "shop__rows", "words", "shop__late", "shop__later"])
def test_another_file_of_the_app_is_another_stamp(shop: Callable[..., str], file: str) -> None:
    first = shop()
    text = {"shop__app": "def home(): pass\n"}.get(file, "hello = x = 2\n")

    assert shop(**{file: text}) != first


def test_a_file_that_the_app_does_not_import_makes_no_difference(
    shop: Callable[..., str],
) -> None:
    first = shop()

    assert shop(shop__unused="x = 2\n") == first


def test_what_the_author_says_is_the_stamp() -> None:
    assert stamp_of([], "a1b2c3") == stamp_of([print], "a1b2c3")
    assert stamp_of([], "a1b2c3") != stamp_of([], "a1b2c4")


def test_an_installed_app_is_its_own_package_only(tmp_path: Path) -> None:
    """Beside it lie all others, which have versions."""
    root = tmp_path / "site-packages"
    for name, text in (("shop/__init__.py", "import big\nfrom shop import b"), ("shop/b.py", "")):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    (root / "big.py").write_text("")

    found = build._imported(root / "shop" / "__init__.py", root / "shop")

    assert found == {root / "shop" / "b.py"}


def test_the_environment_may_say_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTEALEAF_BUILD", "a1b2c3")
    app = release(MemoryJournal(), "words")

    page = Browser(app).open("/")

    assert page.headers["HT-Page"].split(".")[1] == stamp_of([], "a1b2c3")
