"""Settings of an app: one table, and where each value comes from.

An argument of `WSGI` wins over a variable `HTEALEAF_*`, and that over the default. Variables are
read once, when the app is made. `python -m htealeaf settings` prints the table.

Rule: what is in no row is told. A variable with a slip in its name would do nothing, in silence.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, NamedTuple

from htealeaf.errors import HtealeafError
from htealeaf.pages.cache import MAX_BYTES as PAGE_BYTES
from htealeaf.state.bounds import MAX_DOCUMENT, MAX_DOCUMENTS, MAX_ITEMS, MAX_SESSION
from htealeaf.web.languages import is_tag
from htealeaf.web.limits import MAX_BODY, MAX_FIELDS, MAX_PATH, MAX_SEGMENTS
from htealeaf.web.proxies import Proxies
from htealeaf.web.sessions import MAX_BYTES as SESSION_BYTES
from htealeaf.wire.codec import MAX_DEPTH, MAX_NODES

log = logging.getLogger("htealeaf")

PREFIX = "HTEALEAF_"
VERSION = "0.1.0"  #: of htealeaf


class _Unset:
    def __repr__(self) -> str:
        return "UNSET"


#: Stands for an argument that was not given.
UNSET: Any = _Unset()


class Setting(NamedTuple):
    """One row of the table.

    Attributes:
        name: The argument's name.
        read: Makes a value of a variable's text; raises ValueError.
        default: The value where nothing is said.
        wants: What the variable's text is, for an error.
        about: One line.
        secret: Its value is not printed.
    """

    name: str
    read: Callable[[str], Any]
    default: Any
    wants: str
    about: str
    secret: bool = False

    @property
    def variable(self) -> str:
        """Return the name of its variable."""
        return PREFIX + self.name.upper()


def _number(text: str) -> int:
    found = int(text)
    if found < 0:
        raise ValueError(text)
    return found


def _seconds(text: str) -> float:
    found = float(text)
    if not 0 <= found < float("inf"):
        raise ValueError(text)
    return found


def _rate(text: str) -> float | None:
    return None if text.strip().lower() == "none" else _seconds(text)


def _limit(text: str) -> int | None:
    return None if text.strip().lower() == "none" else _number(text)


def _proxies(text: str) -> int | list[str]:
    said = text.replace(",", " ").split()
    found = int(said[0]) if len(said) == 1 and said[0].isdigit() else said
    Proxies(found)
    return found


def _switch(text: str) -> bool:
    word = text.strip().lower()
    if word not in _SAID:
        raise ValueError(text)
    return _SAID[word]


def _metrics(text: str) -> bool | str:
    word = text.strip()
    if os.sep in word:
        return word
    return _switch(word)


def _object(text: str) -> dict[str, Any]:
    found = json.loads(text)
    if not isinstance(found, dict):
        raise ValueError(text)
    return found


def _language(text: str) -> str:
    if not is_tag(text.strip()):
        raise ValueError(text)
    return text.strip()


def _policy(text: str) -> dict[str, Any] | str | None:
    if text.strip().lower() == "none":
        return None
    return _object(text) if text.lstrip().startswith("{") else text


def _https(text: str) -> bool | int:
    return _switch(text) if text.strip().lower() in _SAID else _number(text)


_SAID = {"1": True, "true": True, "yes": True, "on": True} | dict.fromkeys(
    ("0", "false", "no", "off", ""), False
)
_OBJECT = "a JSON object"
_METRICS = "1, 0 or the path of a folder"
_POLICY = "a policy, a JSON object of directives, or none"
_NUMBER, _SECONDS, _SWITCH = "a number, 0 or more", "seconds", "1 or 0"

_ROWS = (
    Setting("secret", str, None, "text", "signs browser keys and offers; 16 characters", True),
    Setting("old_secrets", str, (), "texts", "of before; what they signed is still good", True),
    Setting("trusted_origins", str, None, "origins", "whose pages may do what ours may"),
    Setting("trusted_hosts", str, None, "hosts", "that the app is; any if not said"),
    Setting("journal", str, None, "a URL", "where documents are kept; memory if not said", True),
    Setting("lang", _language, "en", "a tag such as de", "of pages, and of what they say"),
    Setting("title", str, "", "text", "title of pages whose route has none"),
    Setting("csp", _policy, {}, _POLICY, "Content-Security-Policy of every page"),
    Setting("headers", _object, {}, _OBJECT, "headers of every answer, over ours"),
    Setting("https", _https, False, "1, 0 or seconds", "reached by https only"),
    Setting("cookie", _object, None, _OBJECT, "name, samesite, partitioned, secure, domain"),
    Setting("max_body", _number, MAX_BODY, _NUMBER, "bytes of a request's body"),
    Setting("max_fields", _number, MAX_FIELDS, _NUMBER, "fields and files of a form"),
    Setting("max_depth", _number, MAX_DEPTH, _NUMBER, "how deeply JSON is nested"),
    Setting("max_nodes", _number, MAX_NODES, _NUMBER, "values in JSON"),
    Setting("max_path", _number, MAX_PATH, _NUMBER, "bytes of a URL's path"),
    Setting("max_segments", _number, MAX_SEGMENTS, _NUMBER, "of a place that a script names"),
    Setting("rate", _rate, 50.0, "a number or none", "actions a second of one browser"),
    Setting("burst", _number, 100, _NUMBER, "actions at once before rate counts"),
    Setting("address_rate", _rate, 0, "a number or none", "of a network address; 0: as rate"),
    Setting("address_burst", _number, 0, _NUMBER, "of a network address; 0: as burst"),
    Setting("bad_offers", _limit, 20, "a number or none", "a minute, of a network address"),
    Setting("trusted_proxies", _proxies, None, "a number, or addresses", "before the app"),
    Setting("session_lifetime", _seconds, 14 * 24 * 3600.0, _SECONDS, "without a visit"),
    Setting("session_max_age", _rate, 90 * 24 * 3600.0, "seconds or none", "since the log-in"),
    Setting("max_sessions", _number, 100_000, _NUMBER, "sessions that are kept"),
    Setting("max_session", _limit, MAX_SESSION, "a number or none", "bytes of a session, as JSON"),
    Setting("max_document", _limit, MAX_DOCUMENT, "a number or none", "bytes of one, as JSON"),
    Setting("max_documents", _limit, MAX_DOCUMENTS, "a number or none", "in memory, by requests"),
    Setting("max_items", _limit, MAX_ITEMS, "a number or none", "of a list, by requests"),
    Setting("max_pages", _number, 10_000, _NUMBER, "open pages that are remembered"),
    Setting("max_page_bytes", _number, PAGE_BYTES, _NUMBER, "that these take together, about"),
    Setting("max_session_bytes", _number, SESSION_BYTES, _NUMBER, "of all sessions, about"),
    Setting("components_css", _switch, False, _SWITCH, "pages link htealeaf.components.css"),
    Setting("page_css", _switch, False, _SWITCH, "pages link htealeaf.page.css, and that one"),
    Setting("build", str, None, "text", "names the code; made from its files if not said"),
    Setting("debug", _switch, False, _SWITCH, "error pages show traces; not for others' eyes"),
    Setting("live", _switch, False, _SWITCH, "open pages follow what others do"),
    Setting("max_live", _limit, None, "a number or none", "live pages of a worker at once"),
    Setting("metrics", _metrics, False, _METRICS, "numbers of the workers for Prometheus"),
    Setting("host", str, "127.0.0.1", "an address", "of app.run()"),
    Setting("port", _number, 8000, "a port", "of app.run()"),
)
#: What a process of ours tells the ones that it starts.
_INTERNAL = {f"{PREFIX}SOCKET"}
#: Every setting, by name.
SETTINGS = {row.name: row for row in _ROWS}


def setting(name: str, given: Any, variables: Mapping[str, str] | None = None) -> Any:
    """Return the value of a setting.

    Args:
        name: A row of the table.
        given: The argument; `UNSET` if there is none.
        variables: By name; without it, those of the process.

    Raises:
        HtealeafError: The variable's text can't be read.
    """
    if given is not UNSET:
        return given
    row = SETTINGS[name]
    text = (os.environ if variables is None else variables).get(row.variable)
    if text is None:
        return row.default
    try:
        return row.read(text)
    except ValueError:
        shown = "its value" if row.secret else repr(text)
        raise HtealeafError(f"{row.variable} is {row.wants}, not {shown}") from None


def unknown(variables: Mapping[str, str] | None = None) -> Iterator[str]:
    """Yield a sentence for each variable `HTEALEAF_*` that no row has."""
    known = {row.variable for row in _ROWS} | _INTERNAL
    for name in sorted(os.environ if variables is None else variables):
        if name.startswith(PREFIX) and name not in known:
            near = get_close_matches(name, known, 1)
            hint = f"did you mean {near[0]}?" if near else "see python -m htealeaf settings"
            yield f"the variable {name} is no setting and does nothing; {hint}"


_told: set[str] = set()


def tell_unknown() -> None:
    """Log each variable that no row has, once a process."""
    for sentence in unknown():
        if sentence not in _told:
            _told.add(sentence)
            log.warning("%s", sentence)


def table(variables: Mapping[str, str] | None = None) -> str:
    """Return the table as text: each setting, its value, where that comes from, what it is."""
    variables = os.environ if variables is None else variables
    rows = [("setting", "variable", "value", "from", "")]
    for row in _ROWS:
        said = row.variable in variables
        try:
            value = repr(setting(row.name, UNSET, variables))
        except HtealeafError as error:
            value = f"error: {error}"
        if row.secret:
            value = "(hidden)" if said else "(not said)"
        rows.append((row.name, row.variable, value, "variable" if said else "default", row.about))
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    lines = [
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=False))
        + f"  {row[4]}"
        for row in rows
    ]
    return "\n".join([*(line.rstrip() for line in lines), *unknown(variables)])
