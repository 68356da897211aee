"""Plans of offers: byte for byte what is made without one, and only where nothing is unusual."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from htealeaf import WSGI, AuthStore, Registry, Store, SuperStore
from htealeaf.components import a, button, div, form, input_
from htealeaf.html.elements import Element
from htealeaf.reactive import offering, plans
from htealeaf.testing import Client

TAGS = (a, button, form, input_)
EVENTS = ("onclick", "onsubmit", "onkeydown", "onmove")
MODIFIERS: dict[str, Any] = {
    "none": lambda step: step,
    "prevent": lambda step: step.prevent(),
    "confirm": lambda step: step.confirm('Sure, "really"?'),
    "outside": lambda step: step.outside(),
    "repeat": lambda step: step.repeat(),
    "several": lambda step: step.debounce(300).once(),
}
MORE: tuple[dict[str, Any], ...] = ({}, {"class_": "x"}, {"type": "button"}, {"form": "other"})


@pytest.fixture
def app() -> Iterator[WSGI]:
    with Registry():
        yield WSGI(secret="a secret of these tests")


def _steps() -> list[Any]:
    data = {"a": [{"id": 1}, {"id": "b c"}], "n": 0, "~/x": {"é": 1}, "": 0}
    plain = Store(data, name="plain")
    own = AuthStore(lambda session: "ann & bob", data, name="own")
    ruled = Store(data, name="ruled", allow=lambda verb, path: "n" not in path)
    found: list[Any] = []
    for store in (plain, own, ruled):
        at = store.at
        places = [at("a"), at("n"), at("a", "0"), at("a", "0", "id"), at("a", "id=1"), store.at("")]
        places += [at("a", "id=b c"), at("~0~1x"), at("~/x", "é"), at("", "x"), at("a", "-")]
        found += [place.do.delete() for place in places]
        found += [place.do.toggle() for place in places]
        found += [store.do.increment("n", 3), store.do.update("n", -1), store.do.set("n", 5)]
        found += [store.do.append("a", 7, keep=3), store.do.undo(), store.do.set("n", None)]
    return found


def test_what_a_plan_makes_is_what_is_made_without_one(
    app: WSGI, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of each kind of element, event, modifier, place and verb, below any base."""
    SuperStore(app)

    @app.action
    def call(one: int = 0, other: int = 0) -> None: ...

    @app.action
    def forbidden(one: int = 0) -> None: ...

    monkeypatch.setattr(type(forbidden), "permits", lambda self, known: self.name != "forbidden")
    steps = [*_steps(), call(one=1), call(other=-2), call(one=1, other=2), call(one=True)]
    steps += [call(one=10**12, other=0), forbidden(one=1), call]
    compared = [0, 0]
    real = plans.planned

    def both(page: Any, event: Any) -> str | None:
        made = real(page, event)
        compared[made is not None] += 1
        if made is not None:
            needs, page.needs = page.needs, set()
            real(page, event)
            planned, page.needs = page.needs, set()
            assert made == offering._attributes(page, event)
            assert planned == page.needs
            page.needs = needs
        return made

    monkeypatch.setattr(offering, "planned", both)

    def elements() -> Iterator[Element]:
        for tag, on, (name, modified) in product(TAGS, EVENTS, MODIFIERS.items()):
            if on == "onkeydown" and name == "outside":
                continue
            steps_ = steps if on == "onclick" and tag is a else steps[::9]
            for step, more in product(steps_, MORE if tag is button else MORE[:1]):
                yield tag(**{on: modified(step)}, **more)

    @app.route("/")
    def page() -> Element:
        return div(elements())

    for base in ("", "/be&low"):
        Client(app, base_url=f"http://localhost{base}").open("/")

    assert min(compared) > 100, "both ways were taken"
