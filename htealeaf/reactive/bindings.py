"""Bindings: reactive places as the author made them, and the nodes that a page remembers of them.

Each rendered binding leaves a `Node`: what is needed to render it again alone (what encloses it,
which element is its mark, the form and the namespace it stands in).

Ids: parts of a path are joined by one dash, `todos-todo-0-done`. A binding inside another one
continues its id, by two dashes where its path continues the outer one's (`todos-todo--0--done`),
else by three. Equal ones in one scope are counted by four. A part itself never has a dash, so no
two bindings get one id, and none depends on its neighbours.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, ClassVar, NamedTuple

from htealeaf.data import streams
from htealeaf.data.paths import Path
from htealeaf.errors import HtealeafError
from htealeaf.html.lines import Line
from htealeaf.html.markup import Child, Dynamic
from htealeaf.html.parts import Host
from htealeaf.html.standins import StandIn

#: Name of a binding for its id: a label (`shared`, `rooms@lobby`) and a path.
Name = tuple[str, Path]


_SPECIAL = re.compile(r"[^A-Za-z0-9]")


class Binding(StandIn, Dynamic):
    """One reactive place. A subclass names it and runs the author's function."""

    __slots__ = ("made", "own_id")
    wants_host: ClassVar[bool] = True
    own_id: str | None
    made: Line | None  #: the author's line that made it

    @property
    def is_text(self) -> bool:
        """Tell whether it shows what is stored as it is: no code of the author's, no element."""
        return False

    def name(self) -> Name:
        """Return what the id is made of."""
        raise NotImplementedError

    def value(self) -> Any:
        """Return what it shows, for an attribute; reads are noted in the current scope."""
        raise NotImplementedError

    def content(self) -> Child:
        """Return what it shows, for a place among children."""
        return self.value()

    def render(self, page: Any) -> None:
        page.binding(self)

    def instead(self) -> str:
        label, path = self.name()
        place = f"{streams.spelled(label)}/{path}"
        return f"'{place}' is a binding, which is shown in the page; read what it shows instead"

    def __repr__(self) -> str:
        label, path = self.name()
        return f"<{type(self).__name__} {label}/{path}>"


class ListBinding(Binding):
    """A binding per item, and one for which items there are and in which order."""

    __slots__ = ()
    #: A row's content depends on what the row reads alone, not on what the list read.
    independent: ClassVar[bool] = True

    def for_one(self) -> ListBinding:
        """Return the list for one rendering of it; what `keys` leaves for `row` is that one's own.

        The binding itself may be a constant, which many pages show, several at a time.
        """
        return self

    def keys(self) -> Sequence[str]:
        """Return a key per row, in order, no key twice; the list's shape is noted."""
        raise NotImplementedError

    def row(self, key: str) -> Child:
        """Return what the row *key* shows, one element; its reads are noted."""
        raise NotImplementedError

    def empty(self) -> Child:
        """Return what stands there when there is no row."""
        return None

    def content(self) -> Child:
        rows = self.for_one()
        return list(map(rows.row, rows.keys())) or rows.empty()

    def value(self) -> Any:
        raise HtealeafError("each() gives elements and can't be an attribute's value")

    def render(self, page: Any) -> None:
        page.list_among(self)


class Row(Binding):
    """One row of a list, as a binding of its own."""

    __slots__ = ("key", "list")

    def __init__(self, list: ListBinding, key: str) -> None:
        self.list, self.key, self.own_id, self.made = list, key, None, list.made

    def name(self) -> Name:
        label, path = self.list.name()
        return label, Path((*path, self.key))

    def value(self) -> Any:
        return self.list.empty() if self.key == EMPTY else self.list.row(self.key)


EMPTY = "\0"  #: key of the row that stands for no rows


class Node:
    """What a page remembers of one rendered binding."""

    __slots__ = (
        "digest",
        "in_form",
        "keys",
        "kids",
        "mark",
        "named",
        "namespace",
        "op",
        "parent",
        "rows",
        "source",
    )

    def __init__(self, source: Dynamic, parent: str, mark: str, in_form: bool, namespace: str):
        self.source = source  #: the binding, or the Host whose element is the mark
        self.parent = parent  #: id of the enclosing binding's node; "" for the page
        self.mark = mark  #: the element's id in the page
        self.in_form = in_form  #: stands inside a form of the author's
        self.namespace = namespace  #: "svg", "math" or ""
        self.op = ""  #: how its fragment travels: "" as the element itself, "replace" or "attrs"
        self.named = False  #: the mark is an id that the author's render function gave
        self.kids: tuple[
            str, ...
        ] = ()  #: ids of the nodes directly inside; a list's rows, in order
        self.rows = False  #: it is a list
        self.keys: tuple[str, ...] = ()  #: of a list: the keys of its rows, if they are known
        self.digest = 0  #: of its own HTML, without its kids', at the page's cursor; or `UNKNOWN`


UNKNOWN = -1  #: digest of a node of which the browser shows nobody knows what; no hash is -1


class Hole(NamedTuple):
    """The place of a binding that raised."""

    node: Node
    error: Exception


def id_part(text: str) -> str:
    """Return *text* as one part of an id: without a dash, never empty, injective.

    >>> id_part("done"), id_part("my_store"), id_part("a-b"), id_part("")
    ('done', 'my__store', 'a_2d_b', '_z_')
    """
    if not text.isascii():
        return _SPECIAL.sub(_spelled, text)
    if text.isalnum():
        return text
    field, _, value = text.partition("=")
    if value.isalnum() and field.isalnum():  # the key of a row
        return f"{field}_3d_{value}"
    return _SPECIAL.sub(_spelled, text) if text else "_z_"


def _spelled(char: re.Match[str]) -> str:
    return "__" if char[0] == "_" else f"_{ord(char[0]):x}_"


@lru_cache(maxsize=4096)
def label_part(label: str) -> str:
    name, owner = streams.split(label)
    if owner is None:
        return id_part(name)
    return f"{id_part(name)}-_k_{'-' + id_part(owner) if owner else ''}"


def name_of(source: Dynamic) -> Name:
    """Return the name of the binding behind a node's source."""
    if isinstance(source, Host):
        attrs = [v for v in source.special.values() if isinstance(v, Binding)]
        first = attrs[0] if attrs else source.sole
        assert isinstance(first, Binding)
        return first.name()
    assert isinstance(source, Binding)
    return source.name()


def made_at(source: Dynamic) -> Line | None:
    """Return the author's line that made the binding behind a node's source."""
    if isinstance(source, Host):
        found = [*source.special.values(), source.sole]
        return next((one.made for one in found if isinstance(one, Binding)), None)
    return source.made if isinstance(source, Binding) else None


def list_of(node: Node) -> ListBinding:
    """Return the list binding behind a list's node."""
    source = node.source.sole if isinstance(node.source, Host) else node.source
    assert isinstance(source, ListBinding)
    return source
