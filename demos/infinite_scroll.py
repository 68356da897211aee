"""The night log of a lighthouse: twelve hundred nights, and as many of them as you scroll to.

Shows: a list that grows when its end comes into view, an address that knows how far one is.
Run: python -m demos.infinite_scroll
"""

from __future__ import annotations

from datetime import date, timedelta
from itertools import islice
from random import Random
from typing import Any, NamedTuple

from demos.layout import STATIC, frame
from demos.serve import serve
from htealeaf import WSGI, Element, SuperStore, each, fragment, visit
from htealeaf.components import a, article, div, h2, li, p, strong, time, ul

NIGHTS, BATCH = 1200, 40
SKIES = """
clear|overcast|low cloud|fog until two|rain from the west|snow showers|a high haze
""".strip().split("|")
WINDS = """
calm|light airs|a fresh breeze|a strong breeze|near gale|gale|storm at midnight
""".strip().split("|")
SEEN = """
Trawler Annelie passed close inshore|Nothing on the water all night|Two ferries, both late
A yacht without lights, hailed twice|The pilot boat went out at four|Geese, thousands, flying north
A freighter lay to until the tide|Drifting buoy reported to the port|Seals on the skerry at dawn
The relief boat could not land|A kite surfer, of all things, at dusk|Northern lights, green and red
""".strip().replace("\n", "|").split("|")  # fmt: skip


class Night(NamedTuple):
    number: int
    day: date
    sky: str
    wind: str
    seen: str

    @property
    def title(self) -> str:
        return f"{self.day:%A}, {self.day.day} {self.day:%B %Y}"


def made() -> list[Night]:
    chance, last = Random(7), date(2026, 10, 31)
    return [
        Night(
            number,
            last - timedelta(days=number - 1),
            chance.choice(SKIES),
            chance.choice(WINDS),
            chance.choice(SEEN),
        )
        for number in range(1, NIGHTS + 1)
    ]


LOG = made()  #: the latest night first

app = WSGI(title="Infinite scroll", layout=frame("Infinite scroll", __doc__, "infinite_scroll"))
app.static("/static", STATIC)
SuperStore(app)


@app.route("/")
def nights(args: Any) -> Element:
    """The address says how many batches are shown: `?upto=3`."""
    return div(class_="log")(
        # Who reads the address is rendered again: the rows that come, and what stands below them.
        ul(each(lambda: islice(LOG, batches(args) * BATCH), entry, key="number")),
        end(args),
    )


def batches(args: Any) -> int:
    asked: int = args.get("upto", 1, type=int)
    return min(max(asked, 1), -(-NIGHTS // BATCH))


def entry(night: Night) -> Element:
    return li(id=f"night-{night.number}", class_="card")(
        h2(a(time(night.title, datetime=str(night.day)), href=f"night-{night.number}")),
        p(f"{night.sky.capitalize()}, {night.wind}. {night.seen}."),
    )


@fragment
def end(args: Any) -> Element:
    upto = batches(args)
    shown = upto * BATCH
    if shown >= NIGHTS:
        return p(f"That is all: {NIGHTS:,} nights.", class_="end", role="status")
    more = visit(upto=upto + 1, replace=True)
    return p(class_="end")(
        # Who scrolls sees it come; who does not, or has no scripts, presses it.
        a("Load more", class_="button", id="more", onclick=more, onvisible=more),
        f" {shown:,} of {NIGHTS:,} nights",
    )


@app.route("/night-{number:int}", title=lambda number: f"Night {number}")
def night(number: int) -> Any:
    if not 1 <= number <= NIGHTS:
        return 404, "The log has no such night."
    one = LOG[number - 1]
    upto = -(-number // BATCH)
    return article(class_="card night")(
        h2(time(one.title, datetime=str(one.day))),
        p(strong("Sky: "), one.sky),
        p(strong("Wind: "), one.wind),
        p(strong("Seen: "), one.seen),
        p(class_="hint")(a("Back to the log", href=f"./?upto={upto}#night-{number}")),
    )


if __name__ == "__main__":
    serve(app)
