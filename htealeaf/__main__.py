"""The commands of htealeaf: `python -m htealeaf --help`."""

from __future__ import annotations

import sys

from htealeaf.cli import main

if __name__ == "__main__":
    sys.exit(main())
