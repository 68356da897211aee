"""The drawings and other XML of the demos are well-formed."""

from __future__ import annotations

from pathlib import Path

import pytest

import demos
from demos import NAMES, load
from htealeaf.testing import Client, assert_well_formed

FILES = [
    path for path in Path(demos.__path__[0]).rglob("*") if path.suffix in (".svg", ".xml", ".xhtml")
]


@pytest.mark.parametrize("name", NAMES)
def test_drawings_in_the_first_page_of_a_demo(name: str) -> None:
    Client(load(name).app).open("/").assert_well_formed()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_files_of_the_demos(path: Path) -> None:
    assert_well_formed(path.read_bytes())


def test_there_is_something_to_check() -> None:
    assert FILES
