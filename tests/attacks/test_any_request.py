"""Any request: whatever verb, path and value come, nothing fails, and what is refused is not done.

Hypothesis makes requests of parts that mean something here: paths of places that are there and that
are not, offers of the page and what may become of them on their way.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from htealeaf.data.verbs import VERBS
from tests.attacks.prey import Prey
from tests.http import FORM, Answer, Browser, Shown

STORES = (
    "free typed shared rooms rooms@lobby ruled notes notes@ann mine mine@x ~session nothing".split()
)
SEGMENTS = [
    "n", "s", "b", "open", "d", "rows", "numbers", "named", "kind", "x", "0", "1", "9", "-", "-1",
    "id=1", "id=9", "title", "done", "*", "", "~0", "~1", "~", "..", "__class__", "__proto__", "é",
    "\ud800", "a" * 300, "01", "1e3",
]  # fmt: skip
PLACES = """n s text b open open/x d d/x rows rows/0 rows/- rows/id=1 rows/0/done rows/0/title
    numbers numbers/0 named named/x kind list list/0/on""".split()
ROW = {"id": 2, "title": "two", "done": True}
VERB = st.sampled_from([*VERBS] * 4 + ["undo", "redo", "offer", "frob", "", "__init__", "SET"])
SCALARS = (
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=30)
)
VALUE = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["id", "title", "done", "x", "y", "n", "$", "__proto__", "more"])
            | st.text(max_size=4),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)
ANY_PATH = st.lists(st.sampled_from(SEGMENTS), max_size=5).map("/".join)
PATH = st.one_of(*[st.sampled_from(PLACES)] * 4, ANY_PATH)
FITTING = st.sampled_from([1, -3, "a", True, None, ROW, [ROW], [1], {}, {"x": 2}, {"x": ROW}])
BROKEN = st.binary(max_size=30) | st.sampled_from(
    [b"", b"[", b"nul", b"{}{}", b'{"a":1,"a":2}', b"[" * 40 + b"]" * 40]
)
BODY = st.one_of(
    *[FITTING.map(lambda value: json.dumps(value).encode())] * 3,
    VALUE.map(lambda value: json.dumps(value).encode()),
    BROKEN,
)
METHOD = st.sampled_from(["POST"] * 9 + ["PUT", "PATCH", "DELETE", "GET", "HEAD", "TRACE"])
MEDIA = st.sampled_from(["application/json"] * 12 + [FORM, "text/plain", "multipart/form-data", ""])
STORE = st.sampled_from(["free", "typed", "shared", "mine"] * 4 + STORES)


class Door:
    """The attacked app, with ann's page and the offers in it."""

    def __init__(self) -> None:
        self.prey = Prey()
        self.ann, self.eve = Browser(self.prey.app), Browser(self.prey.app)
        self.ann.post("/in/ann")
        self.page: Shown = self.ann.open("/")
        self.offers = [
            *(
                self.page.offer(f"#{id}")
                for id in ("plus", "toggle", "mine", "room", "ruled", "call")
            ),
            self.page.offer("#say", "action"),
        ]

    def tell(self, answer: Answer, before: Any) -> None:
        """Check what is true after every request."""
        event(str(answer.status))
        assert answer.status < 500, answer.text
        if answer.status >= 300:
            assert self.prey.state == before, "it was refused, and something was written"
        free = self.prey.free.read()
        assert type(free["n"]) in (int, float)
        assert [type(free[key]) for key in "sb"] == [str, bool]
        assert all(row.keys() == {"id", "title", "done"} for row in free["rows"])
        assert all(type(number) in (int, float) for number in free["numbers"])
        assert free["closed"] == "never"
        schema = self.prey.typed.versions.schema
        assert schema is not None
        assert schema.filled(self.prey.typed.read()) == self.prey.typed.read()


def _quoted(path: str) -> str:
    return quote(path.encode("utf-8", "surrogatepass"), safe="/@~*=")


@pytest.fixture(scope="module")
def door() -> Door:
    return Door()


FEW = settings(
    max_examples=400,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@FEW
@given(METHOD, STORE, PATH, VERB, BODY, MEDIA, st.booleans())
def test_scripts_do_what_they_may_and_nothing_else(
    door: Door, method: str, store: str, path: str, verb: str, body: bytes, media: str, signed: bool
) -> None:
    browser, prey = door.ann if signed else door.eve, door.prey
    closed = [prey.shared.read(), prey.rooms.of("lobby").read()]
    hers = [prey.ruled.read(), prey.notes.of("ann").read()]
    before, sent = door.prey.state, {"HT-Verb": verb, "Content-Type": media}
    url = _quoted(f"/api/_store/{store}/{path}")

    answer = browser.request(method, url, body, sent)

    door.tell(answer, before)
    if method in ("GET", "HEAD", "TRACE"):
        assert prey.state == before
    assert [prey.shared.read(), prey.rooms.of("lobby").read()] == closed
    if not signed:
        assert [prey.ruled.read(), prey.notes.of("ann").read()] == hers


@FEW
@given(st.data())
def test_an_offer_is_done_as_it_was_made_or_not_at_all(door: Door, data: st.DataObject) -> None:
    """Whatever becomes of it on its way: its place, its query, its values, whose it is."""
    offer = data.draw(st.sampled_from(door.offers))
    place, _, query = offer.partition("?")
    if data.draw(st.booleans()):
        at = data.draw(st.integers(0, len(query) - 1))
        query = query[:at] + data.draw(st.text(max_size=2)) + query[at + 1 :]
    if data.draw(st.integers(0, 3)) == 0:
        path = data.draw(ANY_PATH | PATH)
        place = f"/api/_store/{data.draw(st.sampled_from(STORES))}/{path}"
    values = data.draw(st.lists(VALUE, max_size=3))
    mine = data.draw(st.integers(0, 3)) > 0
    browser = door.ann if mine else door.eve
    before = door.prey.state
    body = json.dumps([query, *values]).encode()
    sent = {"HT-Verb": "offer", "Content-Type": "application/json", **door.page.headers}
    url = _quoted(place)

    answer = browser.request("POST", url, body, sent)

    door.tell(answer, before)
    if not (mine and f"{place}?{query}" in door.offers):
        assert door.prey.state == before
        assert answer.status >= 400
