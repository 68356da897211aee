"""Small apps, one idea each.

Each runs alone, too: python -m demos.counter
"""

from collections.abc import Callable, Iterable
from importlib import import_module
from types import ModuleType
from typing import Any

from werkzeug.middleware.dispatcher import DispatcherMiddleware

from demos.layout import CSP, STATIC, frame, shows, summary
from demos.serve import serve
from htealeaf import WSGI, Element, Registry
from htealeaf.components import a, h2, li, p, ul

Application = Callable[..., Iterable[bytes]]
NAMES = ("counter", "todo")


def load(name: str) -> ModuleType:
    with Registry():  # of its own: two demos may call a store the same
        return import_module(f"demos.{name}")


demos = {name: load(name) for name in NAMES}
app = WSGI(title="htealeaf demos", layout=frame("Demos", __doc__), csp=CSP)
app.static("/static", STATIC)


@app.route("/")
def index() -> Element:
    return ul(class_="pair")(entry(name, module) for name, module in demos.items())


def entry(name: str, module: ModuleType) -> Element:
    return li(class_="card")(
        h2(a(module.app.title, href=f"{name}/")),
        p(summary(module.__doc__)),
        *shows(module.__doc__),
    )


def at_slash(app: Application) -> Application:
    """Send `/counter` to `/counter/`, where relative URLs begin."""

    def slashed(environ: Any, start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"]:
            return app(environ, start_response)
        start_response("308 Permanent Redirect", [("Location", environ["SCRIPT_NAME"] + "/")])
        return []

    return slashed


if __name__ == "__main__":
    serve(DispatcherMiddleware(app, {f"/{n}": at_slash(m.app) for n, m in demos.items()}))
