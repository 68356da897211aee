"""The app behind ASGI: ordinary requests, live pages, and how it begins and ends."""

from __future__ import annotations

import asyncio
import gc
import threading
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from htealeaf import WSGI, Registry, Store, SuperStore
from htealeaf.app import asgi
from htealeaf.asgi import ASGI
from htealeaf.components import button, div, h3
from htealeaf.testing import Client

EVENTS = "text/event-stream"
SAME_SITE = {"host": "localhost", "sec-fetch-site": "same-origin"}


@pytest.fixture(autouse=True)
def no_other_loop() -> Iterator[None]:
    """Tests in a browser leave the loop of Playwright in this thread, as one that runs."""
    other = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    yield
    asyncio._set_running_loop(other)


class Site:
    def __init__(self, **options: Any) -> None:
        with Registry():
            self.shared = Store({"n": 0}, name="shared")
            self.app = WSGI(secret="a secret for tests only", **{"live": True, **options})
            SuperStore(self.app)
        self.app.pages.live.together = 0.0
        self.app.route("/")(
            lambda: div(
                h3(self.shared.react("n")), button("+", onclick=self.shared.do.increment("n"))
            )
        )
        self.asgi = ASGI(self.app, threads=2)


class Asked:
    """One request to an ASGI app, whose browser stays until it is told to go."""

    def __init__(self, site: Site, path: str, method: str = "GET", **headers: str) -> None:
        self.body, self.is_whole = [b""], True
        self._gone = asyncio.Event()
        self._sent: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.takes = asyncio.Event()  # what it is sent
        self.takes.set()
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": b"",
            "headers": [
                (name.lower().replace("_", "-").replace("~", "_").encode(), value.encode())
                for name, value in {**SAME_SITE, **headers}.items()
            ],
            "client": ("127.0.0.1", 1),
            "server": ("localhost", 80),
        }
        self.task = asyncio.ensure_future(site.asgi(scope, self._receive, self._send))

    async def _receive(self) -> dict[str, Any]:
        if self.body:
            part = self.body.pop(0)
            more = bool(self.body) or not self.is_whole
            return {"type": "http.request", "body": part, "more_body": more}
        if not self.is_whole:
            return {"type": "http.disconnect"}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        await self.takes.wait()
        await self._sent.put(message)

    async def next(self) -> dict[str, Any]:
        return await self._sent.get()

    async def whole(self) -> tuple[int, bytes]:
        await self.task
        messages = [self._sent.get_nowait() for _ in range(self._sent.qsize())]
        return messages[0]["status"], b"".join(m.get("body", b"") for m in messages[1:])

    def go(self) -> None:
        self._gone.set()


def live(site: Site) -> Asked:
    client = Client(site.app)
    cookie = client.get("/").headers["Set-Cookie"].partition(";")[0]
    shown = client.open("/").catch_up().headers
    headers = {**shown, "cookie": cookie, "accept": EVENTS}
    return Asked(site, "/api/_live", **headers)


async def until(asked: Asked, words: bytes) -> bytes:
    body = b""
    while words not in body:
        body += (await asked.next())["body"]
    return body


def test_an_ordinary_request_is_answered() -> None:
    async def run() -> None:
        site = Site()
        status, body = await Asked(site, "/").whole()
        assert status == 200
        assert b'<h3 id="shared-n">0</h3>' in body
        assert (await Asked(site, "/nowhere").whole())[0] == 404

    asyncio.run(run())


@pytest.mark.parametrize("length", ["told", "chunked"])
@pytest.mark.parametrize("is_whole", [True, False])
def test_a_body_is_taken_when_it_has_come_whole(length: str, is_whole: bool) -> None:
    """Half of a number is a number, too."""

    async def run() -> None:
        site = Site()
        with site.app.registry:
            free = Store({"n": 1}, name="free", writable=["n"])
        headers = {"content-type": "application/json"}
        headers |= {"content-length": "3"} if length == "told" else {"transfer-encoding": "chunked"}
        asked = Asked(site, "/api/_store/free/n", "PUT", **headers)
        asked.body, asked.is_whole = [b"1", b"2"], is_whole
        if length == "told" and is_whole:
            asked.body[-1] = b"23"
        status, _ = await asked.whole()
        wanted = 123 if length == "told" else 12
        assert (status, free["n"]) == ((204, wanted) if is_whole else (400, 1))

    asyncio.run(run())


