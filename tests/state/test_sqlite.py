"""The journal in SQLite keeps what every journal promises, and a few things of its own."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path as File
from typing import Any

import pytest

from htealeaf.data.documents import Json, freeze
from htealeaf.data.effects import DROP, Effect, same_document
from htealeaf.data.paths import parse
from htealeaf.data.verbs import Mutation
from htealeaf.errors import Conflict, TargetGone
from htealeaf.state.backends import sqlite
from htealeaf.state.backends.opening import JournalNotOpened, open_journal
from htealeaf.state.backends.sqlite import SqliteJournal
from htealeaf.state.backends.sqlite_file import COMMIT, DISK, SCHEMA
from htealeaf.state.backends.sqlite_filing import BATCH
from htealeaf.state.backends.sqlite_once import remember_once
from htealeaf.state.backends.sqlite_rows import CHAIN
from htealeaf.state.backends.sqlite_upkeep import STEP
from htealeaf.state.drafts import Write
from htealeaf.state.journal import (
    DONE,
    KEPT,
    ONCE_LIFETIME,
    PENDING,
    Commit,
    EpochChanged,
    Journal,
    JournalTrimmed,
    JournalUnreachable,
    Once,
)
from htealeaf.state.replica import Replica
from htealeaf.state.versions import Versions
from tests.state.journal_contract import (
    JournalContract,
    Opener,
    Worker,
    begin,
    insert,
    put,
    step,
)


def aged(file: File, seconds: float) -> None:
    db = sqlite3.connect(file, timeout=10)
    with db:
        db.execute("UPDATE entry SET at = at - ?, until = until - ?", (seconds, seconds))
        db.execute("UPDATE once SET at = at - ?, until = until - ?", (seconds, seconds))
        db.execute("UPDATE head SET seen = seen - ?", (seconds,))
    db.close()


class Sqlite(JournalContract):
    durability = COMMIT

    def open_journals(self, place: File) -> Opener:
        self.file = place / "shop.db"
        return lambda: SqliteJournal(self.file, durability=self.durability)

    def open_small(self, place: File, most: int) -> Journal:
        return SqliteJournal(place / "small.db", durability=self.durability, once=most)

    def age(self, journal: Journal, seconds: float) -> None:
        aged(self.file, seconds)


class TestSqlite(Sqlite):
    pass


class TestSqliteOnDisk(Sqlite):
    durability = DISK


@pytest.fixture
def file(tmp_path: File) -> File:
    return tmp_path / "shop.db"


def counted(file: File, table: str) -> int:
    db = sqlite3.connect(file)
    (count,) = db.execute(f"SELECT count(*) FROM {table}").fetchone()
    db.close()
    return int(count)


def many(worker: Worker, stream: str, count: int) -> None:
    at = worker.journal.load(stream).n
    for n in range(count):
        at = worker.append(step(stream, put("n", n)), seen=at, **{stream: at}).numbers[0]


# -- documents and their size ----------------------------------------------------------------


def test_a_large_document_is_not_written_anew_at_each_click(file: File) -> None:
    one = Worker(SqliteJournal(file))
    one.began("s", {"n": 0, "text": "x" * 1_000_000})
    one.journal.close()
    before = file.stat().st_size

    again = Worker(SqliteJournal(file))
    many(again, "s", 100)
    again.journal.close()

    assert file.stat().st_size - before < 100_000
    assert Worker(SqliteJournal(file)).root("s")["n"] == 99


def test_what_is_kept_of_a_document_is_bounded(file: File) -> None:
    one = Worker(SqliteJournal(file))
    one.began("s", {"n": 0})
    many(one, "s", 3 * CHAIN + 5)
    aged(file, KEPT + 1)

    one.journal.compact()

    assert counted(file, "entry") == 5
    assert counted(file, "snapshot") == 1
    assert one.root("s") == {"n": 3 * CHAIN + 4}
    one.journal.close()
    assert Worker(SqliteJournal(file)).root("s") == {"n": 3 * CHAIN + 4}


def test_each_number_can_be_read_whatever_snapshots_there_are(file: File) -> None:
    one = Worker(SqliteJournal(file))
    one.began("s", {"n": -1})
    many(one, "s", 2 * CHAIN + 10)

    for at in (1, 2, CHAIN, CHAIN + 1, CHAIN + 2, 2 * CHAIN + 1, 2 * CHAIN + 11):
        assert one.root("s", at) == {"n": at - 2}


def test_a_stream_that_was_dropped_leaves_nothing(file: File) -> None:
    one = Worker(SqliteJournal(file))
    one.began("s", {"n": 0})
    many(one, "s", CHAIN + 5)
    one.append(step("s", Effect(DROP)), s=one.n)
    one.began("other", {})
    aged(file, KEPT + 1)

    one.journal.compact()

    assert counted(file, "snapshot") == 0
    assert counted(file, "entry") == 1
    assert one.root("s") is None


def test_a_stream_that_began_again_does_not_keep_what_was_before(file: File) -> None:
    one = Worker(SqliteJournal(file))
    one.began("s", {"n": 0})
    many(one, "s", CHAIN + 5)
    one.append(step("s", Effect(DROP)), s=one.n)
    last = one.began("s", {"n": 7})
    aged(file, KEPT + 1)

    one.journal.compact()

    assert counted(file, "entry") == 1
    assert one.root("s") == {"n": 7}
    assert one.journal.load("s").n == last


@pytest.mark.parametrize("lost", [3, 4])
def test_a_missing_entry_is_noticed(file: File, lost: int) -> None:
    """Nothing is put in the place of what is lost."""
    one = Worker(SqliteJournal(file))
    one.began("s", {"n": 0})
    many(one, "s", 3)
    one.began("other", {})  # so all before it is filed
    db = sqlite3.connect(file)
    with db:
        db.execute("DELETE FROM entry WHERE n = ?", (lost,))
    db.close()

    with pytest.raises(Exception, match="'s' of the journal is damaged"):
        one.journal.load("s")


def test_one_time_ids_are_bounded_in_number(file: File) -> None:
    one = Worker(SqliteJournal(file, once=100))

    for n in range(250):
        one.append(Commit({}, Once(f"{n}")))

    assert one.journal.describe().once <= 101
    assert one.journal.claimed("100") is None
    assert one.journal.claimed("249") is not None


def test_what_is_not_filed_yet_is_found(file: File) -> None:
    """A click writes an entry and nothing else; its head and its id are asked of the last ones."""
    one, two = (Worker(SqliteJournal(file)) for _ in range(2))
    one.began("s", {"n": 0})
    one.began("t", {"n": 0})
    aged(file, 3600)

    at = 1
    for n in range(BATCH + BATCH // 2):
        change = step("s", put("n", n), once=Once(f"{n}", outcome="told", seconds=9.0))
        at = one.append(change, seen=at, s=at).numbers[0]
        at_filed = counted(file, "head WHERE n = (SELECT max(n) FROM entry)")
        assert at_filed == (n == BATCH - 1)

    assert two.root("s") == {"n": n}
    assert two.root("s", at - 10) == {"n": n - 10}
    assert two.journal.describe().once == n + 1
    for id in ("0", f"{n}"):
        known = two.journal.claimed(id)
        assert known is not None
        assert (known.state, known.outcome, known.seconds > 8) == (DONE, "told", True)
        again = two.refused(step("s", put("n", 0), once=Once(id)), seen=at, s=at)
        assert list(again.taken) == [id]
    assert two.refused(step("s", put("n", 0)), seen=at, s=at - 1).taken == {}
    assert two.journal.scan("", unseen=60) == ["t"]
    aged(file, KEPT + 1)
    two.journal.compact()
    assert two.root("s") == {"n": n}
    assert two.append(step("s", put("n", -1)), seen=at, s=at).numbers == (at + 1,)


def test_an_id_that_was_forgotten_before_it_was_filed_can_be_had(file: File) -> None:
    one, two = (Worker(SqliteJournal(file)) for _ in range(2))
    one.began("s", {"n": 0})
    one.append(step("s", put("n", 1), once=Once("a")), seen=1, s=1)
    aged(file, ONCE_LIFETIME + 1)
    assert two.journal.claimed("a") is None

    claim = Once("a", PENDING, "me", 9.0)
    two.append(Commit({}, claim), seen=2)
    two.append(step("s", put("n", 2), once=Once("b")), seen=2, s=2)

    known = one.journal.claimed("a")
    assert known is not None
    assert (known.state, known.holder) == (PENDING, "me")


def test_a_snapshot_is_what_its_entries_come_to(file: File) -> None:
    """Though whoever writes it does not fold them: lists too, and what was there once."""
    one = worker_of(file)
    kept = 0
    for n in range(2 * CHAIN):
        one.commit([write("insert", "t/0", n)])
        one.commit([write("delete", "t/1")])
        if n == CHAIN:
            one.commit([write("insert", "t/1", -1), write("delete", "t/2")])
        assert isinstance(one.journal, SqliteJournal)
        assert one.journal._known is not None
        kept += bool(one.journal._known.documents)

    assert counted(file, "snapshot") >= 3
    assert kept > CHAIN  # most of the time
    assert_same_at_each(one, SqliteJournal(file))


def assert_same_at_each(one: Replica, journal: Journal) -> None:
    # From the last snapshot, and from the first entry.
    last = journal.load("s")
    db = sqlite3.connect(one.journal._file)  # type: ignore[attr-defined]
    with db:
        db.execute("DELETE FROM snapshot")
    db.close()
    first = journal.load("s")
    assert last.document is not None
    assert first.document is not None
    assert same_document(last.document, first.document)
    assert last.document.root == one.root("s")


# -- epochs ----------------------------------------------------------------------------------


def booted_again(file: File) -> None:
    db = sqlite3.connect(file)
    with db:
        db.execute("UPDATE line SET boot = 'another'")
    db.close()


@pytest.mark.parametrize(("durability", "same"), [(COMMIT, False), (DISK, True)])
def test_another_start_of_the_machine_is_another_epoch_where_commits_may_be_lost(
    file: File, durability: str, same: bool
) -> None:
    one = Worker(SqliteJournal(file, durability=durability))
    one.began("s", {"n": 0})
    one.journal.close()
    booted_again(file)

    again = Worker(SqliteJournal(file, durability=DISK))

    assert (again.epoch == one.epoch) is same
    assert again.root("s") == {"n": 0}
    assert Worker(SqliteJournal(file)).epoch == again.epoch


def test_a_copy_is_another_epoch(file: File, tmp_path: File) -> None:
    one = Worker(SqliteJournal(file))
    one.began("s", {"n": 0})
    one.journal.close()
    copy = tmp_path / "copy.db"
    copy.write_bytes(file.read_bytes())

    assert Worker(SqliteJournal(copy)).epoch != one.epoch
    assert Worker(SqliteJournal(file)).epoch == one.epoch


@pytest.mark.parametrize("kept", ["kept up", "closed"])
def test_an_older_one_that_is_copied_onto_it_is_another_epoch(file: File, kept: str) -> None:
    """`cp backup.db shop.db` writes into the file: its place in the file system stays."""
    one = Worker(SqliteJournal(file))
    one.began("s", {"n": 0})
    one.journal.close()
    backup = file.read_bytes()
    one = Worker(SqliteJournal(file))
    one.tried(step("s", put("n", 1)), seen=1, s=1)
    if kept == "kept up":
        one.journal.compact()
    epoch, inode = one.epoch, file.stat().st_ino
    one.journal.close()
    with file.open("r+b") as restored:
        restored.truncate()
        restored.write(backup)
    assert file.stat().st_ino == inode

    again = Worker(SqliteJournal(file))

    assert again.epoch != epoch
    assert again.root("s") == {"n": 0}
    again.journal.close()
    assert Worker(SqliteJournal(file)).epoch == again.epoch, "it is noticed once"


@pytest.mark.parametrize("note", ["", "x", "e 1 2", "e x", "\0"])
def test_a_note_beside_it_that_nobody_can_read_says_nothing(file: File, note: str) -> None:
    one = Worker(SqliteJournal(file))
    one.began("s", {"n": 0})
    one.journal.close()
    beside = file.with_name(f"{file.name}-line")
    assert beside.stat().st_mode & 0o777 == 0o600
    beside.write_text(note)

    assert Worker(SqliteJournal(file)).epoch == one.epoch
    assert beside.read_text() == f"{one.epoch} 1"


def test_a_file_that_lost_its_end_is_another_epoch_for_who_has_seen_it(file: File) -> None:
    one = Worker(SqliteJournal(file))
    one.began("s", {"n": 0})

    with pytest.raises(EpochChanged):
        one.tried(step("s", put("n", 1)), seen=9, s=1)

    assert one.n == 1
    assert one.journal.describe().epoch != one.epoch


def test_a_file_that_is_put_into_the_place_is_not_written(file: File, tmp_path: File) -> None:
    """SQLite would take the log beside it for its own, and damage it."""
    SqliteJournal(tmp_path / "backup.db").close()
    one = Worker(SqliteJournal(file))
    one.began("s", {})
    (tmp_path / "backup.db").rename(file)

    with pytest.raises(JournalUnreachable, match="stop every program"):
        one.tried(step("s", put("n", 2)), seen=1, s=1)

    assert one.root("s") == {}


def test_a_file_that_is_gone_is_said(file: File) -> None:
    one = Worker(SqliteJournal(file))
    one.began("s", {})
    file.unlink()

    with pytest.raises(JournalUnreachable, match="is gone"):
        one.tried(step("s", put("n", 1)), seen=1, s=1)


# -- opening ---------------------------------------------------------------------------------


def test_a_url_names_a_file(file: File, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(file.parent)

    told = open_journal(f"sqlite:///{file}?durability=disk").describe()
    open_journal("sqlite:///a%20b.db")

    assert told.kind == "sqlite"
    assert "power" in told.lasting
    assert (file.parent / "a b.db").exists()


def test_what_is_stored_is_not_for_others_eyes(file: File) -> None:
    Worker(SqliteJournal(file)).began("~session@k", {"user": "ann"})

    modes = {found.name: found.stat().st_mode & 0o077 for found in file.parent.iterdir()}

    assert set(modes.values()) == {0}, modes


@pytest.mark.parametrize(
    ("url", "fix"),
    [
        ("sqlite:shop.db", "write sqlite:///shop.db"),
        ("sqlite://", "write sqlite:///shop.db"),
        ("sqlite:///", "write sqlite:///shop.db"),
        ("sqlite://shop.db", "write sqlite:///shop.db"),
        ("sqlite:///:memory:", "written memory:"),
        ("sqlite:///x.db?durability=none", "commit or disk"),
        ("sqlite:///x.db?wait=1", "no option 'wait'"),
        ("sqlite:////nowhere/at/all/x.db", "in a folder"),
        ("sqlite:////", "write sqlite:///shop.db"),
    ],
)
def test_a_url_that_names_none_says_what_would_work(url: str, fix: str) -> None:
    with pytest.raises(JournalNotOpened, match=fix) as found:
        open_journal(url)

    assert "\n" not in str(found.value)


def test_a_file_of_a_newer_version_is_refused_in_words(file: File) -> None:
    SqliteJournal(file).close()
    db = sqlite3.connect(file)
    db.execute(f"PRAGMA user_version = {SCHEMA + 1}")
    db.close()

    with pytest.raises(
        JournalNotOpened, match=r"a newer htealeaf wrote it .*pip install --upgrade"
    ):
        SqliteJournal(file)


def test_a_file_of_the_first_version_is_read_on(file: File) -> None:
    """It filed at each commit, and had an index in place of a table."""
    one = Worker(SqliteJournal(file))
    one.began("s", {"n": 0})
    one.append(step("s", put("n", 1), once=Once("a")), seen=1, s=1)
    one.began("t", {"n": 7})
    epoch = one.journal.describe().epoch
    one.journal.close()
    db = sqlite3.connect(file, isolation_level=None)
    db.executescript("""
        CREATE TABLE first (
          n INTEGER NOT NULL, place INTEGER NOT NULL, stream BLOB NOT NULL, effects BLOB NOT NULL,
          at REAL NOT NULL, PRIMARY KEY (n, place)) WITHOUT ROWID;
        INSERT INTO first SELECT n, place, stream, effects, at FROM entry;
        DROP TABLE entry;
        ALTER TABLE first RENAME TO entry;
        CREATE INDEX entry_of_stream ON entry (stream, n);
        DROP TABLE history;
        ALTER TABLE line DROP COLUMN filed;
        PRAGMA user_version = 1;
    """)
    db.close()

    again = Worker(SqliteJournal(file))

    assert (again.journal.describe().epoch, again.journal.describe().n) == (epoch, 3)
    assert again.root("s") == {"n": 1}
    assert again.root("s", 1) == {"n": 0}
    assert again.journal.claimed("a") is not None
    assert again.append(step("s", put("n", 2)), seen=3, s=2).numbers == (4,)
    assert Worker(SqliteJournal(file)).root("s") == {"n": 2}


def test_a_file_of_another_kind_is_left_alone(file: File) -> None:
    db = sqlite3.connect(file)
    db.execute("CREATE TABLE mine (a)")
    db.close()
    before = file.read_bytes()
    text = file.with_name("notes.txt")
    text.write_text("These are notes. " * 100)

    with pytest.raises(JournalNotOpened, match="another program's"):
        SqliteJournal(file)
    with pytest.raises(JournalNotOpened, match="not a database"):
        SqliteJournal(text)

    assert file.read_bytes() == before


def test_who_is_behind_what_is_kept_is_told(file: File) -> None:
    one = Worker(SqliteJournal(file))
    one.began("s", {"t": []})
    one.append(step("s", insert("t/0", 1)), s=1)
    aged(file, KEPT + 1)
    one.journal.compact()

    with pytest.raises(JournalTrimmed):
        one.numbers(0)


# -- who was overtaken ----------------------------------------------------------------------


def worker_of(file: File, versions: Versions | None = None) -> Replica:
    made = Replica(SqliteJournal(file))
    made.define("s", freeze({"n": 0, "t": [1, 2, 3]}), versions)
    return made


def write(verb: str, path: str, value: Json = None, shape: str | None = None) -> Write:
    return Write("s", Mutation(verb, parse(path), value, None), shape)


def test_who_was_overtaken_applies_again_in_the_same_turn(file: File) -> None:
    """So he is not overtaken twice; what can't be any more is told, and takes nobody along."""
    one, two = worker_of(file), worker_of(file)
    one.commit([write("increment", "n", 1)])
    assert two.root("s")["n"] == 1
    shape = str(two.cursor)
    overtakes(two, lambda: one.commit([write("increment", "n", 1), write("delete", "t/0")]))

    two.commit([write("increment", "n", 1), write("delete", "t/2", shape=shape)])

    assert one.root("s") == two.root("s") == {"n": 3, "t": [2]}
    assert two.committer.tally.reruns == 0
    overtakes(two, lambda: one.commit([write("increment", "n", 1)]))
    with pytest.raises(Conflict):
        two.commit([write("increment", "n", 1)], expect=[("s", parse("n"), 3)])
    shape = str(two.cursor)
    overtakes(two, lambda: one.commit([write("delete", "t/0")]))
    with pytest.raises(TargetGone):
        two.commit([write("delete", "t/0", shape=shape)])
    assert one.root("s") == {"n": 4, "t": []}


