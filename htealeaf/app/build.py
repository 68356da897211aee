"""Build stamp: which code renders the pages of an app, as a few letters.

Workers of one release have the same stamp, those of another release another one. A page that comes
from another stamp is sent whole: between two releases nobody knows what a change of data has to do
with a difference of what is shown.

It is a digest of the app's own source files: those of its route functions, actions and layouts, and
what these import, also inside of functions; and of this package. What lies in other packages, in
templates and in the environment does not count: who changes these says `WSGI(build=)` or
`HTEALEAF_BUILD`, the id of a commit or an image.

Rule: files are read as they lie there. What happens to be imported by now makes no difference, so
every worker finds the same.
"""

from __future__ import annotations

import ast
import hashlib
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

_BYTES = 4  # of a stamp: it has to differ from the one before, and is nothing to be guessed
_OURS = Path(__file__).resolve().parents[1]
_INSTALLED = frozenset({"site-packages", "dist-packages"})


def stamp_of(functions: Iterable[Callable[..., Any]], said: str | None = None) -> str:
    """Return the stamp of an app.

    Args:
        functions: What renders its pages and answers its clicks.
        said: What its author calls the build; None to look at the files.
    """
    if said is not None:
        return _digest([said.encode()])
    found: set[Path] = set()
    waiting = [place for place in map(_place_of, functions) if place is not None]
    while waiting:
        file, root = waiting.pop()
        if file not in found and _OURS not in file.parents:
            found.add(file)
            waiting += [(one, root) for one in _imported(file, root)]
    return _digest([_package(), *(_read(file) for file in sorted(found))])


def _digest(parts: Iterable[bytes]) -> str:
    whole = hashlib.blake2b(digest_size=_BYTES)
    for part in parts:
        whole.update(hashlib.blake2b(part, digest_size=16).digest())
    return whole.hexdigest()


@cache
def _package() -> bytes:
    return _digest(map(_read, sorted(_OURS.rglob("*.py")))).encode()


@cache
def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""


def _place_of(function: Any) -> tuple[Path, Path] | None:
    # The file that a function stands in, and the folder that what it imports lies below.
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    module = sys.modules.get(getattr(function, "__module__", None) or "")
    file = getattr(module, "__file__", None)
    if module is None or not file:
        return None
    spec = module.__spec__
    depth = spec.name.count(".") if spec is not None else 0
    path = Path(file).resolve()
    above = depth + (path.name == "__init__.py")
    root = path.parents[min(above, len(path.parents) - 1)]
    if root.name in _INSTALLED and above:  # an app that is installed lies among all the others
        return path, root / path.relative_to(root).parts[0]
    return path, root


@cache
def _imported(file: Path, root: Path) -> frozenset[Path]:
    # The files below *root* that *file* imports, wherever in it. A *root* that is a package itself
    # is asked for by its name.
    try:
        tree = ast.parse(_read(file))
    except (SyntaxError, ValueError):
        return frozenset()
    found: set[Path] = set()
    for node in ast.walk(tree):
        for folder, dotted in _names(node, file, _above(root)):
            found.update(_files(folder, dotted))
    return frozenset(one for one in found if one != file and root in one.parents)


def _above(root: Path) -> Path:
    return root.parent if (root / "__init__.py").is_file() else root


def _names(node: ast.AST, file: Path, root: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(node, ast.Import):
        for name in node.names:
            yield root, name.name
    elif isinstance(node, ast.ImportFrom):
        folder = root
        if node.level:
            folder = file.parents[min(node.level, len(file.parents)) - 1]
        for name in node.names:
            yield folder, f"{node.module}.{name.name}" if node.module else name.name


def _files(folder: Path, dotted: str) -> Iterator[Path]:
    # Each package on the way, and the module; the last name may be none.
    place = folder
    for name in dotted.split("."):
        place /= name
        for file in (place / "__init__.py", place.with_suffix(".py")):
            if file.is_file():
                yield file.resolve()
