"""Which page made a request, as the browser says it, and what is refused for it."""

from __future__ import annotations

import pytest

from htealeaf.errors import Forbidden, HtealeafError
from htealeaf.web.origin import LOOPBACK, Origins, UntrustedHost
from tests.web.requests import request

same_origin, refuse_cross_site = Origins().same, Origins().refuse_cross_site

FORMS = ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain", ""]


@pytest.mark.parametrize(
    ("headers", "same"),
    [
        ({}, None),
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://h:8000"}, False),
        ({"Origin": "http://h:8000"}, True),
        ({"Origin": "http://H:8000"}, True),
        ({"Origin": "http://h"}, False),
        ({"Origin": "https://h:8000"}, False),
        ({"Origin": "http://h:8000.evil"}, False),
        ({"Origin": "null"}, False),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://h:8000"}, True),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "https://h:8000"}, True),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://evil.example"}, False),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, False),
        ({"Sec-Fetch-Site": "none", "Origin": "http://evil.example"}, False),
        ({"Sec-Fetch-Site": "same-site", "Origin": "http://h:8000"}, False),
        ({"Sec-Fetch-Site": "nonsense"}, False),
    ],
)
def test_where_a_request_comes_from(headers: dict[str, str], same: bool | None) -> None:
    assert same_origin(request("GET", headers=headers)) is same


@pytest.mark.parametrize("media", [*FORMS, "application/json"])
def test_another_site_s_page_is_refused_whatever_it_sends(media: str) -> None:
    with pytest.raises(Forbidden):
        refuse_cross_site(request("POST", headers={"Origin": "https://evil.example"}), media)


@pytest.mark.parametrize("media", FORMS)
def test_what_a_plain_form_could_send_has_to_say_where_it_comes_from(media: str) -> None:
    with pytest.raises(Forbidden):
        refuse_cross_site(request("POST"), media)
    refuse_cross_site(request("POST", headers={"Origin": "http://h:8000"}), media)


def test_json_and_other_methods_are_no_plain_form() -> None:
    """A browser asks first before it sends them to another site."""
    refuse_cross_site(request("POST"), "application/json")
    refuse_cross_site(request("PUT"), "text/plain")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_nobody_types_an_address_that_changes_something(method: str) -> None:
    for more in ({}, {"Origin": "http://h:8000"}):
        typed = request(method, headers={"Sec-Fetch-Site": "none", **more})
        with pytest.raises(Forbidden):
            refuse_cross_site(typed, "application/json")


def test_pages_of_trusted_origins_may_do_what_ours_may() -> None:
    origins = Origins(["https://admin.example", "http://other.example:81"])
    for origin, same in (
        ("https://ADMIN.example", True),
        ("http://other.example:81", True),
        ("http://admin.example", False),
        ("https://admin.example.evil.example", False),
        ("http://h:8000", True),
    ):
        headers = {"Origin": origin}
        if same and origin[0:5] == "https":
            headers["Sec-Fetch-Site"] = "cross-site"
        assert origins.same(request("POST", headers=headers)) is same


@pytest.mark.parametrize(
    ("host", "ok"),
    [
        ("shop.example", True),
        ("SHOP.example:8000", True),
        ("a.below.example", True),
        ("below.example", False),
        ("shop.example.evil", False),
        ("evilshop.example", False),
        ("port.example:81", True),
        ("port.example:82", False),
        ("[::1]:8000", True),
        ("[::1]", True),
        ("", False),
    ],
)
def test_an_app_knows_its_hosts(host: str, ok: bool) -> None:
    origins = Origins(hosts=["shop.example", ".below.example", "port.example:81", "[::1]"])
    asked = request("GET", host=host)

    if ok:
        origins.refuse_host(asked)
    else:
        with pytest.raises(UntrustedHost):
            origins.refuse_host(asked)


@pytest.mark.parametrize(
    "host", ["a b", "a,b.below.example", '"><script>', "a/b", "u@a", "[::1", "\xe9"]
)
def test_what_is_no_host_is_refused_by_every_app(host: str) -> None:
    for origins in (Origins(), Origins(hosts=[".below.example"])):
        with pytest.raises(UntrustedHost):
            origins.refuse_host(request(host=host))


def test_a_name_that_was_made_to_lead_here_is_none_of_this_machine_s() -> None:
    """DNS rebinding: the page of evil.example asks evil.example, which is this machine by now."""
    rebound = request("POST", headers={"Origin": "http://evil.example"}, host="evil.example")

    assert same_origin(rebound)
    with pytest.raises(UntrustedHost):
        Origins(hosts=LOOPBACK).refuse_host(rebound)
    for host in ("localhost:8000", "127.0.0.1", "shop.localhost:80", "[::1]:1"):
        Origins(hosts=LOOPBACK).refuse_host(request(host=host))


@pytest.mark.parametrize(
    "said",
    [{"trusted": ["admin.example"]}, {"trusted": "https://a.example/path"}, {"hosts": ["a/b"]}],
)
def test_what_is_no_origin_and_no_host_is_refused(said: dict[str, list[str]]) -> None:
    with pytest.raises(HtealeafError, match="trusted_"):
        Origins(**said)
