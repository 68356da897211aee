"""Online pages of other workers: how many of them show a document, or a place in it.

Each worker with live pages has a claim of its own in the journal's table of one-time ids, which is
no entry and takes no number. What it counts stands in the claim as text. Others read it. A claim is
good for `LEASE` seconds by the journal's clock, so who has died is counted no longer.

Rule 1: claims are numbered from 0, and each worker takes the lowest one that is free. So reading
from 0 until there is none finds all of them, and there are about as many as workers.

Rule 2: documents are counted always, places in them where some worker has been asked for them.

Rule 3: the answer is some seconds old. A journal that does not answer leaves it as it was, until
the claims of the others have run out.
"""

from __future__ import annotations

import json
import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Protocol

from htealeaf.data.paths import Path, parse
from htealeaf.errors import HtealeafError
from htealeaf.state.journal import FREE, PENDING, Appended, Commit, Once
from htealeaf.state.replica import Replica

EVERY: Final = 2.0  #: seconds between two looks at what others count
LEASE: Final = 10.0  #: seconds that a claim is good for; it is renewed in half of them
ASKED: Final = 60.0  #: seconds after which a place that nobody asks for is counted no longer
CLAIM: Final = "htealeaf online "  #: the one-time ids, with a number behind
MOST: Final = 1000  #: documents, and places, that a worker tells of
_GAP = 2  # numbers without a claim that end the reading: one may have been let go just now

#: A document, and a place in it; the root stands for any of it.
Place = tuple[str, Path]

log = logging.getLogger("htealeaf")


class Counting(Protocol):
    """What counts the live pages of this worker."""

    def counts(self, places: Iterable[Place]) -> dict[Place, int]:
        """Return how many live pages show each document, and each of *places*."""

    def recounted(self, documents: Iterable[str]) -> None:
        """Say that others count another number of pages that show some of *documents*."""

    def __len__(self) -> int:
        """Return how many live pages there are."""


