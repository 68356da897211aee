"""The journal in Redis keeps what every journal promises, through failures of its server."""

from __future__ import annotations

import itertools
import signal
from collections.abc import Iterator
from pathlib import Path as File
from typing import Any

import pytest
import redis

from htealeaf.errors import HtealeafError
from htealeaf.state.backends import redis as backend
from htealeaf.state.backends.opening import JournalNotOpened
from htealeaf.state.backends.redis import RedisJournal, open_url
from htealeaf.state.journal import PENDING, EpochChanged, Journal, JournalUnreachable, Once, Refused
from tests.state.journal_contract import Opener, Worker, begin, put, step
from tests.state.server_contract import ServerContract
from tests.state.servers import Server, redis_server

pytestmark = pytest.mark.server

_names = itertools.count()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with redis_server() as found:
        yield found


def client_of(server: Server) -> Any:
    return redis.Redis(port=server.port)


def aged(client: Any, tag: str, seconds: float) -> None:
    """Make everything older that is stored in a journal."""
    keys = [tag + name for name in ("heads", "log", "once", "ids")]
    client.eval(AGE, len(keys), *keys, f"{int(seconds * 1000)}")


@pytest.fixture
def url(server: Server) -> str:
    """A new, empty journal."""
    return f"redis://127.0.0.1:{server.port}/0?journal=test{next(_names)}"


class TestRedis(ServerContract):
    keeps_epoch = False  # a Redis that was restarted may have lost its last moments

    @pytest.fixture(autouse=True)
    def _journal(self, server: Server, url: str) -> None:
        self.server, self.url = server, url
        self.tag = f"{{{url.partition('=')[2]}}}:"

    def open_journals(self, place: File) -> Opener:
        return lambda: open_url(self.url)

    def open_small(self, place: File, most: int) -> Journal:
        return RedisJournal(self.url.partition("?")[0], name="small", once=most)

    def age(self, journal: Journal, seconds: float) -> None:
        aged(client_of(self.server), self.tag, seconds)

    def wipe(self) -> None:
        client_of(self.server).flushall()

    def copy(self) -> object:
        client = client_of(self.server)
        return {key: client.dump(key) for key in client.scan_iter(f"{self.tag}*")}

    def restore(self, copy: object) -> None:
        assert isinstance(copy, dict)
        client = client_of(self.server)
        client.flushall()
        for key, value in copy.items():
            client.restore(key, 0, value)

    def lose(self, stream: str) -> None:
        client_of(self.server).delete(f"{self.tag}s:{stream}")

    def lose_entries(self, n: int) -> None:
        client = client_of(self.server)
        for id, fields in client.xrange(f"{self.tag}log", f"{n}", f"{n}"):
            client.xdel(f"{self.tag}log", id)
            links = f"{self.tag}s:{fields[b's'].decode()}"
            at = client.lpos(links, f"{n}:{n - 1}")
            assert isinstance(at, int)
            rest = [*client.lrange(links, 0, at - 1)] if at else []
            rest += client.lrange(links, at + 2, -1)
            client.delete(links)
            client.rpush(links, *rest)

    def lose_answer(self, journal: Journal, patch: pytest.MonkeyPatch) -> None:
        ran = RedisJournal._run
        lost: list[object] = []

        def once(self: RedisJournal, command: bytes, waits: bool, again: bool) -> Any:
            found = ran(self, command, waits, again)
            if waits and not lost:
                lost.append(found)
                raise redis.ConnectionError("the connection broke")
            return found

        patch.setattr(RedisJournal, "_run", once)

    def hurry(self, patch: pytest.MonkeyPatch) -> None:
        patch.setattr(backend, "ANSWER", 0.5)

    def test_nothing_is_forgotten_by_itself(self, one: Worker) -> None:
        """All keys have the one hash tag, and none has a time to live."""
        one.append(step("s", begin({}), once=Once("x", PENDING, "me", 5)), s=0)
        one.append(step("s@é", begin({}), once=Once("y")), **{"s@é": 0})
        one.journal.seen(["s"])

        client = client_of(self.server)
        keys = [key for key in client.scan_iter() if b"test" in key]
        mine = [key for key in keys if key.startswith(self.tag.encode())]

        assert len(mine) == 8
        assert {client.ttl(key) for key in mine} == {-1}

    @pytest.mark.parametrize("key", ["heads", "names", "log", "once", "ids", "s:s"])
    def test_a_script_that_fails_has_written_nothing(self, one: Worker, key: str) -> None:
        one.append(step("s", begin({"n": 0}), once=Once("x")), s=0)
        client = client_of(self.server)
        client.delete(self.tag + key)
        client.set(self.tag + key, "of another kind")
        before = self.copy()

        with pytest.raises(HtealeafError):
            one.tried(step("s", put("n", 1), once=Once("y")), seen=1, s=1)

        assert self.copy() == before

    def test_a_full_memory_is_told_and_nothing_is_half_written(self, one: Worker) -> None:
        one.began("s", {"n": 0})
        client = client_of(self.server)
        client.config_set("maxmemory", "1")
        before = self.copy()
        try:
            with pytest.raises(JournalUnreachable):
                one.tried(step("s", put("n", 1), once=Once("x")), seen=1, s=1)
            assert self.copy() == before
            assert one.root("s") == {"n": 0}
        finally:
            client.config_set("maxmemory", "0")

        assert one.append(step("s", put("n", 1), once=Once("x")), s=1).numbers == (2,)

    @pytest.mark.parametrize(
        "policy",
        [f"{which}-{how}" for which in ("allkeys", "volatile") for how in ("lru", "lfu", "random")]
        + ["volatile-ttl"],
    )
    def test_a_server_that_forgets_keys_is_refused(self, policy: str) -> None:
        """Also one that forgets only what has a time to live: it says how it is set by whoever."""
        client = client_of(self.server)
        client.config_set("maxmemory-policy", policy)
        try:
            with pytest.raises(JournalNotOpened, match="set maxmemory-policy noeviction"):
                open_url(self.url)
        finally:
            client.config_set("maxmemory-policy", "noeviction")

    def test_every_restart_is_another_epoch(self, one: Worker, opener: Opener) -> None:
        """Also one in order: the server does not tell whether its last moments are there."""
        one.began("s", {"n": 0})
        self.server.stop()
        self.server.start()

        again = Worker(opener())

        assert again.epoch != one.epoch
        assert (again.n, again.root("s")) == (1, {"n": 0})
        with pytest.raises(EpochChanged):
            one.tried(step("s", put("n", 1)), seen=1, s=1)
        assert again.root("s") == {"n": 0}

    def test_a_newer_format_and_a_lost_header_are_refused_in_words(self, one: Worker) -> None:
        one.began("s", {})
        client = client_of(self.server)
        client.hset(f"{self.tag}journal", "format", "9")
        with pytest.raises(JournalNotOpened, match="format 9, and this htealeaf reads 1; install"):
            open_url(self.url)
        client.delete(f"{self.tag}journal")
        with pytest.raises(JournalNotOpened, match="is lost, and others are there; restore"):
            open_url(self.url)


