"""The development server: a port that is taken, and what is said when it serves."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from htealeaf.app.serving import bound

APP = """
from htealeaf import WSGI
app = WSGI(secret="a secret for tests only")
app.route("/")(lambda: "hello")
app.run(port={port}, reload={reload})
"""


def test_a_port_in_use_is_one_sentence_with_a_free_one() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(SystemExit) as stopped:
            bound("127.0.0.1", port)

    sentence = str(stopped.value)
    found = re.fullmatch(
        rf"port {port} of 127\.0\.0\.1 is in use .*; port (\d+) is free: app\.run\(port=\1\)",
        sentence,
    )
    assert found, sentence
    bound("127.0.0.1", int(found[1])).close()


@pytest.mark.server
@pytest.mark.parametrize("reload", [True, False])
def test_it_serves_when_it_says_so(tmp_path: Path, reload: bool) -> None:
    (tmp_path / "shop.py").write_text(APP.format(port=0, reload=reload))
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "shop.py"]
    process = subprocess.Popen(
        command, cwd=tmp_path, env=env, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        assert process.stdout is not None
        said = process.stdout.readline()
        url = said.split()[2]
        with urllib.request.urlopen(url) as answer:
            assert answer.read() == b"hello"
    finally:
        os.killpg(process.pid, 15)
        process.wait()
        process.stdout.close()  # type: ignore[union-attr]


def read(url: str) -> str:
    try:
        with urllib.request.urlopen(url) as answer:
            text: str = answer.read().decode()
    except urllib.error.HTTPError as error:
        text = error.read().decode()
    return text