def test_no_code_of_an_author_runs_while_others_wait(file: File) -> None:
    """A migration is such code; then the commit is tried again, without the lock."""
    worker_of(file).commit([write("increment", "n", 1)])
    held: list[bool] = []

    def step(value: Any) -> Any:
        held.append(journal._write_lock.locked())
        return value

    two = worker_of(file, Versions.of("s", freeze({"n": 0, "t": []}), 2, {1: step}))
    assert isinstance(two.journal, SqliteJournal)
    journal = two.journal
    assert two.root("s")["n"] == 1
    overtakes(two, lambda: worker_of(file).commit([write("increment", "n", 1)]))

    two.commit([write("increment", "n", 1)])

    assert two.root("s")["n"] == 3
    assert two.committer.tally.reruns == 1
    assert held
    assert not any(held)


def overtakes(worker: Replica, does: Callable[[], object]) -> None:
    # Between the last look of *worker* and its next append.
    journal, appends = worker.journal, worker.journal.append

    def append(*arguments: Any, **options: Any) -> Any:
        journal.append = appends  # type: ignore[method-assign]
        does()
        return appends(*arguments, **options)

    journal.append = append  # type: ignore[method-assign]


# -- what a process knows of the file while no other one commits ------------------------------


def test_what_another_process_committed_between_is_seen_at_once(file: File) -> None:
    """Own commits change nothing of what is asked for; one of another does, before or behind."""
    one, two = Worker(SqliteJournal(file)), Worker(SqliteJournal(file))
    one.began("s", {"n": 0})
    assert one.numbers(1) == []

    two.append(step("s", put("n", 1)), seen=1, s=1)
    assert one.numbers(1) == [2]

    two.append(step("s", put("n", 2)), seen=2, s=2)
    one.append(step("t", begin({})), seen=3, t=0)
    assert one.numbers(3) == [4]
    two.append(step("s", put("n", 3)), seen=4, s=3)

    assert one.numbers(4) == [5]
    assert one.refused(step("s", put("n", 9)), seen=4, s=3).entries is not None
    assert one.append(step("s", put("n", 4)), seen=5, s=5).numbers == (6,)


