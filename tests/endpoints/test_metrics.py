"""Metrics: what Prometheus reads, only where it was asked for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as classic

from htealeaf.endpoints.metrics import registry_of
from tests.endpoints.watched import Watched

URL = "/_htealeaf/metrics"
ACCEPT = {"Accept": "application/openmetrics-text; version=1.0.0"}
ROOT = Path(__file__).parents[2]


def test_without_being_asked_for_they_are_not_there() -> None:
    assert Watched().client.get(URL).status_code == 404


def test_what_happened_is_counted() -> None:
    made = Watched(metrics=True, build="5f2c")
    page = made.client.open("/")
    page.click("button", "+")
    made.client.post("/api/_store/shared/n", json=1)

    answer = made.client.get(URL)

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers
    found = {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in classic(answer.text)
        for sample in family.samples
    }
    assert found["htealeaf_clicks_total", "200"] == 1
    assert found["htealeaf_clicks_total", "403"] == 1
    assert found[("htealeaf_commits_total",)] == 1
    assert found[("htealeaf_live_pages",)] == 0
    assert found[("htealeaf_journal_lag",)] == 0
    assert found["htealeaf_request_seconds_count", "store"] == 2
    assert found["htealeaf_request_seconds_bucket", "+Inf", "store"] == 2
    assert found[("htealeaf_append_seconds_count",)] == 1
    assert found["htealeaf_info", "0.1.0", "5f2c", "memory"] == 1
    assert found[("process_resident_memory_bytes",)] > 0


def test_openmetrics_is_written_for_who_asks() -> None:
    made = Watched(metrics=True)
    made.client.open("/").click("button", "+")
    answer = made.client.get(URL, headers=ACCEPT)

    assert answer.mimetype == "application/openmetrics-text"
    names = {family.name for family in openmetrics(answer.text)}
    assert {"htealeaf_clicks", "htealeaf_request_seconds", "htealeaf_live_pages"} <= names


def test_a_browser_makes_up_no_label() -> None:
    """Else anybody could fill the memory of whoever reads them."""
    made = Watched(metrics=True)
    for n in range(50):
        made.client.get(f"/nowhere/{n}?q={n}", headers={"User-Agent": f"b{n}"})
        made.client.get(f"/api/_action/{n}")
        made.client.request("PUT", f"/_htealeaf/{n}")

    labels = {
        tuple(sample.labels.values())
        for family in registry_of(made.app.site).collect()
        if family.name == "htealeaf_requests"
        for sample in family.samples
    }
    assert labels == {("page", "404"), ("action", "405"), ("assets", "405")}


def test_whoever_is_asked_tells_the_numbers_of_all_workers(tmp_path: Path) -> None:
    """Several listen at one port; else counters would seem to go up and down."""
    made = Watched(metrics=tmp_path)
    made.client.open("/").click("button", "+")
    with subprocess.Popen(
        [sys.executable, "-c", OTHER, str(tmp_path)], cwd=ROOT, stdin=-1, stdout=-1, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "written\n"

        def clicks() -> dict[str, float]:
            return {
                sample.labels["worker"]: sample.value
                for family in openmetrics(made.client.get(URL, headers=ACCEPT).text)
                if family.name == "htealeaf_clicks"
                for sample in family.samples
            }

        assert clicks() == {str(os.getpid()): 1, str(other.pid): 2}
        other.kill()
        other.wait()
        assert clicks() == {str(os.getpid()): 1}
    assert [file.stem for file in tmp_path.glob("*.json")] in ([], [str(os.getpid())])


OTHER = """
import sys
from tests.endpoints.watched import Watched

made = Watched(metrics=sys.argv[1])
page = made.client.open("/")
page.click("button", "+")
page.click("button", "+")
made.app.metrics._write(made.app.site)
print("written", flush=True)
sys.stdin.read()
"""


def test_what_is_old_is_not_told(tmp_path: Path) -> None:
    made = Watched(metrics=tmp_path)
    file = tmp_path / "1.json"  # a process that is there
    file.write_text(json.dumps([["x", "y", "gauge", [["x", {"worker": "1"}, 1.0]]]]))
    assert 'x{worker="1"}' in made.client.get(URL).text
    os.utime(file, (0, 0))
    assert 'x{worker="1"}' not in made.client.get(URL).text
    assert not file.exists()


def test_a_folder_that_can_not_be_is_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    made = Watched(metrics=tmp_path / "file" / "metrics")
    assert made.app.metrics is not None
    made.app.metrics._write(made.app.site)
    made.app.metrics._write(made.app.site)
    assert caplog.text.count("metrics can't be written to") == 1
    assert made.client.get(URL).status_code == 200


def test_without_the_extra_one_sentence_says_what_is_missing() -> None:
    program = (
        "import sys; sys.modules['prometheus_client'] = None\n"
        "from htealeaf import WSGI\n"
        "WSGI(secret='a secret for tests only')\n"
        "WSGI(secret='a secret for tests only', metrics=True)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert ended.stderr.strip().endswith(
        "metrics need prometheus-client, which writes them: pip install htealeaf[metrics]"
    )
    assert "line 4, in <module>" in ended.stderr
