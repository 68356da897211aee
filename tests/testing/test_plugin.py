"""The pytest plugin, run as a user runs it: in a process and a folder of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from htealeaf.state.backends.opening import open_journal

ROOT = Path(__file__).parents[2]

MYAPP = """
from htealeaf import WSGI, Store, SuperStore
from htealeaf.components import button, div, h3

app = WSGI(secret="only for these tests")
SuperStore(app)
shared = Store({"counter": 1}, name="shared")


@app.route("/")
def home():
    return div(h3(shared.react("counter")), button("+", onclick=shared.do.increment("counter")))
"""

FIXTURE = """
import pytest
import myapp

@pytest.fixture
def app():
    return myapp.app
"""


def run(
    folder: Path, test: str, *options: str, hide: str = "", app: str = MYAPP
) -> subprocess.CompletedProcess:
    """Run pytest on *test*, with *app* as the module `myapp`, without the packages in *hide*."""
    (folder / "myapp.py").write_text(app)
    (folder / "test_it.py").write_text(test)
    # A package that is not installed: importing it fails, as it does then.
    hidden = f"import sys\nfor name in {hide.split()!r}: sys.modules[name] = None\n"
    (folder / "sitecustomize.py").write_text(hidden)
    paths = [str(folder), str(ROOT)]
    # It is no worker of the run that it is in: syrupy would leave its report to another.
    outer = {name: v for name, v in os.environ.items() if not name.startswith("PYTEST_XDIST")}
    plugins = ["-p", "htealeaf.testing.plugin"] + ([] if hide else ["-p", "syrupy"])
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *plugins, *options],
        cwd=folder,
        env={
            **outer,
            "PYTHONPATH": os.pathsep.join(paths),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_test_for_a_page_takes_four_lines(tmp_path: Path) -> None:
    """And each test begins with fresh stores, which leave what the app keeps alone."""
    test = "def test_it_counts(client):\n    page = client.open('/')\n    page.click('button')\n"
    test += "    assert page.text('h3') == '2'\n"

    keeps = 'SuperStore(app, journal="sqlite:///shop.db")'

    both = test + test.replace("it_counts", "it_counts_anew")
    done = run(tmp_path, FIXTURE + both, app=MYAPP.replace("SuperStore(app)", keeps))

    assert "2 passed" in done.stdout, done.stdout
    kept = open_journal(f"sqlite:///{tmp_path}/shop.db")
    assert kept.describe().streams == 0
    kept.close()


@pytest.mark.slow
def test_a_snapshot_is_written_compared_and_updated(tmp_path: Path) -> None:
    test = (
        FIXTURE
        + "def test_home(client, html_snapshot):\n    assert client.open('/') == html_snapshot\n"
    )

    assert "1 snapshot failed" in run(tmp_path, test).stdout
    assert "1 snapshot generated" in run(tmp_path, test, "--snapshot-update").stdout
    kept = tmp_path / "__snapshots__" / "test_it" / "test_home.html"
    assert '    <h3 id="shared-counter">1</h3>\n' in kept.read_text()
    assert "1 snapshot passed" in run(tmp_path, test).stdout

    kept.write_text(kept.read_text().replace(">1<", ">7<"))
    failed = run(tmp_path, test).stdout
    assert '- <h3 id="shared-counter">7</h3>' in " ".join(failed.split())
    assert '+ <h3 id="shared-counter">1</h3>' in " ".join(failed.split())
    assert "1 snapshot updated" in run(tmp_path, test, "--snapshot-update").stdout


def test_a_missing_app_says_what_to_write(tmp_path: Path) -> None:
    done = run(tmp_path, "def test_it(client):\n    pass\n")

    assert "the fixture 'client' needs to know the app" in done.stdout
    assert "    def app():" in done.stdout


@pytest.mark.parametrize(("missing", "fixture"), [("bs4", "client"), ("syrupy", "html_snapshot")])
def test_without_the_extra_other_tests_run(tmp_path: Path, missing: str, fixture: str) -> None:
    """The plugin is loaded in everybody's pytest, so it must not need what may be missing."""
    test = f"def test_other():\n    pass\n\ndef test_ours({fixture}):\n    pass\n"

    done = run(tmp_path, FIXTURE + test, hide=missing)

    assert "1 passed, 1 error" in done.stdout, done.stdout + done.stderr
    assert f"htealeaf.testing needs {missing}: pip install htealeaf[testing]" in done.stdout


def test_without_the_extra_the_import_says_so(tmp_path: Path) -> None:
    test = "def test_it():\n    from htealeaf.testing import Client\n"

    done = run(tmp_path, test, hide="bs4")

    assert "ImportError: htealeaf.testing needs bs4: pip install htealeaf[testing]" in done.stdout
