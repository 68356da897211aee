"""Journals that last: a click, a GET and a first touch on each backend, beside one in memory.

The servers of Redis and PostgreSQL are Debian's, started here on a free port. What they take is
part of a click, so it is the clock on the wall that counts here, and not this process's time.

What is compared survives a killed process on each, and no loss of power: SQLite with
`durability=commit`, Redis with `appendfsync everysec`, PostgreSQL without `fsync`. What the disk
adds where that is wanted is no journal's: a table of its own has a click on a PostgreSQL as it is
installed, beside a bare `UPDATE` of one row on the same server.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import psycopg

from benchmarks import ours
from benchmarks.browser import OpenPage
from benchmarks.report import Row, Table, µs
from benchmarks.timing import Effort, race
from htealeaf.data.documents import freeze
from htealeaf.data.effects import BEGIN, Document, Effect
from htealeaf.data.paths import ROOT
from htealeaf.data.paths import Path as Place
from htealeaf.data.verbs import Mutation
from htealeaf.state.backends.opening import open_journal
from htealeaf.state.drafts import Write
from htealeaf.state.journal import Commit
from htealeaf.state.replica import Replica
from tests.state.servers import Server, postgresql_server, redis_server

#: By backend: its name, and what a click may take beside one in memory.
BUDGETS = {"sqlite": ("SQLite", 1.5), "redis": ("Redis", 3.0), "postgresql": ("PostgreSQL", 4.0)}
GET_BUDGET = 1.1  #: what a GET of a page may, whose streams are in the replica
WORKERS = (1, 2, 4)
THREADS = 16  #: of a worker, whose commits are put together
MANY = 1_000_000  #: streams in a journal

_STREAM = "counters@{}"


@contextmanager
def urls() -> Iterator[dict[str, str]]:
    """Start the servers; give the URL of an empty journal of each kind."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="htealeaf-"))
        redis = stack.enter_context(redis_server())
        postgresql = stack.enter_context(postgresql_server())
        yield {
            "sqlite": f"sqlite:///{folder}/bench.db",
            "redis": f"redis://127.0.0.1:{redis.port}/0",
            "postgresql": _url_of(postgresql),
        }


def measured(effort: Effort) -> Iterator[Row | Table]:
    """Measure the budgets of journals, and what the first touch of a stream takes."""
    with urls() as journals:
        apps = {"memory": ours.counter_app()}
        apps |= {kind: ours.counter_app(url) for kind, url in journals.items()}
        pages = {kind: OpenPage(app) for kind, app in apps.items()}
        clicks = {kind: page.click(page.offers[-1]) for kind, page in pages.items()}
        took = race(clicks, effort.seconds * 2, clock=time.perf_counter)
        gets = {kind: page.get for kind, page in pages.items()}
        got = race(gets, effort.seconds, clock=time.perf_counter)
        for app in apps.values():
            app.registry.journal.close()
        touched = {kind: _touched(url, effort) for kind, url in journals.items()}
        hasty = _beside_bare(journals["postgresql"], effort)
    with postgresql_server("fsync=on") as server:
        safe = _beside_bare(_url_of(server), effort)
    for kind, (name, budget) in BUDGETS.items():
        yield Row(
            f"a click, its journal in {name}",
            µs(took[kind]),
            f"{µs(took['memory'])} memory",
            took[kind] / took["memory"],
            budget,
        )
        yield Row(
            f"a GET, the streams of its page known, {name}",
            µs(got[kind]),
            f"{µs(got['memory'])} memory",
            got[kind] / got["memory"],
            GET_BUDGET,
        )
    yield Table(
        "The first touch of a stream by a worker",
        ("journal", "a stream"),
        [(name, µs(touched[kind])) for kind, (name, _) in BUDGETS.items()],
    )
    yield Table(
        "A click on PostgreSQL, beside a bare UPDATE of one row and its commit on the same server",
        ("server", "bare", "a click", "what is ours"),
        [
            (name, µs(bare), µs(click), µs(click - bare))
            for name, (bare, click) in (
                ("fsync = off", hasty),
                ("as installed: each commit waits for the disk", safe),
            )
        ],
    )


def _url_of(server: Server) -> str:
    return f"postgresql://tester@127.0.0.1:{server.port}/postgres"


def _beside_bare(url: str, effort: Effort) -> tuple[float, float]:
    # A bare commit, and a click of an app of its own.
    app = ours.counter_app(f"{url}?schema=beside")
    page = OpenPage(app)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE bare (one int PRIMARY KEY, n bigint)")
        connection.execute("INSERT INTO bare VALUES (1, 0)")
        cursor = connection.cursor(binary=True)

        def bare() -> None:
            cursor.execute("UPDATE bare SET n = n + 1 WHERE one = 1", prepare=True)

        click = page.click(page.offers[-1])
        took = race({"bare": bare, "click": click}, effort.seconds, clock=time.perf_counter)
    app.registry.journal.close()
    return took["bare"], took["click"]


