"""Rendering: how a page and its bindings become HTML, for a GET and for a patch alike.

A first GET renders a whole tree; a patch renders single bindings again. Both use `Render`, so a
fragment of a patch is, byte for byte, what a new page would have in its place.

Each rendered binding leaves a `Node`, and what it read goes into the page's graph under the node's
id.

Rule 1: no HTTP, lock, clock or file. The moment, the session and the signer come in.

Rule 2: an element has one mark. A binding that wants an element which an outer binding has taken
becomes part of the outer one.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Set
from enum import Enum
from itertools import groupby
from typing import Any, NamedTuple

from markupsafe import escape

from htealeaf.data.paths import Path
from htealeaf.errors import HtealeafError, NotAuthenticated, RefusedValue, is_mistake
from htealeaf.html.elements import Element, flatten, fragments
from htealeaf.html.lines import keep_line
from htealeaf.html.markup import Child, Dynamic, attribute_of, attribute_text, quoted, resolved
from htealeaf.html.nesting import namespace_inside
from htealeaf.html.parts import Event, Host, needs_form
from htealeaf.reactive import offering
from htealeaf.reactive.bindings import (
    EMPTY,
    Binding,
    Hole,
    ListBinding,
    Node,
    Row,
    id_part,
    label_part,
    made_at,
    name_of,
)
from htealeaf.reactive.graph import Graph
from htealeaf.reactive.outline import Framed, Staying, common_ends, outline
from htealeaf.reactive.scope import Dep, Scope
from htealeaf.wire.names import Attribute, Id, Part, comment_of

# No element with an id of these can stand for itself in a patch's body.
_CANT_STAND_ALONE = frozenset("caption col colgroup tbody td tfoot th thead tr".split())
_NO_MARK = frozenset({"html", "head", "body", "script", "style", "template"})
# By namespace: what shows nothing, and what shows only what is inside.
_EMPTY = {"": "template", "svg": "g", "math": "mrow"}
_AROUND = {"": "span", "svg": "g", "math": "mrow"}


class Known(NamedTuple):
    """A list that is rendered again, of which most rows need no rendering."""

    id: str
    keys: tuple[str, ...]
    ids: tuple[str, ...]  #: of its rows, one for each key
    touched: Set[str]  #: ids of what has to be rendered


log = logging.getLogger("htealeaf")


class OnError(Enum):
    """What becomes of a binding that raises."""

    RAISE = "the rendering ends"
    HOLE = "it leaves a hole, `Render.holes`; the HTML is no use then"
    EMPTY = "its place is empty, `Render.failed`, and the page is complete"


class Options(NamedTuple):
    """How one rendering goes.

    Attributes:
        base: URL below which the app lives.
        on_error: What becomes of a binding that raises.
        words: What an empty place says of an error, for a developer; None: nothing.
        refused: Why nothing reactive may stand here; None: it may.
        known: The list of which rows may stay as they are.
    """

    base: str = ""
    on_error: OnError = OnError.RAISE
    words: Callable[[Exception], str] | None = None
    refused: HtealeafError | None = None
    known: Known | None = None


class Raised(NamedTuple):
    """Which binding an error came from."""

    id: str
    node: Node


_RAISED = "__ht_raised__"


def raised_in(error: BaseException) -> Raised | None:
    """Return the innermost binding that raised *error* while it was rendered; None without one."""
    return error.__dict__.get(_RAISED)


class Render:
    """One rendering: of a whole page, or of some bindings of it again.

    Args:
        scope: What the author's functions see; their reads are noted there.
        graph: Takes what each binding read.
        sign: Makes the MAC of an offer; None: there is nobody to sign for.
        options: How it goes.
    """

    def __init__(
        self,
        scope: Scope,
        graph: Graph,
        sign: Callable[[str], str] | None,
        options: Options = Options(),  # noqa: B008 - a constant
    ) -> None:
        self.scope = scope
        self.graph = graph
        self._sign = sign
        self.base = options.base
        self.out: list[str] = []
        self.nodes: dict[str, Node] = {}
        self.html: dict[str, str] = {}  #: HTML by node id
        self.rules: dict[str, str] = {}  #: generated CSS rules by class
        self.needs: set[str] = set()  #: of the shim, that its actions need
        self.slots: set[str] = set()  #: controls that an action of the page reads
        self.spots: dict[str, int] = {}  #: named places in `out`
        self.holes: dict[str, Hole] = {}  #: bindings that raised, by id, with `OnError.HOLE`
        self.failed: dict[str, Exception] = {}  #: the same with `OnError.EMPTY`
        self._on_error, self._words = options.on_error, options.words
        self._refused, self._known = options.refused, options.known
        self.in_form = False
        self.namespace = ""
        self._parent = ""
        self._anchor: Dynamic | None = None  # whose path the ids inside continue
        self._counts: dict[str, int] = {}
        self._actions = 0
        self._raised: Exception | None = None  # the last one, whose binding is noted
        self._frames = 0  # how many `Framed` were written

    @property
    def has_actions(self) -> bool:
        """Tell whether there is an action, which needs the visitor's browser key."""
        return self._actions > 0

    def note_action(self) -> None:
        """Note that there is an action, signed or not."""
        if self._refused is not None:
            raise self._refused
        if self._sign is None:
            raise HtealeafError("an action can be rendered only in the answer to a request")
        self._actions += 1

    def sign(self, text: str) -> str:
        """Return the MAC of an offer."""
        if self._sign is None or self._refused is not None:
            self.note_action()  # raises
            raise AssertionError
        self._actions += 1
        return self._sign(text)

    def spared(self, error: RefusedValue) -> None:
        """Note that a control goes without its action; inside of a binding, which is lost, raise.

        Raises:
            RefusedValue: It is *error*.
        """
        if self._parent:
            raise error
        log.error("%s; it goes without", error)

    def own(self, start: int, end: int) -> tuple[tuple[str, ...], int]:
        """Return the nodes directly in a part of the output, and a digest of what is around."""
        kids, around = outline(self.out[start:end])
        return kids, hash(around)

    # -- parts -----------------------------------------------------------------------------

    def parts(self, parts: Iterable[str | Dynamic]) -> None:
        """Write *parts*, as an element keeps them."""
        out = self.out
        for part in parts:
            kind = type(part)
            if kind is str:
                out.append(part)  # type: ignore[arg-type]
            elif kind is Event:  # at once: a page has hundreds
                out.append(offering.attributes(self, part))  # type: ignore[arg-type]
            else:
                part.render(self)  # type: ignore[union-attr]

    def children(self, content: Child) -> None:
        """Write whatever may stand between two tags."""
        self.parts(fragments([content]))

    # -- a binding's frame -----------------------------------------------------------------

    def _opened(self, source: Dynamic, id: str, mark: str | None = None) -> Node:
        return Node(source, self._parent, mark or id, self.in_form, self.namespace)

    def _framed(
        self, node: Node, id: str, deps: set[Dep], write: Callable[..., object], *given: Any
    ) -> None:
        # Runs *write* with reads noted for this node and nested ids below it. One function: it runs
        # for each binding, and what it saves is given back however *write* ends.
        if self._refused is not None:
            raise self._refused
        scope, out = self.scope, self.out
        saved, frames, start = (scope.deps, self._parent, self._anchor), self._frames, len(out)
        known = len(self.nodes)
        scope.deps = deps
        self._parent, self._anchor = id, node.source
        try:
            write(*given)
        except Exception as error:
            shown = self._fallen(node, id, error, known)
            if shown is None:
                out[start:] = [self._frame("", id)]
                self.graph.renew(id, deps)
                return
            out[start:], frames = [shown], self._frames
        finally:
            scope.deps, self._parent, self._anchor = saved
        pieces = out[start:]
        html = "".join(pieces)
        if self._frames == frames and not node.rows:  # nothing reactive inside
            node.digest = hash(html)
        else:
            node.kids, around = outline(pieces, ordered=not node.rows)
            node.digest = hash(around)
        out[start:] = [self._frame(html, id)]
        self.nodes[id] = node
        self.html[id] = html
        self.graph.renew(id, deps)

    def _fallen(self, node: Node, id: str, error: Exception, known: int) -> str | None:
        # What stands in the place of a binding that raises; None for a hole. *known*: how many
        # nodes there were before it. Or raises again.
        keep_line(error, made_at(node.source))
        if self._raised is not error:  # the innermost binding comes first
            self._raised = error
            # Not by setattr: an error may be frozen.
            error.__dict__[_RAISED] = Raised(id, node)
        if isinstance(error, NotAuthenticated):
            raise error
        if self._on_error is OnError.HOLE:
            self.holes[id] = Hole(node, error)
            return None
        # `abort(404)` means the page, whoever says it.
        is_page_s = is_mistake(error) or hasattr(error, "get_response")
        if self._on_error is OnError.RAISE or is_page_s:
            raise error
        self._forget(list(self.nodes)[known:])
        self.failed[id] = error
        return self._empty(node, id, error)

    def _forget(self, ids: list[str]) -> None:
        # What was inside of a binding that raised is not in the page.
        for id in ids:
            del self.nodes[id], self.html[id]
            self.graph.drop(id)
            self.failed.pop(id, None)

    def _empty(self, node: Node, id: str, error: Exception) -> str:
        # The place of a binding that raised: its element without what it shows, or a marker.
        told = (
            f'{Attribute.FAILED}="{quoted(self._words(error))}"'
            if self._words is not None
            else Attribute.FAILED
        )
        node.kids, node.keys, host = (), (), node.source
        if isinstance(host, Host):
            own = attribute_of(host.attributes, "id")
            mark = "" if isinstance(own, str) else f' id="{quoted(node.mark)}"'
            close = "" if node.op == "attrs" or host.tag.void else host.tag.close
            return f"{host.open}{mark} {told}>{close}"
        node.mark, node.named, node.op = self._own_mark(host, id), False, "replace"
        if node.rows:
            return f"{_start(node)}{self._end(node, f' {Attribute.END} {told}')}"
        return self._end(node, f" {told}")

    @staticmethod
    def _own_mark(source: Dynamic, id: str) -> str:
        return (source.own_id if isinstance(source, Binding) else None) or id

    def _frame(self, html: str, id: str) -> Framed:
        self._frames += 1
        return Framed(html, id)

    def _id(self, binding: Binding) -> str:
        if binding.own_id is not None:
            return binding.own_id
        label, path = binding.name()
        anchor = name_of(self._anchor) if self._anchor is not None else None
        if anchor is not None and anchor[0] == label and self._continues(path, anchor[1]):
            base = f"{self._parent}--" + "-".join(map(id_part, path[len(anchor[1]) :]))
        else:
            base = "-".join((label_part(label), *map(id_part, path)))
            if self._parent:
                base = f"{self._parent}---{base}"
        count = self._counts[base] = self._counts.get(base, 0) + 1
        return base if count == 1 else f"{base}----{count}"

    @staticmethod
    def _continues(path: Path, outer: Path) -> bool:
        return len(path) > len(outer) and path[: len(outer)] == outer

    # -- bindings among siblings -----------------------------------------------------------

    def binding(self, binding: Binding, id: str | None = None) -> None:
        """Write a binding that is not its element's only child."""
        id = id or self._id(binding)
        node = self._opened(binding, id)
        self._framed(node, id, set(), self._shown, node, binding)

    def _shown(self, node: Node, binding: Binding) -> None:
        self._marked(node, flatten(binding.content()))

    def row(self, row: Row, id: str) -> None:
        """Write one row of a list: exactly one element."""
        node = self._opened(row, id)
        self._framed(node, id, set(), lambda: self._shown_row(node, row.content()))

    def _shown_row(self, node: Node, shown: Child) -> None:
        if type(shown) is Element and shown.tag.name not in _NO_MARK:  # the usual one
            self._as_mark(node, shown)
            return
        content = flatten(shown)
        if len(content) > 1:
            raise HtealeafError(
                f"a row of each() rendered {len(content)} elements; it has to be one, since a"
                " row comes, goes and moves as one: put them into a div, li or tr"
            )
        self._marked(node, content)

    def list_among(self, binding: ListBinding, id: str | None = None) -> None:
        """Write a list that is not its element's only child: rows, then their marker."""
        id = id or self._id(binding)
        node = self._opened(binding, id)
        node.op, node.rows = "replace", True
        self._framed(node, id, set(), self._shown_list, node, binding)

    def _shown_list(self, node: Node, binding: ListBinding) -> None:
        self.out.append(_start(node))
        self._rows(binding, node)
        self.out.append(self._end(node))

    def _rows(self, binding: ListBinding, node: Node) -> None:
        binding = binding.for_one()
        keys = tuple(binding.keys())
        if len(set(keys)) != len(keys):
            twice = next(key for i, key in enumerate(keys) if key in keys[:i])
            raise HtealeafError(f"two rows of each() have the key {twice!r}; a key names one row")
        if not keys and flatten(binding.empty()):
            keys = (EMPTY,)
        node.keys = keys
        self.needs.add(Part.ORDER)
        known = self._known
        if known is not None and known.id == self._parent:
            self._rows_again(binding, keys, known)
        else:
            self._several(binding, keys, {})

    def _several(self, binding: ListBinding, keys: Iterable[str], ids: Mapping[str, str]) -> None:
        # Writes rows as `row` does; what is the same for all is asked once. *ids*: of those that
        # have one.
        if self._refused is not None:
            raise self._refused
        scope, nodes, graph = self.scope, self.nodes, self.graph
        saved = scope.deps, self._parent, self._anchor
        parent, form, namespace = self._parent, self.in_form, self.namespace
        for key in keys:
            row, id = Row(binding, key), ids.get(key) or f"{parent}--{_part(key)}"
            node = Node(row, parent, id, form, namespace)
            deps = scope.deps = set()
            self._parent, self._anchor = id, row
            write: Callable[..., object] = self._shown_row
            shown: Any = None
            html = None
            try:
                shown = row.value()
                html = self._plain(node, shown) if type(shown) is Element else None
            except Exception as error:
                write, shown = _raising, error
            finally:
                scope.deps, self._parent, self._anchor = saved
            if html is None:
                self._framed(node, id, deps, write, node, shown)
                continue
            node.digest = hash(html)
            self.out.append(self._frame(html, id))
            nodes[id], self.html[id] = node, html
            graph.renew(id, deps)

    def _plain(self, node: Node, element: Element) -> str | None:
        # The HTML of a row in which nothing but its actions needs the page; None for any other.
        tag, html = element.tag, element.html
        parts = element.parts if html is None else (html,)
        for part in parts:
            if type(part) is not str and type(part) is not Event:
                return None
        first = parts[0]
        if type(first) is not str or tag.name in _NO_MARK or element.attribute("id") is not None:
            return None
        node.op = "" if tag.name not in _CANT_STAND_ALONE and not self.namespace else "replace"
        cut = len(tag.open)
        begin = f'{first[:cut]} id="{quoted(node.mark)}"{first[cut:]}'
        if html is not None:
            return begin
        attributes = offering.attributes
        return begin + "".join(
            [part if type(part) is str else attributes(self, part) for part in parts[1:]]  # type: ignore[arg-type]
        )

    def _row_id(self, key: str) -> str:
        return f"{self._parent}--{_part(key)}"

    def _rows_again(self, binding: ListBinding, keys: tuple[str, ...], known: Known) -> None:
        # What is the same at both ends costs next to nothing: usually all but a row or two.
        head, tail = common_ends(known.keys, keys)
        rest = len(known.keys) - tail
        ids = dict(zip(known.keys[head:rest], known.ids[head:rest], strict=True))
        staying = set(ids.values()).difference(known.touched)
        touched = [at for at, id in enumerate(known.ids) if id in known.touched]
        self._edge(binding, known, 0, head, touched)
        middle = keys[head : len(keys) - tail]
        for stays, run in groupby(middle, lambda key: ids.get(key, "") in staying):
            if stays:
                self.out.append(Staying([ids[key] for key in run]))
            else:
                self._several(binding, run, ids)
        self._edge(binding, known, rest, len(known.keys), touched)

    def _edge(
        self, binding: ListBinding, known: Known, start: int, end: int, touched: list[int]
    ) -> None:
        for at in touched:
            if start <= at < end:
                self.out.append(Staying(known.ids[start:at]))
                self._several(binding, known.keys[at : at + 1], {known.keys[at]: known.ids[at]})
                start = at + 1
        self.out.append(Staying(known.ids[start:end]))

    def _end(self, node: Node, attributes: str = f" {Attribute.END}") -> str:
        tag = _EMPTY[self.namespace]
        return f'<{tag} id="{quoted(node.mark)}"{attributes}></{tag}>'

    def _marked(self, node: Node, content: list[Child]) -> None:
        # Decides which element carries the mark.
        only_elements = all(isinstance(item, (Element, Binding)) for item in content)
        if only_elements and any(isinstance(item, Binding) for item in content):
            # They would want the element that this one takes: they become part of it.
            content = self._inlined(content)
            only_elements = all(isinstance(item, Element) for item in content)
        if only_elements and len(content) == 1 and content[0].tag.name not in _NO_MARK:
            self._as_mark(node, content[0])
        elif only_elements:
            if content:
                self.out.append(_start(node))
                for item in content:
                    self._taken(item)
            self.out.append(self._end(node, f" {Attribute.END}" if content else ""))
            node.op = "replace" if content or self.namespace else ""
        else:
            tag = _AROUND[self.namespace]
            self.out.append(f'<{tag} id="{quoted(node.mark)}">')
            self.parts(fragments(content))
            self.out.append(f"</{tag}>")
            node.op = "replace" if self.namespace else ""

    def _inlined(self, content: list[Child]) -> list[Child]:
        flat: list[Child] = []
        for item in content:
            if isinstance(item, Binding):
                flat.extend(self._inlined(flatten(item.content())))
            else:
                flat.append(item)
        return flat

    def _as_mark(self, node: Node, element: Element) -> None:
        own = element.attribute("id")
        if isinstance(own, str):
            node.mark, node.named = own, True
        alone = element.tag.name not in _CANT_STAND_ALONE and not self.namespace
        node.op = "" if alone else "replace"
        self._taken(element, None if isinstance(own, str) else node.mark)

    def _taken(self, element: Element, id: str | None = None) -> None:
        # Writes an element that an outer binding has taken; *id* is what it lacks.
        parts = element.parts if element.html is None else (element.html,)
        for index, part in enumerate(parts):
            if type(part) is str:
                if id is not None:
                    cut = len(element.tag.open)
                    self.out.append(f'{part[:cut]} id="{quoted(id)}"{part[cut:]}')
                    index += 1
                self.parts(parts[index:])
                return
            if isinstance(part, Host):  # the element's own: a child stands behind its open tag
                self.host(part, taken=True, id=id)
                self.parts(parts[index + 1 :])
                return
            part.render(self)  # type: ignore[union-attr]

    # -- elements that need the page -------------------------------------------------------

    def event(self, event: Event) -> None:
        """Write the attributes of an event of a tag."""
        self.out.append(offering.attributes(self, event))

    def host(self, host: Host, *, taken: bool = False, id: str | None = None) -> None:
        """Write an element whose tag needs the page.

        Args:
            taken: An outer binding has this element as its mark.
            id: The id to give it, when the author gave none.
        """
        sole, tag = host.sole, host.tag
        markable = tag.name not in _NO_MARK or (tag.name in ("html", "body") and sole is None)
        reactive = [v for v in host.special.values() if isinstance(v, Binding)]
        if not taken and markable and (reactive or sole is not None):
            self.bound(host)
            return
        self._open_tag(host, id)
        if sole is None and not tag.context:  # the usual one: only its own tag needs the page
            self.parts(host.inner)
        else:
            self._inside(host, lambda: self._inner(host, taken=taken or not markable))
        self._close_tag(host)

    def bound(self, host: Host, id: str | None = None) -> None:
        """Write an element that is the mark of its only child, or of its reactive attributes."""
        attrs = [v for v in host.special.values() if isinstance(v, Binding)] if host.special else []
        first = attrs[0] if attrs else host.sole
        assert isinstance(first, Binding)
        id = id or self._id(first)
        own = attribute_of(host.attributes, "id")
        if isinstance(own, Binding):
            raise HtealeafError("an id can't be a binding: it is how the element is found again")
        node = self._opened(host, id, own if isinstance(own, str) else first.own_id)
        node.rows = not attrs and isinstance(host.sole, ListBinding)
        alone = host.tag.name not in _CANT_STAND_ALONE and not self.namespace
        node.op = "" if alone else "replace"
        missing = None if isinstance(own, str) else node.mark
        merged = isinstance(host.sole, Binding) and not isinstance(host.sole, ListBinding)
        if not attrs or merged:
            self._framed(node, id, set(), self._whole, host, node, missing)
            return
        # Only attributes are reactive: what is inside belongs to whom it would without them.
        node.op = "attrs"
        self._framed(node, id, set(), self._open_tag, host, missing)
        self._inside(host, lambda: self._inner(host, taken=True))
        self._close_tag(host)

    def attributes_of(self, host: Host, id: str, node: Node) -> None:
        """Write the tag of an element of which only attributes are reactive, empty."""
        own = attribute_of(host.attributes, "id")
        missing = None if isinstance(own, str) else node.mark
        self._framed(node, id, set(), self._open_tag, host, missing)
        self._close_tag(host)

    def _whole(self, host: Host, node: Node, missing: str | None) -> None:
        self._open_tag(host, missing)
        sole = host.sole
        if isinstance(sole, ListBinding):
            binding = sole
            self._inside(host, lambda: self._rows(binding, node))
        elif isinstance(sole, Binding):
            shown = sole.content()
            if type(shown) is str:  # text and numbers, the usual ones
                self.out.append(str(escape(shown)))
            elif type(shown) is int:
                self.out.append(str(shown))
            else:
                content = flatten(shown)
                self._inside(host, lambda: self.parts(fragments(content)))
        self._close_tag(host)

    def _inner(self, host: Host, *, taken: bool) -> None:
        sole = host.sole
        if taken and isinstance(sole, ListBinding):
            self.list_among(sole)
        elif taken and isinstance(sole, Binding) and host.tag.name not in _NO_MARK:
            for item in flatten(sole.content()):
                self.children(item)
        else:
            self.parts(host.inner)

    def _inside(self, host: Host, write: Callable[[], object]) -> None:
        tag = host.tag
        if not tag.context:
            write()
            return
        saved = self.in_form, self.namespace
        if tag.name == "form":
            self.in_form = True
        self.namespace = namespace_inside(tag.name, self.namespace)
        try:
            write()
        finally:
            self.in_form, self.namespace = saved

    def _open_tag(self, host: Host, id: str | None) -> None:
        tag = host.tag
        text = host.open
        if id is not None:
            text += f' id="{quoted(id)}"'
        for name, value in host.special.items():
            if isinstance(value, Binding):
                text += attribute_text(tag.name, name, resolved(value.value()), host.attributes)
            elif isinstance(value, Event):
                text += offering.attributes(self, value)
            else:
                raise HtealeafError(f"an action stands in {name!r}; actions go into on* attributes")
        if tag.control and not self.in_form and needs_form(host.attributes):
            own = attribute_of(host.attributes, "id")
            text += f' form="{Id.FORM}" name="{quoted(own)}"'
        # The parser drops a newline that comes first in these (HTML standard, 13.2.6.4.7).
        self.out.append(text + (">\n" if tag.drops_newline and host.sole is not None else ">"))

    def _close_tag(self, host: Host) -> None:
        if not host.tag.void:
            self.out.append(host.tag.close)

    # -- again -----------------------------------------------------------------------------

    def again(self, id: str, node: Node, outer: Node | None) -> str:
        """Render the binding of *node* alone, at the place where it stands.

        Args:
            id: The node's id.
            outer: The node of the enclosing binding.

        Returns:
            The HTML that a whole rendering has there (for `op` "attrs", only the empty tag).
        """
        self.out = []
        self.in_form, self.namespace = node.in_form, node.namespace
        self._parent = node.parent
        self._anchor = outer.source if outer is not None else None
        source = node.source
        if isinstance(source, Host):
            if node.op == "attrs":
                self.attributes_of(source, id, fresh := _same_place(node))
                fresh.op = "attrs"
            else:
                self.bound(source, id)
        elif isinstance(source, Row):
            self.row(source, id)
        elif isinstance(source, ListBinding):
            self.list_among(source, id)
        elif isinstance(source, Binding):
            self.binding(source, id)
        return "".join(self.out)


def _part(key: str) -> str:
    return "_e_" if key == EMPTY else id_part(key)


def _raising(node: Node, error: Exception) -> None:
    raise error


def _same_place(node: Node) -> Node:
    return Node(node.source, node.parent, node.mark, node.in_form, node.namespace)


def _start(node: Node) -> str:
    # The end is known by its id, and the start by that it says the same one: what others put
    # between them counts for nothing. A comment leaves `:first-child` to the first row.
    return f"<!--ht {comment_of(node.mark)}-->"
