"""Whether memory stays flat: many new visitors, many clicks, in one process.

    python -m benchmarks.memory_run
    python -m benchmarks.memory_run --loads 20000 --clicks 20000 --share 0.05

Each visitor is a browser without a cookie that loads the page, so each is given a key, and its
page is remembered. Then clicks come from visitors that load the page, press four times and never
come back: half on a number that everybody shares, half on one of the browser's own, so each
of them has a session. Limits are a share of the defaults, so that the run goes far beyond each of
them; what counts is what happens when they are reached.
"""

from __future__ import annotations

import argparse
import gc
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.browser import Click, OpenPage
from benchmarks.report import Table
from htealeaf import WSGI, Element, Registry, SessionStore, Store, SuperStore
from htealeaf.components import button, div, h3
from htealeaf.pages.cache import MAX_PAGES
from htealeaf.state.journal import ONCE
from htealeaf.state.replica import Replica
from htealeaf.web.sessions import MAX_SESSIONS

_PRESSES = 4  # clicks of one visitor
_STATM = Path("/proc/self/statm")
_COUNTED = ("pages", "page_bytes", "sessions", "streams", "entries", "once")


def app_with_limits(share: float) -> WSGI:
    """Return the app, each of its limits *share* of the default."""
    registry = Registry(Replica(once=int(ONCE * share)))
    shared = Store({"n": 0}, name="shared", registry=registry)
    own = SessionStore({"n": 0}, name="own", registry=registry)
    with registry:
        app = WSGI(
            secret="a secret for benchmarks",
            rate=1e9,
            burst=10**9,
            max_pages=int(MAX_PAGES * share),
            max_sessions=int(MAX_SESSIONS * share),
        )
        SuperStore(app, registry)

    @app.route("/", title="Counters")
    def counters() -> Element:
        return div(
            h3(shared.react("n")),
            button("+", onclick=shared.do.increment("n")),
            h3(own.react("n")),
            button("+", onclick=own.do.increment("n")),
        )

    return app


def loads(app: WSGI, count: int) -> Iterator[int]:
    """Load the page as *count* new visitors; yield how many have."""
    for done in range(1, count + 1):
        Click(app, "GET", "/")()
        yield done


def clicks(app: WSGI, count: int) -> Iterator[int]:
    """Press the buttons *count* times, as a new visitor after some; yield how many times."""
    done = 0
    while done < count:
        page = OpenPage(app)
        everybodys, own = (page.click(offer) for offer in page.offers)
        for press in range(min(_PRESSES, count - done)):
            click = own if press % 2 else everybodys
            click()
            everybodys.cursor = own.cursor = click.cursor
            done += 1
            yield done


def resident_mib() -> float:
    """Return the memory that the process has in the machine's, in MiB."""
    return int(_STATM.read_text().split()[1]) * resource.getpagesize() / 2**20


def sampled(app: WSGI, name: str, events: Iterator[int], every: int) -> Iterator[tuple[str, ...]]:
    """Let *events* happen; after each *every* of them, yield a row of the table."""
    begin = time.process_time()
    for done in events:
        if done % every:
            continue
        gc.collect()
        stats: Any = app.stats()
        seconds = time.process_time() - begin
        print(f"{name} {done:,} in {seconds:.0f} s", file=sys.stderr, flush=True)
        counted = (f"{stats[name]:,}" for name in _COUNTED)
        yield f"{done:,} {name}", f"{resident_mib():.1f}", *counted


def main() -> None:
    """Print how much is resident and remembered along the way."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory_run", description=__doc__)
    parser.add_argument("--loads", type=int, default=100_000, help="page loads of new visitors")
    parser.add_argument("--clicks", type=int, default=100_000)
    parser.add_argument("--share", type=float, default=0.1, help="of the default limits")
    parser.add_argument("--samples", type=int, default=10, help="rows for each of the two")
    options = parser.parse_args()
    app = app_with_limits(options.share)
    OpenPage(app).click(OpenPage(app).offers[0])  # what is imported and cached once is not growth
    gc.collect()
    stats: Any = app.stats()
    start = ("start", f"{resident_mib():.1f}", *(f"{stats[name]:,}" for name in _COUNTED))
    rows = [
        start,
        *sampled(app, "loads", loads(app, options.loads), options.loads // options.samples),
        *sampled(app, "clicks", clicks(app, options.clicks), options.clicks // options.samples),
    ]
    title = f"Memory, with {options.share:g} of the default limits"
    print(Table(title, ("after", "MiB resident", *_COUNTED), rows))


if __name__ == "__main__":
    main()
