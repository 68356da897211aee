"""The development server: Werkzeug's, on a socket that is bound before anything is said."""

from __future__ import annotations

import errno
import socket
from typing import Any

from werkzeug.serving import make_server

_TRIED = 100  # ports after the one that is in use


def bound(host: str, port: int) -> socket.socket:
    """Return a socket that listens on *host* and *port*.

    Raises:
        SystemExit: With one sentence, which the interpreter prints: the port is in use, and which
            one is free; or what else is wrong with the address.
    """
    try:
        return _listening(host, port)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise SystemExit(f"htealeaf can't serve on {host}:{port}: {error.strerror}") from None
    free = _next_free(host, port)
    advice = f"; port {free} is free: app.run(port={free})" if free else ""
    raise SystemExit(f"port {port} of {host} is in use by another program{advice}")


def serve(app: Any, listening: socket.socket, host: str) -> None:
    """Serve *app* on the socket, until interrupted."""
    port = listening.getsockname()[1]
    server = make_server(host, port, app, threaded=True, fd=listening.fileno())
    shown = f"[{host}]" if ":" in host else host
    print(f"htealeaf serves http://{shown}:{port}/  (Ctrl-C stops it)", flush=True)  # noqa: T201
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, port))
        made.listen(128)
    except OSError:
        made.close()
        raise
    return made


def _next_free(host: str, port: int) -> int | None:
    for other in range(port + 1, min(port + _TRIED, 65_536)):
        try:
            _listening(host, other).close()
        except OSError:
            continue
        return other
    return None
