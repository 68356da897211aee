"""Commands for a journal: `python -m htealeaf journal info | export | import | compact | copy`.

Rule 1: whatever can't be done is told in one sentence, and the exit status is 1.

Rule 2: what is interrupted leaves nothing half: an export's file comes into its place when it is
whole, and a journal that was being filled is refused until the same command has run through.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path as File
from typing import IO, Any
from urllib.parse import unquote

from htealeaf.cli.progress import Progress
from htealeaf.data.streams import FLASH, KEY, SESSION, TOPIC, store_of
from htealeaf.errors import HtealeafError
from htealeaf.state.backends.opening import BACKENDS, JournalNotOpened, open_journal, shown
from htealeaf.state.connecting import JOURNAL
from htealeaf.state.journal import Journal
from htealeaf.state.transfer import Export, Source, Target, copied, exported, imported, names

_KINDS = {
    FLASH: "(flash messages)",
    KEY: "(browser keys)",
    SESSION: "(sessions)",
    TOPIC: "(topics)",
}


def info(args: argparse.Namespace) -> int:
    """Say what a journal is and has."""
    with _opened(_url(args), half=True) as journal:
        told = journal.describe()
        stores: Counter[str] = Counter()
        with _progress("counting", told.streams) as progress:
            for done, name in enumerate(names(journal), 1):
                stores[store_of(name)] += 1
                progress(done)
        rows: list[tuple[str, Any]] = [
            ("kind", told.kind),
            ("epoch", told.epoch),
            ("number", told.n),
            ("entries kept from", told.oldest + 1 if told.oldest < told.n else "none"),
            ("one-time ids", f"{told.once} of at most {told.max_once}"),
            ("a write survives", told.lasting),
            ("documents", told.streams),
            *((f"  {_KINDS.get(store, store)}", count) for store, count in sorted(stores.items())),
        ]
    width = max(len(name) for name, _ in rows) + 2
    for name, value in rows:
        _say(f"{name:<{width}}{value}")
    return 0


def export(args: argparse.Namespace) -> int:
    """Write every document to a file, or to standard output."""
    url, file = _url(args), args.file
    with _opened(url) as journal:
        source = Source(journal)
        with _progress("exporting", source.total) as progress:
            if file in (None, "-"):
                count = exported(source, sys.stdout.buffer, progress)
                sys.stdout.buffer.flush()
            else:
                with _in_place(File(file)) as out:
                    count = exported(source, out, progress)
    _tell(f"{_documents(count)} exported from {shown(url)}, as of number {source.n}")
    return 0


def import_(args: argparse.Namespace) -> int:
    """Read documents from a file, or from standard input."""
    url = _url(args)
    with _readable(args.file) as file, _opened(url, half=True, new=True) as journal:
        found = Export(file)
        target = Target(journal, found.name, merge=args.merge)
        with _progress("importing", found.total) as progress:
            count = imported(found, target, progress)
    _tell(f"{_documents(count)} imported into {shown(url)}")
    return 0


def copy(args: argparse.Namespace) -> int:
    """Copy every document of one journal into another."""
    if args.url == args.to:
        raise JournalNotOpened(args.to, "it is copied from there; name another one to copy to")
    with _opened(args.url) as first, _opened(args.to, half=True, new=True) as second:
        source = Source(first)
        target = Target(second, shown(args.url), merge=args.merge)
        with _progress("copying", source.total) as progress:
            count = copied(source, target, progress)
    _tell(f"{_documents(count)} copied to {shown(args.to)}, as of number {source.n}")
    return 0


def compact(args: argparse.Namespace) -> int:
    """Forget entries and one-time ids that are older than they are kept for."""
    url = _url(args)
    with _opened(url) as journal:
        before = journal.describe()
        journal.compact()
        after = journal.describe()
    _tell(
        f"{shown(url)}: {before.n - before.oldest} numbers kept before, {after.n - after.oldest}"
        f" now; {before.once} one-time ids before, {after.once} now"
    )
    return 0


def add_to(commands: Any) -> None:
    """Add `journal` and what belongs to it to *commands*, the subparsers of argparse."""
    about = "what is kept in a journal: look at it, export, import, copy, compact it"
    parser = commands.add_parser("journal", help=about, description=about)
    inner = parser.add_subparsers(dest="journal", required=True)

    def added(name: str, do: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
        words = (do.__doc__ or "").rstrip(".")
        made: argparse.ArgumentParser = inner.add_parser(name, help=words, description=words)
        made.set_defaults(do=_guarded(do))
        return made

    url = f"of the journal, such as sqlite:///shop.db; without it {JOURNAL}"
    for name, do in (("info", info), ("compact", compact)):
        added(name, do).add_argument("url", nargs="?", help=url)
    one = added("export", export)
    one.add_argument("url", nargs="?", help=url)
    one.add_argument("file", nargs="?", help="where to; without it, standard output")
    one = added("import", import_)
    one.add_argument("url", nargs="?", help=url)
    one.add_argument("file", nargs="?", help="where from; without it, standard input")
    merge = "into one that has documents; those of the same name are written over"
    one.add_argument("--merge", action="store_true", help=merge)
    one = added("copy", copy)
    one.add_argument("url", metavar="FROM", help="URL of the journal that is read")
    one.add_argument("to", metavar="TO", help="URL of the one that is filled")
    one.add_argument("--merge", action="store_true", help=merge)


def _guarded(do: Callable[[argparse.Namespace], int]) -> Callable[[argparse.Namespace], int]:
    def guarded(args: argparse.Namespace) -> int:
        try:
            return do(args)
        except (HtealeafError, OSError) as error:
            _tell(f"htealeaf: {error}")
        except KeyboardInterrupt:
            again = {"import": import_, "copy": copy}
            go_on = "; run the same command again to go on" if args.journal in again else ""
            _tell(f"htealeaf: interrupted{go_on}")
        return 1

    return guarded


# -- what they share -----------------------------------------------------------------------


def _url(args: argparse.Namespace) -> str:
    # `export shop.jsonl` names a file only, where the environment names the journal.
    named = os.environ.get(JOURNAL, "")
    url: str | None = args.url
    is_url = url is not None and url.partition(":")[0].lower() in BACKENDS
    if url is not None and not is_url and named and getattr(args, "file", "") is None:
        args.file, url = url, None
    if url is None and not named:
        raise HtealeafError(
            f"no journal is named: give its URL, sqlite:///shop.db, or set {JOURNAL}"
        )
    return url or named


@contextmanager
def _opened(url: str, *, half: bool = False, new: bool = False) -> Iterator[Journal]:
    if url.partition(":")[0].lower() == "memory":
        raise JournalNotOpened(url, "a journal in memory ends with its program; name a lasting one")
    file = File(unquote(url.partition("?")[0][len("sqlite:///") :]))
    if url.lower().startswith("sqlite:///") and not new and not file.exists():
        raise JournalNotOpened(url, f"there is no file {file}")
    with closing(open_journal(url, half=half)) as journal:
        yield journal


def _progress(what: str, total: int) -> Progress:
    return Progress(what, total, sys.stderr)


@contextmanager
def _in_place(file: File) -> Iterator[IO[bytes]]:
    # It holds sessions, so nobody else reads it.
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        part.replace(file)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise


@contextmanager
def _readable(name: str | None) -> Iterator[IO[bytes]]:
    if name not in (None, "-"):
        with open(str(name), "rb") as file:
            yield file
        return
    with tempfile.TemporaryFile() as file:  # it is read twice
        shutil.copyfileobj(sys.stdin.buffer, file)
        yield file


def _documents(count: int) -> str:
    return f"{count:,} document{'' if count == 1 else 's'}"


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")
