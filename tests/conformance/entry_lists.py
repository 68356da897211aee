"""An app with a form for each case of `entry_list.json`: what the server reads of what was sent.

A case has the `fields` of a form with the id `f`, what stands `before` and `after` it, `steps` (of
`htealeaf.testing` or Playwright, by their names), and the `entries` that an action function's form
is read as: HTML standard, "constructing the entry list", line breaks as a script reads them. With
`files` the form is one that takes files. `values` are what `value_of(name)` becomes for some names,
in a place that has no type.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from markupsafe import Markup

from htealeaf import WSGI, Registry, Store, SuperStore, Upload, value_of
from htealeaf.app.actions import ActionFunction
from htealeaf.components import div, form, p
from htealeaf.data.paths import Path as Place
from htealeaf.html.elements import Element

CASES: list[dict[str, Any]] = json.loads(
    Path(__file__).with_name("entry_list.json").read_text(encoding="utf-8")
)
VALUES: list[tuple[int, str]] = [
    (n, name) for n, case in enumerate(CASES) for name in case.get("values", ())
]
each_case = pytest.mark.parametrize("n", range(len(CASES)), ids=[case["name"] for case in CASES])

each_value = pytest.mark.parametrize(
    ("n", "name"), VALUES, ids=[f"{name} of {CASES[n]['name']}" for n, name in VALUES]
)


@contextmanager
def entry_lists() -> Iterator[tuple[WSGI, list[list[list[Any]]]]]:
    """Yield an app that shows case number *n* at `/n`, and the entries that it was sent."""
    sent: list[list[list[Any]]] = []
    read = ActionFunction.converted

    def converted(self: Any, entries: Any, *rest: Any) -> Any:
        sent.append([[*pair] for pair in entries])
        return read(self, entries, *rest)

    with pytest.MonkeyPatch.context() as patched, Registry():
        patched.setattr(ActionFunction, "converted", converted)
        yield _app(), sent


def assert_read(app: WSGI, n: int, name: str) -> None:
    """Assert what was read of *name* in case *n*: a bool is no text, a list no text."""
    free = next(store for store in app.registry if store.name == "free")
    place = Place(("read", f"{n} {name}"))
    assert free.read(place) == CASES[n]["values"][name]
    free.delete(place)  # the next one begins without it


def assert_sent(sent: list[list[list[Any]]], n: int) -> None:
    """Assert that case *n* was sent, once; whoever reads a plain form has it by name."""
    assert len(sent) == 1
    wanted = CASES[n]["entries"]
    assert sent[0] in (
        wanted,
        [pair for name in _names(wanted) for pair in wanted if pair[0] == name],
    )


def _names(entries: list[list[Any]]) -> list[str]:
    return list(dict.fromkeys(name for name, _ in entries))


def _app() -> WSGI:
    app = WSGI(secret="a secret of these tests", rate=None)
    SuperStore(app)
    done = Store({"times": 0}, name="done")
    free = Store({"read": {}}, name="free")

    @app.action
    def take(nothing: str = "") -> None:
        done.increment("times")

    @app.action
    def take_files(doc: Upload | None, nothing: str = "") -> None:
        done.increment("times")

    @app.route("/{n:int}")
    def show(n: int) -> Element:
        case = CASES[n]
        action = take_files if case.get("files") else take
        return _page(case, action, done)

    @app.route("/{n:int}/{name}")
    def read(n: int, name: str) -> Element:
        key = f"{n} {name}"
        reading = free.do.set(Place(("read", key)), value_of(name)).then(done.do.increment("times"))
        return _page(CASES[n], reading, done)

    return app


def _page(case: dict[str, Any], action: Any, done: Store) -> Element:
    return div(
        Markup(case.get("before", "")),
        form(id="f", onsubmit=action)(Markup(case["fields"])),
        Markup(case.get("after", "")),
        p(done.react("times"), id="times"),
    )
