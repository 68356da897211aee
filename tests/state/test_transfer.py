"""Documents move between journals, as text and directly, and nothing is half there afterwards."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path as File
from typing import Any

import pytest

from htealeaf import Registry, Store
from htealeaf.cli import main
from htealeaf.cli.progress import Progress
from htealeaf.data.streams import MOVING
from htealeaf.state.backends.memory import MemoryJournal
from htealeaf.state.backends.opening import JournalNotOpened, open_journal
from htealeaf.state.backends.sqlite import SqliteJournal
from htealeaf.state.connecting import connect
from htealeaf.state.journal import Journal, JournalUnreachable
from htealeaf.state.replica import Replica
from htealeaf.state.transfer import Export, NotMoved, Source, Target, copied, exported, imported


def nothing(done: int) -> None:
    pass


@pytest.fixture
def urls(tmp_path: File) -> Callable[[str], str]:
    return lambda name: f"sqlite:///{tmp_path / name}.db"


@pytest.fixture
def full(urls: Callable[[str], str]) -> str:
    """Return a journal with documents of several stores."""
    with connect(urls("full")) as stores:
        Store({"n": 0, "t": ["a"]}, "shared", registry=stores).increment("n", 4)
        rooms = Store({"text": "", "gone": 1}, "rooms", keyed=True, registry=stores)
        for n in range(3):
            rooms.of(f"r/{n} é").set("text", f"<{n}>\u2028")
            rooms.of(f"r/{n} é").delete("gone")
        Store({"a": 1}, "other", version=3, registry=stores).set("a", 2)
    return urls("full")


def documents(url: str) -> dict[str, Any]:
    journal = open_journal(url)
    try:
        found = {name: journal.load(name).document for name in journal.scan("")}
        return {name: (d.root, d.gone, d.layout) for name, d in found.items() if d is not None}
    finally:
        journal.close()


def run(*arguments: str) -> int:
    return main(["journal", *arguments])


def test_a_copy_has_every_document(
    full: str, urls: Callable[[str], str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("copy", full, urls("new")) == 0

    assert documents(urls("new")) == documents(full)
    assert len(documents(full)) == 5
    assert "5 documents copied" in capsys.readouterr().err
    with connect(urls("new")) as stores:
        assert stores["shared"].read("n") == 4


def test_an_export_can_be_read_and_imported(
    full: str, urls: Callable[[str], str], tmp_path: File
) -> None:
    file = tmp_path / "shop.jsonl"

    assert run("export", full, str(file)) == 0

    lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    assert lines[0]["htealeaf"] == "journal"
    assert {"stream": "shared", "document": {"n": 4, "t": ["a"]}}.items() <= lines[5].items()
    assert lines[-1] == {"end": 5, "n": 8}
    assert file.stat().st_mode & 0o777 == 0o600
    assert run("import", urls("new"), str(file)) == 0
    assert documents(urls("new")) == documents(full)


def test_export_and_import_go_through_pipes(
    full: str, urls: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = io.BytesIO()
    with monkeypatch.context() as patch:
        wrapped = io.TextIOWrapper(out, write_through=True)
        patch.setattr(sys, "stdout", wrapped)
        patch.setenv("HTEALEAF_JOURNAL", full)
        assert run("export") == 0
        wrapped.detach()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(out.getvalue())))
        assert run("import", urls("new")) == 0

    assert documents(urls("new")) == documents(full)


def test_info_says_what_is_there(full: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("info", full) == 0

    said = capsys.readouterr().out
    for words in ("sqlite", "documents", "rooms", "3", "number", "8"):
        assert words in said


def test_compact_says_what_it_did(full: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("compact", full) == 0
    assert "numbers kept" in capsys.readouterr().err
    assert len(documents(full)) == 5


@pytest.mark.parametrize("command", ["import", "copy"])
def test_what_has_documents_is_not_filled_unless_told(
    command: str,
    full: str,
    urls: Callable[[str], str],
    tmp_path: File,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = str(tmp_path / "x.jsonl")
    run("export", full, file)
    with connect(urls("new")) as stores:
        Store({"n": 0}, "shared", registry=stores).set("n", 9)
        Store({"n": 0}, "mine", registry=stores).set("n", 1)
    words = (urls("new"), file) if command == "import" else (full, urls("new"))
    before = documents(urls("new"))
    capsys.readouterr()

    assert run(command, *words) == 1
    assert "2 documents already" in capsys.readouterr().err
    assert documents(urls("new")) == before

    assert run(command, *words, "--merge") == 0
    assert documents(urls("new")) == {**documents(full), "mine": before["mine"]}


def test_lists_that_were_moved_have_shape_versions_of_their_new_line(
    full: str, urls: Callable[[str], str]
) -> None:
    """Not 0, as if they were a default's: an offer of before would be good for them."""
    run("copy", full, urls("new"))

    with connect(urls("new")) as stores:
        version = stores["shared"].read("t").version
        assert 1 <= version <= stores.journal.n


