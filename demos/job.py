"""A long calculation in the background: how far it is, a way to stop it, and its result as a file.

Shows: a background job, progress in every window, cancel, a download.
Run: python -m demos.job
"""

from __future__ import annotations

import csv
from math import isqrt
from pathlib import Path
from time import monotonic
from typing import Annotated, Any
from uuid import uuid4

from pydantic import Field

from demos.data import folder
from demos.layout import STATIC, frame
from demos.serve import serve
from htealeaf import WSGI, Element, Invalid, SessionStore, SuperStore, flashes, fragment, send_file
from htealeaf.components import (
    a,
    button,
    div,
    field,
    form_for,
    h2,
    p,
    progress_bar,
    section,
    strong,
)  # fmt: skip

BLOCK = 100_000
IDLE = {"id": None, "state": "idle", "upto": 0, "done": 0, "found": 0, "last": None, "seconds": 0.0}

app = WSGI(title="Job", layout=frame("Job", __doc__, "job"), components_css=True, live=True)
app.static("/static", STATIC)
SuperStore(app)
#: The job of this browser. Its windows show it, and the thread that works writes it.
job = SessionStore(IDLE, name="job")


@app.action
def start(millions: Annotated[int, Field(ge=1, le=1000)]) -> None:
    if job["state"] == "running":
        raise Invalid("One at a time: stop the other one first.")
    id = uuid4().hex
    job.replace("", {**IDLE, "id": id, "state": "running", "upto": millions * 1_000_000})
    app.background(find_twins, id, millions * 1_000_000)


@app.action(retry=True)
def stop() -> None:
    if job["state"] == "running":
        job.set("state", "stopped")


@app.action(retry=True)
def clear() -> None:
    if job["state"] != "running":
        job.replace("", IDLE)


def find_twins(id: str, upto: int) -> None:
    """Write all twin primes below *upto* into a file, a block of numbers after the other."""
    began, found, last, before = monotonic(), 0, None, 2
    with result_of(id).open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["smaller", "larger"])
        for start in range(3, upto, BLOCK):
            if job["id"] != id or job["state"] != "running":
                return  # somebody has stopped it
            for prime in primes(start, min(start + BLOCK, upto)):
                if prime - before == 2:
                    rows.writerow([before, prime])
                    found, last = found + 1, [before, prime]
                before = prime
            seconds = round(monotonic() - began, 1)
            done = min(start + BLOCK, upto)
            job.merge("", {"done": done, "found": found, "last": last, "seconds": seconds})
    job.set("state", "done")


def primes(start: int, end: int) -> list[int]:
    """Return the odd primes from *start* on, below *end*: a sieve of one block."""
    start |= 1
    odd = bytearray(b"\x01") * ((end - start + 1) // 2)
    for factor in range(3, isqrt(end) + 1, 2):
        first = max(factor * factor, -(-start // factor) * factor)
        first += factor * (first % 2 == 0)
        odd[(first - start) // 2 :: factor] = bytes(
            len(range((first - start) // 2, len(odd), factor))
        )
    return [start + 2 * place for place, is_prime in enumerate(odd) if is_prime]


def result_of(id: str) -> Path:
    results = folder() / "twins"
    results.mkdir(exist_ok=True)
    return results / f"{id}.csv"


@app.route("/")
def home() -> Element:
    return section(class_="card job", aria_label="Twin primes")(
        h2("Twin primes"),
        p(
            "Pairs of primes with one number between them, 11 and 13 for example. Close the window",
            " meanwhile, or open a second one.",
        ),
        shown(),
        flashes(),
    )


@fragment
def shown() -> Any:
    state = job["state"]
    if state == "idle":
        return form_for(
            start,
            field("millions", label="How far? (millions)", value=200),
            button("Start"),
        )
    part = 100 * job["done"] / job["upto"]
    return div(class_="shown")(
        progress_bar(
            part, label={"running": "At work", "done": "Done", "stopped": "Stopped"}[state],
            text=f"{part:.0f} %",
        ),
        p(role="status" if state != "running" else None)(
            strong(f"{job['found']:,}"), " pairs below ", f"{job['done']:,}",
            f", the last one {job['last'][0]:,} and {job['last'][1]:,}" if job["last"] else None,
            f", in {job['seconds']:.1f} s.",
        ),
        div(class_="buttons")(
            button("Stop", class_="quiet", onclick=stop) if state == "running" else None,
            a("Download the pairs", href="twins.csv", class_="button", download=True)
            if state == "done" else None,
            button("Start another one", class_="quiet", onclick=clear)
            if state != "running" else None,
        ),
    )  # fmt: skip


@app.route("/twins.csv", page=False)
def twins() -> Any:
    if job["state"] != "done":
        return 404, "There is nothing here."
    return send_file(result_of(job["id"]), name="twins.csv", attachment=True)


if __name__ == "__main__":
    serve(app)
