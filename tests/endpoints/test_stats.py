"""Stats: what an operator asks, counted where it happens."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

import pytest

from htealeaf.data.paths import parse
from htealeaf.data.verbs import Mutation
from htealeaf.endpoints.stats import Stats, is_click, stats
from htealeaf.errors import Conflict
from htealeaf.state.drafts import Write
from tests.endpoints.watched import Watched


def test_what_happens_is_counted() -> None:
    made = Watched()
    page = made.client.open("/")
    page.click("button", "+")
    page.click("button", "+")
    made.client.get("/broken")
    made.client.get("/nowhere")
    made.client.post("/api/_store/shared/n", json=1)  # is not offered

    found = made.app.stats()

    assert found["clicks"] == 2
    assert found["requests"] == 6
    assert (found["refused"], found["failed"]) == (2, 1)
    assert (found["commits"], found["appends"], found["conflicts"]) == (2, 2, 0)
    assert (found["pages"], found["documents"], found["streams"]) == (1, 1, 1)


def test_live_pages_and_jobs_are_told() -> None:
    made = Watched(max_live=1)
    go = threading.Event()
    job = made.app.background(go.wait)
    with made.client.open("/").live():
        found = made.app.stats()
        assert (found["live"], found["max_live"], found["live_begun"]) == (1, 1, 1)
        assert found["jobs"] == 1
    go.set()
    job.result()
    assert made.app.stats()["live"] == 0


def test_a_page_without_room_is_counted() -> None:
    made = Watched(max_live=0)
    made.client.get(
        "/api/_live",
        headers={**made.client.open("/").catch_up().headers, "Accept": "text/event-stream"},
    )
    assert made.app.stats()["live_refused"] == 1


def test_errors_are_lines_of_the_log() -> None:
    made = Watched()
    before = made.app.stats()["errors"]
    logging.getLogger("htealeaf").warning("this is none")
    made.client.get("/broken")
    assert made.app.stats()["errors"] == before + 1


def test_a_commit_whose_ground_has_changed_is_a_conflict() -> None:
    made = Watched()
    journal = made.app.registry.journal
    read = ("shared", parse("n"), 5)
    with pytest.raises(Conflict):
        journal.commit([Write("shared", Mutation("replace", parse("n"), 1))], expect=[read])
    assert made.app.stats()["conflicts"] == 1


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_the_journal_is_told(kind: str, tmp_path: Path) -> None:
    """Another worker writes: it is told where the journal is, and that this one has come there."""
    url = f"sqlite:///{tmp_path}/shop.db"
    made = Watched(journal=url if kind == "sqlite" else None)
    other = Watched(journal=url) if kind == "sqlite" else made
    other.client.open("/").click("button", "+")

    found = made.app.stats()

    assert (found["journal"], found["reached"]) == (kind, True)
    assert found["number"] == found["newest"] > 0
    assert (found["lag"], found["behind"]) == (0, 0.0)


def test_each_name_is_there_and_no_other() -> None:
    made = Watched()
    assert set(stats(made.app.site)) == set(Stats.__annotations__)


@pytest.mark.parametrize(
    ("endpoint", "status", "wanted"),
    [("store", 200, True), ("action", 303, True), ("store", 403, False), ("page", 200, False)],
)
def test_a_click_is_what_was_done(endpoint: str, status: int, wanted: bool) -> None:
    assert is_click(endpoint, status) is wanted
