"""Debug mode: why each fragment was sent, what a browser would nest otherwise, and where.

`Pages` has a `Debugging` while the app is in debug mode and None otherwise, so that none of this
costs anything then. What is found goes into the log, and into the header `HT-Debug` of the answer.

Rule 1: what is rendered is the same with and without it. To learn where an element was made, a
page with a fault is rendered a second time, with marks, and thrown away.

Rule 2: places, times and sizes are told, never a stored value. Only the exception of a binding
that raised is shown, since that is what its author looks for.
"""

from __future__ import annotations

import json
import logging
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Container, Iterable, Mapping
from contextvars import ContextVar
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

from markupsafe import escape

from htealeaf.data import streams
from htealeaf.data.documents import MISSING, find
from htealeaf.data.effects import Folded
from htealeaf.html import elements
from htealeaf.html.attributes import SLIPS
from htealeaf.html.elements import Element
from htealeaf.html.lines import Place, caller, noted
from htealeaf.html.nesting import Fault, check
from htealeaf.html.parts import Tag
from htealeaf.reactive.bindings import Node, name_of
from htealeaf.reactive.graph import SHAPE, Graph
from htealeaf.reactive.patching import Piece
from htealeaf.reactive.rendering import Render, raised_in
from htealeaf.reactive.scope import Dep
from htealeaf.state.stores import Registry
from htealeaf.wire.codec import utf8
from htealeaf.wire.names import Header

log = logging.getLogger("htealeaf")

HEADER = Header.DEBUG
MAX_HEADER = 4000  #: bytes; servers and proxies refuse headers above 8 KB or so
_REMEMBERED = 1000  # pages and faults
_CAUSES = 4
#: Folders that call an author's function and are called by none: above them nobody made the
#: element. `Render`, which calls bindings, is one more such place.
CALLING = frozenset({"pages", "endpoints", "app"})
_MARK = "\0data-made-at"  # the \0 says: an HTML name, taken as it is
_MARKED = re.compile(r'\sdata-made-at="(\d+)"')

#: Which bindings some entries affect.
Affected = Callable[[Iterable[Folded], None], set[str]]


class _Above(Container[str]):
    # The modules that call an author's function.
    def __contains__(self, module: object) -> bool:
        folder = str(module).split(".")[1:2]
        calls = module == Render.__module__ or not CALLING.isdisjoint(folder)
        return calls and module != __name__  # this one only looks on


_ABOVE = _Above()


class Reads(set[Dep]):
    """What a page read outside of its bindings, and the line that read it first."""

    def __init__(self) -> None:
        super().__init__()
        self.places: dict[Dep, Place | None] = {}

    def add(self, dep: Dep) -> None:
        if dep not in self:
            self.places[dep] = caller(_ABOVE)
            super().add(dep)


