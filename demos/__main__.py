"""Apps to try, one idea each; all of it is Python, and the source of each is a click away.

What they keep stands in a folder of yours, so it is there tomorrow: python -m demos.data
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

from werkzeug.middleware.dispatcher import DispatcherMiddleware

from demos import NAMES, load, start
from demos.data import folder, kept
from demos.layout import STATIC, frame, shows, summary
from demos.serve import serve
from htealeaf import WSGI, Element, HtealeafError
from htealeaf.components import a, code, div, h2, img, li, p, pre, ul

Application = Callable[..., Iterable[bytes]]
PICTURES = Path(__file__).parents[1] / "docs" / "images"


def opened(name: str) -> ModuleType:
    """Return the module of a demo that keeps its stores in a file of its own."""
    os.environ["HTEALEAF_JOURNAL"] = kept(name)
    try:
        return load(name)
    except HtealeafError as error:
        raise SystemExit(f"{error}\nIf an older one left it there: make demo-reset") from None


modules = {name: opened(name) for name in NAMES}
app = WSGI(title="htealeaf demos", layout=frame("Demos", __doc__, "gallery"))
app.static("/static", STATIC)
app.static("/pictures", PICTURES)


@app.route("/")
def index() -> Element:
    return ul(class_="gallery")(entry(name, module) for name, module in modules.items())


def entry(name: str, module: ModuleType) -> Element:
    return li(class_="card")(
        img(src=f"pictures/demo-{name}.png", alt="", width=640, height=480, loading="lazy"),
        h2(a(module.app.title, href=f"{name}/{start(name)}")),
        p(summary(module.__doc__)),
        *shows(module.__doc__),
        p(a("Source", href=f"source-{name}", class_="source", aria_label=f"Source of {name}")),
    )


@app.route("/source-{name}", title="Source")
def source(name: str) -> Any:
    if name not in modules:
        return 404, "There is nothing here."
    return div(class_="card")(
        (h2(file.name), pre(code(file.read_text(encoding="utf-8")), tabindex=0))
        for file in files(modules[name])
    )


def files(module: ModuleType) -> list[Path]:
    """Return what a demo is written in: one file, or those of a folder."""
    file = Path(str(module.__file__))
    return sorted(file.parent.glob("*.py")) if file.name == "__init__.py" else [file]


def at_slash(app: Application) -> Application:
    """Send `/counter` to `/counter/`, where relative URLs begin."""

    def slashed(environ: Any, start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"]:
            return app(environ, start_response)
        start_response("308 Permanent Redirect", [("Location", environ["SCRIPT_NAME"] + "/")])
        return []

    return slashed


if __name__ == "__main__":
    print(f"What the demos keep is in {folder()}  (make demo-reset throws it away)", flush=True)
    serve(DispatcherMiddleware(app, {f"/{n}": at_slash(m.app) for n, m in modules.items()}))