def test_what_is_known_ends_with_a_commit_that_fails(
    file: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = Worker(SqliteJournal(file))
    one.began("s", {"n": 0})

    def fails(*args: object) -> None:
        monkeypatch.setattr(sqlite, "remember_once", remember_once)
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(sqlite, "remember_once", fails)
    claim = Once("a", PENDING, "me", 9.0)
    with pytest.raises(JournalUnreachable):
        one.tried(step("s", put("n", 1), once=claim), seen=1, s=1)

    assert one.numbers(1) == []
    assert one.append(step("s", put("n", 1), once=claim), seen=1, s=1).numbers == (2,)


def test_compaction_leaves_a_short_log(file: File) -> None:
    """What clicks have appended is in the file itself then, so none of them has to see to it."""
    one = Worker(SqliteJournal(file))
    one.began("s", {"n": 0})
    many(one, "s", 20)

    one.journal.compact()

    copy = file.with_suffix(".copy")
    copy.write_bytes(file.read_bytes())  # without its log
    assert counted(copy, "entry") == 21


def test_compaction_looks_at_each_entry_about_once(file: File) -> None:
    """However many are old: looking at all of them in each step would keep writers waiting."""
    steps = []
    for number in (4, 16):
        one = Worker(SqliteJournal(file.with_suffix(f".{number}")))
        commits = [step(f"s@{n}", begin({})) for n in range(number * STEP)]
        told = one.journal.describe()
        expected = {f"s@{n}": 0 for n in range(number * STEP)}
        one.journal.append(commits, epoch=told.epoch, seen=0, expected=expected)
        aged(file.with_suffix(f".{number}"), KEPT + 1)
        assert isinstance(one.journal, SqliteJournal)
        taken: list[None] = []
        one.journal._to_write().set_progress_handler(partial(taken.append, None), 100)
        one.journal.compact()
        assert one.journal.describe().oldest == number * STEP
        steps.append(len(taken))

    few, many = steps
    assert many < 5 * few