class Online:
    """What the other workers of a journal count.

    Args:
        journal: Whose table says it; one in memory has one worker.
        live: Counts what there is here.
    """

    def __init__(self, journal: Replica, live: Counting) -> None:
        self._journal, self._live = journal, live
        self._holder = secrets.token_hex(8)
        self._slot: int | None = None
        self._told, self._renewed = "", 0.0
        self._asked: dict[Place, float] = {}  # places that this worker was asked for, and when
        self._wanted: set[Place] = set()  # that any other one was asked for
        self._others: Mapping[Place, int] = {}
        self._looked: float | None = None
        self._lock = threading.Lock()
        self._turn = threading.Lock()  # of who talks to the journal
        self._thread: threading.Thread | None = None
        self._stopped = threading.Event()

    @property
    def _is_alone(self) -> bool:
        return self._journal.kind == "memory"

    def others(self, stream: str, path: Path) -> int:
        """Return how many live pages of other workers show *path* of *stream*."""
        if self._is_alone:
            return 0
        now = time.monotonic()
        with self._lock:
            self._asked[stream, path] = now
        if self._looked is None and not self._stopped.is_set():
            self._quietly(self.look)  # else the first answer is wrong by all of them
        self.run()
        return self._others.get((stream, path), 0)

    def run(self) -> None:
        """See that others are told, and asked, for as long as there is something to tell or ask."""
        if self._is_alone or self._stopped.is_set():
            return
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                name = "htealeaf-online"
                self._thread = threading.Thread(target=self._go_on, name=name, daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """Let the thread tell others that nobody is here any more; nobody waits for that."""
        self._stopped.set()

    def _go_on(self) -> None:
        while self._is_needed():
            self._quietly(self.refresh)
            if self._stopped.wait(EVERY):
                break
        with self._lock:
            self._thread = None
        self._quietly(self.leave)

    def _is_needed(self) -> bool:
        oldest = time.monotonic() - ASKED
        with self._lock:
            self._asked = {place: at for place, at in self._asked.items() if at > oldest}
            while len(self._asked) > MOST:
                del self._asked[min(self._asked, key=self._asked.__getitem__)]
            return bool(self._asked) or len(self._live) > 0

    def _quietly(self, do: Callable[[], object]) -> None:
        try:
            do()
        except Exception as error:  # a journal may be closed under it; and nothing depends on it
            known = isinstance(error, HtealeafError) or self._stopped.is_set()
            log.debug("who is online elsewhere is not known: %s", error, exc_info=not known)
            if self._looked is not None and time.monotonic() - self._looked > LEASE:
                self._take({}, set())

    # -- with the journal ------------------------------------------------------------------

    def refresh(self) -> None:
        """Tell others what is counted here, and look at what they count."""
        with self._turn:
            free = self._read()
            self._tell(free)

    def look(self) -> None:
        """Look at what others count."""
        with self._turn:
            self._read()

    def leave(self) -> None:
        """Let the claim go."""
        with self._turn:
            if self._slot is not None:
                slot, self._slot, self._told = self._slot, None, ""
                self._append(Once(f"{CLAIM}{slot}", FREE, self._holder))

    def _read(self) -> int:
        # Return the lowest number that is free.
        found: dict[Place, int] = {}
        wanted: set[Place] = set()
        number, gap, free = 0, 0, None
        while gap < _GAP:
            claim = self._journal.journal.claimed(f"{CLAIM}{number}")
            alive = claim is not None and claim.state == PENDING and claim.seconds > 0
            gap = gap + 1 if claim is None else 0
            if not alive and free is None:
                free = number
            if alive and claim is not None and claim.holder != self._holder:
                counts, places = _parsed(claim.outcome)
                wanted |= places
                for place, count in counts.items():
                    found[place] = found.get(place, 0) + count
            number += 1
        self._looked = time.monotonic()
        self._take(found, wanted)
        assert free is not None
        return free

    def _take(self, found: Mapping[Place, int], wanted: set[Place]) -> None:
        before, self._others, self._wanted = self._others, found, wanted
        changed = {
            place[0] for place in {*before, *found} if before.get(place, 0) != found.get(place, 0)
        }
        if changed:
            self._live.recounted(changed)

    def _tell(self, free: int) -> None:
        with self._lock:
            asked = {place for place in self._asked if place[1]}
        counts = self._live.counts({*asked, *self._wanted})
        text = _text(counts, asked)
        if self._slot is not None and free < self._slot:
            slot, self._slot = self._slot, None
            self._append(Once(f"{CLAIM}{slot}", FREE, self._holder))
        due = time.monotonic() - self._renewed >= LEASE / 2
        if self._slot is not None and text == self._told and not due:
            return
        slot = free if self._slot is None else self._slot
        claim = Once(f"{CLAIM}{slot}", PENDING, self._holder, LEASE, outcome=text, takes_over=True)
        # Refused, another worker was faster: the next one is tried at the next look.
        self._slot = slot if self._append(claim) else None
        self._told, self._renewed = text, time.monotonic()

    def _append(self, once: Once) -> bool:
        journal = self._journal.journal
        told = journal.describe()
        answer = journal.append([Commit({}, once)], epoch=told.epoch, seen=told.n, expected={})
        return isinstance(answer, Appended)


def _text(counts: Mapping[Place, int], asked: Iterable[Place]) -> str:
    told = sorted(counts.items(), key=lambda item: (-item[1], item[0][0], str(item[0][1])))
    rows = [[stream, str(path), count] for (stream, path), count in told[:MOST] if count]
    places = sorted([stream, str(path)] for stream, path in asked)
    return json.dumps([rows, places])


def _parsed(text: str) -> tuple[dict[Place, int], set[Place]]:
    rows: Any
    places: Any
    rows, places = json.loads(text)
    counts = {(stream, parse(path)): count for stream, path, count in rows}
    return counts, {(stream, parse(path)) for stream, path in places}
