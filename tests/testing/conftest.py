"""The fixtures of `htealeaf.testing` for its own tests, and apps that they are tried on."""

import pytest

from htealeaf.testing import Client, PageFailure
from htealeaf.testing.plugin import (  # noqa: F401 - fixtures are found by name
    client,
    fresh_stores,
    html_snapshot,
)
from tests.testing.apps import controls_app, todo_app


@pytest.fixture
def todos() -> Client:
    return Client(todo_app(), check=True)


@pytest.fixture
def fields():
    """Return a page of controls; what its actions store is read with `stored`."""
    app = controls_app()
    page = Client(app, check=True).open("/")
    page.stored = app.seen.read  # type: ignore[attr-defined]
    return page


@pytest.fixture
def counter():
    return Client(todo_app()).open("/counter")


@pytest.fixture
def told():
    """Return what gives the words of the failure that a step ends in."""

    def words(step, *arguments, **options) -> str:
        with pytest.raises(PageFailure) as caught:
            step(*arguments, **options)
        return str(caught.value)

    return words
