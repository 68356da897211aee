"""ASGI: the same app under uvicorn, hypercorn or granian. The scope ends here.

Ordinary requests go through `a2wsgi`, to threads. A live page is a coroutine: no thread waits for
what it is sent. When it is woken, a few threads work out its event, since that runs functions of
the author's, and hand it to the loop together with those of others.

Rule 1: one page has one event at a time on its way. What happens meanwhile is in the next one.

Rule 2: a browser that does not take what it is sent is dropped after `SLOW` seconds, and catches up
when it comes back.

Rule 3: the loop goes on until every ordinary request is answered, and no thread waits for a loop
that does not: a server may end it as soon as a browser has all bytes, or is tired of waiting.

Source: ASGI specification 3.0, "HTTP & WebSocket", "Lifespan".
"""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Iterable, MutableMapping
from concurrent.futures import Executor, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet  # another class before Python 3.11
from functools import partial
from typing import Any, Final, TypeVar

from htealeaf.app.app import WSGI
from htealeaf.app.lanes import WAITING, Crowded, Lanes
from htealeaf.app.rooms import LIVE, SLOW
from htealeaf.endpoints.live_page import HEARTBEAT, LOOK, Following
from htealeaf.errors import HtealeafError
from htealeaf.pages.live import MAX_LIVE
from htealeaf.state.bounds import Full
from htealeaf.web.headers import OF_ANSWERS
from htealeaf.wire.names import EVENTS_TYPE, LIVE_URL, Header

try:
    from a2wsgi.wsgi import Body, WSGIMiddleware, WSGIResponder, build_environ
except ImportError as error:
    raise HtealeafError(
        "htealeaf.asgi needs a2wsgi, which answers ordinary requests: pip install htealeaf[asgi]"
    ) from error

THREADS: Final = 32  #: that answer ordinary requests
_RENDERING = 4  # threads that work out events
_TOGETHER = 32  # events that are handed to the loop at once
#: What each browser says of itself, and no other one.
_OF_ONE = frozenset(
    f"HTTP_{name.upper().replace('-', '_')}"
    for name in ("Cookie", Header.CURSOR, Header.PAGE, Header.STATE, Header.LAST)
)
_STOPPING = (signal.SIGTERM, signal.SIGINT)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Result = TypeVar("Result")


