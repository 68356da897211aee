"""A clock that runs up to a duration, which one may change meanwhile.

Shows: what depends on the time comes by itself, and is what a fresh page would show.
Run: python -m demos.sevenguis
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from demos.sevenguis.base import app, task
from htealeaf import Element, SessionStore, clock, every, fragment, this
from htealeaf.components import button, div, input_, label, progress, span

LONGEST = 30
Seconds = Annotated[float, Field(ge=1, le=LONGEST)]

#: It had run for `elapsed` seconds at the time `since`; None: it has not begun.
timer = SessionStore({"since": None, "elapsed": 0.0, "duration": 15.0}, name="timer")


def elapsed() -> float:
    """Return for how many seconds it has run; at the duration it stops."""
    if timer["since"] is None:
        return 0.0
    ran: float = timer["elapsed"] + clock.time() - timer["since"]
    longest: float = max(timer["elapsed"], timer["duration"])
    return min(ran, longest)


@app.action(retry=True)
def begin() -> None:
    if timer["since"] is None:
        timer["since"] = clock.time()


@app.action(retry=True)
def restart() -> None:
    timer.merge("", {"since": clock.time(), "elapsed": 0.0})


@app.action(retry=True)
def last(seconds: Seconds) -> None:
    """Make it last longer or shorter; what has run so far has run."""
    timer.merge("", {"since": clock.time(), "elapsed": elapsed(), "duration": seconds})


@app.route("/timer", title="Timer", layout=task("timer", __doc__))
def home() -> Element:
    return div(class_="card stack", onload=begin())(
        running(),
        div(
            label("Duration", for_="duration"),
            input_(
                type="range", id="duration", min=1, max=LONGEST, step=0.5,
                value=timer.react("duration"), oninput=last(seconds=this.value).throttle(50),
                data_testid="timer-duration",
            ),
        ),
        button("Reset", onclick=restart().repeat(), data_testid="timer-reset"),
    )  # fmt: skip


@fragment
def running() -> Element:
    seconds, duration = elapsed(), timer["duration"]
    if seconds < duration:
        every(0.1)
    return div(class_="gauge")(
        progress(
            value=round(min(seconds, duration), 2), max=duration, aria_label="Elapsed",
            data_testid="timer-gauge",
        ),
        span(f"{seconds:.1f} s", data_testid="timer-elapsed"), f" of {duration:g} s",
    )  # fmt: skip
