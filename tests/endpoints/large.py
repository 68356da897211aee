"""An app that takes one large file, as a process whose memory can be watched.

    python -m tests.endpoints.large FOLDER

prints its port.
"""

from __future__ import annotations

import sys
from typing import Annotated, Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from htealeaf import WSGI, Element, Files, Registry, Store, SuperStore, Upload
from htealeaf.components import div, form_for, p


def made(folder: str) -> Any:
    """Return the app."""
    with Registry():
        app = WSGI(secret="a secret of these tests")
        SuperStore(app)
        store = Store({"got": ""}, name="store")

    @app.action
    def take(file: Annotated[Upload, Files(max_size=2**30)]) -> None:
        path = file.save_in(folder)
        store.replace("got", f"{path.name} {file.size}")

    @app.route("/")
    def home() -> Element:
        return div(p(store.react("got"), id="got"), form_for(take))

    return app


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *arguments: Any) -> None:
        pass


if __name__ == "__main__":
    with make_server("127.0.0.1", 0, made(sys.argv[1]), handler_class=_Quiet) as server:
        sys.stdout.write(f"{server.server_port}\n")
        sys.stdout.flush()
        server.serve_forever()
