"""PostgreSQL and Redis under several real processes: exact counts, killed writers, lost servers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path as File

import pytest

from htealeaf.data.paths import parse
from htealeaf.data.verbs import Mutation
from htealeaf.state.backends.opening import open_journal
from htealeaf.state.drafts import Write
from htealeaf.state.replica import Replica
from tests.state.servers import Server, postgresql_server, redis_server

pytestmark = pytest.mark.server

ROUNDS = 3  #: of `kill -9` in an ordinary run; `HTEALEAF_KILLS` for more
TIMES = 25  #: increments of a thread in an ordinary run; `HTEALEAF_TIMES` for more

# Adds 1 to a counter of its own or to everybody's, with a one-time id each, and says so when it is
# acknowledged. Whatever is not acknowledged is sent again with the same id.
COUNTING = textwrap.dedent(
    """
    import sys, threading
    from htealeaf.data.paths import parse
    from htealeaf.data.verbs import Mutation
    from htealeaf.state.backends.opening import open_journal
    from htealeaf.state.drafts import Write
    from htealeaf.state.journal import JournalUnreachable
    from htealeaf.state.replica import Replica

    url, name, threads, times, again, own = sys.argv[1:]
    replica = Replica(open_journal(url))
    lock = threading.Lock()

    def count(thread):
        stream = f"counter@{name}.{thread}" if int(own) else "counter"
        for n in range(int(times)):
            write = Write(stream, Mutation("increment", parse("n"), 1))
            for _ in range(1 + int(again) * (n % 2)):
                while True:
                    try:
                        replica.commit([write], once=f"{name}.{thread}.{n}")
                        break
                    except JournalUnreachable:
                        pass
            with lock:
                print(f"{name}.{thread}.{n}", flush=True)

    replica.define("counter", {"n": 0})
    all = [threading.Thread(target=count, args=(t,)) for t in range(int(threads))]
    for one in all:
        one.start()
    for one in all:
        one.join()
    """
)


def counting(
    url: str, name: str, threads: int, times: int, *, again: bool = False, own: bool = False
) -> subprocess.Popen[str]:
    root = str(File(__file__).parents[2])
    counts = [str(threads), str(times), str(int(again)), str(int(own))]
    return subprocess.Popen(
        [sys.executable, "-c", COUNTING, url, name, *counts],
        env={**os.environ, "PYTHONPATH": root},
        stdout=subprocess.PIPE,
        text=True,
    )


def counted(url: str) -> int:
    """Return what all counters come to."""
    replica = Replica(open_journal(url))
    total = sum(replica.root(stream)["n"] for stream in replica.streams("counter"))
    replica.close()
    return int(total)


@pytest.fixture(scope="module", params=["postgresql", "redis"])
def server(request: pytest.FixtureRequest) -> Iterator[tuple[str, Server]]:
    if request.param == "postgresql":
        with postgresql_server("max_connections=100") as running:
            yield f"postgresql://tester@127.0.0.1:{running.port}/postgres", running
    else:
        with redis_server("--appendfsync", "always") as running:
            yield f"redis://127.0.0.1:{running.port}/0", running


@pytest.fixture
def url(server: tuple[str, Server], request: pytest.FixtureRequest) -> str:
    """Return the URL of a journal of the test's own."""
    name = f"j{abs(hash(request.node.name)) % 10**9}"
    base = server[0]
    return base + (f"?schema={name}" if base.startswith("postgresql") else f"?journal={name}")


@pytest.mark.parametrize("own", [False, True], ids=["one path", "many"])
def test_processes_count_exactly_whatever_is_sent_again(url: str, own: bool) -> None:
    """A half of the ids is sent twice, and counts once."""
    times = int(os.environ.get("HTEALEAF_TIMES", TIMES))
    running = [counting(url, f"p{p}", 4, times, again=True, own=own) for p in range(4)]
    acknowledged = [id for process in running for id in process.communicate()[0].split()]

    assert all(process.returncode == 0 for process in running)
    assert len(acknowledged) == counted(url) == 4 * 4 * times


def test_a_killed_writer_loses_nothing_that_it_was_told(url: str) -> None:
    """Acknowledged <= stored <= sent; what is sent again after it is not doubled."""
    Replica(open_journal(url)).close()
    stored = 0
    for at in range(int(os.environ.get("HTEALEAF_KILLS", ROUNDS))):
        process = counting(url, f"r{at}", 2, 100_000)
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(3 + at % 7)]
        process.send_signal(signal.SIGKILL)
        said += process.stdout.readlines()
        process.wait()
        process.stdout.close()
        told = [line.strip() for line in said if line.endswith("\n")]

        replica = Replica(open_journal(url))
        replica.define("counter", {"n": 0})
        # What was under way is sent again, by another worker: each is there once.
        for thread in range(2):
            mine = [id for id in told if id.startswith(f"r{at}.{thread}.")]
            write = Write("counter", Mutation("increment", parse("n"), 1))
            for n in range(len(mine) + 1):
                replica.commit([write], once=f"r{at}.{thread}.{n}")
        now = int(replica.root("counter")["n"])
        replica.close()

        assert now - stored == len(told) + 2
        stored = now


def test_a_server_that_stops_under_writes_loses_and_doubles_nothing(
    server: tuple[str, Server], url: str
) -> None:
    """It is killed and started again, twice, while processes go on asking."""
    running = [counting(url, f"s{p}", 2, 60) for p in range(2)]
    for process in running:
        assert process.stdout is not None
        process.stdout.readline()
    for _ in range(2):
        server[1].kill()
        server[1].start()
    acknowledged = [1 for process in running for _ in process.communicate()[0].split()]

    assert all(process.returncode == 0 for process in running)
    assert len(acknowledged) + 2 == counted(url) == 2 * 2 * 60
