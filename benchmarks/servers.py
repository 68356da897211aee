"""What is served for `serving` and `strangers`: ours, and as little as a server can be given."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from benchmarks.ours import counter_app
from htealeaf import Session
from htealeaf.asgi import ASGI

ours = counter_app()
#: The same with the limits that an app has by itself, behind a proxy that tells addresses.
guarded = counter_app(rate=50, burst=100, trusted_proxies=1)


@guarded.route("/in", methods=["POST"])
def enter(session: Session) -> str:
    """Sign somebody in."""
    session.sign_in("ann")
    return "in"


def bare(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer everything with a few bytes."""
    body = b"<h3>1</h3>"
    headers = [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(body)))]
    start_response("200 OK", headers)
    return [body]


#: The same for uvicorn.
guarded_asgi = ASGI(guarded)
