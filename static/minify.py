"""Write `static/htealeaf.min.js` from `htealeaf.js` and its parts: `python -m static.minify`.

The source works as it is written; what is served is only smaller.
"""

from __future__ import annotations

import re
from pathlib import Path

from minify import string

from htealeaf.wire.names import PARTS

# A function of the outermost block, from its name to the brace at its end.
_FUNCTION = re.compile(
    r"^(  |    )(async )?function (\w+)(\(.*\)) \{((?:\n(?!\1\}).*)*)\n\1\}$", re.M
)

FOLDER = Path(__file__).parent
MINIFIED = FOLDER / "htealeaf.min.js"


def source() -> str:
    """Return the shim with all parts, as it is written."""
    core = (FOLDER / "htealeaf.js").read_text(encoding="utf-8")
    parts = [(FOLDER / f"htealeaf.{name}.js").read_text(encoding="utf-8") for name in PARTS]
    head, start, end = core.rpartition("  start: {")
    return head + "".join(parts) + start + end


def minified() -> str:
    """Return it without what only people need; a label says where each part begins."""
    # `const` is `let` with a promise to the reader, and so is a function with a name of its own;
    # with one word, declarations stand together.
    small = _FUNCTION.sub(r"\1const \3 = \2\4 => {\5\n\1};", source())
    # Strict mode has done its work when the source was tried.
    small = re.sub(r"\bconst ", "let ", small).replace('"use strict";', "", 1)
    made: str = string("application/javascript", small)
    return made + "\n"


if __name__ == "__main__":
    MINIFIED.write_text(minified(), encoding="utf-8")
