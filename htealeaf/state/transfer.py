"""Moving documents between journals: export to JSON Lines, import, copy.

| line | says |
|---|---|
| first | `{"htealeaf": "journal", "format": 1, ...}` |
| each document | `{"stream": "shared", "document": {...}, "version": 2, "places": [...]}` |
| a document that ended meanwhile | `{"stream": "shared"}` |
| last | `{"end": 12, "n": 345}`: how many lines stand between, and the number they are all of |

A stream may have several lines, since people go on writing while it is read; the last one counts.

Rule 1: what was read is all of one moment, whatever is written meanwhile.

Rule 2: a journal that documents are being moved into is marked until the last one is there. Nobody
else opens it meanwhile (`opening`), and the same command, run again, begins anew.

Rule 3: history, one-time ids and numbers stay behind. Lists get shape versions of the new line.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import IO, Any, Final, NamedTuple

from htealeaf.data.documents import freeze
from htealeaf.data.effects import BEGIN, DROP, Document, Effect
from htealeaf.data.layouts import PLAIN, Layout
from htealeaf.data.paths import ROOT, Path
from htealeaf.data.sizes import size_of
from htealeaf.data.streams import MOVING
from htealeaf.errors import HtealeafError, InvalidValue
from htealeaf.state.journal import (
    Appended,
    Commit,
    EpochChanged,
    Journal,
    JournalTrimmed,
    JournalUnreachable,
    Once,
)

FORMAT: Final = 1
TOGETHER: Final = 200  #: documents that are written in one step
TOGETHER_BYTES: Final = 1024 * 1024  #: about how many bytes these may take
_PAGE = 1000  # names that are asked for at one go
_OFTEN = 200  # documents that are read until entries are asked for again
_TRIES = 100

#: Is told how many documents are done.
Progress = Callable[[int], object]


class NotMoved(HtealeafError):
    """Documents can't be moved so; the message says what would work."""


class Moved(NamedTuple):
    """A document on its way; None: the stream has ended."""

    stream: str
    document: Document | None


def names(journal: Journal) -> Iterator[str]:
    """Yield every stream of *journal* that has a document, sorted."""
    last = ""
    while True:
        more = journal.scan("", after=last, limit=_PAGE)
        yield from more
        if len(more) < _PAGE:
            return
        last = more[-1]


# -- reading -------------------------------------------------------------------------------


