"""SQLite under several real processes: exact counts, a killed writer, and a full disk."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import textwrap
from pathlib import Path as File

import pytest

from htealeaf.data.paths import parse
from htealeaf.data.verbs import Mutation
from htealeaf.state.backends.sqlite import SqliteJournal
from htealeaf.state.backends.sqlite_file import COMMIT, DISK
from htealeaf.state.drafts import Write
from htealeaf.state.journal import JournalUnreachable
from htealeaf.state.replica import Replica

pytestmark = pytest.mark.server  # processes of its own

ROUNDS = 5  #: of `kill -9` in a quick run, on each durability; `HTEALEAF_KILLS` for more

# Adds 1 to `counter`, with a one-time id each, and says so when it is acknowledged.
COUNTING = textwrap.dedent(
    """
    import sys, threading
    from pathlib import Path
    from htealeaf.data.paths import parse
    from htealeaf.data.verbs import Mutation
    from htealeaf.state.backends.sqlite import SqliteJournal
    from htealeaf.state.drafts import Write
    from htealeaf.state.replica import Replica

    file, durability, name, threads, times, again = sys.argv[1:]
    replica = Replica(SqliteJournal(Path(file), durability=durability))
    lock = threading.Lock()

    def count(thread):
        for n in range(int(times)):
            write = Write("counter", Mutation("increment", parse("n"), 1))
            for _ in range(1 + int(again) * (n % 2)):
                replica.commit([write], once=f"{name}.{thread}.{n}")
            with lock:
                print(f"{name}.{thread}.{n}", flush=True)

    all = [threading.Thread(target=count, args=(t,)) for t in range(int(threads))]
    for one in all:
        one.start()
    for one in all:
        one.join()
    """
)


def counting(
    file: File, durability: str, name: str, threads: int, times: int, again: bool = False
) -> subprocess.Popen[str]:
    root = str(File(__file__).parents[2])
    counts = [str(threads), str(times), str(int(again))]
    return subprocess.Popen(
        [sys.executable, "-c", COUNTING, str(file), durability, name, *counts],
        env={**os.environ, "PYTHONPATH": root},
        stdout=subprocess.PIPE,
        text=True,
    )


def begun(file: File, durability: str = COMMIT) -> None:
    replica = Replica(SqliteJournal(file, durability=durability))
    replica.commit([Write("counter", Mutation("replace", parse("n"), 0))])
    replica.close()


def counted(file: File) -> int:
    replica = Replica(SqliteJournal(file))
    n: int = replica.root("counter")["n"]
    replica.close()
    return n


def said(process: subprocess.Popen[str]) -> list[str]:
    out, _ = process.communicate()
    return out.split()


@pytest.mark.parametrize("processes", [2, 4])
def test_processes_count_exactly_whatever_is_sent_again(tmp_path: File, processes: int) -> None:
    """A half of the ids is sent twice, and counts once."""
    file = tmp_path / "shop.db"
    begun(file)

    running = [counting(file, COMMIT, f"p{p}", 4, 50, again=True) for p in range(processes)]
    acknowledged = [id for process in running for id in said(process)]

    assert all(process.returncode == 0 for process in running)
    assert len(acknowledged) == counted(file) == processes * 4 * 50


@pytest.mark.parametrize("durability", [COMMIT, DISK])
def test_a_killed_writer_loses_nothing_that_it_was_told(tmp_path: File, durability: str) -> None:
    """Acknowledged <= stored <= sent; what is sent again after it is not doubled."""
    file = tmp_path / "shop.db"
    begun(file, durability)
    stored = 0
    for at in range(int(os.environ.get("HTEALEAF_KILLS", ROUNDS))):
        process = counting(file, durability, f"r{at}", 2, 100_000)
        assert process.stdout is not None
        acknowledged = [process.stdout.readline() for _ in range(3 + at % 7)]
        process.send_signal(signal.SIGKILL)
        acknowledged += process.stdout.readlines()
        process.wait()
        process.stdout.close()
        told = sum(line.endswith("\n") for line in acknowledged)

        now = counted(file)

        assert told <= now - stored <= told + 2  # each of two threads had one under way
        journal = SqliteJournal(file)
        for line in acknowledged:
            if line.endswith("\n"):
                assert journal.claimed(line.strip()) is not None
        journal.close()
        stored = now


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_FSIZE"), reason="no limits on files here")
def test_a_full_disk_is_said_and_reading_goes_on(tmp_path: File) -> None:
    """The limit on a file's size stands for the disk: the log can't grow, nothing is half there."""
    file = tmp_path / "shop.db"
    begun(file)
    replica = Replica(SqliteJournal(file))
    big = [Write("counter", Mutation("replace", parse("text"), "x" * 3_000_000))]
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
    try:
        with pytest.raises(JournalUnreachable) as found:
            replica.commit(big, once="big")
        assert replica.root("counter") == {"n": 0}
        assert Replica(replica.journal).root("counter") == {"n": 0}
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert found.value.status_hint == 503
    replica.commit(big, once="big")
    assert len(replica.root("counter")["text"]) == 3_000_000
    replica.close()
    assert counted(file) == 0
