"""Drawing: a complete page rendered at a moment, and what is remembered of it.

`Drawer.draw` runs a route function at a moment, puts a document around what it shows, and renders
that. What comes out, a `Drawn`, can be served as it is, or compared with what was there before.

Rule: drawing changes nothing. The same page at the same moment for the same visitor has the same
HTML, its id aside.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, NamedTuple, Protocol

from markupsafe import escape

from htealeaf.data.effects import Folded
from htealeaf.data.paths import ROOT
from htealeaf.data.verbs import Change
from htealeaf.errors import HtealeafError, NoSuperStore
from htealeaf.html.markup import Child, Dynamic
from htealeaf.pages.document import Assets, AssetsOf, document, page_form, style_element
from htealeaf.reactive.bindings import Node
from htealeaf.reactive.graph import Graph
from htealeaf.reactive.outline import outline
from htealeaf.reactive.patching import Piece, piece_of
from htealeaf.reactive.rendering import OnError, Options, Render
from htealeaf.reactive.scope import Dep, Scope, Sight, entered
from htealeaf.state.moment import Moment
from htealeaf.state.page_state import PageState, Stated, state_field
from htealeaf.wire.names import FIELDS, TOLD, Attribute, Part
from htealeaf.wire.parts import ALL_PARTS, NO_PARTS, joined, parts_of
from htealeaf.words import translated

_CONTROL = re.compile(r'<(?:input|select|textarea|output)\b[^>]*?\b(?:id|name)="([^"]*)"')
_FILE = re.compile(r'<input\b(?=[^>]*\btype="file")[^>]*>')
_DERIVED = "="  # begins the graph's id of a computed value
_NOTHING: Mapping[str, Any] = MappingProxyType({})  # most pages have neither state nor computed
DENIED = "!"  #: ends the id of a page that is shown in the place of one that rules don't allow
#: Headers that a document is held to as long as it is there: nothing that is put into it, and no
#: navigation inside of it, brings others.
LASTING: Final = frozenset(
    "content-security-policy content-security-policy-report-only cross-origin-embedder-policy"
    " cross-origin-embedder-policy-report-only cross-origin-opener-policy"
    " cross-origin-opener-policy-report-only document-policy integrity-policy origin-agent-cluster"
    " permissions-policy referrer-policy".split()
)
_POLICY = re.compile(r"<meta\b[^>]*\bhttp-equiv=\"?content-security-policy\b[^>]*>", re.IGNORECASE)
_FRESH = re.compile(r"nonce-[^'\"&]*")  # of a policy: each page has another one
_LIVE = frozenset({Part.LIVE})
_BOOST = frozenset({Part.BOOST, Part.CODE, Part.TREES})
_LOCKING = threading.Lock()  # makes the locks of pages
_NOTHING_ANSWERS = (
    "this page has bindings or actions, and nothing answers their clicks;"
    " write SuperStore(app) once, after app = WSGI()"
)
_PAGE_BYTES, _NODE_BYTES = 1024, 800  # measured; see benchmarks/memory


class Visitor(Protocol):
    """Who asks: one browser."""

    known: bool
    issued: bool
    asked: bool
    state: PageState
    room: str
    denied: str

    def provided(
        self, name: str, function: Callable[..., Any], wanted: Callable[[], Mapping[str, Any]]
    ) -> Any:
        """Return what *function* provides as *name*; `wanted()` gives its arguments."""

    @property
    def given(self) -> int:
        """Return how often a value was given that is closed with the request."""

    @property
    def session(self) -> Any:
        """Return what is remembered of the browser."""

    @property
    def id(self) -> str:
        """Return what its session is stored under."""

    @property
    def pages(self) -> str:
        """Return what its pages are remembered under."""

    def sign_state(self, text: str) -> str:
        """Return the MAC of *text* under the browser key; makes the key if there is none."""

    @property
    def offer_signer(self) -> Callable[[str], str]:
        """Return what signs the offers of the page that is rendered."""

    @property
    def follows(self) -> bool:
        """Tell whether it holds on to its page, which can be found again without a key too."""

    def owns(self, page_id: str) -> bool:
        """Tell whether the page was rendered for this very browser key."""

    def page_id(self, signed: bool) -> str:
        """Return a fresh page id."""

    def bound(self, page_id: str) -> bool:
        """Tell whether the page was rendered under any key."""


@dataclass
class View:
    """What a route function showed: the content, and what the document around it needs."""

    content: Child
    title: Any = ""  #: text, or a binding
    lang: str = "en"
    status: int = 200
    headers: list[tuple[str, str]] = field(default_factory=list)
    nonce: str = ""
    boost: bool | None = None  #: its body says so, where that says nothing itself
    held: bool = False  #: it was made with values that are closed after the request


class Viewing(NamedTuple):
    """A page as somebody views it: who, at which URL, and with which request.

    Attributes:
        visitor: Who views it.
        url: Path and query, with *base* in front.
        base: URL below which the app lives.
        request: What a route function may ask for; only `Load` knows what it is.
        shown: The URL that the browser still shows, where *url* has another query.
    """

    visitor: Visitor
    url: str
    base: str = ""
    request: Any = None
    shown: str = ""


class Posted(NamedTuple):
    """Stands for a page that was the answer to a POST: no GET shows it again."""

    url: str


#: Runs the route function of a viewing's URL; what is no `View` is no page.
Load = Callable[[Viewing], Any]


class Page:
    """What is remembered of one open page."""

    __slots__ = (
        "_lock",
        "computed",
        "counted",
        "digest",
        "failed",
        "graph",
        "held",
        "id",
        "kids",
        "n",
        "nodes",
        "parts",
        "passing",
        "state",
        "status",
        "url",
    )

    def __init__(self, id: str, graph: Graph, nodes: dict[str, Node], n: int) -> None:
        self.id = id
        self.graph = graph
        self.nodes = nodes
        self.n = n  #: the cursor at which digests are right
        self.failed: tuple[str, ...] = ()  #: bindings that raised and are tried again
        self._lock: threading.Lock | None = None
        self.counted = 0  #: its `size`, as it was added to that of all pages
        self.digest = 0  #: of the body around the bindings
        self.status = 200
        self.url = ""  #: that it was rendered for
        self.held = False  #: its bindings hold values of a request that is over
        self.state: Mapping[str, Any] = _NOTHING  #: of its page stores, as it was shown last
        self.kids: tuple[str, ...] = ()
        self.parts = NO_PARTS  #: of the shim, that it has
        #: What changes by itself: the version of each such stream that was rendered last.
        self.passing: Mapping[str, int] = _NOTHING
        #: Computed values that it shows: by their stream, what they are of and were.
        self.computed: Mapping[str, tuple[Any, str, Any]] = _NOTHING

    @property
    def lock(self) -> threading.Lock:
        """Return what keeps two requests of this page apart; made at the first, most have none."""
        lock = self._lock
        if lock is None:
            with _LOCKING:
                lock = self._lock = self._lock or threading.Lock()
        return lock

    def note(self, scope: Scope) -> None:
        """Take in what was read in *scope*: computed values, and what changes by itself."""
        if scope.passing:
            self.passing = {**self.passing, **scope.passing}
        if scope.computed:
            values = {key: (c, stream, r.value) for key, (c, stream, r) in scope.computed.items()}
            self.computed = {**self.computed, **values}
        for key in scope.computed:
            self._follow(key, scope)

    def _follow(self, key: str, scope: Scope) -> None:
        """Let a computed value depend on what it reads now."""
        self.graph.drop(_DERIVED + key)
        for dep in scope.computed[key][2].deps:
            self.graph.add(_DERIVED + key, *dep)

    def affected(self, entries: Iterable[Folded], scope: Scope | None) -> set[str]:
        """Return the bindings that *entries* affect, through computed values as well.

        Args:
            scope: Where computed values are computed, to see whether they differ from what the
                page shows. None: each that may differ does.
        """
        found = self.graph.affected(entries)
        if not self.computed:
            return found
        looked: set[str] = set()
        equal: set[str] = set()
        while derived := {id for id in found if id.startswith(_DERIVED)} - looked:
            looked |= derived
            for id in sorted(derived):
                computed, stream, was = self.computed[id[1:]]
                if scope is None or _differs(computed, scope, stream, was):
                    touched = (Change("replace", ROOT),)
                    found |= self.graph.affected([Folded(0, id[1:], touched, None, None)])
                else:
                    equal.add(id[1:])
        if scope is not None:
            self._keep(equal, scope)
        return {id for id in found if not id.startswith(_DERIVED)}

    def _keep(self, equal: set[str], scope: Scope) -> None:
        # Nothing is rendered for a result that stayed, but it may have come from other places, and
        # from computed values that this page has not seen before.
        for key in equal:
            self._follow(key, scope)
        for key in scope.computed.keys() - self.computed.keys():
            computed, stream, result = scope.computed[key]
            self.computed = {**self.computed, key: (computed, stream, result.value)}
            self._follow(key, scope)

    @property
    def size(self) -> int:
        """Return about how many bytes it takes."""
        return _PAGE_BYTES + _NODE_BYTES * len(self.nodes)


def _differs(computed: Any, scope: Scope, stream: str, was: Any) -> bool:
    try:
        return bool(computed.result(scope, stream).value is not was)
    except Exception:
        return True  # what shows it will raise, at its own place


class Drawer:
    """Renders the pages of one app.

    Args:
        load: Runs the route function of a URL.
        head: Gives what goes into every head: shim and style sheets. None: nothing answers
            clicks, so bindings are an error.
        stores: Gives the names of the stores, for the browser's `store_<name>` objects.
        has_state: Tells whether there is a page store, whose state pages carry.
        build: Gives the stamp of the code that renders.
    """

    def __init__(
        self,
        load: Load,
        head: AssetsOf | None,
        stores: Callable[[], Iterable[str]],
        has_state: Callable[[], bool],
        build: Callable[[], str] = str,
    ) -> None:
        self._load, self.head = load, head
        self._stores, self._has_state = stores, has_state
        self._build_of, self._build = build, ""
        #: Makes the set that takes what is read outside of bindings.
        self.noting: Callable[[], set[Dep]] = set
        #: What the empty place of a binding that raised says, in debug mode.
        self.words: Callable[[Exception], str] | None = None
        #: Pages tell the shim to follow them.
        self.live = False

    @property
    def build(self) -> str:
        """Return the stamp of the code that renders."""
        if not self._build:
            self._build = self._build_of()
        return self._build

    def rendered(self, page_id: str) -> bool:
        """Tell whether the page was rendered by this code, here or elsewhere."""
        code = page_id.split(".")[1:2]
        return bool(code) and code[0].partition("-")[0] == self.build

    @property
    def reactive(self) -> bool:
        """Tell whether anything answers clicks."""
        return self.head is not None

    def draw(
        self,
        viewing: Viewing,
        moment: Moment,
        page_id: str | None = None,
        view: View | None = None,
        *,
        on_error: OnError = OnError.RAISE,
    ) -> Any:
        """Render the page of *viewing*, or *view* in its place, as it is at *moment*.

        Args:
            page_id: The id to give it; without it, a fresh one.
            on_error: What becomes of a binding that raises.

        Returns:
            `Drawn`; or what the route function gave, when that is no page.
        """
        visitor, url, base = viewing[:3]
        scope = Scope(sight(visitor, moment), visitor.session, rendering=f"the page {url}", url=url)
        deps = scope.deps = self.noting()
        with entered(scope):
            shown = view or self._load(viewing)
            if not isinstance(shown, View):
                return shown
            render = self._begun(scope, viewing, on_error)
            render.parts(_document(shown))
        for stream, path, kind in deps:
            render.graph.add("", stream, path, kind)
        code, shell = self._marks(render, viewing, shown)
        if page_id is None:
            page_id = f"{visitor.page_id(render.has_actions)}.{code}.{shell}"
        page = Page(page_id, render.graph, render.nodes, moment.n)
        page.state, page.status = visitor.state.now or _NOTHING, shown.status
        page.url, page.held = url, shown.held
        page.note(scope)
        out, spots = render.out, render.spots
        body = "".join(out[spots["form"] + 1 :])
        page.parts = self._parts(body, render)
        assets = self._assets(base, shown.nonce, page.parts)
        page.kids, page.digest = render.own(spots["title"], spots["end"])
        out[spots["head"]] = style_element(render.rules.values(), shown.nonce) + assets.last
        out[spots["styles"]] = assets.first
        if self.head is not None:
            out[spots["form"]] = self._form(viewing, page.id, moment)
        html = f"<!doctype html>{''.join(out[: spots['form'] + 1])}{body}"
        if render.slots and not (render.holes or render.failed):
            _check_controls(render.slots, html)
        return Drawn(page, render, shown, html, deps, shell)

    def _parts(self, body: str, render: Render) -> frozenset[str]:
        live = _LIVE if self.live else NO_PARTS
        tag = render.out[render.spots["head"] : render.spots["form"]]  # of the body itself
        boost = _BOOST if any(Attribute.BOOST in part for part in tag) else NO_PARTS
        return joined(parts_of(body, render.needs), render.needs, live, boost)

    def _begun(self, scope: Scope, viewing: Viewing, on_error: OnError) -> Render:
        sign = viewing.visitor.offer_signer if self.head is not None else None
        refused = None if self.head is not None else NoSuperStore(_NOTHING_ANSWERS)
        options = Options(viewing.base, on_error, self.words, refused)
        return Render(scope, Graph(), sign, options)

    def _assets(self, base: str, nonce: str, parts: frozenset[str]) -> Assets:
        return self.head(base, nonce, parts) if self.head is not None else Assets()

    def _marks(self, render: Render, viewing: Viewing, shown: View) -> tuple[str, str]:
        # By these, at the end of a page's id, the shim knows a page that it can't bring into this
        # one, and the server a page that no patch can bring up to date.
        held = _held_to(render, shown.headers)
        shell = self._shell(render, viewing.base, f"{shown.status}{held}")
        code = f"{self.build}-{_digest(held)}" if held else self.build
        return code, shell + (DENIED if viewing.visitor.denied else "")

    def _shell(self, render: Render, base: str, sent: str) -> str:
        # A digest of what a patch can't carry: html's and body's tags, the head, our assets, and
        # *sent*: the status, and what the document is held to. The page id ends in it, so that any
        # worker sees when it has to be loaded anew.
        # Which parts of the shim a page needs, changes with what it shows.
        out, spots, assets = render.out, render.spots, self._assets(base, "", ALL_PARTS)
        head = out[: spots["title"]] + out[spots["title_end"] : spots["form"]]
        return _digest(outline(head + out[spots["end"] :])[1] + "".join(assets) + sent)

    def _form(self, viewing: Viewing, page_id: str, moment: Moment) -> str:
        visitor = viewing.visitor
        return page_form(
            page_id=page_id,
            url=viewing.url,
            cursor=str(moment.cursor),
            base=viewing.base,
            stores=self._stores(),
            state=state_field(visitor.state.text(visitor.sign_state)) if self._has_state() else "",
            live=self.live,
            words=translated(*TOLD),
        )


def _held_to(render: Render, headers: Iterable[tuple[str, str]]) -> str:
    # What the page's own headers and its head hold the document to; "" where they say nothing.
    said = [f"{name.lower()}: {text}" for name, text in headers if name.lower() in LASTING]
    head = render.out[render.spots["title_end"] : render.spots["head"]]
    said += [tag for part in head if "http-equiv" in part for tag in _POLICY.findall(part)]
    return _FRESH.sub("", "\n".join(said)) if said else ""


def _document(shown: View) -> list[str | Dynamic]:
    content, title, lang, boost = shown.content, shown.title, shown.lang, shown.boost
    return document(content, title=title, lang=lang, boost=boost)


@dataclass(slots=True)
class Drawn:
    """A whole page, rendered."""

    page: Page
    render: Render
    view: View
    html: str
    deps: Iterable[Any] = ()  #: what was read outside of bindings
    shell: str = ""  #: digest of what a patch can't carry

    def all(self) -> list[Piece]:
        """Return the page in one piece."""
        spots, out = self.render.spots, self.render.out
        title = "".join(out[spots["title"] : spots["title_end"]])
        body = "".join(out[spots["form"] : spots["end"]])
        # The attributes of html and body are outside of what it carries.
        outside = [
            piece_of(node, self.render.html[id])
            for id, node in self.page.nodes.items()
            if node.op == "attrs" and _tag_of(node) in ("html", "body")
        ]
        return with_rules([Piece("page", "", title + body), *outside], self.render.rules)


@lru_cache(maxsize=64)
def _digest(text: str) -> str:
    # Most pages of an app have the same head, and an app has few.
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()


def _tag_of(node: Node) -> str:
    return str(node.source.tag.name)  # type: ignore[attr-defined]


def sight(visitor: Visitor, moment: Moment) -> Sight:
    """Return what *visitor* sees at *moment*: the documents, and the page's own state."""
    return Stated(moment, visitor.state) if visitor.state else moment


def with_rules(pieces: list[Piece], rules: dict[str, str]) -> list[Piece]:
    """Return *pieces* with the CSS rules that they use."""
    # Before the fragments that use them, so that nothing is shown without its style.
    return [Piece("style", "", "\n".join(rules.values())), *pieces] if rules and pieces else pieces


def _check_controls(names: set[str], html: str) -> None:
    files = _FILE.findall(html)
    for name in sorted(names):
        quoted = escape(name)
        if any(f'id="{quoted}"' in file or f'name="{quoted}"' in file for file in files):
            raise HtealeafError(
                f"value_of({name!r}) is a file input, whose value is no file but a made-up path"
                " (C:\\fakepath\\...); send the file with a plain"
                " form(method='post', enctype='multipart/form-data', action=...), and read"
                f" request.files[{name!r}] in the route that answers it"
            )
        if f'id="{quoted}"' not in html and f'name="{quoted}"' not in html:
            known = sorted(set(_CONTROL.findall(html)) - {*FIELDS})
            raise HtealeafError(
                f"value_of({name!r}) finds no control with that id or name in this page;"
                f" it has: {', '.join(known) or 'none'}"
            )
