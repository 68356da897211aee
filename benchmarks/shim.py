"""What the shim takes for long lists in a browser, beside idiomorph and morphdom in the same one.

Each is given the same list and the same HTML, as `htealeaf.morph(node, html)`: keyed rows in
another order, and one more in front. Time is that of the call and of the layout after it. The
others are fetched with npm when the benchmark runs, and are part of nothing else.

Rule: where there is no browser or no npm, that is said, and nothing is measured in its place.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Error, sync_playwright

from benchmarks.report import Row, Table
from benchmarks.timing import Effort
from static.minify import MINIFIED

_SIZES = (1_000, 10_000)
_BUDGET = 6.0  # × what a browser takes to make the list anew, and to lose all that is in it
_TOO_LONG = 1_000.0  # ms for a tenth of the rows; ten times as many would block for a minute

#: The others: the file in the package, and how it is called.
_PEERS = {
    "idiomorph": ("idiomorph@0.7.4", "dist/idiomorph.js", "Idiomorph.morph(list, html)"),
    "morphdom": ("morphdom@2.7.5", "dist/morphdom-umd.js", "morphdom(list, html)"),
}
_OURS = "htealeaf.morph(list, html)"
_PLAIN = "list.outerHTML = html"

#: Orders of the rows 0 to n-1, as JavaScript.
_ORDERS = {
    "the same order": "rows",
    "one in front": "[n, ...rows]",
    "one moved to the end": "[...rows.slice(1), 0]",
    "reverse": "rows.reverse()",
    "sort by name": "rows.sort((a, b) => names[a] < names[b] ? -1 : 1)",
    "shuffle": "rows.map((row) => [(row * 7919) % 10007, row]).sort((a, b) => a[0] - b[0])"
    ".map((pair) => pair[1])",
}

_MEASURE = """([n, order, call, times]) => {
  const names = Array.from({length: n + 1}, (_, i) => ((i * 2654435761) % 4294967296).toString(36));
  const row = (i) => `<li id="r${i}"><span>${names[i]}</span> <button>delete</button></li>`;
  const html = (rows) => `<ul id="list">${rows.map(row).join("")}</ul>`;
  const rows = Array.from({length: n}, (_, i) => i);
  const before = html(rows);
  const after = html(new Function("rows", "n", "names", `return ${order}`)([...rows], n, names));
  const run = new Function("list", "html", call);
  let least = Infinity;
  for (let time = 0; time < times; time++) {
    document.getElementById("place").innerHTML = before;
    const list = document.getElementById("list");
    list.offsetHeight;
    const start = performance.now();
    run(list, after);
    document.body.offsetHeight;
    least = Math.min(least, performance.now() - start);
    const shown = document.getElementById("list").outerHTML;
    if (shown !== after) throw new Error(`${call}: another list is shown`);
  }
  return least;
}"""


def measured(effort: Effort) -> Iterator[Row | Table]:
    """Measure long lists in Chromium."""
    try:
        with _browser() as page:
            yield from _lists(page, 2 if effort.quick else 4)
    except _Missing as missing:
        yield Table("Long lists in a browser", ("not measured",), [(str(missing),)])


class _Missing(Exception):
    """What the benchmark needs and this machine does not have."""


def _lists(page: Any, times: int) -> Iterator[Row | Table]:
    calls, notes = {"ours": _OURS, "outerHTML": _PLAIN}, []
    for name, (package, file, call) in _PEERS.items():
        try:
            page.add_script_tag(path=_fetched(package) / file)
            calls[name] = call
        except _Missing as missing:
            notes.append((str(missing),))
    small, large = _SIZES
    rows = []
    for what, order in _ORDERS.items():
        took: dict[str, list[float | None]] = {}
        for name, call in calls.items():
            first = page.evaluate(_MEASURE, [small, order, call, times])
            again = max(times // 2, 1)
            many = None
            if first < _TOO_LONG:
                many = page.evaluate(_MEASURE, [large, order, call, again])
            took[name] = [first, many]
        rows.append((what, *(_ms(t) for name in calls for t in took[name])))
        many, plain = took["ours"][1], took["outerHTML"][1]
        if many is not None and plain is not None:
            told = f"outerHTML {_ms(plain)}"
            yield Row(f"shim: {what}, {large:,} rows", _ms(many), told, many / plain, _BUDGET)
    header = ("rows", *(f"{name} {size:,}" for name in calls for size in _SIZES))
    yield Table("A keyed list in another order, in Chromium", header, rows)
    if notes:
        yield Table("Not beside the shim", ("why",), notes)


def _ms(took: float | None) -> str:
    return "–" if took is None else f"{took:,.1f} ms"


@contextmanager
def _browser() -> Iterator[Any]:
    names = ("chromium", "chromium-browser", "google-chrome")
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        except Error as error:
            raise _Missing(f"no Chromium: {str(error).splitlines()[0]}") from None
        page = browser.new_page()
        page.set_default_timeout(0)
        page.set_content('<!doctype html><form id="ht"></form><div id="place"></div>')
        page.add_script_tag(path=MINIFIED)
        yield page
        browser.close()


def _fetched(package: str) -> Path:
    # The folder with *package*, fetched once and kept for the next run.
    cache = Path(os.environ.get("XDG_CACHE_HOME") or tempfile.gettempdir(), "htealeaf-benchmarks")
    folder = cache / package
    if not folder.exists():
        if shutil.which("npm") is None:
            raise _Missing(f"{package}: there is no npm to fetch it with")
        with tempfile.TemporaryDirectory() as place:
            done = subprocess.run(
                ["npm", "pack", "--silent", package], cwd=place, capture_output=True, text=True
            )
            packed = next(Path(place).glob("*.tgz"), None)
            if done.returncode or packed is None:
                last = (done.stderr.strip().splitlines() or ["npm said nothing"])[-1]
                raise _Missing(f"{package}: npm could not fetch it: {last}")
            with tarfile.open(packed) as archive:
                archive.extractall(folder, filter="data")
    return folder / "package"
