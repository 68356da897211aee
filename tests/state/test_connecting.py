"""Connecting: another program has the stores of an app by the URL of their journal."""

from __future__ import annotations

from pathlib import Path as File

import pytest

from htealeaf import HtealeafError, Registry, Store, connect
from htealeaf.state.connecting import JOURNAL


@pytest.fixture
def url(tmp_path: File) -> str:
    return f"sqlite:///{tmp_path}/shop.db"


def test_what_one_program_writes_another_reads(url: str) -> None:
    with connect(url):
        Store({"n": 1}, name="shared").update("n", 1)

    with connect(url) as stores:
        assert stores["shared"].read("n") == 2
        stores["shared"].update("n", 5)
    with connect(url) as stores:
        assert stores["shared"].read("n") == 7


def test_a_store_of_many_documents_is_told_by_what_is_there(url: str) -> None:
    with connect(url):
        Store({"n": 0}, name="rooms", keyed=True).of("lobby").set("n", 4)

    with connect(url) as stores:
        assert stores["rooms"].of("lobby").read("n") == 4


def test_a_store_that_this_program_has_made_keeps_its_default(url: str) -> None:
    with Registry():
        Store({"n": 41}, name="shared")
        with connect(url) as stores:
            assert stores["shared"].read("n") == 41


def test_an_unknown_name_says_how_to_make_it(url: str) -> None:
    with connect(url) as stores, pytest.raises(HtealeafError, match=r"Store\(\{...\}, name='nope'"):
        stores["nope"]


def test_the_environment_names_the_journal(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(JOURNAL, url)
    with connect():
        Store({"n": 1}, name="shared").set("n", 3)

    monkeypatch.delenv(JOURNAL)
    with connect(url) as stores:
        assert stores["shared"].read("n") == 3
    with pytest.raises(HtealeafError, match=JOURNAL), connect():
        pass


def test_an_error_inside_lets_the_journal_go(url: str) -> None:
    with pytest.raises(ZeroDivisionError), connect(url):
        _ = 1 / 0

    with connect(url):
        Store({"n": 1}, name="shared").set("n", 2)