class Debugging:
    """What the debug mode of one app knows.

    Args:
        registry: Tells which stores belong to visitors, for advice that works.
    """

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self._said: set[str] = set()
        self._located: OrderedDict[object, list[str]] = OrderedDict()
        self._within: OrderedDict[str, dict[str, tuple[str, ...]]] = OrderedDict()
        self._lock = threading.Lock()

    def once(self, sentence: str) -> None:
        """Warn of *sentence*, unless that was done before."""
        with self._lock:
            if sentence in self._said:
                return
            if len(self._said) >= _REMEMBERED:
                self._said.clear()
            self._said.add(sentence)
        log.warning("%s", sentence)

    def opened(
        self, url: str, page_id: str, html: str, bindings: int, draw: Callable[[], str] | None
    ) -> str:
        """Look at a page that a GET got; return what `HT-Debug` says of it.

        Args:
            url: Of the page.
            page_id: Its id.
            html: The document.
            bindings: How many it has.
            draw: Renders the page once more.
        """
        checked = check(html)
        self._learn(page_id, checked.within)
        faults = self.report(url, checked.faults, draw)
        size = len(utf8(html))
        slips, lost = self.slips(html), lost_targets(html)
        for id in lost:
            self.once(f"{url}: a browser command is about #{id}, and the page has no such element")
        said = {"bindings": bindings, "bytes": size}
        return compact(said, nesting=faults, attributes=slips, targets=lost)

    def slips(self, html: str) -> list[str]:
        """Warn of attributes that no element has; return those that stand in *html*."""
        for slip in list(SLIPS):
            self.once(str(slip))
        return [str(slip) for slip in SLIPS if f" {slip.written}" in html]

    def fragment(
        self, url: str, page_id: str, piece: Piece, draw: Callable[[], str] | None
    ) -> list[str]:
        """Look at a piece of a patch; return what a browser would nest otherwise."""
        if piece.op in ("style", "script", "visit", "error", "attrs", "remove", "move"):
            return []
        known = self._within.get(page_id, {})
        within: tuple[str, ...] | None = ("html", "body")
        if piece.op != "page":
            within = known.get(piece.to)
            # A marker, an empty template, holds nothing: the rows stand beside it.
            beside = within is not None and within[-1] in ("template", "g")
            if within is not None and (piece.op != "append" or beside):
                within = within[:-1]
        checked = check(piece.html, within)
        self._learn(page_id, {**known, **checked.within})
        return self.report(url, checked.faults, draw)

    def _learn(self, page_id: str, within: dict[str, tuple[str, ...]]) -> None:
        with self._lock:
            self._within[page_id] = within
            self._within.move_to_end(page_id)
            while len(self._within) > _REMEMBERED // 10:
                self._within.popitem(last=False)

    def report(self, url: str, faults: list[Fault], draw: Callable[[], str] | None) -> list[str]:
        """Warn of *faults*, once for each place, with the author's file and line."""
        if not faults:
            return []
        if any(_signature(url, fault) not in self._located for fault in faults):
            self._locate(url, faults, draw)
        told: dict[str, None] = {}
        for fault in faults:
            told.update(dict.fromkeys(self._located.get(_signature(url, fault), [str(fault)])))
        for sentence in told:
            self.once(sentence)
        return list(told)

    def _locate(self, url: str, faults: list[Fault], draw: Callable[[], str] | None) -> None:
        _let_elements_be_marked()
        places: list[Place] = []
        found: dict[object, dict[str, None]] = {}
        token = _marking.set(places)
        try:
            for fault in check(draw()).faults if draw is not None else ():
                sentence = _fault_text(fault, places)
                found.setdefault(_signature(url, fault), {})[sentence] = None
        except Exception as error:  # it is only about the line
            log.debug("%s could not be rendered a second time: %s", url, error)
        finally:
            _marking.reset(token)
        with self._lock:
            for fault in faults:
                key = _signature(url, fault)
                self._located[key] = list(found.get(key, ())) or [str(fault)]
            while len(self._located) > _REMEMBERED:
                self._located.popitem(last=False)


