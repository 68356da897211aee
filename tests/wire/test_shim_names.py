"""The shim as it is served: small, made from its source, and of one mind with the server."""

from __future__ import annotations

import gzip
import re

import pytest

from htealeaf.wire import codec as wire
from static import minify

SOURCE = minify.SOURCE.read_text(encoding="utf-8")
MINIFIED = minify.MINIFIED.read_text(encoding="utf-8")


def test_the_served_file_is_made_from_the_source() -> None:
    """Whoever changes the shim runs `python -m static.minify`."""
    assert minify.minified() == MINIFIED


def test_the_shim_is_small() -> None:
    """Compressed it has at most 4,608 bytes, with patches, actions and store objects."""
    assert len(gzip.compress(MINIFIED.encode(), 9, mtime=0)) <= 4608


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        (r'"(HT-[A-Za-z]+)"', wire.HEADERS),
        (r'query\.(?:get|has)\("(\w+)"\)', wire.MODIFIERS),
    ],
    ids=["headers", "modifiers"],
)
def test_the_names_are_those_of_the_wire(pattern: str, names: tuple[str, ...]) -> None:
    """What both sides say stands in both: no more and no less."""
    assert set(re.findall(pattern, SOURCE)) == set(names)


def test_the_ops_are_those_of_the_wire() -> None:
    ops = _between("const OPS = {\n", "\n  };\n")

    assert set(re.findall(r"^    (\w+)(?:\(.*\) \{|,)$", ops, re.MULTILINE)) == set(wire.OPS)


def test_the_verbs_are_those_of_the_wire() -> None:
    assert _between('const VERBS = "', '";').split() == list(wire.VERBS)


def test_the_attributes_are_those_of_the_wire() -> None:
    """Each attribute of an op is read somewhere."""
    assert [name for name in wire.ATTRIBUTES if f'"{name}"' not in SOURCE] == []


def test_the_urls_are_those_of_the_wire() -> None:
    for url in (wire.STORE_URL, wire.LIVE_URL):
        assert url.startswith("/api/_")
        assert f'apiUrl("{url.removeprefix("/api/_")}")' in SOURCE


def test_no_event_is_left_out() -> None:
    """Whatever `ht-<event>` a page brings is listened to, so there is no list to forget."""
    assert "name.slice(3), handle, true" in SOURCE
    assert not {f"ht-{event}" for event in wire.EVENTS} & set(wire.ATTRIBUTES)


def _between(start: str, end: str) -> str:
    return SOURCE.partition(start)[2].partition(end)[0]
