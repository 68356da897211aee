"""Reloading: the development server starts again when a source file changes, and survives mistakes.

A parent keeps the socket and starts the program again in a child. While the program can't start
(a syntax error, an import that fails), the parent answers with what it said, until a file changes.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from socket import socket
from typing import Any

from markupsafe import escape
from werkzeug._reloader import _get_args_for_reloading, run_with_reloader
from werkzeug.serving import make_server
from werkzeug.wrappers import Request

from htealeaf.app.serving import bound
from htealeaf.data.cursor import Cursor
from htealeaf.pages.update import Patch
from htealeaf.reactive.patching import Piece
from htealeaf.web.answer import HTML
from htealeaf.web.headers import NO_STORE
from htealeaf.wire.names import Header

_CHILD, _FD = "WERKZEUG_RUN_MAIN", "HTEALEAF_SOCKET"
_CHANGED = 3  # exit code of a child that saw a file change
_PAUSE = 0.3  # seconds between two looks at the files
_SKIPPED = frozenset({"node_modules", "site-packages", "__pycache__"})


def reloading(host: str, port: int, serve: Callable[[socket], None]) -> None:
    """Call *serve* in a process that is started again when a source file changes."""
    if os.environ.get(_CHILD) == "true":
        listening = socket(fileno=int(os.environ[_FD]))
        run_with_reloader(lambda: serve(listening))
        return
    with bound(host, port) as listening:
        listening.set_inheritable(True)
        with suppress(KeyboardInterrupt):
            _parent(listening, host)


def _parent(listening: socket, host: str) -> None:
    env = {**os.environ, _CHILD: "true", _FD: str(listening.fileno())}
    while True:
        before = _times()
        child = subprocess.Popen(
            _get_args_for_reloading(), env=env, close_fds=False, stderr=subprocess.PIPE, text=True
        )
        try:
            said = "".join(_passed_on(child))
            code = child.wait()
        finally:
            child.terminate()
        if code == 0:
            return
        if code != _CHANGED:
            _shown_until_a_change(listening, host, said, before)


def _passed_on(child: subprocess.Popen[str]) -> deque[str]:
    last: deque[str] = deque(maxlen=100)
    assert child.stderr is not None
    for line in child.stderr:
        sys.stderr.write(line)
        last.append(line)
    return last


def _shown_until_a_change(
    listening: socket, host: str, said: str, before: dict[Path, float]
) -> None:
    port, app = listening.getsockname()[1], could_not_start(said)
    server = make_server(host, port, app, threaded=True, fd=listening.fileno())
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        while _times() == before:
            time.sleep(_PAUSE)
    finally:
        server.shutdown()
        thread.join()
        server.socket.close()


def could_not_start(said: str) -> Callable[[Any, Any], list[bytes]]:
    """Return the WSGI callable that answers in the place of a program which ended with *said*.

    To a click in a page that is open it says so in a sentence.
    """
    page = (
        '<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="1">'
        "<title>The program could not start</title><h1>The program could not start</h1>"
        f"<p>It goes on by itself when the file is right.</p><pre>{escape(said)}</pre>"
    ).encode()
    sentence = Piece("error", "", str(escape(_sentence(said))))

    def answer(environ: Any, start_response: Any) -> list[bytes]:
        headers, body = [("Content-Type", HTML), NO_STORE], page
        request = Request(environ)
        shown = request.headers.get(Header.CURSOR)
        if request.method == "POST" and shown is not None:
            cursor = Cursor.parse(shown)  # it goes on to show what it shows
            headers.append((Header.CURSOR, str(cursor)))
            body = str(Patch(cursor, [sentence])).encode()
        start_response("500 INTERNAL SERVER ERROR", headers)
        return [body]

    return answer


def _sentence(said: str) -> str:
    # `SyntaxError: '(' was never closed (shop.py, line 3)`
    places = re.findall(r'^ +File "(.+?)", line (\d+)', said, re.M)
    what = (said.strip().splitlines() or ["it said nothing"])[-1]
    where = f" ({Path(places[-1][0]).name}, line {places[-1][1]})" if places else ""
    return f"The program could not start: {what}{where}"


def _times() -> dict[Path, float]:
    return {path: path.stat().st_mtime for path in _sources() if path.exists()}


def _sources() -> Iterator[Path]:
    for root in {Path.cwd(), Path(sys.path[0] or ".").resolve()}:
        for folder, names, files in os.walk(root):
            names[:] = [n for n in names if n[0] != "." and n not in _SKIPPED]
            yield from (Path(folder, file) for file in files if file.endswith(".py"))