def test_a_commit_that_no_replica_has_is_not_acknowledged(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without one it is told that it may not last, and is done once all the same."""
    monkeypatch.setattr(backend, "WAIT", 50)
    one = Worker(open_url(f"{url}&wait=1"))
    commit = step("s", begin({"n": 1}), once=Once("x"))
    with pytest.raises(JournalUnreachable, match="0 of 1 replicas"):
        one.tried(commit, seen=0, s=0)
    with pytest.raises(JournalUnreachable, match="0 of 1 replicas"):
        one.tried(commit, seen=0, s=0)

    plain = Worker(open_url(url))
    assert isinstance(plain.tried(commit, seen=0, s=0), Refused)
    assert (plain.n, plain.root("s")) == (1, {"n": 1})
    plain.journal.close()
    one.journal.close()


@pytest.fixture
def pair() -> Iterator[tuple[Server, Server]]:
    """Two servers, of which the second follows the first."""
    with (
        redis_server() as first,
        redis_server("--replicaof", "127.0.0.1", f"{first.port}") as second,
    ):
        primary = client_of(first)
        primary.set("begun", "1")
        assert primary.wait(1, 30_000) == 1
        yield first, second


def at(server: Server) -> str:
    return f"redis://127.0.0.1:{server.port}/0?journal=kept&wait=1"


def test_what_was_acknowledged_survives_the_primary(pair: tuple[Server, Server]) -> None:
    """The primary is lost and its replica promoted: a new epoch, and all that was told is there."""
    first, second = pair
    one = Worker(open_url(at(first)))
    one.append(step("s", begin({"n": 1}), once=Once("x")), s=0)
    for n in range(2, 30):
        one.append(step("s", put("n", n), once=Once(f"x{n}")), s=n - 1)
    first.kill()
    client_of(second).replicaof("NO", "ONE")

    promoted = Worker(open_url(at(second).partition("&")[0]))

    assert (promoted.n, promoted.root("s")) == (29, {"n": 29})
    assert promoted.journal.claimed("x29") is not None
    assert promoted.epoch != one.epoch, "what it lacks, nobody knows"
    with pytest.raises(EpochChanged):
        promoted.journal.append(
            [step("s", put("n", 0))], epoch=one.epoch, seen=29, expected={"s": 29}
        )
    assert promoted.append(step("s", put("n", 30)), s=29).numbers == (30,)
    promoted.journal.close()
    one.journal.close()


def test_a_replica_that_does_not_answer_makes_it_unsure(
    pair: tuple[Server, Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The primary has it, so it is not done twice when the replica is back, and then it is sure."""
    first, second = pair
    one = Worker(open_url(at(first)))
    one.began("s", {"n": 0})
    commit = step("s", put("n", 1), once=Once("x"))
    second.signal(signal.SIGSTOP)
    monkeypatch.setattr(backend, "WAIT", 50)
    try:
        with pytest.raises(JournalUnreachable, match="0 of 1 replicas"):
            one.tried(commit, seen=1, s=1)
    finally:
        second.signal(signal.SIGCONT)
    monkeypatch.setattr(backend, "WAIT", 30_000)

    again = one.tried(commit, seen=1, s=1)

    assert isinstance(again, Refused)
    assert again.taken["x"].n == 2
    assert one.root("s") == {"n": 1}
    first.kill()
    client_of(second).replicaof("NO", "ONE")
    promoted = Worker(open_url(at(second).partition("&")[0]))
    assert promoted.root("s") == {"n": 1}, "who was told that it is done can rely on it"
    promoted.journal.close()
    one.journal.close()


def test_a_replica_is_no_journal_to_write_to(pair: tuple[Server, Server]) -> None:
    """Whoever is led to it is told so, and nothing is shown as if it were saved."""
    first, second = pair
    Worker(open_url(at(first))).began("s", {"n": 0})

    with pytest.raises((JournalUnreachable, JournalNotOpened)):
        Worker(open_url(at(second).partition("&")[0])).tried(step("s", put("n", 1)), seen=1, s=1)
    assert Worker(open_url(at(first))).root("s") == {"n": 0}


def test_a_server_that_is_not_there_is_told_in_one_sentence() -> None:
    with pytest.raises(JournalUnreachable, match="is its server running there") as found:
        open_url("redis://ann:hunter2@127.0.0.1:1/0")

    assert "hunter2" not in str(found.value)
    assert "\n" not in str(found.value)


@pytest.mark.parametrize(
    "bad", ["redis://h/0?journal=a b", "redis://h/0?journal={x}", "redis://h/0?wait=yes", "redis:h"]
)
def test_a_url_that_is_wrong_says_what_would_work(bad: str) -> None:
    with pytest.raises(JournalNotOpened, match="write "):
        open_url(bad)


AGE = """
local heads, log, once, ids, ms = KEYS[1], KEYS[2], KEYS[3], KEYS[4], tonumber(ARGV[1])
local function text(n) return string.format('%.0f', n) end
local all = redis.call('HGETALL', heads)
for i = 1, #all, 2 do
    local n, at = string.match(all[i + 1], '(%d+):(%d+)')
    redis.call('HSET', heads, all[i], n .. ':' .. text(tonumber(at) - ms))
end
local entries = redis.call('XRANGE', log, '-', '+')
redis.call('DEL', log)
for _, e in ipairs(entries) do
    local f = e[2]
    redis.call('XADD', log, e[1], 's', f[2], 'e', f[4], 't', text(tonumber(f[6]) - ms))
end
all = redis.call('HGETALL', once)
for i = 1, #all, 2 do
    local o = cmsgpack.unpack(all[i + 1])
    o[3] = o[3] - ms
    redis.call('HSET', once, all[i], cmsgpack.pack(o))
    redis.call('ZINCRBY', ids, -ms, all[i])
end
return 0
"""
