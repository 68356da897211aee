"""The contract of the 7GUIs: the timer, in Chromium, and by a clock that stands still."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from demos import load
from htealeaf.testing import Client, hold_clock
from tests.demos.serving import Server
from tests.demos.test_sevenguis_fields import opened, part, stayed

#: Notes each text that is shown, and when.
WATCH = """
() => {
  window.seen = [];
  new MutationObserver(() => {
    const text = document.querySelector("[data-testid=timer-elapsed]").textContent;
    if (text !== seen.at(-1)?.[0]) seen.push([text, performance.now()]);
  }).observe(document.querySelector("main"),
    { subtree: true, childList: true, characterData: true, attributes: true });
}
"""


def until(page: Page, condition: str) -> None:
    page.evaluate(
        f"""new Promise((done, fail) => {{
          setTimeout(fail, 20_000, "{condition}");
          const look = () => (({condition}) ? done() : setTimeout(look, 20));
          look();
        }})"""
    )


def test_the_timer_runs_stops_and_goes_on(page: Page, demos: Server) -> None:
    opened(page, demos, "timer")
    elapsed, slider = part(page, "timer-elapsed"), part(page, "timer-duration")
    gauge = part(page, "timer-gauge")
    page.evaluate(WATCH)
    until(page, "seen.length > 8")
    seen = page.evaluate("seen")
    shown = [float(text.split()[0]) for text, _ in seen]
    assert shown == sorted(shown)
    assert abs((shown[-1] - shown[0]) - (seen[-1][1] - seen[0][1]) / 1000) < 0.5  # with the clock
    assert gauge.evaluate("el => el.max") == 15

    slider.fill("1")
    expect(gauge).to_have_js_property("max", 1)
    expect(gauge).to_have_js_property("value", 1)
    stopped = float(elapsed.inner_text().split()[0])
    slider.fill("30")
    until(page, f"parseFloat(seen.at(-1)[0]) > {stopped}")
    assert gauge.evaluate("el => [el.max, el.value < 30]") == [30, True]
    part(page, "timer-reset").click()
    until(page, f"parseFloat(seen.at(-1)[0]) < {stopped}")
    stayed(page)


def test_what_has_run_has_run() -> None:
    """By the clock: it stops at the duration, and the time in which it stood does not count."""
    app = load("sevenguis").app
    with hold_clock() as clock:
        page = Client(app).open("/timer")

        def elapsed() -> str:
            page.reload()
            return page.text("[data-testid=timer-elapsed]")

        assert elapsed() == "0.0 s"
        clock.advance(seconds=3.2)
        assert elapsed() == "3.2 s"
        page.fill("#duration", 5)
        clock.advance(seconds=60)
        assert elapsed() == "5.0 s"
        page.fill("#duration", 10)
        clock.advance(seconds=1.5)
        assert elapsed() == "6.5 s"
        page.fill("#duration", 2)
        clock.advance(seconds=5)
        assert elapsed() == "6.5 s"
        page.click("button", text="Reset")
        clock.advance(seconds=1)
        assert elapsed() == "1.0 s"
