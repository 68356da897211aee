"""Processes that serve demos, and what several demos' tests do in a page."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page, Request

ROOT = Path(__file__).parents[2]

both = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])


class Server:
    """A process that serves demos; it can be killed and started again on the same port.

    Args:
        module: What `python -m` starts.
        data: The folder of what lasts.
        settings: Variables of the environment.
    """

    def __init__(self, module: str, data: Path, **settings: str) -> None:
        self.module, self.port = module, 0
        self.environment = {**os.environ, "DEMOS_DATA": str(data), **settings}
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", self.module, "--port", str(self.port)]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if found := re.match(r"http://127\.0\.0\.1:(\d+)/", line):
                self.port = int(found[1])
                return
        raise AssertionError("the server never said where it is")

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


class Traffic:
    """The requests of a tab, from now on."""

    def __init__(self, page: Page, below: str) -> None:
        self.seen: list[Request] = []
        self.below = below
        page.on("request", lambda request: self.seen.append(request))

    @property
    def lines(self) -> list[str]:
        return [f"{r.method} {r.url.partition(self.below)[2]}" for r in self.seen]


def second_tab(page: Page) -> Page:
    """Open the page again, in a tab behind it; of the two, only the one in front has the focus."""
    second = page.context.new_page()
    second.goto(page.url)
    for tab in (page, second):
        # Playwright tells every tab that it has the focus.
        session = page.context.new_cdp_session(tab)
        session.send("Emulation.setFocusEmulationEnabled", {"enabled": False})
    page.bring_to_front()
    return second
