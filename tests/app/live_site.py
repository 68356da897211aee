"""What the servers of `test_live_servers.py` serve."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from htealeaf import WSGI, Store, SuperStore
from htealeaf.asgi import ASGI
from htealeaf.components import button, div, h3

app = WSGI(secret="a secret for tests only", live=True)
SuperStore(app)
shared = Store({"counter": 0}, name="shared")


@app.route("/")
def home() -> Any:
    return div(h3(shared.react("counter")), button("+", onclick=shared.do.update("counter", 1)))


@app.route("/slow", methods=["POST"])
def slow() -> str:
    shared.update("counter", 1)
    time.sleep(0.5)
    return "done"


def until_told(folder: Path) -> None:
    (folder / "began").touch()
    app.stopping.wait()
    (folder / "told").touch()


@app.route("/job", methods=["POST"])
def job() -> str:
    app.background(until_told, Path(os.environ["FOLDER"]))
    return "begun"


application = ASGI(app)
