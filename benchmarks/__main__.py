"""Print the table of budgets, then how others compare and how cost grows."""

from __future__ import annotations

import argparse
import platform
import sys
import time
from collections.abc import Callable, Iterator

from benchmarks import (
    clicks,
    doors,
    graph,
    growth,
    journals,
    live,
    memory,
    rendering,
    rows,
    serving,
    shim,
    strangers,
)
from benchmarks.report import HEADER, Row, Table, aligned
from benchmarks.timing import Effort

SUBJECTS: dict[str, Callable[[Effort], Iterator[Row | Table]]] = {
    "rendering": rendering.measured,
    "clicks": clicks.measured,
    "graph": graph.measured,
    "journals": journals.measured,
    "serving": serving.measured,
    "live": live.measured,
    "memory": memory.measured,
    "growth": growth.measured,
    "doors": doors.measured,
    "shim": shim.measured,
}
#: What takes minutes, so only who names it has it.
LONG: dict[str, Callable[[Effort], Iterator[Row | Table]]] = {
    "workers": journals.measured_workers,
    "streams": journals.measured_streams,
    "rows": rows.measured,
    "strangers": strangers.measured,
}


def main() -> int:
    """Measure, print, and tell with `--check` whether every budget is kept."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    known = SUBJECTS | LONG
    parser.add_argument("subject", nargs="*", choices=[*known, []], help="only these")
    parser.add_argument("--quick", action="store_true", help="less exact, below forty seconds")
    parser.add_argument("--check", action="store_true", help="fail when a budget is exceeded")
    options = parser.parse_args()
    effort = Effort(seconds=0.5 if options.quick else 2.0, quick=options.quick)
    begin = time.perf_counter()
    rows: list[Row] = []
    tables: list[Table] = []
    for name in options.subject or SUBJECTS:
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        for found in known[name](effort):
            if isinstance(found, Row):
                rows.append(found)
            else:
                tables.append(found)
    if rows:
        print(aligned([HEADER, *(row.cells() for row in rows)]))
    for table in tables:
        print(table)
    over = sum(not row.kept for row in rows)
    taken = time.perf_counter() - begin
    print(f"\n{len(rows) - over} of {len(rows)} budgets kept; Python {platform.python_version()},")
    print(f"measured in {taken:.0f} s, ratios within this run")
    return 1 if over and options.check else 0


if __name__ == "__main__":
    sys.exit(main())