class Source:
    """Every document of a journal, as all of them are at one number.

    Iterating it yields those that changed meanwhile once more. `n` is the number, afterwards.

    Raises:
        NotMoved: It is marked itself.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        if journal.load(MOVING).document is not None:
            raise NotMoved("something is being moved into it, or that was interrupted; end that")
        told = journal.describe()
        self.epoch, self.n, self.total = told.epoch, told.n, told.streams
        self._changed: set[str] = set()

    def __iter__(self) -> Iterator[Moved]:
        try:
            yield from self._read()
        except (EpochChanged, JournalTrimmed) as error:
            raise NotMoved(f"too much happened while it was read ({error}); try again") from error

    def _read(self) -> Iterator[Moved]:
        for count, name in enumerate(names(self._journal)):
            if count % _OFTEN == 0:
                self._follow()
            document = self._journal.load(name).document
            if document is not None:
                yield Moved(name, document)
        self._follow()
        for name in sorted(self._changed):
            yield Moved(name, self._journal.load(name, self.n, epoch=self.epoch).document)

    def _follow(self) -> None:
        while True:
            entries = self._journal.after(self.n, epoch=self.epoch, limit=_PAGE)
            self._changed.update(entry.stream for entry in entries)
            if entries:
                self.n = entries[-1].n
            if len(entries) < _PAGE:
                return


# -- writing -------------------------------------------------------------------------------


class Target:
    """A journal that documents are moved into; leaving the `with` block ends that.

    Args:
        journal: Where to.
        source: Where from, for whoever finds the mark.
        merge: It may have documents; those of the same name are written over.

    Raises:
        NotMoved: It has documents, or another move into it was interrupted.
    """

    def __init__(self, journal: Journal, source: str, *, merge: bool = False) -> None:
        self._journal, self._merge = journal, merge
        told = journal.describe()
        self._epoch, self._n = told.epoch, told.n
        self._batch: dict[str, Document | None] = {}
        self._bytes = 0
        self._put: set[str] = set()
        mark = journal.load(MOVING).document
        self._again = mark is not None
        if mark is not None:
            begun: Any = mark.root
            if begun["from"] != source:
                raise NotMoved(
                    f"moving {begun['from']} into it was interrupted: run that again to go on"
                )
            merge = self._merge = begun["merge"]
        elif told.streams and not merge:
            raise NotMoved(
                f"it has {told.streams} documents already: name one that is empty, or say --merge"
                " to write over those that have the same name"
            )
        root = freeze({"from": source, "merge": merge})
        if mark is None:
            self._write({MOVING: Document(root)})
        elif not merge:
            for name in [*names(journal)]:
                if name != MOVING:
                    self.put(Moved(name, None))
            self._flush()

    def put(self, moved: Moved) -> None:
        """Take one document; the last of a stream counts."""
        stream, document = moved
        if stream == MOVING:
            return
        self._batch[stream] = document
        self._bytes += 64 if document is None else size_of(document.root)
        if len(self._batch) >= TOGETHER or self._bytes >= TOGETHER_BYTES:
            self._flush()

    def end(self) -> None:
        """Write what is left, and take the mark away."""
        self._flush()
        self._write({MOVING: None})

    def _flush(self) -> None:
        if self._batch:
            self._write(self._batch)
            self._put.update(self._batch)
            self._batch, self._bytes = {}, 0

    def _write(self, documents: Mapping[str, Document | None]) -> None:
        once = Once(secrets.token_urlsafe(12))
        for _ in range(_TRIES):
            expected = {stream: self._number(stream) for stream in documents}
            effects = self._effects(documents, expected)
            if not effects:
                return
            expected = {stream: expected[stream] for stream in effects}
            answer = self._sent(Commit(effects, once), expected)
            if isinstance(answer, Appended):
                self._n = answer.numbers[-1]
                return
            if once.id in answer.taken:  # its answer was lost
                self._n = answer.taken[once.id].n
                return
            self._n = self._journal.describe().n  # somebody else writes
        raise NotMoved("others write the same documents all the time; stop them, and try again")

    def _sent(self, commit: Commit, expected: Mapping[str, int]) -> Any:
        for again in (True, False):
            try:
                return self._journal.append(
                    [commit], epoch=self._epoch, seen=self._n, expected=expected
                )
            except JournalUnreachable:
                if not again:
                    raise
        raise AssertionError("unreachable")

    def _number(self, stream: str) -> int:
        is_new = not (self._merge or self._again or stream in self._put or stream == MOVING)
        return 0 if is_new else self._journal.load(stream).n

    def _effects(
        self, documents: Mapping[str, Document | None], expected: Mapping[str, int]
    ) -> dict[str, tuple[Effect, ...]]:
        effects: dict[str, tuple[Effect, ...]] = {}
        for stream, document in documents.items():
            if document is not None:
                # The number that it will have, or one before that.
                fresh = document._replace(root=freeze(document.root, self._n + 1))
                effects[stream] = (Effect(BEGIN, ROOT, fresh),)
            elif expected[stream]:
                effects[stream] = (Effect(DROP),)
        return effects


def copied(source: Source, target: Target, progress: Progress) -> int:
    """Move every document of *source* into *target*, and return how many there are."""
    return _moved(source, target, progress)


def _moved(documents: Iterable[Moved], target: Target, progress: Progress) -> int:
    there: set[str] = set()
    for moved in documents:
        target.put(moved)
        (there.discard if moved.document is None else there.add)(moved.stream)
        progress(len(there))
    target.end()
    return len(there)


# -- as text -------------------------------------------------------------------------------


def exported(source: Source, out: IO[bytes], progress: Progress) -> int:
    """Write every document of *source* to *out* as JSON Lines, and return how many there are."""
    _put_line(out, {"htealeaf": "journal", "format": FORMAT, "epoch": source.epoch})
    lines = 0
    there: set[str] = set()
    for stream, document in source:
        _put_line(out, {"stream": stream, **({} if document is None else _plain(document))})
        (there.discard if document is None else there.add)(stream)
        lines += 1
        progress(len(there))
    _put_line(out, {"end": lines, "n": source.n})
    return len(there)


def _plain(document: Document) -> dict[str, Any]:
    plain: dict[str, Any] = {"document": document.root}
    if document.layout != PLAIN:
        plain["version"], plain["places"] = document.layout.version, sorted(document.layout.places)
    if document.gone != frozenset():
        plain["gone"] = None if document.gone is None else sorted(map(list, document.gone))
    return plain


def _put_line(out: IO[bytes], value: dict[str, Any]) -> None:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    for char in "\x85\u2028\u2029":  # where some programs end a line
        text = text.replace(char, f"\\u{ord(char):04x}")
    try:
        out.write(text.encode() + b"\n")
    except UnicodeEncodeError:  # half of a character, which JSON can say and UTF-8 can't
        out.write(json.dumps(value, allow_nan=False).encode() + b"\n")


class Export:
    """An export that was read through once, and is whole.

    Args:
        file: It can be read from its beginning again.

    Raises:
        NotMoved: It is none, of a newer format, or was interrupted.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        digest, lines, end = hashlib.blake2b(digest_size=12), 0, None
        names: set[str] = set()
        for number, line in self._lines():
            digest.update(line)
            value = _read(number, line)
            if number == 1:
                _check_head(value)
            elif end is not None:
                raise NotMoved(f"line {number} stands behind the end of the export")
            elif "end" in value:
                end = value["end"]
            else:
                moved = _moved_of(number, value)
                (names.discard if moved.document is None else names.add)(moved.stream)
                lines += 1
        if end is None:
            raise NotMoved("its end is missing: the export was interrupted; export again")
        if end != lines:
            raise NotMoved(f"it has {lines} lines of documents, and its end says {end}")
        self.total, self.name = len(names), f"the export {digest.hexdigest()}"

    def __iter__(self) -> Iterator[Moved]:
        for number, line in self._lines():
            value = _read(number, line)
            if number > 1 and "end" not in value:
                yield _moved_of(number, value)

    def _lines(self) -> Iterator[tuple[int, bytes]]:
        self._file.seek(0)
        return enumerate((line for line in self._file if line.strip()), 1)


