"""The health URL: 200 while people may be sent here, 503 with the reason when not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from htealeaf.endpoints.health import LATE
from htealeaf.state.journal import Description, JournalUnreachable
from htealeaf.state.lag import FRESH, Lag
from tests.endpoints.watched import Watched

URL = "/_htealeaf/health"


def test_a_worker_that_is_well_says_what_it_is() -> None:
    answer = Watched(build="5f2c").client.get(URL)

    assert answer.status_code == 200
    assert answer.mimetype == "application/health+json"
    assert answer.json is not None
    assert (answer.json["status"], answer.json["releaseId"]) == ("pass", "5f2c")
    assert answer.json["checks"]["journal:lag"][0]["observedValue"] == 0
    assert answer.headers["Cache-Control"] == "no-store"


def test_nobody_is_asked_who_they_are(tmp_path: Path) -> None:
    """No cookie is set, none is read, and no session is seen: a probe is nobody."""
    made = Watched(journal=f"sqlite:///{tmp_path}/shop.db")
    page = made.client.open("/")
    page.click("button", "+")
    made.app.dispatch.visitor = None  # type: ignore[assignment, method-assign]

    answer = made.client.get(URL)

    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_it_is_only_asked(method: str) -> None:
    answer = Watched().client.request(method, URL)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")


def test_head_has_no_body() -> None:
    answer = Watched().client.request("HEAD", URL)
    assert (answer.status_code, answer.text) == (200, "")


def test_a_worker_that_is_told_to_stop_takes_nobody() -> None:
    made = Watched()
    made.app.stop()

    answer = made.client.get(URL)

    assert answer.status_code == 503
    assert answer.json is not None
    assert answer.json["output"] == "this worker was told to stop"


class Time:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def held(made: Watched) -> Time:
    time = Time()
    made.app.site.lag = Lag(made.app.registry.journal, time)
    return time


def test_a_journal_that_does_not_answer_is_told_without_a_word_of_where(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = Watched(journal=f"sqlite:///{tmp_path}/shop.db")
    time = held(made)
    assert made.client.get(URL).status_code == 200

    def gone(*args: Any, **options: Any) -> Any:
        raise JournalUnreachable("redis://user:password@host does not answer")

    monkeypatch.setattr(made.app.registry.journal.journal, "describe", gone)
    time.now += FRESH
    answer = made.client.get(URL)

    assert answer.status_code == 503
    assert answer.json is not None
    assert answer.json["output"] == "the journal does not answer"
    assert "password" not in answer.text
    monkeypatch.undo()
    time.now += FRESH
    assert made.client.get(URL).status_code == 200


def test_a_worker_that_stays_behind_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Watched()
    time, journal = held(made), made.app.registry.journal.journal
    before = journal.describe

    def ahead() -> Description:
        return before()._replace(n=7)

    monkeypatch.setattr(journal, "describe", ahead)
    assert made.client.get(URL).status_code == 200, "entries take a moment to come"
    time.now += LATE + 1
    answer = made.client.get(URL)

    assert answer.status_code == 503
    assert answer.json is not None
    assert answer.json["output"] == "this worker is 11 s behind the journal"
    assert answer.json["checks"]["journal:lag"][0]["observedValue"] == 7
