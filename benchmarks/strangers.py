"""What 500 strangers at once do to the click of somebody who uses the app.

Each stranger has an address of its own and sends an offer that was never made, a form of a thousand
fields, or a page load without a cookie. The budget is about the work of a click: what it costs with
all of them about, each between two clicks, in a process that has nothing else to do.

Over sockets a click also waits for whoever is before it. So how long that takes, when they come
evenly and when they come all in one instant, is told beside how long it takes alone, and has no
budget: where more comes than a machine can answer, everybody waits.
"""

from __future__ import annotations

import contextlib
import json
import select
import statistics
import time
from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import Any

from benchmarks.browser import OpenPage
from benchmarks.ours import counter_app
from benchmarks.report import Row, Table, µs
from benchmarks.serving import Asked, Connection, cookie_in, head_of, of_a_browser, served
from benchmarks.timing import Effort

STRANGERS = 500
PAUSE = 0.02  # seconds between two clicks
SPREAD = 1.0  # seconds in which each stranger sends one request


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


def _clicks(user: Connection, strangers: Sequence[Stranger], seconds: float) -> list[float]:
    # The seconds that each click took, while the strangers send in turns.
    took: list[float] = []
    by_number: dict[int, Connection] = {one.fileno(): one for one in (user, *strangers)}
    waiting: set[int] = set()
    with select.epoll() as poll:
        for number in by_number:
            poll.register(number, select.EPOLLIN)
        begin = now = time.perf_counter()
        next_click, sent, sent_at = begin, 0, 0.0
        while now < begin + seconds or waiting:  # at last nothing is under way
            while (
                now < begin + seconds
                and strangers
                and sent < (now - begin) / SPREAD * len(strangers)
            ):
                one = strangers[sent % len(strangers)]
                if one.fileno() not in waiting:
                    one.send()
                    waiting.add(one.fileno())
                sent += 1
            if next_click <= now < begin + seconds and user.fileno() not in waiting:
                sent_at = time.perf_counter()
                user.send()
                waiting.add(user.fileno())
            for number, _ in poll.poll(0.001):
                if by_number[number].answered():
                    waiting.discard(number)
                    if number == user.fileno():
                        now = time.perf_counter()
                        took.append(now - sent_at)
                        next_click = now + PAUSE
            now = time.perf_counter()
    return took


def _burst(user: Connection, strangers: Sequence[Stranger]) -> float:
    began = time.perf_counter()
    for one in strangers:
        one.send()
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
    with contextlib.ExitStack() as stack:
        port = stack.enter_context(served("guarded"))

        def connected(one: Connection) -> Connection:
            return stack.enter_context(contextlib.closing(one))

        own = {"X-Forwarded-For": "192.0.2.1"}
        told = {"Origin": "http://counter.example", "Content-Length": "0", **own}
        door = connected(Connection(port, Asked(head_of("POST", "/in", **told))))
        own["Cookie"] = cookie_in(door.ask()[0])
        user = connected(Connection(port, of_a_browser(port, click=True, **own)))
        alone = _clicks(user, (), seconds)
        strangers: list[Stranger] = []
        for number in range(STRANGERS):
            one = Stranger(port, _hostile(number))
            connected(one)
            one.ask()  # before the next: a thread of gunicorn's waits for a connection's first one
            strangers.append(one)
        beside = _clicks(user, strangers, seconds)
        burst = _burst(user, strangers)
    yield Table(
        f"a click over a socket, with {STRANGERS} strangers connected (median)",
        ("", "until it is answered"),
        [
            ("alone", µs(statistics.median(alone))),
            (f"while each sends one request in {SPREAD:.0f} s", µs(statistics.median(beside))),
            ("sent behind one of each, in one instant", µs(burst)),
        ],
    )


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
