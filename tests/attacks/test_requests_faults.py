"""Planted flaws: with each check taken out, the hostile requests find it.

A suite that passes whatever the app does would say nothing. Each row takes one check out of the
code that runs, and names the families of requests one of which has to be answered otherwise, or has
to change something.
"""

from __future__ import annotations

import hmac
import json
from typing import Any, NamedTuple

import pytest

from htealeaf.data.paths import parse
from htealeaf.data.verbs import VERBS
from htealeaf.endpoints import action, asked, authorization, forms, store
from htealeaf.state import drafts, policies, schemas, scopes
from htealeaf.state.holders import Holder
from htealeaf.web import form_data, keys, limits, origin, visitor
from htealeaf.web.request import Request
from htealeaf.wire import codec, fitting
from tests.attacks.hostile import answered, cases
from tests.attacks.prey import scene

pytestmark = pytest.mark.server


class Flaw(NamedTuple):
    """One check that is missing.

    Attributes:
        owner, name: What is replaced.
        instead: By what.
        families: Which requests find it.
    """

    owner: Any
    name: str
    instead: Any
    families: tuple[str, ...]


def _yes(*args: Any, **named: Any) -> bool:
    return True


def _nothing(*args: Any, **named: Any) -> None:
    return None


def _as_given(value: Any, *args: Any, **named: Any) -> Any:
    return value


def _as_json(self: Any) -> str:
    return "application/json"


def _whole(request: Any, limit: int) -> bytes:
    return bytes(request.read(2 * limit))


def _no_key_of_ours(self: Any, cookie: str) -> keys.Browser:
    key = cookie[:32].ljust(32, "0")
    return keys.Browser(key, self.session_id(key), self.session_id(key))


_LENIENT: Any = json.JSONDecoder(parse_constant=codec._no_constant)

FLAWS: dict[str, Flaw] = {
    "any mac is good": Flaw(visitor, "compare_digest", _yes, ("offer", "offer of a form")),
    "offers of others are good": Flaw(
        visitor.Visitor, "signed", _yes, ("offer of somebody else", "offer without a cookie")
    ),
    "calls are not signed": Flaw(action, "_refuse_unoffered", _nothing, ("offer of a call",)),
    "any cookie leads to a session": Flaw(hmac, "compare_digest", _yes, ("cookie",)),
    "pages of other sites may ask": Flaw(
        origin.Origins, "refuse_cross_site", _nothing, ("origin", "fetch site")
    ),
    "same-origin is believed": Flaw(
        origin.Origins,
        "same",
        lambda self, request: request.headers.get("Sec-Fetch-Site") == "same-origin",
        ("origin beside same-origin",),
    ),
    "scripts write anywhere": Flaw(policies.Policy, "scripts_write", _yes, ("store", "path")),
    "scripts read anything": Flaw(
        policies.Policy, "scripts_read", _yes, ("store", "path that is read")
    ),
    "documents of others may be named": Flaw(
        scopes.StoreScope,
        "named",
        lambda self, store, owner: self.stream(store, owner),
        ("store",),
    ),
    "the rule of a store is not asked": Flaw(Holder, "permits", _yes, ("store",)),
    "a rule is not asked when it arrives": Flaw(
        authorization.Authorizer, "_ask", _nothing, ("rule",)
    ),
    "what scripts write is not looked at": Flaw(drafts, "check_scripted", _nothing, ("shape",)),
    "a list takes any item": Flaw(fitting, "_fits_siblings", _nothing, ("shape",)),
    "null goes anywhere": Flaw(fitting, "_same_kind", _nothing, ("shape",)),
    "a schema is not asked": Flaw(schemas.Schema, "check", lambda *a, **n: [], ("schema",)),
    "a schema leaves keys open": Flaw(
        schemas.Schema, "_left_out", lambda *a, **n: iter(()), ("schema",)
    ),
    "a schema converts": Flaw(schemas, "_STRICT", False, ("schema",)),
    "addresses are not measured": Flaw(
        limits.RequestLimits, "refuse_long", _nothing, ("long address",)
    ),
    "places lie as deep as one likes": Flaw(
        limits.RequestLimits, "place", lambda self, text: parse(text), ("deep place",)
    ),
    "reserved names are keys": Flaw(fitting, "refuse_reserved", _nothing, ("shape",)),
    "JSON is not counted": Flaw(codec, "_count", _nothing, ("body",)),
    "a key may stand twice": Flaw(codec, "_scan", _LENIENT.scan_once, ("body",)),
    "integers are taken as they come": Flaw(limits, "refuse_inexact", _nothing, ("body",)),
    "an empty body is null": Flaw(store, "_BODILESS", frozenset(VERBS), ("body",)),
    "bodies are read whatever they say": Flaw(store, "read_body", _whole, ("body", "length")),
    "charsets are not looked at": Flaw(
        limits, "UTF_8", ("", "utf-8", "utf-16", "latin-1", "utf-7"), ("content type",)
    ),
    "any content is JSON": Flaw(Request, "media", property(_as_json), ("content type", "form")),
    "fields are not counted": Flaw(
        forms,
        "form_data",
        lambda kind, body, limit: form_data.form_data(kind, body, 10**9),
        ("form",),
    ),
    "verbs are not known": Flaw(store, "verb_of", lambda request: "set", ("verb",)),
    "entries are taken as they come": Flaw(action, "entries_in", lambda value: [], ("entries",)),
    "any url is of this app": Flaw(asked, "is_local", _yes, ("live", "visit")),
    "the number of slots is not looked at": Flaw(
        action, "slots_to_fill", lambda template: 0, ("call",)
    ),
}


@pytest.mark.parametrize("name", FLAWS)
def test_a_planted_flaw_is_found(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    flaw = FLAWS[name]
    wanted = [case for case in cases() if case.family in flaw.families]
    assert wanted, flaw.families
    with scene() as at:
        monkeypatch.setattr(flaw.owner, flaw.name, flaw.instead)
        found = [case.id for case in wanted if not _stands(at, case)]

    assert found, f"nobody found that {name}"


def _stands(at: Any, case: Any) -> bool:
    before = at.prey.state
    status = answered(at, case)
    return status == case.right and at.prey.state == before


def test_there_are_many() -> None:
    assert len(FLAWS) >= 20
