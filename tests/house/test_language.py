"""What the project's files name is of use to everybody who reads them.

A folder of one person's machine, a package server or a private host means nothing to others, and
a reader cannot tell whether the project needs it.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

#: Hosts that a file may name: this machine, the reserved ones of RFC 2606, and published sources.
HOSTS = re.compile(
    r"""
    (.+\.)? ( example | example\.(com|org|net) | test | invalid | localhost )
    | 127\.\d+\.\d+\.\d+ | 0\.0\.0\.0
    | (.+\.)? ( w3\.org | whatwg\.org | rfc-editor\.org | ietf\.org | mozilla\.org )
    | ( exslt\.org | keepachangelog\.com | semver\.org | spdx\.org )
    | [^.]+  # one label, such as a name in a test
    """,
    re.VERBOSE,
)
URL_HOST = re.compile(r"\b(?:https?|wss?)://(?:[^\s/@\"']*@)?([\w-]+(?:\.[\w-]+)*)")

PRIVATE = {
    "a folder of one machine": re.compile(r"(?<![\w./}>-])/(?:work|root|home/\w+|Users/\w+)/[\w.]"),
    "a package server": re.compile(
        r"\b(?:pypi|pythonhosted|npmjs|yarnpkg|debian|crates|jsdelivr|unpkg)\.(?:org|com|net|io)\b"
        r"|\b(?:extra-)?index[-]url\b"
    ),
    "an address of a private network": re.compile(
        r"(?<![\d.])(?:10\.\d{1,3}|192\.168|172\.(?:1[6-9]|2\d|3[01]))\.\d{1,3}\.\d{1,3}(?![\d.])"
    ),
    "a number of a tracker that readers do not have": re.compile(r"\b[Ii]ssues? #?\d+\b"),
}


#: Libraries of others, which stay as they were published.
VENDOR = ROOT / "demos" / "static" / "vendor"


def project_files() -> list[Path]:
    """Return the files of our own that are, or would be, under version control."""
    git = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    names = sorted(filter(None, git.stdout.decode().split("\0")))
    found = [path for name in names if (path := ROOT / name).is_file()]
    return [path for path in found if VENDOR not in path.parents]


def faults(text: str) -> Iterator[str]:
    for number, line in enumerate(text.splitlines(), 1):
        for what, pattern in PRIVATE.items():
            if match := pattern.search(line):
                yield f"line {number}: '{match[0]}' is {what}"
        for match in URL_HOST.finditer(line):
            if not HOSTS.fullmatch(match[1].lower()):
                yield f"line {number}: '{match[1]}' is not among the hosts that a file may name"


def test_no_file_names_a_private_place() -> None:
    found = [
        f"{path.relative_to(ROOT)}, {fault}"
        for path in project_files()
        if (text := _text(path)) is not None
        for fault in faults(text)
    ]
    if found:
        pytest.fail("\n".join(found), pytrace=False)


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None  # a picture


# The samples are put together here, so that this file itself has none of them.
@pytest.mark.parametrize(
    "line",
    [
        "see " + "/".join(["", "home", "ann", "notes.txt"]),
        "open(" + "/".join(["'", "root", ".cache'"]) + ")",
        "pip install --" + "index" + "-url=x",
        "from " + "pypi" + ".org",
        "https" + "://cdn.shop.com/x.js",
        "http" + "://10" + ".1.2.3:80/",
        "fixes " + "issue" + " 12",
    ],
)
def test_a_planted_name_is_found(line: str) -> None:
    assert list(faults(line))


@pytest.mark.parametrize(
    "line",
    [
        'app.route("/home")',
        "http://127.0.0.1:8000/counter",
        'origin="https://evil.example"',
        'xmlns="http://www.w3.org/2000/svg"',
        "f'http://{host}/x'",
        "version 10.1.2",
    ],
)
def test_an_honest_line_passes(line: str) -> None:
    assert not list(faults(line))
