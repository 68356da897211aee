"""What 500 strangers at once do to the click of somebody who uses the app.

Each stranger has a connection and an address of its own, and sends what is refused, one after the
other: an offer that was never made, a form of a thousand fields, a page load without a cookie. One
browser goes on clicking, and its clicks are timed from the sending to the whole answer.

They come evenly, one request a second from each, as people do and as limits let through; and then
all in one instant, where whoever comes behind them waits for all that are before. That is a queue
of the server's, no work of ours, so it has no budget.
"""

from __future__ import annotations

import contextlib
import json
import select
import statistics
import time
from collections.abc import Iterator, Sequence

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
        while now < begin + seconds:
            while strangers and sent < (now - begin) / SPREAD * len(strangers):
                one = strangers[sent % len(strangers)]
                if one.fileno() not in waiting:
                    one.send()
                    waiting.add(one.fileno())
                sent += 1
            if now >= next_click and user.fileno() not in waiting:
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
        strangers = [Stranger(port, _hostile(number)) for number in range(STRANGERS)]
        for one in strangers:
            connected(one)
        beside = _clicks(user, strangers, seconds)
        time.sleep(0.5)  # what is still on its way has come
        burst = _burst(user, strangers)
    before, after = statistics.median(alone), statistics.median(beside)
    yield Row(
        f"a click beside {STRANGERS} strangers, one request a second each",
        f"{after * 1e3:.2f} ms",
        f"{before * 1e3:.2f} ms alone",
        after / before,
        2.0,
    )
    yield Table(
        "a click behind strangers who all come in one instant",
        ("strangers", "until it is answered", "of this, each stranger"),
        [(str(STRANGERS), µs(burst), µs(burst / STRANGERS))],
    )
