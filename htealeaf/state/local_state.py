"""Local state: places of page stores that a browser command sets without a request.

`browser.set(view.at("tab"), "b")` asks nobody. What it set travels with the next request, beside
the page's signed state, and is written to it before anything else is done; the answer brings the
new state, and from then on it is as if an action had written it.

Rule 1: a place is taken only if its store says so (`PageStore(..., local=["tab"])`). It is the
browser's word, like that of a field; the signed state is ours.

Rule 2: what is set is like what was there: of its type, a list for a list (`select multiple`), and
of no new key.

Rule 3: what does not fit is left out, not refused: a page may be older than the code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from urllib.parse import unquote

from htealeaf.data import streams
from htealeaf.data.documents import MISSING, Json, find
from htealeaf.data.paths import Path, parse
from htealeaf.data.verbs import Mutation
from htealeaf.errors import HtealeafError
from htealeaf.state.drafts import OFFERED, Write
from htealeaf.state.page_state import PageState, VersionsOf
from htealeaf.wire.codec import loads

MAX_CHARS = 2048  #: of what a browser may say so, as it travels
_FILLED: Json = {"$": ["event", "detail"]}  # the value is converted as that of any slot

#: Tells whether a browser may set a place of the store of that name.
Allowed = Callable[[str, Path], bool]


def with_local(state: PageState, text: str, allowed: Allowed, versions: VersionsOf) -> PageState:
    """Return *state* with what a browser has set.

    Args:
        state: What came, signed.
        text: What was set, as it came: JSON by place, percent-encoded.
        allowed: Which places may be.
        versions: What the documents of a stream's store are to the code.
    """
    for name, path, value in _parsed(text):
        if not allowed(name, path):
            continue
        stream = streams.join(name, streams.PAGE)
        write = Write(stream, Mutation("replace", path, [value]), fit=OFFERED, template=_FILLED)
        try:
            root = state.own(stream)
            if find(versions(stream).default if root is None else root, path, MISSING) is MISSING:
                continue
            state = state.applied([write], versions)
        except HtealeafError:
            continue
    return state


def _parsed(text: str) -> Iterator[tuple[str, Path, Json]]:
    if len(text) > MAX_CHARS:
        return
    try:
        found = loads(unquote(text))
    except HtealeafError:
        return
    for place, value in found.items() if isinstance(found, Mapping) else ():
        name, _, path = place.partition("/")
        try:
            yield name, parse(path), value
        except HtealeafError:
            continue