def imported(export: Export, target: Target, progress: Progress) -> int:
    """Move every document of *export* into *target*, and return how many there are."""
    return _moved(export, target, progress)


def _check_head(value: dict[str, Any]) -> None:
    if value.get("htealeaf") != "journal":
        raise NotMoved("this is no export of a journal: its first line does not say so")
    if value.get("format") != FORMAT:
        raise NotMoved(
            f"it has format {value.get('format')!r}, and this htealeaf reads {FORMAT}: update with"
            " pip install --upgrade htealeaf"
        )


def _read(number: int, line: bytes) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except ValueError as error:
        raise NotMoved(f"line {number} is no JSON ({error}); was the file cut?") from error
    if not isinstance(value, dict):
        raise NotMoved(f"line {number} is no object of an export")
    return value


def _moved_of(number: int, value: dict[str, Any]) -> Moved:
    try:
        stream = value["stream"]
        if not isinstance(stream, str) or not stream:
            raise InvalidValue("a stream is a name")
        if "document" not in value:
            return Moved(stream, None)
        layout = Layout(int(value.get("version", 1)), frozenset(value.get("places", ())))
        gone = value.get("gone", [])
        paths = None if gone is None else frozenset(Path(map(str, path)) for path in gone)
        return Moved(stream, Document(freeze(value["document"]), paths, layout))
    except (KeyError, TypeError, ValueError) as error:
        raise NotMoved(f"line {number} is no document of an export: {error!r}") from error
