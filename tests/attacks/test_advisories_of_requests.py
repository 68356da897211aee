"""Advisories of other frameworks about requests: the same is tried here, and refused.

Each stands in the table of `docs/security.md`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.attacks.prey import Client, Scene, scene

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def at() -> Iterator[Scene]:
    with scene() as made:
        yield made


def sent(at: Scene, data: bytes) -> int:
    before = at.prey.state
    status = Client(at.eve.port).raw(data).status
    assert at.prey.state == before
    return status


def test_livewire_cve_2025_54068(at: Scene) -> None:
    """An update that a browser sends is data of the type of its place, and makes no object."""
    for value in ({"n": [1, {"s": "clctn", "class": "X"}]}, [{"id": {"s": "std"}}], {"$": ["now"]}):
        body = json.dumps(value).encode()
        assert sent(at, at.eve.request("POST", "/api/_store/free/n", body)) == 422
    place, query = at.ann.offer("plus")
    assert sent(at, at.ann.press(place, query, {"class": "X"})) == 400


def test_unicorn_cve_2025_24370(at: Scene) -> None:
    """A path walks dicts and lists, never attributes of Python or JavaScript."""
    for path in (
        "__class__",
        "n/__init__",
        "open/__class__",
        "open/__proto__/x",
        "rows/0/__dict__",
    ):
        for method in ("POST", "PUT", "DELETE", "GET"):
            data = at.eve.request(method, f"/api/_store/free/{path}", b"1")
            assert sent(at, data) in (403, 404, 422)


def test_gradio_cve_2024_47165(at: Scene) -> None:
    """The origin `null` of a sandboxed frame is nobody's, also beside a same-origin."""
    for site in ("", "same-origin", "none", "cross-site"):
        data = at.ann.press(*at.ann.offer("plus"), Origin="null", Sec_Fetch_Site=site)
        assert sent(at, data) == 403


def test_werkzeug_cve_2023_25577(at: Scene) -> None:
    """Parts of a form are counted before they are read."""
    place, query = at.ann.offer("plus")
    body = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n' * 20_000 + b"--b--"
    kind = "multipart/form-data; boundary=b"
    data = at.ann.request("POST", f"{place}?{query}", body[: 2**20], Content_Type=kind)
    assert sent(at, data) == 413