def _touched(url: str, effort: Effort) -> float:
    # Streams that are in the journal, and that the worker has not seen yet.
    many = 200 if effort.quick else 1000
    journal = open_journal(url)
    _filled(Replica(journal), many)
    journal.close()
    replica = Replica(open_journal(url))
    begin = time.perf_counter()
    for number in range(many):
        replica.root(_STREAM.format(number))
    taken = time.perf_counter() - begin
    replica.close()
    return taken / many


def _filled(replica: Replica, many: int) -> None:
    document = Document(freeze({"counter": 0}))
    begun = (Effect(BEGIN, ROOT, document),)
    journal = replica.journal
    for first in range(0, many, 1000):
        numbers = range(first, min(first + 1000, many))
        commits = [Commit({_STREAM.format(number): begun}) for number in numbers]
        expected = {_STREAM.format(number): 0 for number in numbers}
        told = journal.describe()
        journal.append(commits, epoch=told.epoch, seen=told.n, expected=expected)


# -- asked for by name: what takes long ----------------------------------------------------------


def measured_workers(effort: Effort) -> Iterator[Row | Table]:
    """Measure the commits a second that several workers make together.

    Each thread commits to a stream of its own, one after the other, as a person clicks.
    """
    seconds = 1.0 if effort.quick else 4.0
    cases = [*((workers, 1) for workers in WORKERS), (1, THREADS), (WORKERS[-1], THREADS)]
    with urls() as journals:
        rows = [
            (name, *(f"{_together(journals[kind], *case, seconds):,.0f}/s" for case in cases))
            for kind, (name, _) in BUDGETS.items()
        ]
    titles = [f"{workers} × {threads}" for workers, threads in cases]
    yield Table("Commits a second, by workers × threads", ("journal", *titles), rows)


def _together(url: str, workers: int, threads: int, seconds: float) -> float:
    run = ["commits", url, str(threads), str(seconds)]
    command = [sys.executable, "-m", "benchmarks.journals", *run]
    root = Path(__file__).parents[1]
    made = [
        subprocess.Popen(
            [*command, str(number)],
            cwd=root,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(workers)
    ]
    try:
        for process in made:
            assert process.stdout is not None
            process.stdout.readline()  # it is ready
        for process in made:
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
        return sum(float(process.communicate()[0]) for process in made)
    finally:
        for process in made:
            process.kill()
            process.wait()


def commits(url: str, threads: str, seconds: str, number: str) -> None:
    """Commit for so many seconds once a line came in; print how many commits a second it were."""
    replica = Replica(open_journal(url))
    replica.define("counters", freeze({"counter": 0}))
    streams = [_STREAM.format(f"{number} {thread}") for thread in range(int(threads))]
    writes = [Write(one, Mutation("increment", Place(("counter",)), 1)) for one in streams]
    replica.commit(writes)
    print("ready", flush=True)
    sys.stdin.readline()
    with ThreadPoolExecutor(len(writes)) as pool:
        print(sum(pool.map(partial(_rate, replica, float(seconds)), writes)), flush=True)
    replica.close()


def _rate(replica: Replica, seconds: float, write: Write) -> float:
    begin, done, taken = time.perf_counter(), 0, 0.0
    while taken < seconds:
        replica.commit([write])
        done, taken = done + 1, time.perf_counter() - begin
    return done / taken


def measured_streams(effort: Effort) -> Iterator[Row | Table]:
    """Measure what a worker takes whose journal has many streams, of which it touches one."""
    many = MANY // 20 if effort.quick else MANY
    with tempfile.TemporaryDirectory(prefix="htealeaf-") as folder:
        few, large = (f"sqlite:///{folder}/{name}.db" for name in ("few", "many"))
        for url, streams in ((few, 1), (large, many)):
            replica = Replica(open_journal(url))
            _filled(replica, streams)
            replica.close()
        one, other = _resident(few), _resident(large)
    yield Row(
        f"a worker with {many:,} streams in its journal (SQLite)",
        f"{other / 1024:,.1f} MiB",
        f"{one / 1024:,.1f} MiB with one",
        other / one,
        1.1,
    )


def _resident(url: str) -> float:
    command = [sys.executable, "-m", "benchmarks.journals", "touch", url]
    root = Path(__file__).parents[1]
    told = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True)
    return float(told.stdout)


def touch(url: str) -> None:
    """Touch a stream of a journal; print how many KiB of memory the process takes then."""
    replica = Replica(open_journal(url))
    replica.root(_STREAM.format(0))
    status = Path("/proc/self/status").read_text()
    print(status.partition("VmRSS:")[2].split()[0])
    replica.close()


_PARTS: dict[str, Callable[..., None]] = {"commits": commits, "touch": touch}

if __name__ == "__main__":
    _PARTS[sys.argv[1]](*sys.argv[2:])
