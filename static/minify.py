"""Write `static/htealeaf.min.js` from `static/htealeaf.js`, and so on: `python -m static.minify`.

The source works as it is written; what is served is only smaller.
"""

from __future__ import annotations

import re
from pathlib import Path

from minify import string

# A function of the outermost block, from its name to the brace at its end.
_FUNCTION = re.compile(r"^  (async )?function (\w+)(\(.*\)) \{((?:\n(?!  \}).*)*)\n  \}$", re.M)

SOURCE = Path(__file__).with_name("htealeaf.js")
MINIFIED = SOURCE.with_suffix(".min.js")
SOURCES = (SOURCE, SOURCE.with_name("htealeaf.forms.js"))


def minified(path: Path = SOURCE) -> str:
    """Return the source at *path* without what only people need."""
    source = path.read_text(encoding="utf-8")
    # `const` is `let` with a promise to the reader, and so is a function with a name of its own;
    # with one word, declarations stand together.
    source = _FUNCTION.sub(r"  const \2 = \1\3 => {\4\n  };", source)
    # Strict mode has done its work when the source was tried.
    source = re.sub(r"\bconst ", "let ", source).replace('"use strict";', "", 1)
    small: str = string("application/javascript", source)
    return small + "\n"


if __name__ == "__main__":
    for path in SOURCES:
        path.with_suffix(".min.js").write_text(minified(path), encoding="utf-8")
