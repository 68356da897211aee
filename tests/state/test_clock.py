"""What shows the time is rendered again at full seconds of the clock, and only then."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from htealeaf import WSGI, Registry, Store, SuperStore, clock, every, fragment
from htealeaf.components import button, div, p
from htealeaf.data import streams
from htealeaf.errors import HtealeafError
from htealeaf.state.clock import SHORTEST, ticks, until_tick
from htealeaf.testing import Client, hold_clock


@pytest.mark.parametrize(
    ("at", "seconds", "ticked", "left"),
    [(0, 60, 0, 60), (59, 60, 0, 1), (60, 60, 1, 60), (150, 60, 2, 30), (1.25, 0.5, 2, 0.25)],
)
def test_a_clock_ticks_at_full_seconds(at: float, seconds: float, ticked: int, left: float) -> None:
    stream = streams.clock(seconds)
    with hold_clock() as held:
        held.set(datetime.fromtimestamp(at, timezone.utc))

        assert (ticks(stream), until_tick(stream)) == (ticked, left)


def test_only_what_asked_is_rendered_again() -> None:
    with Registry():
        app = WSGI(secret="a secret for tests only")
        SuperStore(app)
        shared = Store({"n": 0}, name="shared")
    shown: list[str] = []

    def part(name: str, seconds: float) -> Any:
        @fragment
        def shows() -> Any:
            every(seconds)
            shown.append(name)
            return p(f"{name} {clock.time():.0f}")

        return shows()

    plus = button("+", onclick=shared.do.increment("n"))  # so that the browser has a key
    app.route("/")(lambda: div(part("minute", 60), part("hour", 3600), plus))
    with hold_clock() as held:
        held.set(datetime.fromtimestamp(7200, timezone.utc))
        page = Client(app).open("/")
        shown.clear()
        held.advance(seconds=59)
        page.look()
        assert shown == []
        held.advance(seconds=1)
        page.look()

        assert page.soup.select_one("p").text == "minute 7260"  # type: ignore[union-attr]
        assert page.soup.select("p")[1].text == "hour 7200"


@pytest.mark.parametrize("seconds", [0, -1, SHORTEST / 2, float("nan")])
def test_it_can_t_tick_too_often(seconds: float) -> None:
    with pytest.raises(HtealeafError, match="at most"):
        every(seconds)


def test_outside_of_a_rendering_it_does_nothing() -> None:
    every(SHORTEST)
