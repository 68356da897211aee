"""`tests/` mirrors `htealeaf/`: each module has a test file of its own, which tests it.

`tests/data/test_paths.py` is that of `htealeaf/data/paths.py`. It imports its module; or, where
that is inside, what drives it: most are tested through what is public.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

#: Folders whose tests stand in another one, and why.
FOLDERS = {"state/backends": "state"}  # each is a journal, tested beside the contract of all

#: Modules that are tested together in the file of another name, and what they are together.
TOGETHER = {
    "app/here": "app/test_around",
    "app/layouts": "app/test_around",
    "app/patterns": "app/test_routing",
    "app/route": "app/test_routing",
    "app/routes": "app/test_around",
    "app/settings": "app/test_around",
    "app/streaming": "app/test_around",
    "app/urls": "app/test_around",
    "asgi": "app/test_asgi",  # the name by which a server finds it
    "gunicorn": "app/test_gunicorn_worker",  # as well
    "cli/journal": "state/test_transfer",
    "cli/progress": "state/test_transfer",
    "endpoints/live_page": "endpoints/test_live_pages",  # many pages, of many browsers
    "html/rows": "components/test_rows",
    "pages/settling": "pages/test_update",  # what is done with what it draws
    "state/holders": "state/test_stores",  # what is behind a store
    "state/naming": "state/test_schemas",  # what a schema names
    "state/places": "state/test_refs",  # what is behind a ref
    "state/timekeeper": "testing/test_clock",  # a test holds the one clock there is
    "testing/report": "testing/test_explore",
    "testing/rows": "components/test_rows",
    "testing/well_formed": "testing/test_reading",
    "testing/xpath": "testing/test_reading",
    "components/field": "components/test_forms",
    "components/form": "components/test_forms",
    "components/inputs": "components/test_forms",
    "data/annotations": "components/test_forms",
    "data/layouts": "state/test_versions",
    "state/backends/pool": "state/test_pool",
    "state/backends/postgresql_append": "state/test_postgresql",
    "state/backends/redis_connections": "state/test_redis",
    "state/backends/sqlite_file": "state/test_sqlite",
    "state/backends/sqlite_filing": "state/test_sqlite",
    "state/backends/sqlite_once": "state/test_sqlite",
    "state/backends/sqlite_rows": "state/test_sqlite",
    "state/backends/sqlite_upkeep": "state/test_sqlite",
    "testing/messages": "components/test_forms",
    "web/session": "web/test_sessions",  # one of them
    "web/uploads": "endpoints/test_uploads",
    "wire/readers": "wire/test_arguments",  # which read by them
}

#: Through these a test drives what is behind them, as authors do: the doors, and apps of tests.
DOORS = frozenset({"htealeaf", "htealeaf.components", "htealeaf.testing"})
APPS = "tests."

#: Modules that are driven otherwise, and how.
DRIVEN = {
    "app/reloading": "a program is started, which it watches",
    "state/committer": "replicas commit through it",
    "testing/finding": "fixtures open the pages",
    "testing/plugin": "pytest finds it by its entry point",
}

#: Nothing in these could be wrong in a way that others' tests would not see.
UNTESTED = {"__main__": "it only calls the commands"}


def modules() -> Iterator[str]:
    for path in sorted((ROOT / "htealeaf").rglob("*.py")):
        if path.stem != "__init__":
            yield str(path.relative_to(ROOT / "htealeaf").with_suffix(""))


def file_of(module: str) -> str:
    if module in TOGETHER:
        return f"tests/{TOGETHER[module]}.py"
    folder, _, name = module.rpartition("/")
    folder = FOLDERS.get(folder, folder)
    return "/".join(filter(None, ["tests", folder, f"test_{name}.py"]))


def imported(source: str) -> set[str]:
    """Return what *source* imports: modules, and names in them."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{name.name}" for name in node.names)}
    return found


def faults(modules: list[str], files: Mapping[str, str]) -> Iterator[str]:
    for module in modules:
        if module in UNTESTED or module in TOGETHER:
            continue
        file = file_of(module)
        source = files.get(file)
        if source is None:
            yield f"htealeaf/{module}.py has no {file}; if another file tests it, TOGETHER says so"
            continue
        names = imported(source)
        if module in DRIVEN:
            continue
        own = f"htealeaf.{module.replace('/', '.')}" in names
        if not own and not any(name in DOORS or name.startswith(APPS) for name in names):
            yield f"{file} imports nothing of htealeaf/{module}.py, and no door to drive it by"


def all_files() -> dict[str, str]:
    return {
        str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
        for path in (ROOT / "tests").rglob("test_*.py")
    }


def test_each_module_has_a_test_file_of_its_own() -> None:
    found = [*faults([*modules()], all_files())]
    if found:
        pytest.fail("\n".join(found), pytrace=False)


def test_no_row_is_about_what_is_not_there() -> None:
    known, files = {*modules()}, all_files()

    assert {*TOGETHER, *DRIVEN, *UNTESTED} <= known
    assert {f"tests/{file}.py" for file in TOGETHER.values()} <= set(files)


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, "has no tests/data/test_paths.py;"),
        ({"tests/data/test_paths.py": "import re"}, "imports nothing of htealeaf/data/paths.py"),
        ({"tests/data/test_path.py": "import htealeaf.data.paths"}, "has no"),
    ],
)
def test_a_planted_fault_is_found(files: dict[str, str], words: str) -> None:
    [found] = faults(["data/paths"], files)

    assert words in found


@pytest.mark.parametrize(
    "source",
    [
        "from htealeaf.data.paths import parse",
        "from htealeaf.data import paths",
        "import htealeaf.data.paths",
        "from htealeaf import Path",
    ],
)
def test_a_module_is_imported_directly_or_by_its_door(source: str) -> None:
    assert [*faults(["data/paths"], {"tests/data/test_paths.py": source})] == []
