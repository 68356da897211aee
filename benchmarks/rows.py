"""A table of up to 10,000 rows in Chromium: from the click to what is painted.

The nine operations of js-framework-benchmark on `demos.rows`, and on the same table written by hand
with Flask and htmx, in turns in one browser, each served by the same threaded server in a process
of its own. htmx comes from npm (`npm pack`), or from the file that HTMX names.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from benchmarks.report import Row, Table
from benchmarks.timing import Effort

HTMX = "htmx.org@2.0.4"
RUNS, WARM_UP = 10, 2


class Operation(NamedTuple):
    """What is clicked, on which table, and when its result stands there.

    Attributes:
        name: As the benchmark calls it.
        before: Buttons that make the table.
        press: A selector.
        done: When it is right, in JavaScript: `rows` are those that stand there, `old` the texts
            of the ids and labels before.
    """

    name: str
    before: tuple[str, ...]
    press: str
    done: str


def _row(at: int, cell: int) -> str:
    return f"tbody > tr:nth-child({at}) > td:nth-child({cell}) > a"


OPERATIONS = (
    Operation("create 1,000", ("clear",), "#run", "rows.length === 1000"),
    Operation("replace 1,000", ("run",), "#run", "rows[0] && id(0) !== old[0][0] && id(999)"),
    Operation(
        "update every 10th of 1,000", ("run",), "#update",
        "label(0) !== old[0][1] && label(500) !== old[500][1] && label(990) !== old[990][1]",
    ),
    Operation("select a row", ("run",), _row(5, 2), "rows[4].className === 'danger'"),
    Operation(
        "swap two rows", ("run",), "#swaprows",
        "rows[998] && id(1) === old[998][0] && id(998) === old[1][0]",
    ),
    Operation("remove a row", ("run",), _row(5, 3), "rows.length === 999"),
    Operation("create 10,000", ("clear",), "#runlots", "rows.length === 10000"),
    Operation("append 1,000 to 1,000", ("run",), "#add", "rows.length === 2000"),
    Operation("clear 1,000", ("run",), "#clear", "rows.length === 0"),
    Operation("append 1,000 to 10,000", ("runlots",), "#add", "rows.length === 11000"),
)  # fmt: skip

#: Clicks, and waits for the result, and for the frame that shows it.
_TIMED = """
([press]) => new Promise((resolve) => {
  const table = document.querySelector("table");
  const text = (row, cell) => row.cells[cell].textContent;
  const old = [...table.tBodies[0].rows].map((row) => [text(row, 0), text(row, 1)]);
  const mine = [...table.tBodies[0].rows];
  let right = 0;
  const look = () => {
    const rows = table.tBodies[0].rows;
    const id = (at) => rows[at] && text(rows[at], 0);
    const label = (at) => rows[at] && text(rows[at], 1);
    if (right || !(DONE)) return;
    right = performance.now();
    requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => {
        observer.disconnect();
        const kept = mine.filter((row) => row.isConnected).length;
        resolve([right - begin, performance.now() - begin, kept, mine.length]);
      };
      channel.port2.postMessage(0);
    });
  };
  const observer = new MutationObserver(look);
  observer.observe(document.body, { childList: true, subtree: true, attributes: true, characterData: true });
  const begin = performance.now();
  document.querySelector(press).click();
})
"""  # noqa: E501


class Measured(NamedTuple):
    """Medians of one operation: milliseconds to the right DOM and to the frame, bytes, rows."""

    right: float
    painted: float
    received: int
    kept: str


def measured(effort: Effort) -> Iterator[Row | Table]:
    """Measure both, and yield a budget for each operation, and a table of details."""
    with ExitStack() as stack:
        script = os.environ.get("HTMX") or str(stack.enter_context(_htmx()))
        pages = {
            "ours": stack.enter_context(_served("demos.rows")),
            "by hand": stack.enter_context(_served("benchmarks.rows_by_hand", HTMX=script)),
        }
        found = _in_chromium(pages, effort)
    details: list[list[str]] = []
    for operation in OPERATIONS:
        ours, theirs = found[operation.name, "ours"], found[operation.name, "by hand"]
        yield Row(
            f"rows: {operation.name}, click to painted",
            f"{ours.painted:.0f} ms",
            f"{theirs.painted:.0f} ms Flask + htmx",
            ours.painted / theirs.painted,
            1.0,
        )
        for who, one in (("htealeaf", ours), ("Flask + htmx", theirs)):
            details.append(
                [operation.name, who, f"{one.right:.0f}", f"{one.painted:.0f}",
                 f"{one.received:,}", one.kept]
            )  # fmt: skip
    header = ("operation", "", "DOM, ms", "painted, ms", "bytes received", "rows kept")
    yield Table("Rows in Chromium", header, details)


@contextmanager
def _htmx() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        made = subprocess.run(
            ["npm", "pack", "--silent", HTMX],
            cwd=folder,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        with tarfile.open(Path(folder, made.stdout.split()[-1])) as package:
            package.extract("package/dist/htmx.min.js", folder, filter="data")
        yield Path(folder, "package/dist/htmx.min.js")


@contextmanager
def _served(module: str, **settings: str) -> Iterator[str]:
    command = [sys.executable, "-m", module, "--port", "0"]
    environment = {**os.environ, **settings}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if url := re.match(r"http://[\d.]+:\d+/", line):
                    yield url[0]
                    break
            else:
                raise RuntimeError(f"{module} never said where it is")
        finally:
            process.kill()


def _in_chromium(pages: dict[str, str], effort: Effort) -> dict[tuple[str, str], Measured]:
    # Slow to import, and only this subject needs it.
    sync_playwright = import_module("playwright.sync_api").sync_playwright
    runs, warm_up = (3, 1) if effort.quick else (RUNS, WARM_UP)
    found: dict[tuple[str, str], Measured] = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
            args=["--no-sandbox", "--disable-gpu"],
        )
        tabs = {name: _Tab(browser, url) for name, url in pages.items()}
        for operation in OPERATIONS:
            taken: dict[str, list[Any]] = {name: [] for name in tabs}
            for run in range(warm_up + runs):
                for name, tab in tabs.items():  # in turns, so that both have the same weather
                    one = tab.time(operation)
                    if run >= warm_up:
                        taken[name].append(one)
            for name, all_runs in taken.items():
                right, painted, received = (median(run[at] for run in all_runs) for at in range(3))
                found[operation.name, name] = Measured(
                    right, painted, int(received), all_runs[-1][3]
                )
        browser.close()
    return found


class _Tab:
    def __init__(self, browser: Any, url: str) -> None:
        self._page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
        self._page.set_default_timeout(60_000)
        self._page.goto(url)
        self._received = 0
        session = self._page.context.new_cdp_session(self._page)
        session.send("Network.enable")
        session.on("Network.loadingFinished", self._count)

    def _count(self, event: dict[str, Any]) -> None:
        self._received += int(event["encodedDataLength"])

    def time(self, operation: Operation) -> tuple[float, float, int, str]:
        page = self._page
        page.bring_to_front()
        for button in operation.before:
            if button != "clear" or page.locator("tbody > tr").count():
                page.evaluate(_TIMED.replace("DONE", _ready(button)), [f"#{button}"])
        page.wait_for_timeout(100)
        self._received = 0
        right, painted, kept, had = page.evaluate(
            _TIMED.replace("DONE", operation.done), [operation.press]
        )
        page.wait_for_timeout(30)
        return right, painted, self._received, f"{kept:,}/{had:,}"


def _ready(button: str) -> str:
    # What empties an empty table changes nothing that could be waited for.
    length = {"clear": 0, "run": 1_000, "runlots": 10_000}[button]
    return f"rows.length === {length} && id(0) !== (old[0] || [])[0]"
