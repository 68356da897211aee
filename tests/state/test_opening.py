"""Opening journals by URL: the table, and messages that say what would work."""

from __future__ import annotations

import sys

import pytest

from htealeaf.state.backends.memory import MemoryJournal
from htealeaf.state.backends.opening import (
    BACKENDS,
    Backend,
    JournalNotOpened,
    open_journal,
    shown,
    taken_apart,
)


def test_a_url_opens_the_journal_that_it_names() -> None:
    one, other = open_journal("memory:"), open_journal("MEMORY:")

    assert isinstance(one, MemoryJournal)
    assert one is not other


@pytest.mark.parametrize("url", ["", "memory", "shop.db", "mysql://host/db", "memory:name", ":"])
def test_a_url_that_opens_nothing_says_what_would(url: str) -> None:
    with pytest.raises(JournalNotOpened, match=r"^journal .*; write .*memory:") as found:
        open_journal(url)

    assert "\n" not in str(found.value)


@pytest.mark.parametrize(
    "url",
    [
        "mysql://ann:hunter2@host/db",
        "mysql://:hunter2@host/db",
        "mysql://ann:hunt@er2:hunter2@host",
        "mysql://host/db?user=ann&password=hunter2",
        "mysql://host/db?sslpassword=hunter2&x=1",
    ],
)
def test_no_message_holds_a_password(url: str) -> None:
    with pytest.raises(JournalNotOpened) as found:
        open_journal(url)

    assert "hunter2" not in str(found.value)
    assert "host" in str(found.value)
    assert shown("redis://host:6379/0") == "redis://host:6379/0"


def test_a_driver_that_is_missing_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    for scheme, backend in BACKENDS.items():
        if not backend.driver:
            continue
        monkeypatch.setitem(sys.modules, backend.driver, None)  # as if it were not installed
        monkeypatch.delitem(sys.modules, backend.module, raising=False)
        extra = backend.module.rpartition(".")[2]
        with pytest.raises(JournalNotOpened, match=rf"pip install 'htealeaf\[{extra}\]'"):
            open_journal(f"{scheme}://host/db")


def test_a_fault_of_our_own_is_no_missing_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = Backend("htealeaf.state.backends.nowhere", "broken:", driver="psycopg")
    monkeypatch.setitem(BACKENDS, "broken", broken)

    with pytest.raises(ImportError):
        open_journal("broken:")


def test_options_of_ours_are_taken_out_of_a_url() -> None:
    url = "postgresql://ann:a%40b@h1,h2/db?sslmode=require&schema=shop&target_session_attrs=any"

    rest, options = taken_apart(url, ["schema"])

    assert rest == "postgresql://ann:a%40b@h1,h2/db?sslmode=require&target_session_attrs=any"
    assert options == {"schema": "shop"}
