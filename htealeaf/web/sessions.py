"""Sessions: how long what is stored of a browser lives, how much there is, and under which key.

A session is a stream of the journal like any store: what a page reads from it is tracked, and
writing to it brings every open page of that browser up to date. What an author gets of one is in
`session`.

Rule: the key changes when a visitor becomes somebody else (`rotate`, `sign_in`, `sign_out`, an
`AuthStore` that means another user), in one step with what made them so. What is stored stays where
it is, and the new key leads there; see `rotation`. Offers made before are void.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple, cast

from htealeaf.data import streams
from htealeaf.data.documents import Json
from htealeaf.data.paths import ROOT, Path
from htealeaf.data.sizes import size_of
from htealeaf.data.verbs import Mutation
from htealeaf.errors import Conflict, HtealeafError
from htealeaf.reactive.graph import VALUE
from htealeaf.reactive.scope import Scope, entered
from htealeaf.state import unit
from htealeaf.state.bounds import Full
from htealeaf.state.drafts import Write
from htealeaf.state.journal import JournalUnreachable
from htealeaf.state.replica import Replica
from htealeaf.state.scopes import user_key
from htealeaf.state.stores import Registry
from htealeaf.state.timekeeper import clock
from htealeaf.state.upkeep import swept
from htealeaf.web.keys import Browser, Keys
from htealeaf.web.rotation import (
    AGAIN,
    KeyEnded,
    Led,
    dated,
    first_key,
    leads,
    led,
    next_key,
    now_since,
)
from htealeaf.web.session import Flash, Session, Stored
from htealeaf.web.visitor import Visitor

LIFETIME = 14 * 24 * 3600.0  #: seconds without a visit after which a session ends
MAX_AGE = 90 * 24 * 3600.0  #: seconds after which whoever signed in has to do so again
MAX_SESSIONS = 100_000
NOTED = 3600.0  #: seconds after which a journal that lasts is told again that a browser was here
MAX_BYTES = 256 * 1024 * 1024  #: about how many bytes all of them may take together
MAX_FLASHES = 20  #: that wait to be shown; the newest
_BYTES = 500  # of a session without documents
_BRIEF = 60.0  # seconds: who was here since keeps the session, however many there are
_TRIES = 10  # to write while what it depends on changes
_BYTES_A_WRITE = 4096  # a session is weighed again after one write for as many bytes


def _is_user(told: Any, key: str) -> bool:
    # What an author has stored as `user` by himself may be anything.
    return isinstance(told, (str, int)) and str(told) == key and told is not True


def _nobody(id: str) -> None:
    """Nobody wants to know."""


class SessionInfo(NamedTuple):
    """One session, for a list of them.

    Attributes:
        id: What it is stored under.
        since: When its visitor signed in, or became who they are otherwise, in seconds since 1970;
            0.0 if never.
        data: What is stored, frozen.
    """

    id: str
    since: float
    data: Any


_OF_SESSION = (streams.SESSION, streams.FLASH, streams.KEY)


class Sessions:
    """All sessions of one registry: how long they live, and how many there are.

    A session ends when nobody has used it for its lifetime, and one in which somebody is signed in
    also at its age, counted from the log-in: a cookie that was stolen is good for so long at most.

    In memory they end here. In a journal that lasts, the journal notes who was here, at most once
    an hour, and one process sweeps: what this one has not seen may be in use at another.

    Where there is no room for another one, the longest unused session in which nobody is signed in
    ends. One in which somebody is does not end for others; who comes new is told so then.

    Args:
        registry: Its journal holds the streams; its stores go along when a key rotates.
        lifetime: Seconds without a visit after which a session ends.
        max_age: Seconds after which one ends in which somebody is signed in, counted from when they
            signed in, however often they come; None for never.
        limit: How many there are at most.
        max_bytes: About how many bytes they may take together, with what `SessionStore`s hold.
        clock: Gives seconds.
    """

    def __init__(
        self,
        registry: Registry,
        *,
        lifetime: float = LIFETIME,
        max_age: float | None = MAX_AGE,
        limit: int = MAX_SESSIONS,
        max_bytes: int = MAX_BYTES,
        clock: Callable[[], float] = clock.monotonic,
    ) -> None:
        self.registry = registry
        self._lifetime, self._limit, self._clock = lifetime, limit, clock
        self._max_age = max_age
        self._max_bytes, self._bytes = max_bytes, 0
        self._since: OrderedDict[str, float] = OrderedDict()  # in memory; those of age come first
        # Of each: about how many bytes it takes, and how many writes that figure is good for.
        self._weights: dict[str, tuple[int, int]] = {}
        self._seen: OrderedDict[str, float] = OrderedDict()
        # Of these, somebody was signed in when room was looked for, and they were not used since.
        self._spared: OrderedDict[str, float] = OrderedDict()
        self._is_full = False  # of a journal that lasts: there was no room when it was swept
        self._lock = threading.Lock()
        #: Is told of an id under which nothing is stored any more, or where another key leads.
        self.gone: Callable[[str], object] = _nobody

    @property
    def journal(self) -> Replica:
        """Return the journal that holds the sessions."""
        return self.registry.journal

    def of(self, visitor: Visitor) -> Session:
        """Return the session of *visitor*."""
        return Session(visitor, self)

    def visit(self, visitor: Visitor) -> None:
        """Note that a browser with a session was here."""
        if visitor.known and self._max_age is not None and self._is_of_age(visitor.id):
            self.end(visitor.id)
            visitor.lead()
        if self.registry.journal.kind != "memory":
            if visitor.known:
                self._note(visitor.id)
        elif self._seen or self._spared:
            self._expire()  # first: a visit does not bring back what has ended
            if visitor.known and (visitor.id in self._seen or visitor.id in self._spared):
                self.touch(visitor.id, written=False)

    def _is_of_age(self, id: str) -> bool:
        # Somebody signed in too long ago, and still is.
        if self._max_age is None:
            return False
        since = self._since_of(id)  # never: who signed in elsewhere, as a table says, has no date
        return since > 0 and since < clock.time() - self._max_age and self.signed_in(id)

    def _since_of(self, id: str) -> float:
        root = self.registry.journal.head(streams.key(id))[1]
        return float(root.get("since", 0.0)) if root else 0.0

    def touch(self, id: str, *, written: bool = True) -> None:
        """Let the session *id* live on from now; *written* says that it may take more bytes."""
        if self._lasts:
            self._note(id)
            return
        with self._lock:
            self._spared.pop(id, None)
            self._seen[id] = self._clock()
            self._seen.move_to_end(id)
            if written:
                self._weigh(id)
        self._expire()
        if self._is_over(0):
            self._made_room(0)

    @property
    def _lasts(self) -> bool:
        return self.journal.kind != "memory"

    def _note(self, id: str) -> None:
        now = self._clock()
        noted = self._seen.get(id)  # as nearly always; whoever comes at the same time notes it, too
        if noted is not None and now - noted < min(NOTED, self._lifetime / 4):
            return
        with self._lock:
            self._seen[id] = now
            self._seen.move_to_end(id)
            while len(self._seen) > self._limit:
                self._seen.popitem(last=False)
        try:
            self.journal.journal.seen(self._streams(id))
        except JournalUnreachable:  # it is noted at the next visit
            with self._lock:
                self._seen.pop(id, None)

    def sweep(self) -> None:
        """End the sessions in a journal that lasts which nobody has used for their lifetime.

        When there are too many, those end too that were unused for the longest, about, and in
        which nobody is signed in.
        """
        # Who was here lately may look on; others are asked when they come.
        for id in [*self._seen]:
            if self._is_of_age(id):
                self.end(id)
        journal = self.journal.journal
        for store in (streams.SESSION, streams.FLASH, *self._stores()):
            swept(journal, store, self._lifetime)
        # Last, and long after what it leads to: without it, the first key leads there.
        swept(journal, streams.KEY, 2 * self._lifetime)
        unseen = self._lifetime
        while (over := self._over()) > 0:
            unseen /= 2
            swept(journal, streams.SESSION, max(unseen, 1e-6), over, spared=self._spares)
            if unseen < _BRIEF:
                break
        self._is_full = self._over() > 0

    def _over(self) -> int:
        return len(self.journal.streams(streams.SESSION)) - self._limit

    def _spares(self, stream: str) -> bool:
        return self.signed_in(streams.split(stream)[1] or "")

    def of_user(self, user: str | int) -> list[str]:
        """Return the ids of all sessions in which `sign_in` has signed *user* in.

        A number and its digits are one user, as they are for stores. The cost is the number of
        sessions.
        """
        found: list[str] = []
        if user == "":  # nobody
            return found
        wanted = user_key(user)
        for stream in self.journal.streams(streams.SESSION):
            root = self.journal.root(stream)
            told = root.get("user") if isinstance(root, dict) else None
            if told is not None and _is_user(told, wanted):
                found.append(streams.split(stream)[1] or "")
        return found

    def end_of_user(self, user: str | int, *, but: str = "") -> int:
        """End the sessions of *user*, as after a theft; and return how many there were.

        Args:
            but: The id of one that goes on.
        """
        ended = [id for id in self.of_user(user) if id != but]
        for id in ended:
            self.end(id)
        return len(ended)

    def end(self, id: str) -> None:
        """End the session that is stored under *id*, with its stores and what it was offered."""
        with self._lock:
            self._seen.pop(id, None)
            self._spared.pop(id, None)
            self._left(id)
        self._end(id)

    def info(self, id: str) -> SessionInfo:
        """Return what is known of the session that is stored under *id*."""
        return SessionInfo(id, self._since_of(id), self.journal.root(streams.session(id)))

    def signed_in(self, id: str) -> bool:
        """Tell whether somebody is signed in in the session that is stored under *id*."""
        if not self.journal.exists(streams.session(id)):
            return False
        session = Session(cast(Visitor, Stored(id)), self)
        with entered(Scope(self.journal, session)):  # nothing of it is noted where this is asked
            return session.user is not None or any(
                owner is not None for owner in self._owners(session).values()
            )

    def admit(self) -> None:
        """Make room for a session that begins.

        Raises:
            Full: In all that there are somebody is signed in.
        """
        if self._lasts:
            full = self._is_full
        else:
            self._expire()
            full = self._is_over(1) and not self._made_room(1)
        if full:
            raise Full("there is no room for another session, see WSGI(max_sessions=)")

    def _is_over(self, more: int) -> bool:
        count = len(self._seen) + len(self._spared) + more
        return count > self._limit or self._bytes > self._max_bytes

    def _made_room(self, more: int) -> bool:
        # Who signs in or out meanwhile counts as it was: a session that is used is asked again.
        while self._is_over(more):
            with self._lock:
                id = next(iter(self._seen), None)
            if id is None:
                return False
            if self.signed_in(id):
                with self._lock:
                    seen = self._seen.pop(id, None)
                    if seen is not None:
                        self._spared[id] = seen
                continue
            with self._lock:
                if self._seen.pop(id, None) is None:
                    continue
                self._left(id)
            self._end(id)
        return True

    def _stores(self) -> list[str]:
        return [store.name for store in self.registry if store.scope.of_session]

    def _weigh(self, id: str) -> None:
        # A large session is weighed seldom, so that a write costs the same whatever it holds.
        size, left = self._weights.get(id, (0, 0))
        if left > 0:
            self._weights[id] = (size, left - 1)
            return
        known = filter(self.journal.exists, self._streams(id))
        now = _BYTES + sum(size_of(self.journal.root(stream)) for stream in known)
        self._weights[id] = (now, now // _BYTES_A_WRITE)
        self._bytes += now - size

    def _left(self, id: str) -> None:
        self._bytes -= self._weights.pop(id, (0, 0))[0]

    def _expire(self) -> None:
        now, ended, aged = self._clock(), [], []
        with self._lock:
            for known in (self._seen, self._spared):
                while known:
                    id, seen = next(iter(known.items()))
                    if now - seen <= self._lifetime:
                        break
                    del known[id]
                    self._left(id)
                    ended.append(id)
            while self._max_age is not None and self._since:
                id, since = next(iter(self._since.items()))
                if clock.time() - since <= self._max_age:
                    break
                del self._since[id]
                aged.append(id)
        for id in ended:
            self._end(id)
        for id in aged:
            if self._is_of_age(id):
                self.end(id)

    def _end(self, id: str) -> None:
        self._since.pop(id, None)
        for stream in self._streams(id):
            self.journal.drop(stream)
        self.gone(id)

    def session_of(self, stream: str) -> Sequence[str]:
        """Return all streams of the session that *stream* belongs to; none if it is of none."""
        store, id = streams.split(stream)
        if id is None:
            return ()
        known = self.registry.stores.get(store)
        of_session = store in _OF_SESSION if known is None else known.scope.of_session
        return self._streams(id) if of_session else ()

    def _streams(self, id: str) -> list[str]:
        stores = (streams.join(store, id) for store in self._stores())
        return [streams.session(id), streams.flash(id), *stores, streams.key(id)]

    def write(self, visitor: Visitor, mutation: Mutation, *, rotate: bool = False) -> None:
        """Write to the session of *visitor*.

        If that makes them somebody else, or with *rotate*, their key changes in the same step.

        Raises:
            KeyEnded: Another key leads to the session by now.
        """

        def do() -> None:
            self.hold(visitor)
            before = self.owners(visitor)
            visitor.before = visitor.before or before
            unit.write(self.journal, Write(streams.session(visitor.id), mutation))
            if rotate or self.owners(visitor) != before:
                self._turn(visitor, since=clock.time())

        self._as_one_step(do)
        if not visitor.known:
            visitor.issued = True
        self.touch(visitor.id)

    def _as_one_step(self, do: Callable[[], object]) -> None:
        # In the unit of work that is open; without one, it is a unit of its own.
        if unit.open_unit() is not None:
            do()
            return
        for left in reversed(range(_TRIES)):
            try:
                with self.registry.batch():
                    do()
                return
            except Conflict:  # whatever it was, it is decided anew
                if not left:
                    raise

    def flash(self, visitor: Visitor, told: Flash) -> None:
        """Let *visitor* be told once."""
        stream = streams.flash(visitor.id)
        root = unit.document(self.journal, stream)
        before = () if not root or root.get("seen") else root["said"]
        said: list[Json] = [*([*one] for one in before), [*told]]
        document: Json = {"said": said[-MAX_FLASHES:], "seen": False}
        unit.write(self.journal, Write(stream, Mutation("replace", ROOT, document)))
        if not visitor.known:
            visitor.issued = True
        self.touch(visitor.id)

    def forget_flashes(self, visitor: Visitor) -> None:
        """Take away what the person has been told: something else is done now."""
        if visitor.known:
            stream, journal = streams.flash(visitor.id), self.registry.journal
            if not journal.exists(stream):  # as nearly always
                return
            root = unit.document(journal, stream)
            if root and root.get("seen") and root["said"]:
                unit.write(journal, Write(stream, Mutation("clear", ROOT)))

    def note_flashes(self, visitor: Visitor) -> None:
        """Note what an answer has told the person, or that a page load goes on from it."""
        if visitor.flashed:
            visitor.flashed = False
            seen = Mutation("replace", Path(("seen",)), True)
            unit.write(self.journal, Write(streams.flash(visitor.id), seen))
        elif visitor.loading:
            self.forget_flashes(visitor)

    def owners(self, visitor: Visitor) -> dict[str, str | None]:
        """Return whom each store takes the visitor for."""
        return self._owners(visitor.session)

    def _owners(self, session: Session) -> dict[str, str | None]:
        found: dict[str, str | None] = {}
        for store in self.registry:
            try:
                found[store.name] = store.scope.identity(session)
            except (HtealeafError, LookupError, AttributeError):
                found[store.name] = None
        return found

    def settle(self, visitor: Visitor) -> None:
        """Finish a request that may have written.

        The key is changed if the visitor has become somebody else since the first write and it has
        not been, and what is stored lives on from now.
        """
        if visitor.before is not None and visitor.before != self.owners(visitor):
            if visitor.known:
                self._as_one_step(lambda: self._turn(visitor, since=clock.time()))
            else:
                visitor.issued = True
        elif (visitor.known or visitor.issued) and self._is_new(visitor.id):
            self.touch(visitor.id)

    def _is_new(self, id: str) -> bool:
        # Something is stored under it, and no visit was noted yet.
        seen = id in self._seen or id in self._spared
        return not seen and any(map(self.journal.exists, self._streams(id)))

    # -- which key leads to a session --------------------------------------------------------

    def led(self, keys: Keys, said: Browser, given: str) -> Led:
        """Return where a cookie leads; see `rotation.led`."""
        return led(self.registry.journal, keys, said, given)

    def is_led(self, visitor: Visitor) -> bool:
        """Tell whether the key of *visitor* leads to their session still."""
        if not (visitor.known and visitor.is_led):
            return True
        journal = self.registry.journal
        if visitor.led_at == (journal.epoch, journal.n):  # nothing has happened since
            return True
        return leads(journal.head(streams.key(visitor.id))[1], visitor.key_id)

    def hold(self, visitor: Visitor) -> None:
        """Note that all of this is done under the key of *visitor*, which has to lead still.

        Whoever commits expects it to be so, so the end of a key at one worker beats what is under
        way at another.

        Raises:
            KeyEnded: Another key leads to the session by now.
        """
        if not visitor.known or (visitor.rotating and visitor.rotating is unit.open_unit()):
            return
        root = unit.noted(self.registry.journal, streams.key(visitor.id), ROOT, VALUE)
        if not leads(root, visitor.key_id):
            visitor.lead()
            raise KeyEnded("this was done under a browser key that has ended meanwhile")

    def held(self, visitor: Visitor, n: int) -> None:
        """Note that the commit with the number *n* found that what `hold` noted is so still."""
        if visitor.known:
            visitor.led_at = self.registry.journal.epoch, n

    def rotate(self, visitor: Visitor) -> None:
        """Give *visitor* a new key, which leads to the same session.

        Inside a unit of work it does so when that is committed, with all else or not at all.
        """
        if visitor.known:
            self._as_one_step(lambda: self._turn(visitor))
        else:
            visitor.issued = True  # a fresh one that nobody else has seen

    def _turn(self, visitor: Visitor, *, since: float | None = None) -> None:
        # *since*: the visitor becomes somebody else now.
        work = unit.open_unit()
        if work is None:
            return
        if since is not None and not self._lasts:
            work.later(partial(self._note_since, visitor.id, since))
        if visitor.rotating is work:  # its key is the next one already: `rotate()`, then `sign_in`
            if since is not None:
                work.write(now_since(visitor.id, since))
            return
        if not visitor.known:
            if since is not None:  # its key is a fresh one
                work.write(dated(since, first_key(visitor.id)))
            return
        self.hold(visitor)
        id, given = visitor.id, visitor.given_id
        if since is None:
            since = self._since_of(id)
        key, write = next_key(visitor.keys, visitor.key, id, given, work.once_id)
        work.write(dated(since, write))
        work.keep_once(AGAIN)
        visitor.rotating = work
        work.later(lambda: self._turned(visitor, key))

    def _note_since(self, id: str, since: float) -> None:
        with self._lock:
            self._since[id] = since
            self._since.move_to_end(id)

    def _turned(self, visitor: Visitor, key: str) -> None:
        visitor.turn(key)
        visitor.rotating = visitor.before = None
        self.touch(visitor.id)
        self.gone(visitor.id)

    def stats(self) -> dict[str, int]:
        """Return how many sessions there are, about how many bytes they take, and at most."""
        with self._lock:
            return {
                "sessions": len(self._seen) + len(self._spared),
                "max_sessions": self._limit,
                "session_bytes": self._bytes,
                "max_session_bytes": self._max_bytes,
            }