class Trace:
    """What is said about one patch.

    Args:
        debugging: The app's.
        url: Of the page that is patched.
        page_id: Its id.
        draw: Renders the page once more.
    """

    def __init__(
        self, debugging: Debugging, url: str, page_id: str, draw: Callable[[], str]
    ) -> None:
        self._debugging, self._url, self._draw = debugging, url, draw
        self.page_id = page_id
        self._causes: dict[str, list[str]] = {}
        self._all: list[str] = []
        self._sent: list[dict[str, Any]] = []
        self._same: list[dict[str, Any]] = []
        self._failed: list[dict[str, Any]] = []
        self._nesting: dict[str, None] = {}
        self._whole: dict[str, Any] | None = None
        self._since = perf_counter()

    def because(self, affected: Affected, entries: Iterable[Folded]) -> None:
        """Take in what happened, and which bindings each change affects."""
        begun = perf_counter()
        for entry in entries:
            for change in entry.changes:
                cause = f"{_public(entry.stream)}/{change.path} {change.kind}"
                self._all.append(cause)
                for id in affected([entry._replace(changes=(change,))], None):
                    known = self._causes.setdefault(id, [])
                    if cause not in known:
                        known.append(cause)
        self._since += perf_counter() - begun  # it is not what is measured

    def rendered(self, id: str, nodes: Mapping[str, Node], pieces: list[Piece]) -> None:
        """Take in that the binding *id* was rendered, and what of it is sent."""
        now = perf_counter()
        node = nodes.get(id)
        told: dict[str, Any] = {
            "binding": id,
            "place": _place_of(node) if node is not None else "",
            "why": self._why(id, nodes),
            "ms": round((now - self._since) * 1000, 3),
        }
        cause = ", ".join(told["why"])
        if not pieces:
            self._same.append(told)
            log.info(
                "%s: %s → %s → #%s, %.2f ms, equal and not sent",
                *(self._url, cause, told["place"], id, told["ms"]),
            )
        for piece in pieces:
            size = len(utf8(str(piece)))
            self._sent.append({**told, "op": piece.op, "to": piece.to, "bytes": size})
            log.info(
                "%s: %s → %s → #%s, %.2f ms, %d bytes (%s #%s)",
                *(self._url, cause, told["place"], id, told["ms"], size),
                *(piece.op or "morph", piece.to),
            )
            self._look(piece)
        self._since = perf_counter()

    def failed(self, id: str, nodes: Mapping[str, Node], error: Exception) -> Piece:
        """Take in that the binding *id* raised; return what tells the developer."""
        node = nodes.get(id)
        place = _place_of(node) if node is not None else self._url
        kind = type(error).__name__
        self._failed.append({"binding": id, "place": place, "error": kind})
        self._since = perf_counter()
        words = blamed(error)
        if " (binding #" not in words:
            words = f"{place} (binding #{id}) could not be rendered: {words}" if id else words
        return Piece("error", "", str(escape(words)))

    def anew(self, reason: str, pieces: Iterable[Piece]) -> None:
        """Take in that the page was rendered as a whole, and what of it is sent."""
        ms = round((perf_counter() - self._since) * 1000, 3)
        sent = [
            {"op": piece.op, "to": piece.to, "bytes": len(utf8(str(piece)))} for piece in pieces
        ]
        self._whole = {"why": reason, "ms": ms, "causes": self._all[:_CAUSES]}
        self._sent += sent
        log.info(
            "%s: %s → the whole page was rendered, %.2f ms; sent: %s",
            *(self._url, ", ".join([reason, *self._all[:_CAUSES]]), ms),
            ", ".join(f"{s['op'] or 'morph'} #{s['to']} {s['bytes']} bytes" for s in sent)
            or "nothing, it is equal",
        )
        for piece in pieces:
            self._look(piece)

    def advise(self, reads: Reads, entries: list[Folded], root: Callable[[str], Any]) -> None:
        """Say which read outside of a binding made the whole content travel.

        Args:
            reads: What the page read outside of its bindings.
            entries: What happened.
            root: Gives the document of a stream.
        """
        found = _touched(reads, entries) or [dep for dep in reads if not streams.is_store(dep[0])]
        for dep in found[:_CAUSES]:
            place = reads.places.get(dep)
            who = f"{place.function}()" if place is not None else "the page"
            where = f" ({place})" if place is not None else ""
            what, advice = self._advice(dep, root)
            sentence = (
                f"{who} read {what} outside of a binding{where}, so all of the page's content"
                f" travels when it changes; {advice}"
            )
            if self._whole is not None:
                self._whole.setdefault("reads", []).append(
                    {"read": what, "at": str(place or ""), "try": advice}
                )
            self._debugging.once(sentence)

    def _advice(self, dep: Dep, root: Callable[[str], Any]) -> tuple[str, str]:
        stream, path, kind = dep
        name, owner = streams.split(stream)
        if streams.is_computed(stream):
            source, function = streams.computed_of(stream)
            advice = f"{function}.react() would send only what shows it"
            return f"computed '{function}' of '{source}'", advice
        if not streams.is_store(stream):
            what = "the session" if streams.is_session(stream) else f"topic '{owner}'"
            if streams.is_passing(stream):
                what = "the clock" if streams.is_clock(stream) else "who is online"
            key = f" '{path}'" if path else ""
            return what + key, "a @fragment around what shows it would send only that"
        store = self._debugging.registry.stores.get(name)
        if owner is not None and (store is None or not store.scope.personal):
            name = f"{name}.of({owner!r})"
        what, value = f"{name} '{path}'", find(root(stream), path, MISSING)
        place = repr(str(path))
        # Code that runs, with the author's function for what a row or a dict looks like.
        if isinstance(value, list):
            return what, f"{name}.each({place}, row) would send only the rows that changed"
        if kind == SHAPE:
            return what, f"{name}.each({place}, row) would send only what came or went"
        more = ", show" if isinstance(value, dict) else ", default=None" * (value is MISSING)
        return what, f"{name}.react({place}{more}) would send only that"

    def _why(self, id: str, nodes: Mapping[str, Node]) -> list[str]:
        found = self._causes.get(id) or self._inner(id, nodes) or self._all
        return found[:_CAUSES] or ["tried again after an error"]

    def _inner(self, id: str, nodes: Mapping[str, Node]) -> list[str]:
        # What touched a binding inside of it that this one took along.
        found: dict[str, None] = {}
        for inner, causes in self._causes.items():
            outer = inner
            while outer in nodes and outer != id:
                outer = nodes[outer].parent
            if outer == id:
                found.update(dict.fromkeys(causes))
        return list(found)

    def _look(self, piece: Piece) -> None:
        found = self._debugging.fragment(self._url, self.page_id, piece, self._draw)
        self._nesting.update(dict.fromkeys(found))

    def header(self) -> str:
        """Return what `HT-Debug` says of the patch."""
        one: dict[str, Any] = {"page": self._whole} if self._whole is not None else {}
        return compact(
            one,
            failed=self._failed,
            nesting=list(self._nesting),
            sent=self._sent,
            same=self._same,
        )


