"""Commands: `python -m htealeaf settings`, `python -m htealeaf journal`."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import Any

from htealeaf.app.settings import table
from htealeaf.cli import journal


def _settings(args: argparse.Namespace) -> int:
    print(table())  # noqa: T201
    return 0


def _with_settings(commands: Any) -> None:
    about = "every setting, its variable, its value and where that comes from"
    commands.add_parser("settings", help=about, description=about).set_defaults(do=_settings)


#: Adds each command to the parser; its `do` is what it does, and gives the exit status.
COMMANDS: tuple[Callable[[Any], None], ...] = (_with_settings, journal.add_to)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that *arguments* name; without them, those of the process."""
    parser = argparse.ArgumentParser(prog="python -m htealeaf")
    commands = parser.add_subparsers(dest="command", required=True)
    for add_to in COMMANDS:
        add_to(commands)
    args = parser.parse_args(arguments)
    status: int = args.do(args)
    return status
