"""A request as no server made it: the value alone, for tests of what asks it."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from htealeaf.web.request import Fields, Request, frozen


class Headers(dict[str, str]):
    def get(self, name: str, default: str = "", /) -> str:  # type: ignore[override]
        return super().get(name.lower(), default)


def request(
    method: str = "GET",
    body: io.BytesIO | None = None,
    headers: Mapping[str, str] | None = None,
    **fields: Any,
) -> Request:
    """Return a request to http://h:8000/; *fields* are those of `Request`."""
    named = Headers({name.lower(): value for name, value in (headers or {}).items()})
    made = Fields(
        method=method,
        path="/",
        query="",
        base="",
        headers=named,
        read=(body or io.BytesIO()).read,
        ends=False,
        remote="192.0.2.1",
        scheme="http",
        host="h:8000",
        counted=True,
        wrap=lambda request: None,
    )
    return frozen(made).replace(**fields)
