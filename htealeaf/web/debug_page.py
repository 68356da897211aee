"""Debug page: the error, the lines of the author, the request, then everything else.

Never for others' eyes: it shows code and values of messages. The web floor asks for it only while
the app is in debug mode.
"""

from __future__ import annotations

from linecache import getline
from traceback import format_exception, walk_tb

from markupsafe import escape

from htealeaf.html.lines import is_author_s

_AROUND = 3  # lines of code before and behind


def details(error: BaseException, asked: str) -> str:
    """Return what a developer is shown of *error*, as HTML.

    Args:
        asked: The request in a line: method and URL.
    """
    trace = "".join(format_exception(error))
    lines = "".join(_lines_of(error))
    return (
        f"<pre>{escape(f'{type(error).__name__}: {error}')}</pre>"
        f"{lines}<h2>The request</h2><p><code>{escape(asked)}</code></p>"
        f"<details><summary>Every frame, ours too</summary><pre>{escape(trace)}</pre></details>"
    )


def _lines_of(error: BaseException) -> list[str]:
    # The innermost comes first, since that is where it stopped.
    found = []
    for frame, number in walk_tb(error.__traceback__):
        code = frame.f_code
        if not is_author_s(frame):
            continue
        shown = []
        for at in range(max(1, number - _AROUND), number + _AROUND + 1):
            text = getline(code.co_filename, at).rstrip("\n")
            if text or at == number:
                line = escape(f"{at:>5} {text}")
                shown.append(f"<mark>{line}</mark>" if at == number else str(line))
        where = escape(f"{code.co_filename}:{number}, in {code.co_name}")
        found.append(f"<h2>{where}</h2><pre>" + "\n".join(shown) + "</pre>")
    return found[::-1]
