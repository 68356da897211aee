"""Browser keys: made from 128 random bits, signed with a secret that is its owner's only."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from htealeaf.errors import HtealeafError
from htealeaf.web.keys import PURPOSES, Keys, new_key


def test_a_key_is_128_random_bits() -> None:
    assert len({new_key() for _ in range(1000)}) == 1000
    assert len(bytes.fromhex(new_key())) == 16


def test_what_is_derived_from_a_key_differs_by_purpose_and_secret() -> None:
    one, two = Keys("a secret of sixteen"), Keys("b secret of sixteen")
    key = new_key()
    mac = one.cookie(key).partition(".")[2]

    assert len({mac, one.session_id(key), two.cookie(key).partition(".")[2]}) == 3
    assert one.session_id(key) == two.session_id(key), "a session stays when the secret changes"
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


# -- secrets of before --------------------------------------------------------------------------

NEW, OLD = "a new secret for tests only", "an old secret for tests only"


def test_what_an_old_secret_signed_is_good_and_the_new_one_signs() -> None:
    old, new = Keys(OLD), Keys(NEW, [OLD])
    key = new_key()
    cookie = old.cookie(key)

    found = new.browser(cookie)

    assert found is not None
    assert (found.key, found.id, found.old) == (key, old.session_id(key), True)
    again = new.cookie(found.key, found.id)
    assert again != cookie
    assert Keys(NEW).browser(again) == found._replace(old=False)
    assert Keys(NEW).browser(cookie) is None
    assert Keys(OLD).browser(again) is None


def test_a_short_old_secret_is_refused() -> None:
    with pytest.raises(HtealeafError, match="16 characters"):
        Keys(NEW, ["short"])


def test_each_purpose_has_a_salt_of_its_own() -> None:
    keys, key = Keys(NEW), new_key()

    macs = {keys.signer(key, purpose).hexdigest() for purpose in PURPOSES}

    assert len(macs) == len(PURPOSES) == 3


@pytest.mark.parametrize(
    "program", ["/usr/bin/gunicorn", "/x/uvicorn/__main__.py", "granian", "waitress-serve"]
)
def test_a_server_without_a_secret_does_not_start(
    monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    for name in ("HTEALEAF_SECRET", "HTEALEAF_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.argv", [program])

    with pytest.raises(HtealeafError, match=r"HTEALEAF_SECRET=.* or WSGI\(secret="):
        Keys()
    Keys(NEW)


def test_a_secret_for_development_is_announced_and_only_this_user_reads_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("HTEALEAF_SECRET", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))

    one, two = Keys(), Keys()

    file = tmp_path / "htealeaf" / "secret"
    assert file.stat().st_mode & 0o777 == 0o600
    assert caplog.text.count(str(file)) == 1
    assert two.verified(one.cookie(new_key())) is not None
