"""Hostile requests: what somebody sends who means ill, and what each is answered with.

A case is bytes for a socket. None of them changes anything that is stored, and none runs code of
the author's; the status is what its row says.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from tests.attacks.prey import Client, Scene
from tests.attacks.statuses import status_of

Make = Callable[[Scene], bytes]

#: The status stands in `statuses`.
SAID = -1
FORM = "application/x-www-form-urlencoded"
_STORE = "/api/_store"


class Case(NamedTuple):
    """One request, by the family that it is of and a name, and the status that is right.

    Where none is said, `statuses` has it.
    """

    family: str
    name: str
    make: Make
    right: int = SAID

    @property
    def id(self) -> str:
        return f"{self.family}: {self.name}"


def cases() -> list[Case]:
    """Return all of them."""
    found = [case for family in _FAMILIES for case in family()]
    found = [
        case._replace(right=status_of(case.family, case.name)) if case.right == SAID else case
        for case in found
    ]
    assert len({case.id for case in found}) == len(found), "two cases have one name"
    return found


# -- offers that were never made --------------------------------------------------------------


def _changed(change: Callable[[str], str], id: str = "plus", *, plain: bool = False) -> Make:
    def make(at: Scene) -> bytes:
        place, query = at.ann.offer(id)
        bad = change(query)
        assert bad != query
        values = [[["text", "x"]]] if id == "call" else []
        return at.ann.submit(place, bad) if plain else at.ann.press(place, bad, *values)

    return make


def _flip(text: str, at: int) -> str:
    at %= len(text)
    return text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]


def _mac(change: Callable[[str], str]) -> Callable[[str], str]:
    def changed(query: str) -> str:
        signed, _, mac = query.rpartition("&o=")
        return f"{signed}&o={change(mac)}"

    return changed


def _signed(change: Callable[[str], str]) -> Callable[[str], str]:
    def changed(query: str) -> str:
        signed, _, mac = query.rpartition("&o=")
        return f"{change(signed)}&o={mac}"

    return changed


_FORGED: dict[str, Callable[[str], str]] = {
    **{f"bit {n} of the mac": _mac(lambda mac, n=n: _flip(mac, n)) for n in range(17)},  # type: ignore[misc]
    "half a mac": _mac(lambda mac: mac[:8]),
    "no mac": _mac(lambda mac: ""),
    "a mac twice": _mac(lambda mac: mac + mac),
    "a mac without its version": _mac(lambda mac: mac[1:]),
    "a mac of another version": _mac(lambda mac: "2" + mac[1:]),
    "a mac in other letters": _mac(str.swapcase),
    "a mac with a blank": _mac(lambda mac: mac + "%20"),
    "a mac of zeros": _mac(lambda mac: "0" * len(mac)),
    "another value": _signed(lambda text: text.replace("=1", "=1000")),
    "a minus": _signed(lambda text: text.replace("=1", "=-1")),
    "a text": _signed(lambda text: text.replace("=1", "=%22x%22")),
    "a slot": _signed(lambda text: text.replace("=1", "=%7B%22$%22:%5B%22value%22,%22x%22%5D%7D")),
    "set for update": _signed(lambda text: text.replace("update", "set")),
    "replace for update": _signed(lambda text: text.replace("update", "replace")),
    "delete for update": _signed(lambda text: "delete"),
    "clear for update": _signed(lambda text: "clear"),
    "one more modifier": _signed(lambda text: f"{text}&once"),
    "a shape": _signed(lambda text: f"{text}&at=0"),
    "keep": _signed(lambda text: f"{text}&keep=1"),
    "escaped otherwise": _signed(lambda text: text.replace("=1", "=%31")),
    "a blank in front": _signed(lambda text: f"%20{text}"),
}


def _offers() -> Iterator[Case]:
    for name, change in _FORGED.items():
        yield Case("offer", name, _changed(change))
        yield Case("offer of a form", name, _changed(change, plain=True))
    for name in ("bit 3 of the mac", "no mac", "half a mac"):
        yield Case("offer that asks", name, _changed(_FORGED[name], "sure", plain=True))
        yield Case("offer of a call", name, _changed(_FORGED[name], "call"), 403)
        yield Case("offer with a shape", name, _changed(_FORGED[name], "toggle"))
    for place in (
        "shared/text",
        "shared/list",
        "shared",
        "free/n",
        "free/closed",
        "rooms@lobby/n",
        "notes/n",
        "notes@ann/n",
        "mine/n",
        "ruled/n",
        "nothing/n",
        "shared@x/n",
        "~session/user",
    ):
        for plain in (False, True):
            yield Case(
                "offer of another place",
                f"{place} {'form' if plain else ''}",
                _elsewhere(place, plain),
            )
    for id in ("plus", "toggle", "mine", "room", "ruled", "call"):
        yield Case("offer of somebody else", id, _of_ann(id), 403)
        yield Case("offer without a cookie", id, _without(id), 403)
        yield Case("offer twice", id, _doubled(id))
    for body in ("null", "{}", "[]", "[1]", '["x"]', '[["x"]]', '"x"', "[null]", '[{"o":1}]', "0"):
        yield Case("offer that is none", body, _body(f"{_STORE}/shared/n", body, "offer"))
        yield Case("call that is none", body, _body("/api/_action/add", body, "offer"))


def _long_offers() -> Iterator[Case]:
    for name, text in {"escapes": "%41", "letters": "x", "brackets": "%5B", "parts": "&a"}.items():
        body = json.dumps([f"update={text * (1_000_000 // len(text))}&o=x"])
        yield Case("long offer", name, _body(f"{_STORE}/shared/n", body, "offer"), 400)
        yield Case("long call", name, _body("/api/_action/add", body, "offer"), 400)


def _elsewhere(place: str, plain: bool) -> Make:
    def make(at: Scene) -> bytes:
        _, query = at.ann.offer("plus")
        url = f"{_STORE}/{place}"
        return at.ann.submit(url, query) if plain else at.ann.press(url, query)

    return make


def _of_ann(id: str) -> Make:
    return lambda at: at.eve.press(*at.ann.offer(id))


def _without(id: str) -> Make:
    return lambda at: at.ann.press(*at.ann.offer(id), Cookie="")


def _doubled(id: str) -> Make:
    def make(at: Scene) -> bytes:
        place, query = at.ann.offer(id)
        return at.ann.press(place, f"{query}&{query}")

    return make


def _body(target: str, body: str | bytes, verb: str = "", **headers: str) -> Make:
    data = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
    return lambda at: at.eve.request("POST", target, data, HT_Verb=verb, **headers)


# -- cookies that we did not sign ---------------------------------------------------------------


def _cookies() -> Iterator[Case]:
    def with_cookie(change: Callable[[str], str]) -> Make:
        def make(at: Scene) -> bytes:
            return at.ann.press(*at.ann.offer("plus"), Cookie=change(at.ann.cookie))

        return make

    changes: dict[str, Callable[[str], str]] = {
        **{f"letter {n}": lambda text, n=n: _flip(text, 3 + n) for n in range(0, 80, 4)},  # type: ignore[misc]
        "without its mac": lambda text: text.rpartition(".")[0],
        "only its mac": lambda text: "ht=" + text.rpartition(".")[2],
        "empty": lambda text: "ht=",
        "dots": lambda text: "ht=...",
        "long": lambda text: "ht=" + "a" * 4000,
        "capitals": lambda text: "ht=" + text[3:].upper(),
        "another name": lambda text: "HT" + text[2:],
        "quoted": lambda text: f'ht="{text[3:]}"',
        "an id of somebody": lambda text: "ht=" + "0" * 32 + "." + "0" * 24 + "." + "0" * 24,
        "a wrong one first": lambda text: f"ht=x; {text}",
    }
    for name, change in changes.items():
        yield Case("cookie", name, with_cookie(change), 403)


# -- paths -------------------------------------------------------------------------------------

_PATHS = [
    "closed", "new", "__class__", "__init__/__globals__", "n/__class__", "s/upper", "rows/-1",
    "rows/01", "rows/9", "rows/1e3", "rows/id=9/done", "rows/id=/done", "rows/=1",
    "rows/0/__dict__", "..", "../shared/n", "%2e%2e/n", "%2e%2e%2fshared%2fn", ".", "./n",
    "..%2f..%2fetc%2fpasswd",
    "~", "~2~2", "~5", "n~1", "%00", "n%00", "n%0d%0aX:1", "%ff", "%ed%a0%80", "rows//done",
    "/n", "n/", "constructor", "open/__proto__", "open/constructor", "open/__class__",
    "d/constructor", "d/new", "a" * 3000, "/".join("a" * 40), "open/" + "b/" * 70 + "c",
    "rows/0/done/x", "rows/" + "9" * 400, "rows/+0", "rows/%200", "*", "rows/*/done",
    "${n}", "{{n}}",
]  # fmt: skip


def _paths() -> Iterator[Case]:
    for path in _PATHS:
        name = path[:50]
        yield Case("path", name, _body(f"{_STORE}/free/{path}", "1"))
        yield Case("path of a delete", name, _method("DELETE", f"{_STORE}/free/{path}"))
        yield Case("path that is read", name, _method("GET", f"{_STORE}/free/{path}"))
    for store in (
        "shared",
        "rooms",
        "rooms@lobby",
        "ruled",
        "notes",
        "notes@ann",
        "mine",
        "mine@x",
        "~session",
    ):
        yield Case("store", f"read {store}", _method("GET", f"{_STORE}/{store}/n"))
        yield Case("store", f"write {store}", _body(f"{_STORE}/{store}/n", "7"))
    for store in (
        "~session@x",
        "~flash@x",
        "~topic@x",
        "notes@~page",
        "args",
        "SHARED",
        "free@x",
        "",
    ):
        yield Case("store", f"read {store!r}", _method("GET", f"{_STORE}/{store}/n"))
        yield Case("store", f"write {store!r}", _body(f"{_STORE}/{store}/n", "7"))


def _method(method: str, target: str, **headers: str) -> Make:
    return lambda at: at.eve.request(method, target, b"", **headers)


# -- bodies ---------------------------------------------------------------------------------------


def _bodies() -> Iterator[Case]:
    n = f"{_STORE}/free/n"
    for name, body, status in (
        ("nothing", b"", 400),
        ("a brace", b"{", 400),
        ("a quote", b'"', 400),
        ("single quotes", b"'a'", 400),
        ("a comment", b"1//", 400),
        ("a comma", b"[1,]", 400),
        ("no quotes", b"{a:1}", 400),
        ("two values", b"1 2", 400),
        ("NaN", b"NaN", 400),
        ("Infinity", b"Infinity", 400),
        ("-Infinity", b"-Infinity", 400),
        ("hexadecimal", b"0x10", 400),
        ("a plus", b"+1", 400),
        ("a leading zero", b"01", 400),
        ("a point", b"1.", 400),
        ("undefined", b"undefined", 400),
        ("a tab in a text", b'"\t"', 400),
        ("an escape that is none", b'"\\x41"', 400),
        ("UTF-16", '"a"'.encode("utf-16"), 400),
        ("no UTF-8", b"\xff", 400),
        ("overlong UTF-8", b'"\xc0\xaf"', 400),
        ("a byte order mark", b"\xef\xbb\xbf1", 400),
        ("NUL", b"\x00", 400),
        ("a key twice", b'{"a":1,"a":2}', 400),
        ("deep lists", b"[" * 33 + b"]" * 33, 400),
        ("very deep lists", b"[" * 200_000, 400),
        ("deep dicts", b'{"a":' * 40 + b"1" + b"}" * 40, 400),
        ("many values", b"[" + b"1," * 10_000 + b"1]", 413),
        ("many dicts", b"[" + b"{}," * 200_000 + b"1]", 413),
        ("many texts", b"[" + b'"",' * 200_000 + b"1]", 413),
        ("too large", b"1" * (1024 * 1024 + 1), 413),
        ("endless digits", b"9" * 5000, 400),
        ("too large a number", b"1e999", 422),
        ("an integer that no browser keeps", b"9007199254740993", 422),
        ("a negative one", b"-9007199254740993", 422),
        ("a lone surrogate", b'"\\ud800"', 422),
    ):  # fmt: skip
        yield Case("body", name, _body(n, body, Content_Type="application/json"), status)
    yield Case("body", "cut off", _body(n, b"12", Content_Length="4"), 400)
    for length in ("-1", "+1", "1e1", "0x1", "1.0", "9" * 40, " ", "1,1", "1 1"):
        yield Case("length", repr(length), _body(n, b"1", Content_Length=length))
    for kind in (
        "text/plain", "text/html", "application/xml", "application/jsonx", "image/png", "*/*",
        "application/json; charset=utf-16", "application/json; charset=latin-1", "x",
        "application/", "application/json, text/plain", "multipart/mixed", "text/json",
        "application/octet-stream",
        'application/json; charset="utf-7"',
    ):  # fmt: skip
        yield Case("content type", kind, _body(n, b"7", Content_Type=kind), 415)


def _shapes() -> Iterator[Case]:
    for path, verb, value in (
        ("n", "set", "text"), ("n", "set", None), ("n", "set", True), ("n", "set", []),
        ("n", "set", {}), ("n", "update", "1"), ("n", "toggle", None), ("n", "append", 1),
        ("n", "merge", {"a": 1}), ("n", "clear", None), ("n", "delete", None), ("n", "move", 0),
        ("n", "increment", "x"), ("n", "increment", True), ("n", "insert", 1),
        ("s", "set", 1), ("s", "set", None), ("s", "set", ["a"]), ("s", "increment", 1),
        ("s", "toggle", None), ("s", "delete", None), ("b", "set", 1), ("b", "set", "true"),
        ("b", "set", None), ("b", "increment", 1), ("d", "set", 1), ("d", "set", {}),
        ("d", "set", {"x": 1}), ("d", "merge", {"z": 1}), ("d", "merge", {"x": "t"}),
        ("d", "update", {"y": 1}), ("d", "clear", None), ("d/x", "delete", None),
        ("d", "replace", {"x": 1, "y": "t", "z": 1}), ("d", "replace", [1]),
        ("rows", "append", "text"), ("rows", "append", 1), ("rows", "append", None),
        ("rows", "append", {}), ("rows", "append", {"id": 2}), ("rows", "append", []),
        ("rows", "append", {"id": 2, "title": 3, "done": False}),
        ("rows", "append", {"id": 2, "title": "x", "done": False, "more": 1}),
        ("rows", "set", "text"), ("rows", "set", [1]), ("rows", "replace", ["x"]),
        ("rows", "replace", {}), ("rows", "replace", None), ("rows/0", "replace", "x"),
        ("rows/0", "replace", {}), ("rows/0", "merge", {"id": "x"}), ("rows/0", "insert", "x"),
        ("rows/-", "insert", {"id": 1}), ("rows/0/done", "set", "yes"),
        ("rows/0/id", "delete", None),
        ("numbers", "append", "3"), ("numbers", "append", None), ("numbers", "append", [3]),
        ("numbers", "replace", [1, "2"]), ("numbers/0", "replace", {}), ("numbers/0", "set", "x"),
        ("", "replace", {}), ("", "set", 1), ("", "clear", None), ("", "delete", None),
        ("", "merge", {"new": 1}), ("", "merge", {"n": "x"}),
        ("open", "merge", {"__proto__": 1}), ("open", "merge", {"constructor": {}}),
        ("open", "merge", {"a": {"__class__": 1}}), ("open", "set", []), ("open", "set", None),
    ):  # fmt: skip
        name = f"{verb} {path!r} {json.dumps(value)}"
        yield Case("shape", name, _body(f"{_STORE}/free/{path}", json.dumps(value), verb))
    for verb in (
        "frob",
        "__init__",
        "offer",
        "SET",
        "set set",
        "begin",
        "put",
        "drop",
        "touch",
        "x" * 999,
    ):
        make = _body(f"{_STORE}/free/n", "1", verb)
        yield Case("verb", verb[:20], make)


def _schemas() -> Iterator[Case]:
    row = {"id": 2, "title": "two", "done": False}
    for path, verb, value in (
        ("n", "set", -1), ("n", "increment", -2), ("n", "set", "1"), ("n", "set", None),
        ("kind", "set", "c"), ("kind", "set", 1), ("more", "set", 1),
        ("rows", "append", {"id": 2}), ("rows", "append", {**row, "more": 1}),
        ("rows", "append", {**row, "title": "x" * 21}), ("rows", "append", "text"),
        ("rows", "replace", [row, 1]), ("rows", "replace", {}),
        ("rows/0/title", "set", 1), ("rows/0/more", "set", 1), ("rows/0/id", "delete", None),
        ("rows/0", "insert", {**row, "done": 0}), ("rows/0/done", "set", None),
        ("named", "merge", {"x": 1}), ("named/x", "set", {"id": "2", "title": "x"}),
        ("named/__proto__", "set", row), ("named", "set", []), ("named", "set", None),
        ("", "merge", {"n": "x"}), ("", "merge", {"more": 1}), ("", "replace", {}),
    ):  # fmt: skip
        name = f"{verb} {path!r} {json.dumps(value)}"
        yield Case("schema", name, _body(f"{_STORE}/typed/{path}", json.dumps(value), verb), 422)


def _rules() -> Iterator[Case]:
    for verb, value in (("set", 11), ("replace", -1), ("update", 99), ("increment", 11)):
        make = _body(f"{_STORE}/capped/n", str(value), verb)
        yield Case("rule", f"{verb} {value}", make, 403)


def _addresses() -> Iterator[Case]:
    for prefix in (
        "/x",
        "/in/",
        f"{_STORE}/free/n/",
        "/api/_action/",
        "/_htealeaf/",
        "/api/_live/",
    ):
        for name, tail in (("letters", "x" * 2048), ("slashes", "/" * 2048)):
            for method in ("GET", "POST"):
                make = _method(method, prefix + tail)
                yield Case("long address", f"{method} {prefix} {name}", make, 414)
    deep = "open" + "/x" * 16
    for method in ("GET", "PUT", "DELETE"):
        make = _method(method, f"{_STORE}/free/{deep}", Content_Type="application/json")
        if method == "PUT":
            make = _body(f"{_STORE}/free/{deep}", "1")
        yield Case("deep place", method, make, 400)


# -- where a request comes from ----------------------------------------------------------------


def _origins() -> Iterator[Case]:
    others = [
        "http://evil.example", "https://evil.example", "null", "http://127.0.0.1", "file://", "x",
        "http://127.0.0.1.evil.example", "https://127.0.0.1:{port}.evil.example", "*",
        "http://user@127.0.0.1:{port}", "http://127.0.0.1:{port}/", "http://localhost:{port}",
        "https://127.0.0.1:{port}", "http://[::1]:{port}", "http://127.0.0.1:{port}0",
    ]  # fmt: skip

    def press(site: str, origin: str, kind: str) -> Make:
        def make(at: Scene) -> bytes:
            said = {"Origin": origin.replace("{port}", str(at.ann.port)), "Sec_Fetch_Site": site}
            place, query = at.ann.offer("plus")
            if kind == "form":
                return at.ann.submit(place, query, **said)
            if kind == "route":
                return at.ann.request("POST", "/in/eve", b"{}", **said)
            return at.ann.press(place, query, **said)

        return make

    for origin in others:
        for kind in ("json", "form", "route"):
            yield Case("origin", f"{origin} {kind}", press("", origin, kind), 403)
        if not origin.startswith("https://127.0.0.1:{port}"):
            make = press("same-origin", origin, "json")
            yield Case("origin beside same-origin", origin, make, 403)
    for site in ("cross-site", "same-site", "none", "CROSS-SITE", "x"):
        for kind in ("json", "form", "route"):
            yield Case("fetch site", f"{site} {kind}", press(site, "", kind), 403)
        own = "http://127.0.0.1:{port}"
        yield Case("fetch site", f"{site} and ours", press(site, own, "json"), 403)
    yield Case("fetch site", "neither, a form", press("", "", "form"), 403)


# -- methods --------------------------------------------------------------------------------------


def _methods() -> Iterator[Case]:
    for method in ("TRACE", "OPTIONS", "CONNECT", "FROB", "LOCK", "PROPFIND", "get", "post"):
        for target in (f"{_STORE}/free/n", "/api/_live", "/api/_visit"):
            yield Case("method", f"{method} {target}", _method(method, target))
    for name in ("X_HTTP_Method_Override", "X_HTTP_Method", "X_Method_Override"):
        for method in ("DELETE", "POST", "PUT"):
            make = _method("GET", f"{_STORE}/free/n", **{name: method})
            yield Case("override", f"GET {name} {method}", make, 200)
    for query in ("_method=DELETE", "method=POST", "set=5", "update=1&o=x"):
        for method in ("GET", "HEAD"):
            make = _method(method, f"{_STORE}/free/n?{query}")
            yield Case("override", f"{method} {query}", make, 200)
    for id in ("plus", "call", "mine"):
        yield Case("a get of an offer", id, _get_of(id))
    for target in ("/in/eve", "/out", "/post"):
        yield Case("a get of what posts", target, _method("GET", target), 405)


def _get_of(id: str) -> Make:
    def make(at: Scene) -> bytes:
        place, query = at.ann.offer(id)
        return at.ann.request("GET", f"{place}?{query}")

    return make


# -- calls -------------------------------------------------------------------------------------


def _calls() -> Iterator[Case]:
    def called(*values: Any, change: Callable[[str], str] = str, name: str = "add") -> Make:
        def make(at: Scene) -> bytes:
            _, query = at.ann.offer("call")
            return at.ann.press(f"/api/_action/{name}", change(query), *values)

        return make

    entries: dict[str, Any] = {
        "no entries": None, "a number": 1, "a text": "x", "a dict": {"amount": 1},
        "lists": [[1, 2]],
        "names that are numbers": [[1, "x"]], "three": [["a", "b", "c"]], "one": [["a"]],
        "a list for a value": [["text", ["x"]]], "a dict for a value": [["text", {"a": 1}]],
        "null for a value": [["text", None]], "a number for a value": [["text", 3]],
        "deep brackets": [["text" + "[a]" * 9, "x"]], "too many": [["text", "x"]] * 1001,
    }  # fmt: skip
    for name, value in entries.items():
        yield Case("entries", name, called(value))
    yield Case("call", "no values", called(), 400)
    yield Case("call", "too many values", called([], []), 400)
    yield Case("call", "other constants", called([], change=lambda q: q.replace("3", "4")), 403)
    yield Case("call", "of another function", called([], name="ruled"), 403)
    for name in ("__init__", "nothing", "add/", "../add", "ADD", "add%00", ""):
        yield Case("call", f"of {name!r}", called([], name=name))


# -- pages that follow, and visits ----------------------------------------------------------------


def _pages() -> Iterator[Case]:
    for name, headers in {
        "nothing said": {},
        "no cursor": {"HT_Page": "x", "HT_Url": "/"},
        "a cursor that is none": {"HT_Page": "x", "HT_Url": "/", "HT_Cursor": "x"},
        "a cursor of letters": {"HT_Page": "x", "HT_Url": "/", "HT_Cursor": "a.b"},
        "a negative cursor": {"HT_Page": "x", "HT_Url": "/", "HT_Cursor": "a.-1"},
        "an endless cursor": {"HT_Page": "x", "HT_Url": "/", "HT_Cursor": "a." + "9" * 500},
        "a long page": {"HT_Page": "x" * 65, "HT_Url": "/", "HT_Cursor": "a.1"},
        "another site": {"HT_Page": "x", "HT_Url": "//evil.example", "HT_Cursor": "a.1"},
        "a backslash": {"HT_Page": "x", "HT_Url": "/\\evil.example", "HT_Cursor": "a.1"},
        "a scheme": {"HT_Page": "x", "HT_Url": "javascript:1", "HT_Cursor": "a.1"},
        "a long url": {"HT_Page": "x", "HT_Url": "/" + "a" * 4096, "HT_Cursor": "a.1"},
        "no slash": {"HT_Page": "x", "HT_Url": "a", "HT_Cursor": "a.1"},
    }.items():
        yield Case("live", name, _method("GET", "/api/_live", **headers), 400)
        make = _body("/api/_visit", '["push=%7B%7D"]', "offer", **headers)
        yield Case("visit", name, make, 400)
    for body in (
        "null",
        "[]",
        '["x"]',
        '["push"]',
        '["push=1"]',
        '["push=%5B%5D"]',
        '["frob=%7B%7D"]',
    ):
        yield Case("visit", body, _visit(body))


def _visit(body: str) -> Make:
    def make(at: Scene) -> bytes:
        said = {name.replace("-", "_"): value for name, value in at.ann.page.items()}
        return at.ann.request("POST", "/api/_visit", body.encode(), HT_Verb="offer", **said)

    return make


# -- what is no HTTP ------------------------------------------------------------------------------


def _broken() -> Iterator[Case]:
    head = b"Host: x\r\nConnection: close\r\n\r\n"
    chunked = b"Host: {host}\r\nOrigin: http://{host}\r\nContent-Type: application/json\r\n"
    chunked += b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    target = b"POST /api/_store/free/n HTTP/1.1\r\n"
    for name, data in {
        "nothing": b"",
        "a line": b"\r\n\r\n",
        "no version": b"GET /\r\n\r\n\r\n"[:9] + b"\r\n\r\n",
        "another version": b"POST /api/_store/free/n HTTP/9.9\r\n" + head,
        "another protocol": b"POST /api/_store/free/n FROB/1.1\r\n" + head,
        "binary": bytes(range(256)),
        "a long line": b"POST /" + b"a" * 70_000 + b" HTTP/1.1\r\n" + head,
        "a long header": target + b"X: " + b"a" * 70_000 + b"\r\n" + head,
        "many headers": target + b"X: y\r\n" * 300 + head,
        "a header without a colon": target + b"nonsense\r\n" + head,
        "chunks that are none": target + chunked + b"zz\r\n1\r\n0\r\n\r\n",
        "chunks cut off": target + chunked + b"5\r\n12",
        "a negative chunk": target + chunked + b"-1\r\n1\r\n0\r\n\r\n",
        "chunks without an end": target + chunked + b"1\r\n7\r\n",
        "an endless chunk": target + chunked + b"fffffffffffffff\r\n7",
        "a chunk that goes on": target + chunked + b"1\r\n77\r\n0\r\n\r\n",
    }.items():
        yield Case("http", name, _sent(data))


def _sent(data: bytes) -> Make:
    return lambda at: data.replace(b"{host}", f"127.0.0.1:{at.eve.port}".encode())


# -- forms ----------------------------------------------------------------------------------------


def _forms() -> Iterator[Case]:
    def form(body: bytes, kind: str = FORM, target: str = "") -> Make:
        def make(at: Scene) -> bytes:
            place, query = at.ann.offer("plus")
            return at.ann.request("POST", target or f"{place}?{query}", body, Content_Type=kind)

        return make

    part = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nv\r\n'
    multi = "multipart/form-data; boundary=b"
    rows: dict[str, tuple[bytes, str, int]] = {
        "too many fields": (b"a=&" * 300_000, FORM, 413),
        "one field too many": (b"&".join([b"a=1"] * 1001), FORM, 413),
        "percent signs": (b"a=" + b"%" * 5000, FORM, 400),
        "too many parts": (part * 1001 + b"--b--", multi, 413),
        "parts cut off": (part, multi, 400),
        "no boundary": (part + b"--b--", "multipart/form-data", 400),
        "a long boundary": (part + b"--b--", f"multipart/form-data; boundary={'b' * 999}", 400),
        "a long header": (b"--b\r\nX: " + b"a" * 500_000 + b"\r\n\r\n--b--", multi, 400),
        "no name": (b"--b\r\nX: y\r\n\r\nv\r\n--b--", multi, 400),
        "another charset": (b"a=1", f"{FORM}; charset=utf-16", 415),
        "too large": (b"a=" + b"x" * (1024 * 1024), FORM, 413),
    }
    for name, (body, kind, right) in rows.items():
        yield Case("form", name, form(body, kind), right)
        yield Case("form of a route", name, form(body, kind, "/post"), right)


_FAMILIES = (
    _offers,
    _long_offers,
    _cookies,
    _paths,
    _bodies,
    _shapes,
    _schemas,
    _rules,
    _addresses,
    _origins,
    _methods,
    _calls,
    _pages,
    _broken,
    _forms,
)


def answered(at: Scene, case: Case) -> int:
    """Send *case*, and return the status."""
    return Client(at.eve.port).raw(case.make(at)).status
