"""The shim as it is served: small, made from its source, and of one mind with the server."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pytest

from htealeaf.data.verbs import VERBS
from htealeaf.endpoints.assets import shim
from htealeaf.html import markup
from htealeaf.wire import names, slots
from htealeaf.wire.names import PARTS, Part
from htealeaf.wire.parts import ALL_PARTS, NO_PARTS
from static import minify

SOURCE = minify.source()
MINIFIED = minify.MINIFIED.read_text(encoding="utf-8")


def test_the_served_file_is_made_from_the_source() -> None:
    """Whoever changes the shim runs `python -m static.minify`."""
    assert minify.minified() == MINIFIED


def test_the_wheel_has_every_part() -> None:
    """Debug mode serves them as they are written."""
    wheel = (minify.FOLDER.parent / "pyproject.toml").read_text(encoding="utf-8")
    for name in ("htealeaf.js", "htealeaf.min.js", *(f"htealeaf.{part}.js" for part in PARTS)):
        assert f'"static/{name}" = "htealeaf/_static/{name}"' in wheel


@pytest.mark.parametrize(
    ("parts", "most"),
    [
        (NO_PARTS, 4608),  # patches, actions, store objects
        ({Part.LIVE}, 5056),
        ({Part.FIELDS}, 5888),
        ({Part.FIELDS, Part.FORMS}, 6480),
        ({Part.FIELDS, Part.FORMS, Part.UPLOADS}, 6848),
        ({Part.FIELDS, Part.FORMS, Part.LIVE}, 6944),
        (ALL_PARTS, 14336),
    ],
    ids=lambda given: "+".join(sorted(given)) or "core" if not isinstance(given, int) else "",
)
def test_the_shim_is_small(parts: frozenset[str], most: int) -> None:
    """What a page gets has at most so many bytes, compressed."""
    assert len(shim(frozenset(parts)).zipped) <= most


def test_a_part_is_served_only_with_what_needs_it() -> None:
    """Each part adds something, and a script has the code of its own parts only."""
    core = shim().content
    for part in PARTS:
        alone = shim(frozenset({part})).content
        assert len(alone) > len(core)
        assert not re.search(rb"[;}]%s:" % part.encode(), alone)
    assert b"XMLHttpRequest" not in core


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        (r'"(HT-[A-Za-z]+)"', names.HEADERS),
        (r'query\.(?:get|has)\("(\w+)"\)', names.MODIFIERS),
        (r'(?:byId\(|id=)"?(ht(?:-\w+)?)\b', names.IDS),
        (r'(?:[Aa]ttribute\((?:\w+, )?|set\(\w+, |says\(\w+, |\? )"(ht-\w+)"', names.ATTRIBUTES),
    ],
    ids=["headers", "modifiers", "ids", "attributes"],
)
def test_the_shim_says_these_names(pattern: str, said: Iterable[str]) -> None:
    """What both sides say stands in both: no more and no less."""
    events = {f"ht-{event}" for event in names.MADE_EVENTS}

    assert set(re.findall(pattern, SOURCE)) - events == set(said)


def test_the_shim_does_these_ops() -> None:
    ops = _between("const OPS = {\n", "\n  };\n")

    assert set(re.findall(r"^    (\w+)(?:\(.*\) \{|: \w+,|,)$", ops, re.MULTILINE)) == set(
        names.OPS
    )
    always = {op.name for op in names.OPS.values() if op.always}
    assert set(_between("if (!/", "/.test(name) && (!fits").split("|")) == always


def test_the_shim_says_that_it_brings_an_offer() -> None:
    assert f'verb: "{names.OFFERED}"' in SOURCE
    assert names.OFFERED not in VERBS


def test_every_method_and_the_default_name_a_verb() -> None:
    assert {names.DEFAULT_VERB, *names.METHOD_VERBS.values()} <= set(VERBS)


def test_the_shim_fills_what_a_browser_fills() -> None:
    """The server's slots and data are left alone."""
    pattern = re.compile(_between("const SLOT = /", "/g;").replace("\\$", "[$]"))
    filled = {kind.name for kind in slots.KINDS.values() if kind.filler == "browser"}

    found = {name for name in slots.KINDS if pattern.search(f'{{"$":["{name}","x"]}}')}

    assert found == filled
    assert set(re.findall(r'kind === "(\w+)"', SOURCE)) | {"event"} == filled


def test_the_shim_asks_these_urls() -> None:
    assert f"{names.API_URL}${{path}}`" in SOURCE
    for url in (names.STORE_URL, names.LIVE_URL):
        assert f'apiUrl("{url.removeprefix(names.API_URL)}' in SOURCE


def test_the_shim_says_these_names_of_rows() -> None:
    assert f'name !== "{names.Field.ROWS}"' in SOURCE
    assert f'(".{markup.LINE_CLASS}")' in SOURCE


def test_the_shim_sends_files_in_a_form() -> None:
    for name in (names.Field.ACTION, names.Field.FILE):
        assert f'.append("{name}", ' in SOURCE


def test_the_shim_reads_the_query_of_an_offer() -> None:
    assert f"/&{names.Key.MAC}=/" in SOURCE
    assert f"`?{names.Key.KEEP}=${{last}}`" in SOURCE


def test_the_shim_reads_the_steps_of_an_event() -> None:
    """`steps.parse_steps` does the same."""
    assert rf"!/^({names.CODE}|\w+,)/.test(step)" in SOURCE
    assert f"${{step.slice({len(names.CODE)})}}" in SOURCE


def test_the_shim_makes_an_object_for_each_store() -> None:
    assert f"[`{names.STORE_OBJECT}${{name}}`]" in SOURCE


def test_no_event_is_left_out() -> None:
    """Whatever `ht-<event>` a page brings is listened to, so there is no list to forget."""
    assert f"/^{names.Attribute.EVENT}/.test(name)" in SOURCE
    assert f"listen(name.slice({len(names.Attribute.EVENT)}), handle)" in SOURCE
    own = {f"{names.Attribute.EVENT}{event}" for event in names.EVENTS}
    assert not own & set(names.ATTRIBUTES)


def _between(start: str, end: str) -> str:
    return SOURCE.partition(start)[2].partition(end)[0]


def test_the_shim_does_these_commands() -> None:
    commands = _between("const COMMANDS = {\n", "\n    };\n")

    assert set(re.findall(r"^      (\w+)\(.*\) \{$", commands, re.MULTILINE)) == names.COMMANDS


def test_the_shim_makes_these_events() -> None:
    """No browser has them: where the shim makes none, nobody would."""
    made = re.findall(r'(?:fire\(\w+, |new Event\()"(\w+)"', SOURCE)

    assert set(names.MADE_EVENTS) <= set(made)
