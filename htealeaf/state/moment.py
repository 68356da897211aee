"""Moment: all documents at one number.

Documents share what did not change, so a moment costs nothing, and whoever reads never waits.

Rule: no read depends on what happens to be remembered. What a moment shows and memory has lost is
loaded at its number, or the moment is over.
"""

from __future__ import annotations

from typing import Any, Protocol

from htealeaf.data.cursor import Cursor
from htealeaf.data.values import quick
from htealeaf.errors import HtealeafError
from htealeaf.state.timeline import Held, Timeline


class MomentGone(HtealeafError):
    """What a moment showed is kept nowhere any more: look again, at a newer one."""

    status_hint = 503
    public = "This could not be shown just now. Please try again."


class Documents(Protocol):
    """What a moment needs of a replica."""

    timeline: Timeline

    def loaded(self, stream: str) -> Held | None:
        """Load *stream*, which is not held; None when it has no document."""

    def root_at(self, stream: str, n: int, epoch: str) -> Any:
        """Return the document of *stream* as it was at the number *n*, from the journal."""


class Moment:
    """All documents at one cursor; any thread may ask inside of the `with` block that opens it."""

    __slots__ = ("_line", "_loaded", "_replica", "_streams", "_tick", "epoch", "n")

    def __init__(self, replica: Documents) -> None:
        self._replica = replica
        self._loaded: dict[str, Any] = {}  # what was looked for elsewhere
        self.n = -1

    def __enter__(self) -> Moment:
        # Without the lock, so that nobody waits for a commit. First nothing at all may be
        # forgotten: then the newest number is one that still can be shown.
        timeline = self._replica.timeline
        timeline.open.add(self)
        while True:
            line, n = timeline.line, timeline.n
            self.epoch, self._streams, self._tick = timeline.epoch, timeline.streams, timeline.tick
            if timeline.line is line is not None:
                self._line, self.n = line, n
                return self
            with timeline.lock:  # it begins anew
                pass

    def __exit__(self, *error: object) -> None:
        self._replica.timeline.open.discard(self)

    @property
    def cursor(self) -> Cursor:
        """Return the cursor of this moment."""
        return quick(Cursor, (self.epoch, self.n))

    def root(self, stream: str) -> Any:
        """Return the document of *stream* at this moment, frozen; its default if it has none.

        Raises:
            MomentGone: It was lost from memory, and the journal does not keep it any more.
        """
        found = self._streams.get(stream)
        if found is None:
            return self._missing(stream)
        found.used = self._tick
        n, root, _ = found.head
        if n <= self.n:
            return root
        for entry in reversed(found.history.copy()):
            if entry.n <= self.n:
                break
            root = entry.before
        # Asked last: what is forgotten raises it first.
        return root if found.base <= self.n else self._again(stream)

    def _missing(self, stream: str) -> Any:
        # Looked for once: what it is at this moment, it stays.
        if stream in self._loaded:
            return self._loaded[stream]
        timeline = self._replica.timeline
        if timeline.line is self._line:
            absent = timeline.absent.get(stream)
            if absent is None:
                found = self._replica.loaded(stream)
                if found is not None:
                    n, root, _ = found.head
                    return root if n <= self.n else self._again(stream)
                absent = timeline.stored.absent(stream)
            if timeline.ended(stream) <= self.n:
                root = self._loaded[stream] = absent[1]
                return root
        return self._again(stream)

    def _again(self, stream: str) -> Any:
        # From the journal, at the number of this moment.
        if stream not in self._loaded:
            self._loaded[stream] = self._replica.root_at(stream, self.n, self.epoch)
        return self._loaded[stream]