# Of a command in an attribute, `["class","#menu",...]`: the id that it is about.
_TARGET = re.compile(r"\[&#34;\w+&#34;,&#34;#([^&\\]+)&#34;")


def lost_targets(html: str) -> list[str]:
    """Return the ids that browser commands of a page are about, and no element of it has.

    A patch may bring them, and a command about one that is not there does nothing; mostly it is a
    slip.
    """
    ids = dict.fromkeys(_TARGET.findall(html))
    return [id for id in ids if f' id="{id}"' not in html]


def compact(one: dict[str, Any], **lists: list[Any]) -> str:
    """Return compact JSON in ASCII of at most `MAX_HEADER` bytes.

    Args:
        one: What is said in any case, if it is not too long by itself.
        lists: Lists of which the last items are left out (`more` says how many) until it fits.
    """
    kept = {name: list(items) for name, items in lists.items() if items}
    more = 0
    while len(text := _dumped({**one, **kept, **({"more": more} if more else {})})) > MAX_HEADER:
        longest = max(kept, key=lambda name: len(kept[name]), default=None)
        if longest is None:
            return _dumped({"more": more + len(one)})
        half = max(1, len(kept[longest]) // 2)
        del kept[longest][-half:]
        more += half
        if not kept[longest]:
            del kept[longest]
    return text


def _dumped(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def blamed(error: BaseException) -> str:
    """Return *error* in words for the developer, with the binding that raised it if one did."""
    words = f"{type(error).__name__}: {error}"
    raised = raised_in(error)
    if raised is None:
        return words
    return f"{_place_of(raised.node)} (binding #{raised.id}) could not be rendered: {words}"


def in_place(error: Exception) -> str:
    """Return what the empty place of a binding that raised says to its developer."""
    return f"{type(error).__name__}: {error}{noted(error)}"


def show_log() -> None:
    """Let the log be seen on the terminal, unless the program has set up logging itself."""
    if not log.hasHandlers():
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
        log.addHandler(handler)
        log.setLevel(logging.INFO)


# -- where an element was made ---------------------------------------------------------------

_marking: ContextVar[list[Place] | None] = ContextVar("htealeaf_marking", default=None)
_switch = threading.Lock()
_state = {"on": False}


def _let_elements_be_marked() -> None:
    with _switch:
        if not _state["on"]:
            _state["on"] = True
            elements.intercept(_marked)


def _marked(build: Callable[..., Element]) -> Callable[..., Element]:
    def made(tag: Tag, children: tuple[Any, ...], attributes: Mapping[str, Any]) -> Element:
        places = _marking.get()
        place = caller(_ABOVE) if places is not None else None
        if places is None or place is None:
            return build(tag, children, attributes)
        places.append(place)
        return build(tag, children, {**attributes, _MARK: len(places) - 1})

    return made


def _fault_text(fault: Fault, places: list[Place]) -> str:
    inner = _made_at(fault.inner.attributes, places)
    outer = _made_at(fault.outer.attributes, places)
    where = inner or outer
    for tag in reversed(fault.within):
        where = where or _made_at(tag.attributes, places)
    if where is None:
        return str(fault)
    if inner is not None and outer is not None and inner[:2] != outer[:2]:
        return f"{where}: {fault} (the <{fault.outer.name}> is made at {outer})"
    return f"{where}: {fault}"


def _made_at(attributes: str, places: list[Place]) -> Place | None:
    found = _MARKED.search(attributes)
    return places[int(found[1])] if found is not None else None


def _signature(url: str, fault: Fault) -> object:
    names = tuple(tag.name for tag in fault.within)
    return urlsplit(url).path, fault.inner.name, fault.outer.name, names


# -- words -----------------------------------------------------------------------------------


def _public(stream: str) -> str:
    # What a session is stored under is nobody's business.
    if streams.is_session(stream):
        return "session"
    return streams.split(stream)[1] or "" if streams.is_topic(stream) else stream


def _place_of(node: Node) -> str:
    label, path = name_of(node.source)
    return f"{label}/{path}"


def _touched(reads: Iterable[Dep], entries: list[Folded]) -> list[Dep]:
    found = []
    for dep in reads:
        graph = Graph()
        graph.add("", *dep)
        if graph.affected(entries):
            found.append(dep)
    return sorted(found)
