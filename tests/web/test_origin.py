"""Which page made a request, as the browser says it, and what is refused for it."""

from __future__ import annotations

import pytest

from htealeaf.errors import Forbidden
from htealeaf.web.origin import refuse_cross_site, same_origin
from tests.web.requests import request

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
