"""The clock that tests set: whatever depends on the time goes by it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from htealeaf import WSGI, Registry, Session, Store, SuperStore, clock, every, now
from htealeaf.components import button, div, p
from htealeaf.errors import HtealeafError
from htealeaf.testing import Client, hold_clock
from htealeaf.web.limits import Rate
from tests.testing.apps import SECRET

NOON = datetime(2026, 11, 27, 12, tzinfo=timezone.utc)


def clock_app(**options) -> WSGI:
    """Shows when it was pressed, who is signed in, and what time the app takes it for."""
    with Registry():
        app = WSGI(secret=SECRET, **options)
        SuperStore(app)
        seen = Store({"at": 0.0}, name="seen")

    @app.action
    def press() -> None:
        seen.replace("at", clock.time() + 1)

    @app.route("/")
    def home(session: Session):
        return div(
            p(seen.react("at"), id="at"),
            p(session.user or "nobody", id="user"),
            button("slot", onclick=seen.do.replace("at", now)),
            button("function", onclick=press),
        )

    return app


def test_the_slot_and_the_app_tell_the_time_that_is_set() -> None:
    with hold_clock(NOON) as held:
        page = Client(clock_app(), check=True).open("/")
        page.click("button", text="slot")
        assert page.text("#at") == str(NOON.timestamp())
        held.advance(minutes=1)
        page.click("button", text="function")

        assert page.text("#at") == str(NOON.timestamp() + 61)
        assert held.now == clock.now() == NOON + timedelta(minutes=1)


def test_a_session_ends_after_its_lifetime() -> None:
    with hold_clock() as held:
        client = Client(clock_app(session_lifetime=3600)).signed_in("ann")
        held.advance(minutes=59)
        assert client.open("/").text("#user") == "ann"
        held.advance(minutes=59)
        assert client.open("/").text("#user") == "ann"
        held.advance(minutes=61)

        assert client.open("/").text("#user") == "nobody"


def test_what_is_shown_every_minute_follows() -> None:
    with Registry():
        app = WSGI(secret=SECRET)
        SuperStore(app)

    @app.route("/")
    def home():
        every(60)
        return p(f"{clock.now():%H:%M}")

    with hold_clock(NOON) as held:
        page = Client(app).open("/")
        assert page.text("p") == "12:00"
        held.advance(seconds=61)
        page.look()

        assert page.text("p") == "12:01"


def test_a_rate_comes_back_with_time() -> None:
    rate = Rate(1, 2)
    with hold_clock() as held:
        assert [rate.allows("a") for _ in range(3)] == [True, True, False]
        held.advance(seconds=1)

        assert [rate.allows("a") for _ in range(2)] == [True, False]


def test_another_date_makes_nothing_younger() -> None:
    with hold_clock(NOON) as held:
        lasted = clock.monotonic()
        held.set(datetime(2020, 1, 1))
        assert (clock.now().year, clock.monotonic()) == (2020, lasted)
        held.set(datetime(2020, 1, 2, tzinfo=timezone.utc))
        assert clock.monotonic() == lasted + 86400
        with pytest.raises(HtealeafError, match="forward only"):
            held.advance(seconds=-1)


def test_the_clock_goes_on_afterwards() -> None:
    with pytest.raises(ZeroDivisionError), hold_clock(NOON):
        _ = 1 / 0

    assert abs(datetime.now(timezone.utc) - clock.now()) < timedelta(minutes=5)
