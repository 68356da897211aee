"""`page.live()`: a test reads the stream of a tab when it says so, and can break it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from htealeaf import WSGI, Registry, Store, SuperStore
from htealeaf.components import button, div, h3
from htealeaf.testing import Client, PageFailure


class Site:
    def __init__(self, *, live: bool = True) -> None:
        with Registry():
            self.shared = Store({"n": 0}, name="shared")
            self.app = WSGI(secret="a secret for tests only", live=live)
            SuperStore(self.app)
        self.app.pages.live.together = 0.0
        self.app.route("/")(
            lambda: div(
                h3(self.shared.react("n")), button("+", onclick=self.shared.do.increment("n"))
            )
        )


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    yield made
    made.app.pages.live.stop()


def test_nothing_comes_by_itself(site: Site) -> None:
    page = Client(site.app).open("/")
    with page.live() as stream:
        site.shared.increment("n")
        assert page.text("h3") == "0"

        assert stream.receive() == 1
        assert page.text("h3") == "1"
        assert stream.receive() == 0
        assert (stream.events, stream.opened) == (1, 1)


def test_a_broken_line_is_taken_up_by_reading(site: Site) -> None:
    page = Client(site.app).open("/")
    with page.live() as stream:
        stream.disconnect()
        assert stream.ended
        site.shared.increment("n")
        stream.receive()

        assert page.text("h3") == "1"
        assert stream.opened == 2
        assert not stream.ended


def test_afterwards_the_line_is_closed(site: Site) -> None:
    with Client(site.app).open("/").live() as stream:
        assert len(site.app.pages.live) == 1

    assert stream.ended
    assert len(site.app.pages.live) == 0


def test_a_page_that_is_not_live_has_no_stream() -> None:
    page = Client(Site(live=False).app).open("/")

    with pytest.raises(PageFailure, match=r"does not go on: .*live=True"):
        page.live()
