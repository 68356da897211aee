"""The journal in Redis keeps what every journal promises, through failures of its server."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path as File

import pytest
import redis

from htealeaf.state.backends.redis import open_url
from htealeaf.state.journal import Journal
from tests.state.journal_contract import JournalContract, Opener
from tests.state.servers import Server, redis_server

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("redis")]

_names = itertools.count()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with redis_server() as found:
        yield found


def client_of(server: Server) -> redis.Redis:
    return redis.Redis(port=server.port)


@pytest.fixture
def url(server: Server) -> str:
    """A new, empty journal."""
    return f"redis://127.0.0.1:{server.port}/0?journal=test{next(_names)}"


class TestRedis(JournalContract):
    @pytest.fixture(autouse=True)
    def _journal(self, server: Server, url: str) -> None:
        self.server, self.url = server, url

    def open_journals(self, place: File) -> Opener:
        return lambda: open_url(self.url)

    def age(self, journal: Journal, seconds: float) -> None:
        tag = f"{{{self.url.partition('=')[2]}}}:"
        keys = [tag + name for name in ("heads", "log", "once", "ids")]
        client_of(self.server).eval(AGE, len(keys), *keys, f"{int(seconds * 1000)}")


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
