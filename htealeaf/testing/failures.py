"""Failures: what the test client raises when a page is not what a test takes it for."""

from __future__ import annotations

from typing import Any

from htealeaf.errors import HtealeafError
from htealeaf.html.lines import noted


class PageFailure(HtealeafError, AssertionError):
    """A step that a person could not do, or a page that is not what it should be.

    The text says what was asked, why it can't be done, what would work, and ends with the HTML that
    was searched.
    """


class AppFailed(PageFailure):
    """An answer with status 500 or above; its cause is what was raised, where that is known."""


def failed(words: str, answer: Any) -> AppFailed:
    """Return the failure that *answer*, an error of the app's, is; its cause is what was raised."""
    errors = getattr(answer, "errors", ())
    if not errors:
        return AppFailed(f"{words}; its log has the reason")
    cause = errors[-1]
    said = f"{words}: {type(cause).__name__}: {cause}{noted(cause)}; its log has the reason"
    failure = AppFailed(said)
    failure.__cause__ = cause
    return failure
