"""How modules, functions and signatures are shaped, so that a newcomer finds the way.

Code is only read here, never imported. What may be otherwise stands in a table with its reason, and
a row that nothing needs any more is a fault as well.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2] / "htealeaf"

#: Lines of a function beside its docstring, above which it says why it is one.
LONG = 40
#: What it says, in a comment or in its docstring.
ONE = "One function:"

#: Parameters that a function takes at most, beside `self` and those that are given by name only.
MANY = 5
#: Functions that take more, and why.
TAKES_MORE = {
    "htealeaf.state.backends.postgresql._known": "takes the columns of a row, unpacked",
    "htealeaf.testing.events._read": "private to one function, which has them from one event",
}

#: What never travels as single parameters: `pages.draw.Viewing` has all of them.
TOGETHER = {"visitor", "url", "base"}

#: Who may name the environ of WSGI, and why.
ENVIRONS = {
    "htealeaf.app.wsgi": "it is the one place that makes a request of an environ",
    "htealeaf.app.asgi": "it hands the environ that a2wsgi makes of a scope to the app",
    "htealeaf.app.rooms": "what a server has room for, it says there, if at all",
    "htealeaf.app.app": "an app is a WSGI callable, and hands the environ on",
    "htealeaf.app.reloading": "answers as a WSGI callable while the app can't start",
    "htealeaf.app.responses": "Werkzeug's responses are WSGI callables",
    "htealeaf.app.views": "Werkzeug's errors make their response from its request",
    "htealeaf.testing.client": "stands in for the server, so it makes environs",
}

_QUESTIONS = ("What", "Where", "Whether", "Which", "Who", "Whose", "How", "Why", "When", "From")


def sources() -> dict[str, str]:
    found = {}
    for path in sorted(HOUSE.rglob("*.py")):
        parts = path.relative_to(HOUSE.parent).with_suffix("").parts
        found[".".join(parts).removesuffix(".__init__")] = path.read_text(encoding="utf-8")
    return found


def functions(source: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node


# Each rule takes sources by module and returns what breaks it, one sentence each.


def riddles(house: Mapping[str, str]) -> list[str]:
    found = []
    for module, source in house.items():
        first = (ast.get_docstring(ast.parse(source)) or "").partition("\n")[0]
        if not first:
            found.append(f"{module} does not say what it has")
        elif first.split()[0] in _QUESTIONS:
            found.append(f"{module} begins with a question, not with the name of a thing: {first}")
        elif not first.endswith((".", ":")):
            found.append(f"{module}: its first line is no sentence of its own: {first}")
    return found


def long_ones(house: Mapping[str, str]) -> list[str]:
    found = []
    for module, source in house.items():
        for function in functions(source):
            lines = (function.end_lineno or 0) - function.lineno + 1
            doc = function.body[0]
            if ast.get_docstring(function) is not None:
                lines -= (doc.end_lineno or 0) - doc.lineno + 1
            if lines > LONG and ONE not in (ast.get_source_segment(source, function) or ""):
                found.append(
                    f"{module}.{function.name} has {lines} lines; split it, or say why it is one"
                    f" in a sentence that begins '{ONE}'"
                )
    return found


def long_signatures(house: Mapping[str, str], more: Mapping[str, str] = TAKES_MORE) -> list[str]:
    found, needed = [], set()
    for module, source in house.items():
        for function in functions(source):
            given = function.args.posonlyargs + function.args.args
            names = [argument.arg for argument in given if argument.arg not in ("self", "cls")]
            name = f"{module}.{function.name}"
            # The fields of a value are as many as it has.
            if len(names) > MANY and function.name != "__init__":
                needed.add(name)
                if name not in more:
                    found.append(f"{name}({', '.join(names)}): {len(names)} parameters")
            every = {*names, *(argument.arg for argument in function.args.kwonlyargs)}
            if every >= TOGETHER:
                found.append(f"{name} takes {', '.join(sorted(TOGETHER))}: that is a Viewing")
    return found + [f"{name} takes no more than others" for name in sorted(set(more) - needed)]


def environs(house: Mapping[str, str], known: Mapping[str, str] = ENVIRONS) -> list[str]:
    naming = {module for module, source in house.items() if any(_names_environ(source))}
    found = [f"{module} names the environ" for module in sorted(naming - set(known))]
    return found + [f"{module} does not name it" for module in sorted(set(known) - naming)]


def _names_environ(source: str) -> Iterator[bool]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Name):
            yield node.id == "environ"
        elif isinstance(node, ast.arg):
            yield node.arg == "environ"
        elif isinstance(node, ast.Attribute):  # that of the process is another thing
            yield node.attr == "environ" and ast.unparse(node.value) != "os"
        elif isinstance(node, ast.keyword):
            yield node.arg is not None and "environ" in node.arg


@pytest.fixture(scope="module")
def house() -> dict[str, str]:
    found = sources()
    assert len(found) > 100, f"there is next to nothing in {HOUSE}"
    return found


@pytest.mark.parametrize("rule", [riddles, long_ones, long_signatures, environs])
def test_the_house_keeps_the_rule(rule, house: dict[str, str]) -> None:
    faults = rule(house)
    if faults:
        pytest.fail("\n".join(faults), pytrace=False)


@pytest.mark.parametrize(
    ("rule", "source"),
    [
        (riddles, '"""What came."""'),
        (riddles, "x = 1"),
        (riddles, '"""A graph of\nwhat depends on what.\n"""'),
        (long_ones, "def f():\n" + "    x = 1\n" * 41),
        (long_ones, 'def f():\n    """Do."""\n' + "    x = 1\n" * 41),
        (long_signatures, "def f(a, b, c, d, e, f): ..."),
        (long_signatures, "class A:\n    def f(self, a, b, /, c, d, e, f): ..."),
        (long_signatures, "def f(visitor, *, url, base): ..."),
        (environs, "def f(environ): ..."),
        (environs, "x = request.environ"),
        (environs, "f(environ_overrides={})"),
    ],
)
def test_a_planted_fault_is_found(rule, source: str) -> None:
    """A rule that finds nothing must be able to find something."""
    assert len(_alone(rule, source)) == 1


@pytest.mark.parametrize(
    ("rule", "source"),
    [
        (riddles, '"""Graphs: what depends on what."""'),
        (long_ones, "def f():\n" + "    x = 1\n" * 39),
        (long_ones, f"def f():\n    # {ONE} it is a table.\n" + "    x = 1\n" * 41),
        (long_signatures, "class A:\n    def f(self, a, b, c, d, e, *, f, g): ..."),
        (environs, "import os\nx = os.environ"),
    ],
)
def test_what_may_be_is_let_through(rule, source: str) -> None:
    assert _alone(rule, source) == []


@pytest.mark.parametrize("rule", [long_signatures, environs])
def test_a_row_that_nothing_needs_is_found(rule) -> None:
    assert len(rule({"htealeaf.new": '"""New."""'}, {"htealeaf.old": "was long"})) == 1


def _alone(rule, source: str) -> list[str]:
    # What *rule* finds in a house of one module, for which no exception was made.
    house = {"htealeaf.new": source}
    return rule(house, {}) if rule in (long_signatures, environs) else rule(house)
