"""What gunicorn serves for `serving`: ours, and as little as a WSGI server can be given."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from benchmarks.ours import counter_app

ours = counter_app()


def bare(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer everything with a few bytes."""
    body = b"<h3>1</h3>"
    headers = [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(body)))]
    start_response("200 OK", headers)
    return [body]
