"""Imports go down the house, never up.

`ORDER` lists the folders of `htealeaf/`, lowest first. A new module goes into the lowest one that
it can stand in. Code is only read here, never imported, so an import that is meant for
the type checker counts like any other: a room that needs a name from above is in the wrong place.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

HOUSE = Path(__file__).parents[2] / "htealeaf"

#: The folders, lowest first: a module imports from its own folder and from those before it.
ORDER = (
    "words",
    "errors",
    "data",
    "html",
    "components",
    "wire",
    "reactive",
    "state",
    "pages",
    "web",
    "endpoints",
    "app",
    "testing",
    "cli",
    "__main__",
)

#: Doors to what lies deeper, for authors: nothing in the house imports them.
DOORS = ("asgi", "gunicorn", "watch")

#: The front door: `htealeaf/__init__.py` may import every room, and no room imports it.
DOOR = "htealeaf"

#: These take values and give values: no HTTP, lock, clock, file or thread.
PURE = ("words", "errors", "data", "html", "components", "wire", "reactive")
IMPURE = frozenset(
    "_thread asyncio concurrent http io multiprocessing os pathlib queue select selectors "
    "shutil signal socket socketserver sqlite3 ssl subprocess tempfile threading time "
    "urllib.request werkzeug wsgiref".split()
)
CLOCKS = frozenset({"now", "utcnow", "today"})

#: Who may know Werkzeug.
WERKZEUG = ("web", "app", "testing", "cli")


class Import(NamedTuple):
    """One imported name: where it is written, and the module that it leads to."""

    module: str
    line: int
    target: str

    def __str__(self) -> str:
        return f"{self.module}, line {self.line}, imports {self.target}"


def source_of_the_house() -> dict[str, str]:
    """Return the source of every module of the package by its dotted name."""
    return {
        _dotted(path.relative_to(HOUSE.parent)): path.read_text(encoding="utf-8")
        for path in sorted(HOUSE.rglob("*.py"))
    }


def _dotted(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def folder_of(module: str) -> str:
    """Return the folder of a module, which for `htealeaf/errors.py` is the module itself."""
    return module.partition(".")[2].partition(".")[0]


def floor_of(module: str) -> int:
    """Return the floor of a module, the doors being above everything.

    Raises:
        LookupError: No folder of the order holds the module.
    """
    folder = folder_of(module)
    if module == DOOR or folder in DOORS:
        return len(ORDER)
    if folder not in ORDER:
        raise LookupError(f"{module} is in no folder of ORDER in {Path(__file__).name}")
    return ORDER.index(folder)


def imports_of(module: str, house: Mapping[str, str]) -> Iterator[Import]:
    """Yield every import of a module; of a name in the package, the module that holds it."""
    is_package = any(name.startswith(f"{module}.") for name in house)
    for node in ast.walk(ast.parse(house[module])):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(module, node.lineno, alias.name)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(node, module, is_package)
            for alias in node.names:
                full = f"{base}.{alias.name}"
                yield Import(module, node.lineno, full if full in house else base)


def _absolute(node: ast.ImportFrom, module: str, is_package: bool) -> str:
    if not node.level:
        return node.module or ""
    parts = module.split(".")
    here = parts[: len(parts) - node.level + is_package]
    return ".".join([*here, *filter(None, [node.module])])


def is_in_house(name: str) -> bool:
    return name.split(".")[0] == DOOR


def leads_to(name: str, packages: frozenset[str]) -> bool:
    parts = name.split(".")
    return any(".".join(parts[: i + 1]) in packages for i in range(len(parts)))


# Each rule takes the sources of a house and returns what breaks it, one sentence each.


def homeless(house: Mapping[str, str]) -> list[str]:
    found = []
    for module in house:
        try:
            floor_of(module)
        except LookupError as error:
            found.append(str(error))
    return found


def upward(house: Mapping[str, str]) -> list[str]:
    found = []
    for module in set(house) - {DOOR}:
        for line in imports_of(module, house):
            if line.target == DOOR:
                found.append(f"{line}: name the room itself, not the front door")
            elif is_in_house(line.target) and floor_of(line.target) > floor_of(module):
                found.append(f"{line}, from {folder_of(module)} up to {folder_of(line.target)}")
    return found


def circular(house: Mapping[str, str]) -> list[str]:
    graph = {
        module: {line.target for line in imports_of(module, house) if line.target in house}
        - {module}
        for module in house
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return [" <- ".join(error.args[1])]
    return []


def impure(house: Mapping[str, str]) -> list[str]:
    found = []
    for module in house:
        if folder_of(module) not in PURE:
            continue
        found += [str(i) for i in imports_of(module, house) if leads_to(i.target, IMPURE)]
        for node in ast.walk(ast.parse(house[module])):
            if _reads_a_clock(node):
                found.append(f"{module}, line {node.lineno}, reads the clock")  # type: ignore[attr-defined]
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "open":
                found.append(f"{module}, line {node.lineno}, opens a file")
    return found


def _reads_a_clock(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Attribute)
        and node.attr in CLOCKS
        and ast.unparse(node.value).split(".")[-1] in {"datetime", "date"}
    )


def werkzeug_too_low(house: Mapping[str, str]) -> list[str]:
    return [
        str(line)
        for module in house
        if folder_of(module) not in WERKZEUG and module != DOOR
        for line in imports_of(module, house)
        if leads_to(line.target, frozenset({"werkzeug"}))
    ]


def hidden(house: Mapping[str, str]) -> list[str]:
    return sorted(
        {
            f"{module}, line {inner.lineno}, imports inside {outer.name}()"
            for module, source in house.items()
            for outer in ast.walk(ast.parse(source))
            if isinstance(outer, (ast.FunctionDef, ast.AsyncFunctionDef))
            for inner in ast.walk(outer)
            if isinstance(inner, (ast.Import, ast.ImportFrom))
        }
    )


@pytest.fixture(scope="module")
def house() -> dict[str, str]:
    return source_of_the_house()


def test_every_module_is_in_a_folder_of_the_order(house: dict[str, str]) -> None:
    assert house, f"there is no module in {HOUSE}"
    _expect_none(homeless(house))


def test_imports_go_down(house: dict[str, str]) -> None:
    _expect_none(upward(house))


def test_no_modules_import_each_other(house: dict[str, str]) -> None:
    _expect_none(circular(house))


def test_the_lowest_folders_are_pure(house: dict[str, str]) -> None:
    _expect_none(impure(house))


def test_werkzeug_is_known_where_requests_are(house: dict[str, str]) -> None:
    _expect_none(werkzeug_too_low(house))


def test_no_import_hides_in_a_function(house: dict[str, str]) -> None:
    _expect_none(hidden(house))


@pytest.mark.parametrize(
    ("rule", "module", "source"),
    [
        (homeless, "htealeaf.attic", ""),
        (upward, "htealeaf.data.paths", "from htealeaf.state.stores import Store"),
        (upward, "htealeaf.data.paths", "from htealeaf.state import stores"),
        (upward, "htealeaf.data.paths", "from ..state.stores import Store"),
        (upward, "htealeaf.data.paths", "import htealeaf.state.stores"),
        (
            upward,
            "htealeaf.data.paths",
            "if TYPE_CHECKING:\n    from htealeaf.state.stores import Store",
        ),
        (upward, "htealeaf.components.tags", "from ..state.stores import Store"),
        (upward, "htealeaf.state.stores", "from htealeaf import Session"),
        (circular, "htealeaf.errors", "from htealeaf.data.paths import Path"),
        (impure, "htealeaf.reactive.graph", "import os.path"),
        (impure, "htealeaf.reactive.graph", "from threading import Lock"),
        (impure, "htealeaf.components.tags", "import time"),
        (impure, "htealeaf.reactive.graph", "import datetime\ndatetime.datetime.now()"),
        (impure, "htealeaf.reactive.graph", "from datetime import date\ndate.today()"),
        (impure, "htealeaf.reactive.graph", "open('x')"),
        (werkzeug_too_low, "htealeaf.state.stores", "from werkzeug.wrappers import Request"),
        (werkzeug_too_low, "htealeaf.endpoints.forms", "import werkzeug.formparser"),
        (hidden, "htealeaf.state.stores", "def read():\n    import json"),
    ],
)
def test_a_planted_fault_is_found(rule, module: str, source: str) -> None:
    """A rule that finds nothing must be able to find something."""
    sound = {
        "htealeaf": "from htealeaf.state.stores import Store",
        "htealeaf.errors": "",
        "htealeaf.data.paths": "from ..errors import PathNotFound\nimport json",
        "htealeaf.reactive.graph": "from htealeaf.data.paths import Path\nimport datetime",
        "htealeaf.components": "from .tags import div",
        "htealeaf.components.tags": "from ..data.paths import Path\nfrom urllib.parse import quote",
        "htealeaf.state.stores": "from htealeaf.data import paths\nimport threading",
    }

    assert rule(sound) == []
    assert len(rule({**sound, module: source})) == 1


def _expect_none(faults: list[str]) -> None:
    if faults:
        pytest.fail("\n".join(faults), pytrace=False)
