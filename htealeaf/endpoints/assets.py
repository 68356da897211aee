"""The shim and the style sheet: found, hashed, compressed once, served for ever.

Their URLs hold a hash of what is in them, so a browser keeps them until they change.
"""

from __future__ import annotations

import gzip
import hashlib
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, Protocol

from htealeaf.endpoints.problems import WrongMethod
from htealeaf.endpoints.site import Site
from htealeaf.errors import HtealeafError
from htealeaf.pages.document import Assets
from htealeaf.web.answer import Answer
from htealeaf.web.request import Request
from htealeaf.web.visitor import Visitor
from htealeaf.wire.names import ASSETS_URL

_SOURCES = (
    *("htealeaf.min.js", "htealeaf.js", "htealeaf.forms.min.js", "htealeaf.forms.js"),
    *("htealeaf.css", "htealeaf.components.css"),
)
_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}


class Asset(NamedTuple):
    """One file as it is served."""

    name: str  #: with the hash: `htealeaf-1f2e3d4c5b.js`
    content: bytes
    zipped: bytes
    type: str

    @property
    def url(self) -> str:
        """Return its URL below the app's base."""
        return f"{ASSETS_URL}/{self.name}"


def folder() -> Path:
    """Return the folder that has the files.

    In a wheel they are inside the package; beside it in a checkout, editable installs included.

    Raises:
        HtealeafError: They are in neither place.
    """
    here = Path(__file__).parents[1]
    for found in (here / "_static", here.parent / "static"):
        if (found / "htealeaf.js").is_file():
            return found
    raise HtealeafError(f"htealeaf.js is neither in {here / '_static'} nor beside the package")


@lru_cache
def load(source: str) -> Asset:
    """Return the file *source*, `htealeaf.min.js` or `htealeaf.css`, ready to be served."""
    path = folder() / source
    content = path.read_bytes()
    digest = hashlib.blake2b(content, digest_size=5).hexdigest()
    name = f"htealeaf-{digest}{path.suffix}"
    return Asset(name, content, gzip.compress(content, 9, mtime=0), _TYPES[path.suffix])


def shim(debug: bool = False) -> Asset:
    """Return the shim; the readable source in debug mode."""
    return load("htealeaf.js" if debug else "htealeaf.min.js")


def forms_script(debug: bool = False) -> Asset:
    """Return what forms of action functions need beside the shim."""
    return load("htealeaf.forms.js" if debug else "htealeaf.forms.min.js")


def stylesheet() -> Asset:
    """Return the style sheet of `row()`, `column()` and `[hidden]`."""
    return load("htealeaf.css")


class Wanted(Protocol):
    """What an app says about its assets."""

    @property
    def debug(self) -> bool:
        """Tell whether the shim is served as it was written."""

    @property
    def has_forms_script(self) -> bool:
        """Tell whether there are forms of action functions."""

    @property
    def components_css(self) -> bool:
        """Tell whether pages link the style sheet of the ready-made pieces."""


def head(base: str, nonce: str, wanted: Wanted) -> Assets:
    """Return what goes into every page's head: style sheets and shim."""
    made = _assets(base, wanted.components_css, wanted.has_forms_script, wanted.debug)
    if not nonce:
        return made
    # Base and nonce are safe in HTML.
    return made._replace(last=made.last.replace(" defer>", f' defer nonce="{nonce}">'))


@lru_cache(maxsize=64)
def _assets(base: str, components: bool, forms: bool, debug: bool) -> Assets:
    # The shim comes last: it takes what the other one brings.
    scripts = [forms_script(debug)] if forms else []
    made = [
        f'<script src="{base}{script.url}" defer></script>' for script in (*scripts, shim(debug))
    ]
    return Assets(
        _link(base, load("htealeaf.components.css")) if components else "",
        _link(base, stylesheet()) + "".join(made),
    )


def _link(base: str, sheet: Asset) -> str:
    return f'<link rel="stylesheet" href="{base}{sheet.url}">'


def assets(request: Request, visitor: Visitor, site: Site) -> Answer:
    """Return one of the files.

    Raises:
        WrongMethod: It is neither GET nor HEAD.
    """
    if request.method not in ("GET", "HEAD"):
        raise WrongMethod(request.method, "GET", "HEAD")
    name = request.path[len(ASSETS_URL) + 1 :]
    asset = next((found for found in map(load, _SOURCES) if found.name == name), None)
    if asset is None:
        return Answer(404, [("Content-Type", "text/plain")], b"There is no such file.")
    headers = [
        ("Content-Type", asset.type),
        ("Cache-Control", "public, max-age=31536000, immutable"),
        ("Vary", "Accept-Encoding"),
    ]
    if "gzip" in request.headers.get("Accept-Encoding"):
        return Answer(200, [*headers, ("Content-Encoding", "gzip")], asset.zipped)
    return Answer(200, headers, asset.content)
