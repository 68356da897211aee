"""Events: which action of an element is done, and with what."""

from __future__ import annotations

import pytest

from htealeaf import WSGI, Registry, Store, SuperStore, value_of
from htealeaf.components import button, div, form, p, textInput
from htealeaf.testing import Client, PageFailure
from tests.testing.apps import SECRET


def test_a_key_acts_when_it_is_the_key(fields) -> None:
    fields.press("#line", "Escape")

    assert fields.stored("key") == "Escape"
    with pytest.raises(PageFailure, match="no action on the key 'a'"):
        fields.press("#line", "a")


def test_what_an_action_reads_from_the_event_is_given(fields) -> None:
    fields.click("#pad", offsetX=7)

    assert fields.stored("at") == 7
    with pytest.raises(PageFailure, match=r"reads event.offsetX.*: offsetX=\.\.\."):
        fields.click("#pad")


def test_what_was_hit_is_told_by_the_nearest_id(fields) -> None:
    for hit, told in (("#hit b", "hit"), ("#hit", "hit"), ("#around i", "around")):
        fields.click(hit)
        assert fields.stored("key") == told


def test_once_is_once(fields) -> None:
    fields.click("#once")
    fields.click("#once")

    assert fields.text("#n") == "1"


def test_code_is_not_skipped(fields) -> None:
    with pytest.raises(PageFailure, match=r"JavaScript, which only a browser can: alert\(1\)"):
        fields.click("#code")


def test_a_chain_is_one_request_with_all_values() -> None:
    with Registry():
        app = WSGI(secret=SECRET)
        SuperStore(app)
        store = Store({"list": [], "last": ""}, name="store")

    @app.route("/")
    def home():
        both = store.do.append("list", value_of("t")).then(store.do.set("last", value_of("t")))
        return div(form(onsubmit=both)(textInput(name="t"), button("Add")), p(store.react("last")))

    page = Client(app, check=True).open("/")
    page.fill("[name=t]", "x")
    page.submit()

    assert store.read() == {"list": ["x"], "last": "x"}
    assert [sent.method for sent in page.requests] == ["GET", "POST"]
    assert page.text("p") == "x"
