"""Commands: `python -m htealeaf settings`."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence

from htealeaf.app.settings import table


def _settings() -> int:
    print(table())  # noqa: T201
    return 0


#: Every command: what it does, in one line, and its function, which gives the exit status.
COMMANDS: dict[str, tuple[str, Callable[[], int]]] = {
    "settings": ("every setting, its variable, its value and where that comes from", _settings),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that *arguments* name; without them, those of the process."""
    parser = argparse.ArgumentParser(prog="python -m htealeaf")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, (about, _) in COMMANDS.items():
        commands.add_parser(name, help=about, description=about)
    return COMMANDS[parser.parse_args(arguments).command][1]()
