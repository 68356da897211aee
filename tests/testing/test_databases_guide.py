"""The guide page on databases: its migrations and its tests run as they stand there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(
    r"^```python[^\n]*\n(.*?)^```$",
    (ROOT / "docs" / "guide" / "databases.md").read_text("utf-8"),
    re.M | re.S,
)


def block(start: str) -> str:
    return next(one for one in BLOCKS if one.startswith(start))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The program of the page, its database a file."""
    end = next(n for n, one in enumerate(BLOCKS) if "from htealeaf.testing" in one)
    program = "\n".join(BLOCKS[:end])
    in_memory = re.search(r"^engine = .*$", program, re.M)
    assert in_memory is not None
    program = program.replace(in_memory[0], 'engine = create_engine("sqlite:///app.db")')
    (tmp_path / "contacts.py").write_text(program)
    return tmp_path


def run(project: Path, *command: str) -> str:
    # It is no worker of the run that it is in.
    outer = {name: v for name, v in os.environ.items() if not name.startswith("PYTEST_XDIST")}
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=project,
        env={
            **outer,
            "PYTHONPATH": f"{project}{os.pathsep}{ROOT}",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.slow
def test_the_migrations_make_the_tables_and_follow_the_models(project: Path) -> None:
    run(project, "alembic", "init", "migrations")
    env = project / "migrations" / "env.py"
    given = env.read_text()
    ours = block("# migrations/env.py")
    body = given.partition("target_metadata = None")[2].partition("def run_migrations_online")[0]
    env.write_text(f"from alembic import context\n{ours}\n{body}\nrun_migrations_online()\n")

    run(project, "alembic", "revision", "--autogenerate", "-m", "contacts")
    run(project, "alembic", "upgrade", "head")
    models = project / "contacts.py"
    models.write_text(
        models.read_text().replace(
            "    email: Mapped[str]", "    phone: Mapped[str | None]\n    email: Mapped[str]", 1
        )
    )
    run(project, "alembic", "revision", "--autogenerate", "-m", "phones")
    run(project, "alembic", "upgrade", "head")

    assert "No new upgrade operations detected" in run(project, "alembic", "check")
    asked = "import contacts, sqlalchemy as s; print([c['name'] for c in"
    asked += " s.inspect(contacts.engine).get_columns('contacts')])"
    (project / "asked.py").write_text(asked)
    assert "['id', 'name', 'email', 'phone']" in run(project, "asked")


@pytest.mark.slow
@pytest.mark.parametrize("url", ["sqlite:///app.db", "sqlite://"])
def test_the_tests_of_the_page_pass_and_leave_nothing(project: Path, url: str) -> None:
    """Twice, since a row that stayed would be found by the next run."""
    program = (project / "contacts.py").read_text()
    (project / "contacts.py").write_text(program.replace("sqlite:///app.db", url))
    (project / "conftest.py").write_text(block("# conftest.py"))
    tests = [one for one in BLOCKS if one.startswith("def test_")]
    (project / "test_contacts.py").write_text("import contacts\n\n" + "\n".join(tests))

    for _ in range(2):
        told = run(
            project, "pytest", "-q", "-p", "htealeaf.testing.plugin", "-p", "no:cacheprovider"
        )

        assert "3 passed" in told
