"""The demos under the default policy: nothing is refused, and nothing is said in the console."""

from __future__ import annotations

import pytest

from demos import NAMES
from htealeaf.web.headers import DEFAULT_CSP
from tests.conftest import ContextFactory
from tests.demos.serving import Server
from tests.demos.test_looks import states

_HEAR = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) =>
  violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
"""
#: Chromium says these by itself: of a form that was refused, and of a focus that stays.
_ITS_OWN = ("422", "Autofocus")


@pytest.mark.browser
@pytest.mark.server
@pytest.mark.parametrize("name", ["", *NAMES])
def test_a_demo_runs_under_the_default_policy(
    name: str, context_factory: ContextFactory, demos: Server
) -> None:
    page = context_factory().new_page()
    page.add_init_script(_HEAR)
    said: list[str] = []
    page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: said.append(f"error: {error}"))
    answers = []
    page.on("response", lambda answer: answers.append(answer))

    if name:
        for state in states(page, demos, name):
            assert page.evaluate("violations") == [], state
    else:
        page.goto(demos.url)
        assert page.evaluate("violations") == []

    assert [text for text in said if not any(own in text for own in _ITS_OWN)] == []
    documents = [
        answer.headers
        for answer in answers
        if answer.request.is_navigation_request()
        and answer.headers.get("content-type", "").startswith("text/html")
    ]
    assert documents
    for headers in documents:
        policy = headers["content-security-policy"]
        assert [part.split()[0] for part in policy.split("; ")] == list(DEFAULT_CSP)
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert headers["cache-control"] in ("no-store", "no-cache")
