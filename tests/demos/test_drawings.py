"""The drawings and other XML of the demos are well-formed."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from pathlib import Path

import pytest

import demos
from htealeaf import WSGI
from htealeaf.testing import Client, assert_well_formed

APPS = [
    name
    for _, name, _ in pkgutil.iter_modules(demos.__path__)
    if isinstance(getattr(import_module(f"demos.{name}"), "app", None), WSGI)
]
FILES = [
    path for path in Path(demos.__path__[0]).rglob("*") if path.suffix in (".svg", ".xml", ".xhtml")
]


@pytest.mark.parametrize("name", APPS)
def test_drawings_in_the_first_page_of_a_demo(name: str) -> None:
    Client(import_module(f"demos.{name}").app).open("/").assert_well_formed()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_files_of_the_demos(path: Path) -> None:
    assert_well_formed(path.read_bytes())


def test_there_is_something_to_check() -> None:
    assert APPS
    assert FILES
