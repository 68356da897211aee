"""A journal in Redis or Valkey: `redis://host:6379/0?journal=htealeaf&wait=1`.

Everything is asked by one script of `redis.lua`, so it is one step to everybody else. Which keys
hold what is said there.

Rule 1: a connection that is lost is replaced, and what was asked is asked once more where that can
do no harm: reads, and appends in which every commit has a one-time id.

Rule 2: a server that may forget keys when its memory is full is refused.

Rule 3: nothing waits for a server for longer than some `ANSWER` seconds.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path as File
from typing import Any, Final, NoReturn

import redis
from redis.backoff import NoBackoff
from redis.exceptions import (
    AuthenticationError,
    AuthorizationError,
    BusyLoadingError,
    ClusterDownError,
    ConnectionError,
    MasterDownError,
    NoPermissionError,
    NoScriptError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
    TimeoutError,
    TryAgainError,
)
from redis.retry import Retry

from htealeaf.data.packing import pack_document
from htealeaf.errors import HtealeafError
from htealeaf.state.backends.opening import JournalNotOpened, shown, taken_apart
from htealeaf.state.backends.redis_connections import Connections, packed
from htealeaf.state.backends.remote import (
    FAR,
    Chain,
    Line,
    changed,
    damaged,
    decoded,
    encoded,
    entries_of,
    laid,
    laid_out,
    own_entries,
    unbegun,
)
from htealeaf.state.journal import (
    DONE,
    KEPT,
    ONCE,
    ONCE_LIFETIME,
    Again,
    Appended,
    Commit,
    Description,
    Entry,
    JournalTrimmed,
    JournalUnreachable,
    Loaded,
    Once,
    Refused,
)

FORMAT: Final = 1  #: of the keys
OLDEST: Final = (6, 2)  #: version of Redis that has all that the scripts use
ANSWER: Final = 5.0  #: seconds that the server may take for an answer
WAIT: Final = 2000  #: milliseconds that replicas may take
CONNECTIONS: Final = 8  #: of one worker at a time, beside those that wait

_KEYS: Final = ("journal", "heads", "names", "log", "once", "ids")  #: of all scripts
_AT_ONCE: Final = 1000  #: names or entries that one script looks at
#: What says that the server can't do it now. redis-py makes a class of some, without the word.
_REFUSING: Final = (
    BusyLoadingError,
    ClusterDownError,
    MasterDownError,
    OutOfMemoryError,
    TimeoutError,
    TryAgainError,
)
_NOT_NOW: Final = ("BUSY", "MISCONF", "NOREPLICAS", "OOM", "UNBLOCKED")


def _scripts() -> dict[str, bytes]:
    common, *parts = re.split(
        r"^-- ## ", File(__file__).with_suffix(".lua").read_text(encoding="utf-8"), flags=re.M
    )
    return {part.partition(":")[0]: f"{common}-- {part}".encode() for part in parts}


_SCRIPTS: Final = _scripts()
_DIGESTS: Final = {
    name: hashlib.sha1(script, usedforsecurity=False).hexdigest()
    for name, script in _SCRIPTS.items()
}


class RedisJournal:
    """A journal under one hash tag of a Redis.

    Args:
        url: Where the server is, for redis-py.
        name: The hash tag.
        wait: How many replicas have a commit before it is acknowledged.
        once: How many one-time ids are remembered.

    Raises:
        JournalNotOpened: The server may forget keys, is too old, or holds a newer format.
        JournalUnreachable: It does not answer.
    """

    def __init__(
        self, url: str, *, name: str = "htealeaf", wait: int = 0, once: int = ONCE
    ) -> None:
        self._url, self._tag, self._wait, self._once_limit = url, f"{{{name}}}:", wait, once
        self._keys = [encoded(self._tag + key) for key in _KEYS]
        self._keys_packed = packed(self._keys)
        self._key = encoded(f"{self._tag}s:")
        self._line = Line()
        self._server = self._connected(CONNECTIONS)
        self._connections = Connections(self._server.connection_pool, CONNECTIONS, ANSWER)
        self._waiting = self._connected(64)
        info = self._retried(lambda: self._server.info(), True)
        self._lasting = self._checked(info)
        self._greet()

    def _connected(self, most: int) -> Any:
        # Any: redis-py types neither `execute_command` nor what it answers.
        try:
            pool = redis.BlockingConnectionPool.from_url(
                self._url,
                max_connections=most,
                timeout=ANSWER,
                socket_timeout=ANSWER,
                socket_connect_timeout=3.0,
                retry=Retry(NoBackoff(), 0),  # whether to try again is ours to say
            )
        except (ValueError, TypeError) as error:
            fix = "write redis://host:6379/0"
            raise JournalNotOpened(
                self._url, f"redis-py can't read this ({error}); {fix}"
            ) from None
        return redis.Redis(connection_pool=pool)

    def _checked(self, info: Mapping[str, Any]) -> str:
        version = tuple(int(part) for part in str(info["redis_version"]).split(".")[:2])
        if version < OLDEST:
            had = info["redis_version"]
            raise JournalNotOpened(self._url, f"Redis {had} is too old; 6.2 or Valkey will do")
        policy = info.get("maxmemory_policy", "noeviction")
        if policy != "noeviction":
            raise JournalNotOpened(
                self._url,
                f"the server forgets keys when its memory is full (maxmemory-policy {policy}); "
                "set maxmemory-policy noeviction",
            )
        return _lasting(bool(info.get("aof_enabled")), self._fsync(), self._wait)

    def _fsync(self) -> str:
        try:
            found: Any = self._server.config_get("appendfsync")
        except RedisError:  # some hosts do not tell
            return "as its host set it"
        return str(next(iter(found.values()), "as its host set it"))

    def _greet(self) -> None:
        _, why = self._script("greet", [f"{FORMAT}", _fresh()])
        if why == b"lost":
            raise JournalNotOpened(
                self._url,
                f"the key {self._tag}journal is lost, and others are there; restore a backup, or "
                f"delete all keys that begin with {self._tag}",
            )
        if why:
            raise JournalNotOpened(
                self._url,
                f"it has format {decoded(why)}, and this htealeaf reads {FORMAT}; "
                "install the htealeaf that wrote it, or a newer one",
            )

    def describe(self) -> Description:
        epoch, n, oldest, streams, once = self._ask("describe")
        return Description(
            kind="redis",
            epoch=decoded(epoch),
            n=n,
            oldest=oldest,
            near=False,
            lasting=self._lasting,
            streams=streams,
            once=once,
            max_once=self._once_limit,
        )

    # -- reading ---------------------------------------------------------------------------

    def load(self, stream: str, at: int | None = None, *, epoch: str | None = None) -> Loaded:
        known, n, oldest, head, stored = self._ask("load", [encoded(stream)], [encoded(stream)])
        if at is None:
            found, document = _chain(stored).folded(stream)
            if found != head:
                damaged(stream, f"it is at number {head}, and what is stored leads to {found}")
            return Loaded(found, document, n)
        if encoded(epoch or "") != known:
            changed()
        if not oldest <= at <= n:
            raise JournalTrimmed(f"number {at} of the journal is not kept any more")
        return Loaded(*_chain(stored, at).folded(stream), at)

    def after(
        self, n: int, *, epoch: str, limit: int = 1000, timeout: float = 0.0
    ) -> Sequence[Entry]:
        until = time.monotonic() + timeout
        while True:
            entries = self._behind(n, epoch, limit)
            left = until - time.monotonic()
            if entries or left <= 0:
                return entries
            self._await(n, min(1.0, left))

    def _behind(self, n: int, epoch: str, limit: int) -> Sequence[Entry]:
        known, newest, oldest, rows = self._ask("behind", [n, max(1, limit)])
        if known != encoded(epoch):
            changed()
        if n < oldest:
            raise JournalTrimmed(f"what happened after number {n} is not all kept any more")
        if n >= newest:
            return ()
        entries = entries_of(n, map(_row, rows))
        if not entries:
            raise JournalTrimmed(f"what happened after number {n} is lost")
        return entries

    def _await(self, n: int, seconds: float) -> None:
        last = f"{n}-{2**64 - 1}"
        block = max(1, int(seconds * 1000))
        self._retried(
            lambda: self._waiting.execute_command(
                "XREAD", "COUNT", 1, "BLOCK", block, "STREAMS", self._keys[3], last
            ),
            True,
        )

    def claimed(self, id: str) -> Once | None:
        found = self._script("claimed", [encoded(id), _ms(ONCE_LIFETIME), self._wait], waits=True)
        return _once([encoded(id), *found]) if found else None

    def scan(
        self, store: str, *, after: str = "", limit: int = 1000, unseen: float = 0.0
    ) -> Sequence[str]:
        first, behind = encoded(store), encoded(after)
        found: list[bytes] = []
        if behind < first:
            found += self._named(b"[" + first, b"[" + first, 1, unseen)[0]
        begin = b"[" + first + b"@" if behind < first + b"@" else b"(" + behind
        end = b"(" + first + b"A"
        if not store:  # those of all stores
            begin, end = b"(" + behind if behind else b"-", b"+"
        while len(found) < limit:
            more, last = self._named(begin, end, _AT_ONCE, unseen)
            found += more
            if last is None:
                break
            begin = b"(" + last
        return [decoded(stream) for stream in found[:limit]]

    def _named(
        self, first: bytes, last: bytes, limit: int, unseen: float
    ) -> tuple[list[bytes], bytes | None]:
        found, *visited = self._script("scan", [first, last, limit, _ms(unseen)])
        return found, visited[0] if visited else None

    def seen(self, streams: Iterable[str]) -> None:
        names = [encoded(stream) for stream in streams]
        for at in range(0, len(names), _AT_ONCE):
            self._script("seen", names[at : at + _AT_ONCE])

    # -- writing ---------------------------------------------------------------------------

    def append(
        self,
        commits: Sequence[Commit],
        *,
        epoch: str,
        seen: int,
        expected: Mapping[str, int],
        again: Again | None = None,
    ) -> Appended | Refused:
        batch = laid_out(commits)
        high = max(seen, self._line.high(epoch))
        numbers, texts = laid(batch, expected)
        lifetime, most = _ms(ONCE_LIFETIME), self._once_limit
        head = (high, seen, FAR, batch.size, lifetime, most, self._wait)
        answer = self._ask(
            "append",
            [epoch, f"[{','.join(map(str, (*head, *numbers)))}]", *texts],
            batch.streams,
            again=all(commit.once is not None for commit in commits),
            waits=True,
        )
        _, n, _, verdict, *more = answer
        if verdict == b"epoch":
            changed()
        if verdict == b"unbegun":
            unbegun(decoded(more[0]))
        if verdict == b"damaged":
            damaged(decoded(more[0]), "its document is lost, or its number is behind its entries")
        others = _others(more[0], seen, n)
        if verdict == b"refused":
            return Refused(others, {decoded(row[0]): _once(row) for row in more[1]})
        given = tuple(n + number for number in batch.numbers)
        self._line.note(epoch, n + batch.size)
        if others is not None:
            others += own_entries(commits, given)
        return Appended(given, others)

    def compact(self) -> None:
        while True:
            args = [_ms(KEPT), _ms(ONCE_LIFETIME), 10 * _AT_ONCE]
            epoch, _, oldest, more = self._ask("trim", args)
            for stream in self._logged(oldest):
                self._fold(stream, epoch, oldest)
            # Only now: a worker that dies before leaves them to the next.
            self._script("shorten", [epoch, oldest])
            if not more:
                return

    def _logged(self, upto: int) -> set[str]:
        streams: set[str] = set()
        begin: str | bytes = "-"
        while rows := self._read(begin, upto):
            streams.update(decoded(fields[1]) for _, fields in map(_pair, rows))
            begin = b"(" + rows[-1][0]
        return streams

    def _read(self, begin: str | bytes, upto: int) -> Any:
        server, log = self._server, self._keys[3]
        return self._retried(
            lambda: server.execute_command(
                "XRANGE", log, begin, f"{upto}", "COUNT", _AT_ONCE, NEVER_DECODE=True
            ),
            True,
        )

    def _fold(self, stream: str, epoch: bytes, at: int) -> None:
        known, _, oldest, _, stored = self._ask("load", [encoded(stream)], [encoded(stream)])
        chain = _chain(stored, at)
        if known != epoch or oldest > at or not chain.links:
            return  # another worker goes on from here
        _, document = chain.folded(stream)
        effects = sum(len(link[2]) for link in chain.links)
        if document and effects * 4 < len(chain.document) and len(chain.links) < 200:
            return  # not worth to write the whole document again
        count = len(chain.links) + bool(chain.document)
        packed = b"" if document is None else encoded(pack_document(document))
        args = [epoch, count, stored[0], stored[2 * count - 2], chain.last, packed]
        self._script("fold", args, [encoded(stream)])

    def close(self) -> None:
        self._connections.close()
        for server in (self._server, self._waiting):
            server.connection_pool.disconnect()

    # -- asking ----------------------------------------------------------------------------

    def _ask(
        self,
        name: str,
        args: Sequence[Any] = (),
        streams: Iterable[bytes] = (),
        *,
        again: bool = True,
        waits: bool = False,
    ) -> Any:
        # What a script answers that begins with the epoch and the newest number.
        names = list(streams)
        known, high = self._line.seen()
        answer = self._script(name, args, names, again=again, waits=waits)
        if not answer[0]:  # another server, another history, or nothing at all
            self._greet()
            answer = self._script(name, args, names, again=again, waits=waits)
        elif decoded(answer[0]) == known and answer[1] < high:
            self._script("cut", [known, high, _fresh()])
            answer = self._script(name, args, names, again=again, waits=waits)
        self._line.note(decoded(answer[0]), answer[1])
        return answer

    def _script(
        self,
        name: str,
        args: Sequence[Any] = (),
        streams: Iterable[bytes] = (),
        *,
        again: bool = True,
        waits: bool = False,
    ) -> Any:
        keys = [self._key + stream for stream in streams]
        rest = packed(keys) + packed(args)
        count = 3 + len(_KEYS) + len(keys) + len(args)

        def ask(command: str, script: str | bytes) -> Any:
            begin = b"*%d\r\n" % count + packed((command, script, len(_KEYS) + len(keys)))
            return self._run(begin + self._keys_packed + rest, waits, again)

        def asks() -> Any:
            try:
                return ask("EVALSHA", _DIGESTS[name])
            except NoScriptError:  # it has not run
                return ask("EVAL", _SCRIPTS[name])

        return self._retried(asks, again)

    def _run(self, command: bytes, waits: bool, again: bool) -> Any:
        asked = [command]
        if waits and self._wait:
            asked.append(b"*3\r\n" + packed(("WAIT", self._wait, WAIT)))
        answers = self._connections.ask(*asked, fresh=not again)
        for found in answers:
            if isinstance(found, Exception):
                raise found
        if len(answers) > 1 and answers[1] < self._wait:
            self._fail(f"{answers[1]} of {self._wait} replicas have what was written")
        return answers[0]

    def _retried(self, ask: Callable[[], Any], again: bool) -> Any:
        for last in (not again, True):
            try:
                return ask()
            except (AuthenticationError, AuthorizationError, NoPermissionError) as error:
                raise JournalNotOpened(self._url, _words(error)) from error
            except _REFUSING as error:
                self._fail(_words(error), error)
            except ConnectionError as error:
                if last:
                    self._fail(_words(error), error)
            except ReadOnlyError as error:
                self.close()  # the name may lead to the new primary
                self._fail(_words(error), error)
            except ResponseError as error:
                if _words(error).startswith(_NOT_NOW):
                    self._fail(_words(error), error)
                raise HtealeafError(f"journal {shown(self._url)}: {_words(error)}") from error
        raise AssertionError("the last try ends above")

    def _fail(self, why: str, error: Exception | None = None) -> NoReturn:
        raise JournalUnreachable(
            f"journal {shown(self._url)} does not answer: {why}; is its server running there?"
        ) from error


def open_url(url: str) -> RedisJournal:
    """Return the journal in the Redis that *url* names."""
    rest, options = taken_apart(url, ["journal", "wait"])
    name, wait = options.get("journal", "htealeaf"), options.get("wait", "0")
    if not re.fullmatch(r"[\w.-]{1,64}", name):
        raise JournalNotOpened(
            url, "the journal's name is up to 64 letters, digits, _, . and -; write ?journal=shop"
        )
    if not re.fullmatch(r"\d", wait):
        raise JournalNotOpened(url, "wait is how many replicas to wait for; write ?wait=1")
    return RedisJournal(rest, name=name, wait=int(wait))


def _chain(stored: Sequence[bytes], at: int | None = None) -> Chain:
    base = 0
    document = b""
    links: list[tuple[int, int, bytes]] = []
    for place, text in zip(stored[::2], stored[1::2], strict=True):
        if place[:1] == b"d":
            base, document = int(place[1:]), text
            continue
        n, before = map(int, place.split(b":"))
        if at is None or n <= at:
            links.append((n, before, text))
    return Chain(base, document, links)


def _pair(row: Any) -> tuple[bytes, Sequence[bytes]]:
    # Some answers are made nicer by redis-py: a dict of the fields.
    id, fields = row
    if isinstance(fields, dict):
        fields = [part for pair in fields.items() for part in pair]
    return id, fields


def _row(row: Any) -> tuple[int, bytes, bytes]:
    id, fields = _pair(row)
    return int(id.partition(b"-")[0]), fields[1], fields[3]


def _others(rows: Any, seen: int, n: int) -> list[Entry] | None:
    if rows is None:
        return None
    try:
        entries = entries_of(seen, map(_row, rows))
    except JournalTrimmed:
        return None
    return entries if (entries[-1].n if entries else seen) == n else None


def _once(row: Sequence[Any]) -> Once:
    id, state, holder, left, outcome, n = row
    stands = decoded(state)
    seconds = max(0, int(left)) / 1000 if stands == DONE else int(left) / 1000
    return Once(decoded(id), stands, decoded(holder), seconds, decoded(outcome), int(n))


def _lasting(file: bool, fsync: str, wait: int) -> str:
    if not file:
        kept = "nothing but the server's life and its last snapshot: appendonly is off"
    elif fsync == "always":
        kept = "a killed server and a machine that loses power"
    else:
        kept = f"a killed server; a machine that loses power costs its last moments ({fsync})"
    return f"{kept}; {wait} replicas have it in memory" if wait else kept


def _ms(seconds: float) -> int:
    return int(seconds * 1000)


def _fresh() -> str:
    return secrets.token_hex(6)


def _words(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".")