def test_a_header_with_an_underscore_is_none() -> None:
    """WSGI takes it for a dash, and proxies let it through."""

    async def run() -> None:
        site = Site()
        site.app.route("/who", page=False)(
            lambda request: request.headers.get("X-Forwarded-For", "nobody")
        )
        asked = Asked(site, "/who", x_forwarded_for="192.0.2.1")
        assert (await asked.whole())[1] == b"192.0.2.1"
        asked = Asked(site, "/who", **{"x_forwarded~for": "192.0.2.1"})
        assert (await asked.whole())[1] == b"nobody"

    asyncio.run(run())


def test_whoever_is_signed_in_is_answered_first_and_too_many_strangers_are_told() -> None:
    async def run() -> None:
        site, began, go, order = Site(), threading.Event(), threading.Event(), []
        site.app.route("/in", methods=["POST"])(lambda session: session.sign_in("ann") or "in")

        @site.app.route("/at/{who}", page=False)
        def at(who: str) -> str:
            order.append(who)
            began.set()
            assert go.wait(60)
            return who

        site.asgi = ASGI(site.app, threads=1, waiting=2)
        signed = Asked(site, "/in", "POST")
        cookie = dict((await signed.next())["headers"])[b"set-cookie"].partition(b";")[0].decode()
        await signed.task
        first = Asked(site, "/at/first")
        await asyncio.to_thread(began.wait)
        strangers = [Asked(site, f"/at/stranger{n}") for n in range(2)]
        user = Asked(site, "/at/user", cookie=f"a=b; {cookie}")
        too_many = Asked(site, "/at/more")
        status, body = await too_many.whole()
        assert status == 503
        assert b"Please try again later" in body
        go.set()
        for one in (first, user, *strangers):
            assert (await one.whole())[0] == 200
        assert order == ["first", "user", "stranger0", "stranger1"]

    asyncio.run(run())


def test_a_live_page_follows_until_its_browser_goes() -> None:
    async def run() -> None:
        site = Site()
        asked = live(site)
        start = await asked.next()
        headers = dict(start["headers"])
        assert start["status"] == 200
        assert headers[b"content-type"].startswith(EVENTS.encode())
        assert (await asked.next())["body"] == b":\n\n"
        for n in (1, 2):
            site.shared.increment("n")
            assert b"id: " in await until(asked, f'<h3 id="shared-n">{n}</h3>'.encode())
        assert len(site.app.pages.live) == 1
        asked.go()
        await asked.task
        assert len(site.app.pages.live) == 0

    asyncio.run(run())


def test_a_worker_that_stops_ends_its_live_pages() -> None:
    async def run() -> None:
        site = Site()
        told: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        said: list[str] = []

        async def send(message: Any) -> None:
            said.append(message["type"])

        lasting = asyncio.ensure_future(site.asgi({"type": "lifespan"}, told.get, send))
        asked = live(site)
        await asked.next()
        await told.put({"type": "lifespan.shutdown"})
        await lasting
        await asked.task

        assert said == ["lifespan.shutdown.complete"]
        assert len(site.app.pages.live) == 0

    asyncio.run(run())


