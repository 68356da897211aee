"""What the test client raises when a page is not what a test takes it for."""

from __future__ import annotations

from htealeaf.errors import HtealeafError


class PageFailure(HtealeafError, AssertionError):
    """A step that a person could not do, or a page that is not what it should be.

    The text says what was asked, why it can't be done, what would work, and ends with the HTML that
    was searched.
    """
