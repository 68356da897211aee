"""Browser keys: made from 128 random bits, signed with a secret that is its owner's only."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from htealeaf.errors import HtealeafError
from htealeaf.web.keys import Keys, new_key


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
