"""What 500 strangers at once do to the click of somebody who is signed in.

Each stranger has an address of its own and sends an offer that was never made, a form of a thousand
fields, or a page load without a cookie.

Two budgets. One is about the work of a click: what it costs with all of them about, each between
two clicks, in a process that has nothing else to do. The other is about how long it takes over a
socket while 500 of them ask again as soon as they are answered, on the servers where whoever is
signed in goes first; gunicorn's own worker with threads stands beside them, where everybody waits
for everybody.

How long a click takes that is sent behind one of each, all in one instant, is told beside and has
no budget: a server has to take 500 requests from its sockets before it can see who sends the next.
"""

from __future__ import annotations

import contextlib
import json
import select
import statistics
import time
from collections import deque
from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import Any, TypeVar

from benchmarks.browser import OpenPage
from benchmarks.ours import counter_app
from benchmarks.report import Row, Table, µs
from benchmarks.serving import (
    SERVERS,
    Asked,
    Connection,
    cookie_in,
    head_of,
    of_a_browser,
    served,
)
from benchmarks.timing import Effort

STRANGERS = 500
PAUSE = 0.02  # seconds between two clicks
SPREAD = 1.0  # seconds in which each stranger sends one request


Connected = TypeVar("Connected", bound=Connection)


class Stranger(Connection):
    """Who gets whatever answer there is."""

    fine = (b"HTTP/1.1 ",)


def _hostile(number: int) -> Asked:
    address = {"X-Forwarded-For": f"10.0.{number // 250}.{number % 250 + 1}"}
    kind = number % 3
    if kind == 0:
        return Asked(head_of("GET", "/", **address))
    if kind == 1:
        body, media = json.dumps(["update=1&o=A" + "x" * 16]).encode(), "application/json"
    else:
        body, media = b"a=1&" * 1001, "application/x-www-form-urlencoded"
    told = {"Content-Type": media, "Content-Length": str(len(body)), **address}
    told["Origin"] = "http://counter.example"
    if kind == 1:
        told["HT-Verb"] = "offer"
    return Asked(head_of("POST", "/api/_store/shared/counter", **told), body)


def _clicks(
    user: Connection, strangers: Sequence[Stranger], seconds: float, spread: float = 0.0
) -> list[float]:
    # The seconds that each click took, while each stranger sends once in *spread* seconds, or, for
    # 0, again as soon as it is answered.
    took: list[float] = []
    by_number: dict[int, Connection] = {one.fileno(): one for one in (user, *strangers)}
    idle: deque[Connection] = deque(strangers)
    me = user.fileno()
    asking, under_way, sent = False, 0, 0
    with select.epoll() as poll:
        for number in by_number:
            poll.register(number, select.EPOLLIN)
        begin = now = time.perf_counter()
        next_click, sent_at = begin + PAUSE, 0.0
        while now < begin + seconds or asking or under_way:  # at last nothing is under way
            if now < begin + seconds:
                due = len(idle) if not spread else int((now - begin) / spread * STRANGERS) - sent
                for _ in range(min(due, len(idle))):
                    idle.popleft().send()
                    under_way, sent = under_way + 1, sent + 1
                if next_click <= now and not asking:
                    sent_at, asking = time.perf_counter(), True
                    user.send()
            ready = [number for number, _ in poll.poll(0.001)]
            if me in ready and user.answered():  # first: nobody else's answer is waited for
                now = time.perf_counter()
                took.append(now - sent_at)
                next_click, asking = now + PAUSE, False
            for number in ready:
                if number != me and by_number[number].answered():
                    idle.append(by_number[number])
                    under_way -= 1
            now = time.perf_counter()
    return took


def _burst(user: Connection, strangers: Sequence[Stranger]) -> float:
    for one in strangers:
        one.send()
    began = time.perf_counter()
    user.ask()
    took = time.perf_counter() - began
    for one in strangers:
        while not one.answered():
            pass
    return took


def measured(effort: Effort) -> Iterator[Row | Table]:
    """Measure a click beside strangers."""
    seconds = 2.0 if effort.quick else 5.0
    yield _work(seconds)
    told = []
    for server in SERVERS:
        alone, beside, flooded, burst = _waited(server, seconds)
        texts = (µs(statistics.median(took)) for took in (alone, beside, flooded))
        told.append((server, *texts, µs(burst)))
        if server != "gthread":
            before, after = statistics.median(alone), statistics.median(flooded)
            what = f"a click on {server} while {STRANGERS} strangers ask without a pause"
            yield Row(what, µs(after), f"{µs(before)} alone", after / before, 2.0)
    yield Table(
        f"until a click over a socket is answered, with {STRANGERS} strangers (median)",
        ("", "alone", f"each asks in {SPREAD:.0f} s", "each asks again", "in one instant"),
        told,
    )


def _waited(server: str, seconds: float) -> tuple[list[float], list[float], list[float], float]:
    with contextlib.ExitStack() as stack:
        name = "guarded_asgi" if server == "uvicorn" else "guarded"
        port = stack.enter_context(served(name, server))

        def connected(one: Connected) -> Connected:
            return stack.enter_context(contextlib.closing(one))

        own = {"X-Forwarded-For": "192.0.2.1"}
        told = {"Origin": "http://counter.example", "Content-Length": "0", **own}
        door = connected(Connection(port, Asked(head_of("POST", "/in", **told))))
        own["Cookie"] = cookie_in(door.ask()[0])
        user = connected(Connection(port, of_a_browser(port, click=True, **own)))
        alone = _clicks(user, (), seconds)
        strangers = []
        for number in range(STRANGERS):
            one = connected(Stranger(port, _hostile(number)))
            one.ask()  # before the next: a thread of gunicorn's waits for a connection's first one
            strangers.append(one)
        beside = _clicks(user, strangers, seconds, SPREAD)
        flooded = _clicks(user, strangers, seconds)
        return alone, beside, flooded, _burst(user, strangers)


def _work(seconds: float) -> Row:
    app = counter_app(trusted_proxies=1)
    page = OpenPage(app)
    click, ask = page.click(page.offers[-1]), app.wsgi_app
    environs = [_environ(number) for number in range(STRANGERS)]

    def stranger(number: int) -> None:
        environ, body = environs[number]
        answer = ask({**environ, "wsgi.input": BytesIO(body)}, lambda *told: lambda data: None)
        for _ in answer:
            pass

    def clicks(beside: bool) -> list[float]:
        took, end, number = [], time.perf_counter() + seconds, 0
        while time.perf_counter() < end:
            if beside:
                stranger(number % STRANGERS)
                number += 1
            began = time.process_time()
            click()
            took.append(time.process_time() - began)
        return took

    clicks(beside=False)
    before = statistics.median(clicks(beside=False))
    for number in range(STRANGERS):
        stranger(number)
    after = statistics.median(clicks(beside=True))
    what = f"a click with {STRANGERS} strangers about, one between two clicks"
    return Row(what, µs(after), f"{µs(before)} alone", after / before, 2.0)


def _environ(number: int) -> tuple[dict[str, Any], bytes]:
    head, body, _ = _hostile(number)
    first, *lines = head.decode().strip().split("\r\n")
    method, path, _ = first.split(" ")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.url_scheme": "http",
    }
    for line in lines:
        name, _, value = line.partition(": ")
        key = name.upper().replace("-", "_")
        environ[key if key.startswith("CONTENT_") else f"HTTP_{key}"] = value
    return environ, body