def test_an_export_that_was_cut_is_refused(
    full: str, urls: Callable[[str], str], tmp_path: File, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "x.jsonl"
    run("export", full, str(file))
    whole = file.read_bytes().splitlines(keepends=True)
    for cut, words in (
        (whole[:-1], "end is missing"),
        (whole[:2] + whole[3:], "its end says 5"),
        ([*whole[:-1], whole[-1][:5]], "no JSON"),
        (whole[1:], "no export"),
        ([b'{"htealeaf": "journal", "format": 2}\n', *whole[1:]], "format 2"),
        ([whole[0], b'{"stream": 3, "document": 1}\n', b'{"end": 1}'], "line 2"),
        ([whole[0], b'{"document": 1}\n', b'{"end": 1}'], "line 2"),
        ([*whole, whole[1]], "behind the end"),
        ([], "end is missing"),
    ):
        file.write_bytes(b"".join(cut))
        capsys.readouterr()
        assert run("import", urls("new"), str(file)) == 1
        assert words in capsys.readouterr().err
        assert not documents(urls("new"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["info", "sqlite:///nothing-here.db"], "there is no file"),
        (["info", "memory:"], "ends with its program"),
        (["info", "mongodb://x"], "nothing is known"),
        (["info"], "no journal is named"),
        (["copy", "sqlite:///x.db", "sqlite:///x.db"], "another one"),
        (["import", "sqlite:///x.db", "not-there.jsonl"], "not-there.jsonl"),
    ],
)
def test_what_can_not_be_is_one_sentence(
    words: list[str],
    said: str,
    tmp_path: File,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)

    assert run(*words) == 1

    shown = capsys.readouterr().err
    assert said in shown
    assert shown.count("\n") == 1
    assert not list(tmp_path.iterdir())


class Breaking:
    """A journal whose server goes away after some appends."""

    def __init__(self, journal: Journal, appends: int) -> None:
        self._journal, self.left = journal, appends

    def __getattr__(self, name: str) -> Any:
        return getattr(self._journal, name)

    def append(self, *arguments: Any, **options: Any) -> Any:
        if self.left <= 0:
            raise JournalUnreachable("it is gone")
        self.left -= 1
        return self._journal.append(*arguments, **options)


@pytest.mark.parametrize("appends", range(4))
def test_an_interrupted_copy_is_refused_until_it_has_run_through(
    appends: int, full: str, urls: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("htealeaf.state.transfer.TOGETHER", 2)
    source, new = open_journal(full), open_journal(urls("new"))

    broken: Any = Breaking(new, appends)

    def copies() -> None:
        copied(Source(source), Target(broken, "the first"), nothing)

    with pytest.raises(JournalUnreachable):
        copies()

    if appends:
        assert new.load(MOVING).document is not None
        for opens in (lambda: open_journal(urls("new")), lambda: run_connect(urls("new"))):
            with pytest.raises(JournalNotOpened, match="run the same command again"):
                opens()
        with pytest.raises(NotMoved, match="the first"):
            Target(new, "another")
        with pytest.raises(NotMoved):
            Source(new)
    Replica(source).drop("rooms@r/1 é")  # it went before the second try
    assert copied(Source(source), Target(new, "the first"), nothing) == 4
    source.close()
    new.close()
    assert documents(urls("new")) == documents(full)


def run_connect(url: str) -> None:
    with connect(url):
        pass


def test_a_killed_copy_goes_on(full: str, urls: Callable[[str], str]) -> None:
    """The very process dies, somewhere; what is there then is no half journal."""
    with connect(full) as stores:
        rooms = Store({"n": 0}, "many", keyed=True, registry=stores)
        for n in range(1500):
            rooms.of(n).set("n", n)
    command = [sys.executable, "-m", "htealeaf", "journal", "copy", full, urls("new")]
    process = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": os.getcwd()})
    file = File(urls("new")[len("sqlite:///") :])
    while process.poll() is None and not (file.exists() and file.stat().st_size > 20_000):
        pass
    process.send_signal(signal.SIGKILL)
    process.wait()

    assert run("copy", full, urls("new")) in (0, 1)  # 1: it had ended in time
    assert documents(urls("new")) == documents(full)


def test_an_export_is_of_one_moment_whatever_is_written(tmp_path: File) -> None:
    """Two documents are written in one step each time; no export tells them apart."""
    journal = SqliteJournal(tmp_path / "x.db")
    registry = Registry(Replica(journal))
    pair = Store({"n": 0}, "pair", keyed=True, registry=registry)
    for key in range(400):
        pair.of(key).set("n", -1)
    stopped = threading.Event()

    def writes() -> None:
        own = Registry(Replica(SqliteJournal(tmp_path / "x.db")))
        mine = Store({"n": 0}, "pair", keyed=True, registry=own)
        n = 0
        while not stopped.is_set():
            n += 1
            with own.batch():
                mine.of(0).set("n", n)
                mine.of(399).set("n", n)
                if n % 2:
                    mine.of("come").set("n", n)
            if not n % 2:
                own.journal.drop("pair@come")

    thread = threading.Thread(target=writes)
    thread.start()
    try:
        for _ in range(5):
            out = io.BytesIO()
            exported(Source(journal), out, nothing)
            into = MemoryJournal()
            found = Export(io.BytesIO(out.getvalue()))
            imported(found, Target(into, found.name), nothing)
            roots = Replica(into)
            first, last = roots.root("pair@0")["n"], roots.root("pair@399")["n"]
            assert first == last
            if first > 0 and first % 2:
                assert roots.root("pair@come") == {"n": first}
    finally:
        stopped.set()
        thread.join()


def test_an_interrupted_export_leaves_the_old_file(
    full: str, tmp_path: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "x.jsonl"
    file.write_text("before")

    def interrupted(self: Source) -> Iterator[Any]:
        raise KeyboardInterrupt

    monkeypatch.setattr(Source, "__iter__", interrupted)
    assert run("export", full, str(file)) == 1

    assert file.read_text() == "before"
    assert [path.name for path in tmp_path.glob("*.part")] == []
    assert len(list(tmp_path.glob(".*"))) == 0


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_bar_is_drawn_on_a_terminal_only() -> None:
    for out, draws in ((Terminal(), True), (io.StringIO(), False)):
        with Progress("copying", 10, out) as progress:
            progress(5)
        assert bool(out.getvalue()) is draws
    assert Progress("copying", 10, out).line(5) == f"copying [{'#' * 15}{' ' * 15}] 5/10"
    assert "12/12" in Progress("copying", 10, out).line(12)
