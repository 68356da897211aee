"""The samples of the README and the guide run as they are written.

A block marked `python` runs. The blocks of a page follow each other in one module, as a reader
types them; one that makes its own `WSGI()` is a program by itself and starts afresh. A block
marked `python no-run` must only be Python.
"""

from __future__ import annotations

import re
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest

from htealeaf import WSGI, Registry

ROOT = Path(__file__).parents[2]
DOCS = [
    ROOT / "README.md",
    ROOT / "docs" / "scaling.md",
    *sorted((ROOT / "docs" / "guide").glob("*.md")),
]

FENCE = re.compile(
    r"^(?P<indent> *)```python(?P<info>[^\n`]*)\n(?P<code>.*?)^(?P=indent)```[ ]*$", re.M | re.S
)


class Sample(NamedTuple):
    """One block: the line of its first statement, its words after `python`, its code."""

    line: int
    info: str
    code: str

    @property
    def runs(self) -> bool:
        return "no-run" not in self.info.split()

    @property
    def is_a_program(self) -> bool:
        return re.search(r"^\w+ = WSGI\(", self.code, re.M) is not None


def samples_of(markdown: str) -> list[Sample]:
    return [
        Sample(
            line=markdown.count("\n", 0, match.start("code")) + 1,
            info=match["info"].strip(),
            code=re.sub(f"^{match['indent']}", "", match["code"], flags=re.M),
        )
        for match in FENCE.finditer(markdown)
    ]


def compiled(sample: Sample, page: Path):
    # Empty lines before the code make a traceback name the line of the page.
    return compile("\n" * (sample.line - 1) + sample.code, str(page), "exec", dont_inherit=True)


@pytest.mark.parametrize("page", DOCS, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_samples_of_a_page_run(page: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(WSGI, "run", lambda *args, **kwargs: None)
    monkeypatch.chdir(tmp_path)
    failures = []
    module, registry = _fresh(page, monkeypatch)

    for sample in samples_of(page.read_text(encoding="utf-8")):
        if sample.is_a_program:
            module, registry = _fresh(page, monkeypatch)
        try:
            code = compiled(sample, page)
            if sample.runs:
                with registry:
                    exec(code, module.__dict__)
        except Exception as error:
            failures.append(_told(error, page, sample))

    if failures:
        pytest.fail("\n\n".join(failures), pytrace=False)


def _fresh(page: Path, monkeypatch) -> tuple[ModuleType, Registry]:
    # Stores ask their module for its name, and dataclasses for its namespace.
    module = ModuleType(f"sample_{page.stem}")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return module, Registry()


def _told(error: Exception, page: Path, sample: Sample) -> str:
    where = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == str(page)]
    line = error.lineno if isinstance(error, SyntaxError) else where[-1].lineno if where else None
    line = line or sample.line
    shown = page.read_text(encoding="utf-8").splitlines()[line - 1].strip()
    name = page.relative_to(ROOT)
    return f"{name}, line {line}: {type(error).__name__}: {error}\n    {shown}"


def test_samples_are_read_from_markdown() -> None:
    plain = "# x\n```python\na = 1\n```\n"
    in_a_list = "- y\n  ```python no-run\n  if a:\n      b\n  ```\n"
    other = "```sh\nls\n```\n"

    first, second = samples_of(plain + in_a_list + other)

    assert first == Sample(3, "", "a = 1\n")
    assert second == Sample(7, "no-run", "if a:\n    b\n")
    assert first.runs
    assert not second.runs


def test_the_documents_are_there() -> None:
    assert all(page.is_file() for page in DOCS)
    assert len(DOCS) > 1
