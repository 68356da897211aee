"""Starts a demo from the command line."""

import logging
from argparse import ArgumentParser
from collections.abc import Callable, Iterable
from contextlib import suppress

from werkzeug.serving import make_server


def serve(app: Callable[..., Iterable[bytes]]) -> None:
    """Serve *app* until Ctrl-C, where `--host` and `--port` say; port 0 takes a free one."""
    parser = ArgumentParser()
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", default=8000, type=int)
    options = parser.parse_args()
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = make_server(options.host, options.port, app, threaded=True)
    print(f"http://{options.host}:{server.port}/  (Ctrl-C stops it)", flush=True)
    with suppress(KeyboardInterrupt):
        server.serve_forever()
