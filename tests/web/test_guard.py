"""Keys, origins, bodies and rates: what stands between a browser and everything else."""

from __future__ import annotations

import io
import logging
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from htealeaf.errors import BadRequest, HtealeafError
from htealeaf.web.guard import Keys, Rate, TooLarge, body_length, new_key, read_body, same_origin
from htealeaf.wire.codec import base_of


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


# -- keys -------------------------------------------------------------------------------------


def test_a_key_is_128_random_bits() -> None:
    assert len({new_key() for _ in range(1000)}) == 1000
    assert len(bytes.fromhex(new_key())) == 16


def test_what_is_derived_from_a_key_differs_by_purpose_and_secret() -> None:
    one, two = Keys("a secret of sixteen"), Keys("b secret of sixteen")
    key = new_key()
    mac = one.cookie(key).partition(".")[2]

    assert len({mac, one.session_id(key), two.session_id(key), two.cookie(key)}) == 4
    assert key not in one.session_id(key)


def test_the_kept_secret_is_its_owner_s_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A restart keeps it, so that open pages go on."""
    monkeypatch.delenv("HTEALEAF_SECRET", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    key = new_key()

    cookie = Keys().cookie(key)

    assert Keys().verified(cookie) == key
    file = tmp_path / "htealeaf" / "secret"
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    file.unlink()
    assert Keys().verified(cookie) is None


def test_a_secret_that_can_not_be_kept_is_made_for_this_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("HTEALEAF_SECRET", raising=False)
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))

    with caplog.at_level(logging.WARNING):
        keys = Keys()

    assert keys.verified(keys.cookie(key := new_key())) == key
    assert "open pages end with this process" in caplog.text


def test_the_environment_may_hold_the_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTEALEAF_SECRET", "one for all workers")
    key = new_key()

    assert Keys().cookie(key) == Keys("one for all workers").cookie(key)
    monkeypatch.setenv("HTEALEAF_SECRET", "short")
    with pytest.raises(HtealeafError, match="at least 16"):
        Keys()


# -- origin -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "same"),
    [
        ({}, None),
        ({"SEC_FETCH_SITE": "same-origin"}, True),
        ({"SEC_FETCH_SITE": "none"}, True),
        ({"SEC_FETCH_SITE": "same-site"}, False),
        ({"SEC_FETCH_SITE": "cross-site"}, False),
        ({"SEC_FETCH_SITE": "cross-site", "ORIGIN": "http://h:8000"}, False),
        ({"ORIGIN": "http://h:8000"}, True),
        ({"ORIGIN": "http://H:8000"}, True),
        ({"ORIGIN": "http://h"}, False),
        ({"ORIGIN": "https://h:8000"}, False),
        ({"ORIGIN": "http://h:8000.evil"}, False),
        ({"ORIGIN": "null"}, False),
    ],
)
def test_where_a_request_comes_from(headers: dict[str, str], same: bool | None) -> None:
    environ = {f"HTTP_{name}": value for name, value in headers.items()}

    assert same_origin(environ | {"HTTP_HOST": "h:8000", "wsgi.url_scheme": "http"}) is same


# -- bodies -----------------------------------------------------------------------------------


class Slowly(io.BytesIO):
    def read(self, size: int | None = -1) -> bytes:
        return super().read(min(size or 0, 2))


def test_a_body_may_come_in_small_parts() -> None:
    environ = {"CONTENT_LENGTH": "5", "wsgi.input": Slowly(b"12345678")}

    assert read_body(environ, 10) == b"12345"


def test_no_length_and_no_chunks_is_no_body() -> None:
    environ: dict[str, Any] = {"wsgi.input": io.BytesIO(b"next request")}

    assert read_body(environ, 10) == b""
    assert body_length({"CONTENT_LENGTH": ""}, 10) == 0


def test_chunks_of_exactly_the_limit_are_read() -> None:
    environ = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}

    assert read_body(environ | {"wsgi.input": Slowly(b"12345")}, 5) == b"12345"
    with pytest.raises(TooLarge):
        read_body(environ | {"wsgi.input": Slowly(b"123456")}, 5)


def test_chunks_that_the_server_does_not_end_are_refused() -> None:
    with pytest.raises(BadRequest):
        read_body({"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input": io.BytesIO(b"1")}, 5)


# -- the rate ---------------------------------------------------------------------------------


def test_a_bucket_fills_again() -> None:
    clock = Clock()
    rate = Rate(2.0, 3, clock=clock)

    assert [rate.allows("a") for _ in range(4)] == [True, True, True, False]
    clock.now += 0.4
    assert not rate.allows("a")
    clock.now += 0.2
    assert [rate.allows("a") for _ in range(2)] == [True, False]
    clock.now += 100
    assert [rate.allows("a") for _ in range(4)] == [True, True, True, False]


def test_each_has_a_bucket_of_its_own() -> None:
    rate = Rate(1.0, 1, clock=Clock())

    assert rate.allows("a")
    assert rate.allows("b")
    assert not rate.allows("a")


def test_buckets_are_bounded() -> None:
    rate = Rate(1.0, 1, limit=10, clock=Clock())

    for number in range(1000):
        rate.allows(str(number))
    assert len(rate) == 10


def test_threads_share_a_bucket() -> None:
    rate = Rate(1.0, 50, clock=Clock())

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda _: rate.allows("a"), range(500))) == 50


@pytest.mark.parametrize(("per_second", "burst"), [(0, 1), (-1, 1), (1, 0)])
def test_a_rate_that_lets_nothing_through_is_refused(per_second: float, burst: int) -> None:
    with pytest.raises(HtealeafError, match="rate"):
        Rate(per_second, burst)


# -- the base ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("script_name", "base"),
    [("", ""), ("/", ""), ("/a", "/a"), ("/a/", "/a"), ("/a b", "/a%20b"), ('/"<', "/%22%3C")],
)
def test_a_base_is_safe_in_html(script_name: str, base: str) -> None:
    assert base_of(script_name) == base
