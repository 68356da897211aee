"""A question, a vote for each browser, and a chart that moves for everybody.

Shows: a shared binding, a store per browser, SVG, a rule behind a click.
Run: python -m demos.poll
"""

from __future__ import annotations

from typing import Any

from demos.layout import STATIC, frame
from demos.serve import serve
from htealeaf import WSGI, Element, Invalid, SessionStore, Store, SuperStore
from htealeaf.components import button, div, g, h2, p, rect, section, svg, text

CHOICES = {"tea": "Tea", "coffee": "Coffee", "mate": "Mate", "water": "Just water"}
WIDTH, BAR, ROW = 600, 22, 58

app = WSGI(title="Poll", layout=frame("Poll", __doc__, "poll"), live=True)
app.static("/static", STATIC)
SuperStore(app)
votes = Store(dict.fromkeys(CHOICES, 0), name="votes")
mine = SessionStore({"choice": None}, name="mine")


@app.action(retry=True)
def vote(choice: str) -> None:
    """Count the vote of a browser; a second one moves it."""
    if choice not in CHOICES:
        raise Invalid("That is no answer to this question.")
    before = mine["choice"]
    if before == choice:
        return
    if before is not None:
        votes.increment(before, -1)
    votes.increment(choice)
    mine.set("choice", choice)


@app.action(retry=True)
def take_back() -> None:
    if mine["choice"] is not None:
        votes.increment(mine["choice"], -1)
        mine.set("choice", None)


@app.route("/")
def poll() -> Element:
    return section(class_="card poll", aria_label="What do you drink while you work?")(
        h2("What do you drink while you work?"),
        div(class_="answers")(answer(key, name) for key, name in CHOICES.items()),
        votes.react("", chart, share=True),
        div(class_="below")(votes.react("", total, share=True), mine.react("choice", undo)),
    )


def answer(key: str, name: str) -> Element:
    return button(
        name,
        onclick=vote(choice=key),
        aria_pressed=mine.react("choice", lambda choice: "true" if choice == key else "false"),
    )


def undo(choice: str | None) -> Any:
    return button("Take my vote back", class_="quiet", onclick=take_back(), hidden=choice is None)


def total(counts: dict[str, int]) -> Element:
    number = sum(counts.values())
    return p(f"{number} vote{'s' * (number != 1)}", role="status")


def chart(counts: dict[str, int]) -> Element:
    most = max(*counts.values(), 1)
    number = max(sum(counts.values()), 1)
    said = ", ".join(f"{name} {counts[key]}" for key, name in CHOICES.items())
    height = ROW * len(CHOICES)
    return svg(
        class_="chart", viewBox=f"0 0 {WIDTH} {height}", role="img", aria_label=f"Votes: {said}"
    )(
        bar(at, name, counts[key], counts[key] / most, counts[key] / number)
        for at, (key, name) in enumerate(CHOICES.items())
    )


def bar(at: int, name: str, count: int, share: float, part: float) -> Element:
    top = at * ROW
    return g(
        text(name, x=0, y=top + 18),
        text(f"{count} · {part:.0%}", x=WIDTH, y=top + 18, text_anchor="end", class_="number"),
        rect(x=0, y=top + 26, width=WIDTH, height=BAR, rx=6, class_="rest"),
        rect(x=0, y=top + 26, width=round(WIDTH * share, 1), height=BAR, rx=6, class_="bar"),
    )


if __name__ == "__main__":
    serve(app)
