"""The shim and the style sheets: found, hashed, compressed once, served for ever.

Their URLs hold a hash of what is in them, so a browser keeps them until they change. While old and
new workers run side by side, one is asked for files of the other's pages: it serves its own, for
this once, since a page without its script and style sheets would not work at all.

A page gets one script: the core of the shim and the parts that it needs (`wire/parts.py`), which
stand in its name. A patch that needs another part names the
script that has it too, which takes over from the one that is there.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Sequence
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
from htealeaf.wire.names import ASSETS_URL, PARTS
from htealeaf.wire.parts import NO_PARTS

#: Style sheets of the ready-made pieces, and of whole pages.
_PIECES = ("htealeaf.components.css",)
_PAGE = (*_PIECES, "htealeaf.page.css")
_SHEETS = ("htealeaf.css", *_PAGE)

_PARTS = frozenset(PARTS)

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
    """Return the file *source*, `htealeaf.css`, ready to be served."""
    return _asset(Path(source).stem, Path(source).suffix, (folder() / source).read_bytes())


def _asset(name: str, suffix: str, content: bytes) -> Asset:
    digest = hashlib.blake2b(content, digest_size=5).hexdigest()
    zipped = gzip.compress(content, 9, mtime=0)
    return Asset(f"{name}-{digest}{suffix}", content, zipped, _TYPES[suffix])


@lru_cache(maxsize=128)
def shim(parts: frozenset[str] = NO_PARTS, debug: bool = False) -> Asset:
    """Return the shim with *parts*; the readable source in debug mode."""
    core, blocks = _written() if debug else _minified()
    own = [name for name in PARTS if name in parts]
    text = "".join([core, *(blocks[name] for name in own), blocks[_START]])
    return _asset(".".join(["htealeaf", *own]), ".js", text.encode())


#: The label of what begins once the parts are there.
_START = "start"


@lru_cache
def _minified() -> tuple[str, dict[str, str]]:
    # The core, its parts and what begins then. A label says where each does.
    text = (folder() / "htealeaf.min.js").read_text(encoding="utf-8")
    core, *found = re.split(rf"(?<=[;}}])({'|'.join(PARTS)}|{_START}):", text)
    return core, dict(zip(found[::2], found[1::2], strict=True))


@lru_cache
def _written() -> tuple[str, dict[str, str]]:
    text = (folder() / "htealeaf.js").read_text(encoding="utf-8")
    core, start, end = text.rpartition(f"  {_START}: ")
    blocks = {
        name: (folder() / f"htealeaf.{name}.js").read_text(encoding="utf-8") for name in PARTS
    }
    return core, blocks | {_START: start + end}


class Wanted(Protocol):
    """What an app says about its assets."""

    @property
    def debug(self) -> bool:
        """Tell whether the shim is served as it was written."""

    @property
    def components_css(self) -> bool:
        """Tell whether pages link the style sheet of the ready-made pieces."""

    @property
    def page_css(self) -> bool:
        """Tell whether pages link that of all that HTML has, which builds on it."""


def head(base: str, nonce: str, parts: frozenset[str], wanted: Wanted) -> Assets:
    """Return what goes into a page's head that needs *parts*: style sheets and shim."""
    sheets = _PAGE if wanted.page_css else _PIECES if wanted.components_css else ()
    made = _assets(base, sheets, parts, wanted.debug)
    if not nonce:
        return made
    # Base and nonce are safe in HTML.
    return made._replace(last=made.last.replace(" defer>", f' defer nonce="{nonce}">'))


@lru_cache(maxsize=256)
def _assets(base: str, sheets: tuple[str, ...], parts: frozenset[str], debug: bool) -> Assets:
    url = f"{base}{shim(parts, debug).url}"
    return Assets(
        "".join(_link(base, load(sheet)) for sheet in sheets),
        f'{_link(base, load("htealeaf.css"))}<script src="{url}" defer></script>',
        url,
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
    found = _like(name, site.debug)
    if not found:
        return Answer(404, [("Content-Type", "text/plain")], b"There is no such file.")
    asset = next((asset for asset in found if asset.name == name), None)
    headers = [
        ("Content-Type", found[0].type),
        ("Cache-Control", "public, max-age=31536000, immutable" if asset else "no-store"),
        ("Vary", "Accept-Encoding"),
    ]
    asset = asset or found[0]
    if "gzip" in request.headers.get("Accept-Encoding"):
        return Answer(200, [*headers, ("Content-Encoding", "gzip")], asset.zipped)
    return Answer(200, headers, asset.content)


_NAMED = re.compile(r"([a-z.]+)-[0-9a-f]{10}(\.[a-z]+)")


def _like(name: str, debug: bool) -> Sequence[Asset]:
    # What a file of that name may be; first what it is now.
    named = _NAMED.fullmatch(name)
    stem, suffix = named.groups() if named is not None else ("", "")
    if (sheet := stem + suffix) in _SHEETS:
        return (load(sheet),)
    first, *parts = stem.split(".")
    if first != "htealeaf" or suffix != ".js" or not _PARTS.issuperset(parts):
        return ()
    return (shim(frozenset(parts), debug), shim(frozenset(parts), not debug))