def test_who_does_not_take_what_is_sent_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its place is free then; others, who take theirs, stay."""
    monkeypatch.setattr(asgi, "SLOW", 0.0)

    async def run() -> None:
        site = Site()
        slow, other = live(site), live(site)
        for asked in (slow, other):
            assert (await asked.next())["status"] == 200
            await asked.next()
        assert len(site.app.pages.live) == 2
        slow.takes.clear()

        site.shared.increment("n", 1)
        assert b">1</h3>" in await until(other, b"</template>")
        with pytest.raises(asyncio.CancelledError):
            await slow.task

        assert len(site.app.pages.live) == 1
        other.go()
        await other.task

    asyncio.run(run())


def test_where_there_is_no_room_it_is_one_answer() -> None:
    async def run() -> None:
        status, _ = await live(Site(max_live=0)).whole()
        assert status == 304

    asyncio.run(run())


@pytest.mark.parametrize(("method", "path"), [("POST", "/api/_live"), ("GET", "/api/_livelier")])
def test_what_only_looks_like_a_live_page_is_ordinary(method: str, path: str) -> None:
    async def run() -> None:
        status, _ = await Asked(Site(), path, method, accept=EVENTS).whole()
        assert status >= 400

    asyncio.run(run())


class Slow(Site):
    """A site with routes that take until they are let go."""

    def __init__(self) -> None:
        super().__init__()
        self.began, self.go = threading.Event(), threading.Event()

        @self.app.route("/slow", methods=["POST"])
        def slow(request: Any) -> str:
            self.began.set()
            self.go.wait()
            return "done"

        @self.app.route("/pieces")
        def pieces() -> Iterator[bytes]:
            self.began.set()
            self.go.wait()
            for _ in range(100):  # more than are handed over before somebody takes them
                yield b"x" * 20_000

        @self.app.route("/upload", methods=["POST"])
        def upload(request: Any) -> str:
            self.began.set()
            return str(len(request.get_data()))

    async def begun(self) -> None:
        await asyncio.get_running_loop().run_in_executor(None, self.began.wait)

    def end(self) -> None:
        """As the interpreter does it: no thread may go on for ever."""
        self.go.set()
        self.asgi._lanes.shutdown()


class Unsent(Asked):
    """A browser that sends no body."""

    _has_body = True


async def told(site: Site) -> list[str]:
    """Tell *site* that the server stops; return what it says to that."""
    said: list[str] = []

    async def send(message: Any) -> None:
        said.append(message["type"])

    messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    messages.put_nowait({"type": "lifespan.shutdown"})
    await site.asgi({"type": "lifespan"}, messages.get, send)
    return said


def test_a_stop_waits_for_clicks_under_way() -> None:
    """A server that takes the answer as given, and ends its loop, must not do so before."""

    async def run() -> None:
        site = Slow()
        asked = Asked(site, "/slow", "POST")
        await site.begun()
        stopping = asyncio.ensure_future(told(site))
        while not site.app.stopping.is_set():
            await asyncio.sleep(0)
        assert not stopping.done()
        site.go.set()
        assert await stopping == ["lifespan.shutdown.complete"]
        assert await asked.whole() == (200, b"done")

    asyncio.run(run())


@pytest.mark.parametrize("path", ["/slow", "/pieces"])
def test_a_thread_gives_up_what_the_server_has_cancelled(path: str) -> None:
    site = Slow()

    async def run() -> None:
        asked = Asked(site, path, "POST" if path == "/slow" else "GET")
        await site.begun()
        asked.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked.task
        await asyncio.get_running_loop().run_in_executor(None, site.end)

    asyncio.run(run())


@pytest.mark.parametrize("closed", [False, True], ids=["stopped", "closed"])
@pytest.mark.parametrize("path", ["/slow", "/pieces", "/upload"])
def test_a_thread_gives_up_what_a_stopped_loop_would_have_to_do(path: str, closed: bool) -> None:
    """Some servers stop their loop, and leave it: then nobody says that it will not go on."""
    site = Slow()

    async def run() -> None:
        (Unsent if path == "/upload" else Asked)(site, path, "GET" if path == "/pieces" else "POST")
        await site.begun()

    loop = asyncio.new_event_loop()
    loop.run_until_complete(run())
    if not closed:
        site.end()
    for task in asyncio.all_tasks(loop):
        task.cancel()
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
    with warnings.catch_warnings(record=True) as warned:
        site.end()
        gc.collect()
    assert not [one for one in warned if "never awaited" in str(one.message)]