class ASGI:
    """An app for an ASGI server.

        application = ASGI(app)         # uvicorn module:application

    Args:
        app: The app.
        threads: How many threads answer ordinary requests. Live pages need none.
        waiting: How many requests of browsers in which nobody is signed in wait for a thread at
            most; more are answered 503. Counted apart: browsers with a key, and those without.
    """

    def __init__(self, app: WSGI, *, threads: int = THREADS, waiting: int = WAITING) -> None:
        self.app = app
        self._lanes = Lanes(threads, waiting=waiting)
        self._ordinary = _Ordinary(self._answer)
        self._pushing: _Pushing | None = None
        self._listens = False  # for the end of the worker, where the server does not tell us
        self._ending: asyncio.Future[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] != "http":
            await self._ordinary.refuse(scope, send)
        else:
            scope = _told(scope)
            if not self._listens:
                self._listens = True
                self._hear(send)
            lane = self._lanes.lane(self.app.dispatch.ranks.of(_cookies(scope)))
            try:
                if _wants_events(scope):
                    await self._live(scope, receive, send, lane)
                else:
                    # As a coroutine, which not every server's is, and a2wsgi wants.
                    await self._ordinary.answer(scope, partial(_awaited, receive), send, lane)
            except Crowded:
                await _answer_crowded(send)

    def _hear(self, send: Send) -> None:
        # hypercorn tells its master of a signal, and its workers finish what is open before they
        # tell us; what they are told themselves stands where `send` comes from.
        context = getattr(getattr(send, "__self__", None), "context", None)
        ended = getattr(context, "terminated", None)
        if ended is not None:
            self._ending = asyncio.ensure_future(ended.wait())
            self._ending.add_done_callback(self._ends)

    def _ends(self, heard: asyncio.Future[None]) -> None:
        if not heard.cancelled():
            self.app.stop()

    def _answer(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        environ["wsgi.multiprocess"] = False  # a2wsgi does not know, and says so always
        environ["wsgi.input_terminated"] = True  # a server of ASGI says where a body ends
        return self.app(environ, start_response)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                _before_it_stops(self.app.stop)  # what waits for what is open
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                self.app.stop()
                await self._ordinary.finished()
                await send({"type": "lifespan.shutdown.complete"})
                return

    def _began(self, scope: Scope, sent: Body) -> tuple[dict[str, Any], Any]:
        environ: Any = build_environ(scope, sent)  # type: ignore[arg-type]
        environ[LIVE] = MAX_LIVE
        told: list[Any] = []
        body = self._answer(environ, lambda *given: told.extend(given[:2]))
        for name in ("asgi.scope", "wsgi.input"):  # a page may stay for hours
            environ.pop(name, None)
        _thin(environ)
        return _start(*told), body

    async def _live(self, scope: Scope, receive: Receive, send: Send, lane: Executor) -> None:
        loop = asyncio.get_running_loop()
        if self._pushing is None or self._pushing.loop is not loop:
            self._pushing = _Pushing(loop)
        sent = Body(loop, partial(_awaited, receive))  # type: ignore[arg-type]
        start, body = await loop.run_in_executor(lane, self._began, scope, sent)
        try:
            await send(start)
            if isinstance(body, Following):
                await self._pushing.follow(body, receive, send)
            else:
                whole = await loop.run_in_executor(None, b"".join, body)
                await send(_piece(whole))
            await send(_piece(b"", more=False))
        finally:
            close = getattr(body, "close", None)
            if close is not None:
                await loop.run_in_executor(None, close)


class _Ordinary(WSGIMiddleware):
    # Answers ordinary requests in threads, and knows which are under way.

    def __init__(self, app: Any) -> None:
        super().__init__(app, workers=1)  # which has none as long as nobody asks
        self._under_way: set[_Responder] = set()
        self._none: asyncio.Event | None = None  # there is somebody who waits for that

    async def refuse(self, scope: Any, send: Any) -> None:
        """Answer what is neither a request nor about the server: a web socket."""
        await super().__call__(scope, _never, send)

    async def answer(self, scope: Any, receive: Any, send: Any, lane: Any) -> None:
        """Answer a request in a thread of *lane*."""
        responder = _Responder(self.app, lane, self.send_queue_size)
        self._under_way.add(responder)
        try:
            await responder(scope, receive, send)
        finally:
            responder.over = True
            self._under_way.discard(responder)
            if self._none is not None and not self._under_way:
                self._none.set()

    async def finished(self) -> None:
        """Wait until nothing is under way."""
        while self._under_way:
            self._none = asyncio.Event()
            await self._none.wait()


class _Responder(WSGIResponder):
    # One request, which its thread gives up when nobody waits for the answer any more.

    over = False

    def send(self, message: Any) -> None:
        _awaited_by_thread(self.send_queue.put(message), self.loop, lambda: self.over)

    def wsgi(self, environ: Any, start_response: Any) -> None:
        sent = environ["wsgi.input"]
        environ["wsgi.input"] = _Sent(sent.loop, sent.receive)
        super().wsgi(environ, start_response)


class _Sent(Body):
    # The body of a request, as `Body` has it.

    def _receive_more_data(self) -> bytes:
        if not self._has_more:
            return b""
        message: Any = _awaited_by_thread(self.receive(), self.loop)  # type: ignore[arg-type]
        if message["type"] == "http.disconnect":
            raise ConnectionAbortedError("the body was cut off")
        self._has_more = message.get("more_body", False)
        body: bytes = message.get("body", b"")
        return body


def _awaited_by_thread(
    work: Coroutine[Any, Any, Result],
    loop: asyncio.AbstractEventLoop,
    is_over: Callable[[], bool] = lambda: False,
) -> Result:
    # A future of a loop that was stopped is never done, and nobody says so.
    ended = ConnectionAbortedError("the server has ended this request")
    try:
        future = asyncio.run_coroutine_threadsafe(work, loop)
    except RuntimeError:  # it was closed
        work.close()
        raise ended from None
    while True:
        try:
            return future.result(LOOK)
        except NotYet:
            if future.done():
                raise  # what the work itself has raised
            if is_over() or not loop.is_running():
                future.cancel()
                if not loop.is_running():
                    work.close()
                raise ended from None


class _Pushed:
    # One live page, as the loop and the threads see it.
    __slots__ = (
        "again",
        "beat",
        "beaten",
        "closed",
        "events",
        "following",
        "is_ready",
        "sending",
        "task",
        "waiter",
        "waits",
    )

    def __init__(self, following: Following) -> None:
        self.following = following
        self.task = asyncio.current_task()
        # An `asyncio.Event` would be a list of those who wait: here it is one.
        self.is_ready = False
        self.waiter: asyncio.Future[None] | None = None
        self.sending = 0.0  # since when what was sent is not taken; 0 where nothing is on its way
        self.events: list[bytes] = []
        self.closed = False
        self.waits = True  # for something to happen; else an event of it is on its way
        self.again = False  # something happened meanwhile
        self.beat = False  # it is time for a heartbeat
        self.beaten = time.monotonic()

    async def ready(self, loop: asyncio.AbstractEventLoop) -> None:
        """Wait until there is something to be sent, or it is over."""
        if not self.is_ready:
            self.waiter = loop.create_future()
            try:
                await self.waiter
            finally:
                self.waiter = None
        self.is_ready = False

    def call(self) -> None:
        """End the waiting."""
        self.is_ready = True
        if self.waiter is not None and not self.waiter.done():
            self.waiter.set_result(None)


class _Pushing:
    # Works out the events of all live pages of a loop.
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._pages: set[_Pushed] = set()
        self._waiting: deque[_Pushed] = deque()
        self._lock = threading.Lock()
        self._running = 0
        self._threads = ThreadPoolExecutor(_RENDERING, thread_name_prefix="htealeaf-live")
        self._beating: asyncio.TimerHandle | None = None

    async def follow(self, following: Following, receive: Receive, send: Send) -> None:
        """Send what happens, until the page is over or its browser has gone."""
        page = _Pushed(following)
        gone = asyncio.ensure_future(_until_it_goes(receive))
        gone.add_done_callback(lambda _: self._close(page))
        self._pages.add(page)
        self._beat()
        following.woken = partial(self.wake, page)
        try:
            self.wake(page)  # what was before anybody listened
            while not page.closed:
                await page.ready(self.loop)
                events, page.events = b"".join(page.events), []
                if events and not page.closed:
                    page.sending = time.monotonic()
                    await send(_piece(events))
                    page.sending, page.beaten = 0.0, time.monotonic()
                if following.ended and not page.events:
                    break
                self._settle(page)
        finally:
            following.woken = page.task = None
            self._pages.discard(page)
            gone.cancel()

    def _close(self, page: _Pushed) -> None:
        page.closed = True
        page.call()

    def wake(self, page: _Pushed) -> None:
        """Work out what is to be sent to *page*; any thread may say so."""
        with self._lock:
            if not page.waits:
                page.again = True
                return
            page.waits = False
            self._waiting.append(page)
            more = self._running < min(_RENDERING, len(self._waiting))
            self._running += more
        if more:
            self._threads.submit(self._work)

    def _settle(self, page: _Pushed) -> None:
        # Its event has been sent, or there was none.
        with self._lock:
            page.waits = True
            again, page.again = page.again, False
        if again:
            self.wake(page)

    def _work(self) -> None:
        done: list[_Pushed] = []
        while True:
            with self._lock:
                page = self._waiting.popleft() if self._waiting else None
                if page is None:
                    self._running -= 1
            if page is not None:
                beat, page.beat = page.beat, False
                page.events.append(page.following.pending() or self._news(page, beat))
                done.append(page)
            if done and (page is None or len(done) >= _TOGETHER):
                self.loop.call_soon_threadsafe(self._deliver, done)
                done = []
            if page is None:
                return

    @staticmethod
    def _news(page: _Pushed, beat: bool) -> bytes:
        return page.following.news(beat=True) if beat else b""

    def _deliver(self, pages: list[_Pushed]) -> None:
        for page in pages:
            page.call()

    def _beat(self) -> None:
        # One timer for all pages: each hears something when it has heard nothing for a while, and
        # one that does not take it is dropped.
        if self._beating is None and self._pages:
            self._beating = self.loop.call_later(1.0, self._beat_all)

    def _beat_all(self) -> None:
        self._beating = None
        now = time.monotonic()
        due = now - HEARTBEAT
        for page in self._pages:
            if page.sending and now - page.sending >= SLOW and page.task is not None:
                page.task.cancel()
            if page.beaten < due:
                page.beaten, page.beat = time.monotonic(), True
                self.wake(page)
        self._beat()


async def _awaited(receive: Receive) -> MutableMapping[str, Any]:
    return await receive()


async def _never() -> Any:
    raise HtealeafError("nothing is asked of what is refused")


async def _until_it_goes(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass  # the body of the request, which has none


def _thin(environ: dict[str, Any]) -> None:
    # What stays as long as its page: names, and what all browsers say, once for all of them. In a
    # table of its size: what was deleted from one still takes room.
    thin = {
        sys.intern(name): sys.intern(value)
        if isinstance(value, str) and name not in _OF_ONE
        else value
        for name, value in environ.items()
    }
    environ.clear()
    environ.update(thin)


def _wants_events(scope: Scope) -> bool:
    if scope["method"] != "GET" or not scope["path"].endswith(LIVE_URL):
        return False
    wanted = EVENTS_TYPE.encode()
    return any(name == b"accept" and wanted in value for name, value in scope["headers"])


def _told(scope: Scope) -> Scope:
    # Without headers that have an underscore in their names. WSGI takes it for a dash, so somebody
    # could say what a proxy does not let them: `X_Forwarded_For`.
    headers = scope["headers"]
    if any(b"_" in name for name, _ in headers):
        return {**scope, "headers": [header for header in headers if b"_" not in header[0]]}
    return scope


def _cookies(scope: Scope) -> str:
    found = [value for name, value in scope["headers"] if name == b"cookie"]
    return b"; ".join(found).decode("latin-1")


async def _answer_crowded(send: Send) -> None:
    words = Full.public.encode()
    told = {
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Length": str(len(words)),
        "Cache-Control": "no-store",
        "Retry-After": "1",
        **OF_ANSWERS,
    }
    await send(_start("503 ", told.items()))
    await send(_piece(words, more=False))


def _start(status: str, headers: Iterable[tuple[str, str]]) -> dict[str, Any]:
    return {
        "type": "http.response.start",
        "status": int(status.partition(" ")[0]),
        "headers": [(name.lower().encode("latin-1"), v.encode("latin-1")) for name, v in headers],
    }


def _piece(body: bytes, *, more: bool = True) -> dict[str, Any]:
    return {"type": "http.response.body", "body": body, "more_body": more}


def _before_it_stops(stop: Callable[[], None]) -> None:
    # A server says that it stops when everything is over, and a stream never is. So we hear of it
    # from the signal, and hand it on.
    if threading.current_thread() is not threading.main_thread():
        return
    loop = asyncio.get_running_loop()
    for number in _STOPPING:
        before = signal.getsignal(number)
        if callable(before):
            signal.signal(number, partial(_stopping, loop, stop, before))


def _stopping(
    loop: asyncio.AbstractEventLoop,
    stop: Callable[[], None],
    before: Callable[[int, Any], Any],
    number: int,
    frame: Any,
) -> None:
    loop.call_soon_threadsafe(stop)  # not here: whoever was interrupted may hold a lock
    before(number, frame)
