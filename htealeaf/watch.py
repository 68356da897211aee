"""`watch` and the table of one-time ids, for authors; see `htealeaf.state.watch`.

    python -m htealeaf.watch sqlite:///app.db

makes the table in a database, if it is not there.
"""

import sys

from htealeaf.state.watch import make_once_table, once_table, watch

__all__ = ["make_once_table", "once_table", "watch"]


def main(arguments: list[str]) -> int:
    """Make the table in the database of the URL in *arguments*."""
    if len(arguments) != 1:
        sys.stderr.write("python -m htealeaf.watch DATABASE_URL\n")
        return 2
    make_once_table(arguments[0])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
