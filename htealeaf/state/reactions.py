"""`react`, `each` and `fragment`: bindings over a store, over a list, and over a function.

`Reaction` is one value, `Each` a row per item of a stored list, `Fragment` whatever a function
gives, `Rows` a row per item of whatever list a function gives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from typing import Any, ClassVar, Protocol

from htealeaf.data.documents import by_key, key_text
from htealeaf.data.paths import Path
from htealeaf.data.streams import spelled
from htealeaf.errors import HtealeafError, NotAuthenticated, WrongType, is_mistake, mistaken
from htealeaf.html.elements import Element, flatten
from htealeaf.html.lines import Line, line_above
from htealeaf.html.markup import Child
from htealeaf.reactive.bindings import Binding, ListBinding, Name
from htealeaf.reactive.scope import current
from htealeaf.words import language_tag


class Place(Protocol):
    """What a binding of one value needs of its place."""

    @property
    def path(self) -> Path:
        """Return the path of the place."""

    @property
    def label(self) -> str:
        """Return the store's name, with the owner if one was named."""

    def shown(self, default: Any) -> Any:
        """Return the value for showing it; *default* where there was one that went."""

    def initial(self) -> Any:
        """Return what the default has there; None for nothing. It is not tracked."""


class ListPlace(Protocol):
    """What a binding of a list needs of its `Ref`."""

    @property
    def path(self) -> Path:
        """Return the path of the place."""

    @property
    def label(self) -> str:
        """Return the store's name, with the owner if one was named."""

    def shape(self) -> Any:
        """Return the list or dict there; only which items there are counts as read."""

    def item(self, segment: str) -> Any:
        """Return the place of one item."""


class Reaction(Binding):
    """What `store.react(path)` returns: the value of one place, kept up to date in the page."""

    __slots__ = ("_default", "_place", "_render")

    def __init__(
        self,
        place: Place,
        render: Callable[[Any], Child] | None,
        own_id: str | None,
        default: Any,
        made: Line | None = None,
    ) -> None:
        self._place, self._render, self.own_id, self._default = place, render, own_id, default
        self.made = made

    @property
    def is_text(self) -> bool:
        return self._render is None

    def name(self) -> Name:
        return self._place.label, self._place.path

    def value(self) -> Any:
        value = self._place.shown(self._default)
        return value if self._render is None else self._render(value)

    def content(self) -> Child:
        value = self.value()
        if self._render is not None:
            return value
        if isinstance(value, (dict, list)):
            ours = isinstance(self._place.initial(), (dict, list))
            raise no_text(value, self._place.path, mistake=ours)
        return as_text(value, self._place.path)

    def instead(self) -> str:
        store, path = spelled(self._place.label), str(self._place.path)
        return (
            f"{store}.react({path!r}) is a place in the page, no value; read the value with"
            f" {store}.read({path!r}), or use it in a render function:"
            f" {store}.react({path!r}, lambda value: ...)"
        )


class Shared:
    """Remembers what render functions of `react(..., share=True)` gave, for all pages at once."""

    def __init__(self, limit: int = 1000) -> None:
        self._limit = limit
        self._known: dict[Any, tuple[Any, Child]] = {}

    def wrap(self, render: Callable[[Any], Child]) -> Callable[[Any], Child]:
        """Return *render*, called once for each value and language that it shows.

        Raises:
            HtealeafError: When called: what it gives has actions or bindings, or it read something
                else than its argument. Such HTML is one visitor's and can't be everybody's.
        """

        @wraps(render)
        def once(value: Any) -> Child:
            key = render, language_tag()
            known = self._known.get(key)
            if known is not None and known[0] is value:
                return known[1]
            content = _alone(render, value)
            if len(self._known) >= self._limit:
                self._known.clear()
            self._known[key] = (value, content)
            return content

        return once


def _alone(render: Callable[[Any], Child], value: Any) -> Child:
    scope = current()
    saved = None if scope is None else (scope.deps, scope.session)
    reads: set[Any] = set()
    if scope is not None:
        scope.deps, scope.session = reads, None
    try:
        content = flatten(render(value))
    finally:
        if scope is not None and saved is not None:
            scope.deps, scope.session = saved
    fixed = all(
        item.html is not None if isinstance(item, Element) else not isinstance(item, Binding)
        for item in content
    )
    if reads or not fixed:
        raise mistaken(
            "react(share=True) renders once for every page, so its function may use its argument"
            " only, and give neither actions nor bindings"
        )
    return content


def needs_function(where: str, name: str, given: object, *, optional: bool = True) -> None:
    """Refuse what can't be called, while the author's line is still the one that runs.

    Raises:
        HtealeafError: *given* is not a function; `row()` in place of `row` gives an element.
    """
    if callable(given) and not isinstance(given, Element):
        return
    if given is not None or not optional:
        hint = "; leave its brackets out" if isinstance(given, (Element, Binding)) else ""
        raise HtealeafError(
            f"{where} calls {name}= for each value that it shows, so it wants a function, not"
            f" {'None' if given is None else f'a {type(given).__name__}'}{hint}"
        )


def in_order(keys: list[str], places: dict[str, Any]) -> list[str]:
    """Return *keys* sorted by what *places* has for them, also where that can't be compared.

    What has no order among the others stands behind them, by its type.
    """
    try:
        return sorted(keys, key=places.__getitem__)
    except TypeError:
        pass
    kinds: dict[str, list[str]] = {}
    for key in keys:
        value = places[key]
        kind = "" if isinstance(value, (int, float)) else type(value).__name__
        kinds.setdefault(kind, []).append(key)
    found: list[str] = []
    for kind in sorted(kinds, key=lambda kind: (kind == "NoneType", -len(kinds[kind]))):
        try:
            found += sorted(kinds[kind], key=places.__getitem__)
        except TypeError:
            found += kinds[kind]
    return found


def as_text(value: Any, what: object) -> Child:
    """Return *value* as react() shows it without a render function.

    Raises:
        HtealeafError: It is a list or dict; *what* names it.
    """
    if type(value) is bool:
        return "true" if value else "false"
    if isinstance(value, (dict, list)):
        raise no_text(value, what, mistake=False)
    return value


def no_text(value: Any, what: object, *, mistake: bool) -> HtealeafError:
    """Return the error that says that *value*, a list or dict, has no text."""
    kind = "dict" if isinstance(value, dict) else "list"
    return mistaken(
        f"'{what}' is a {kind}, which has no text of its own; give react() a render function,"
        " or use each()",
        mistake=mistake,
    )


class Each(ListBinding):
    """What `store.each(path, render)` returns: a row per item of a list, or key of a dict."""

    __slots__ = ("_empty", "_key", "_order", "_place", "_render", "_unclear", "_where")

    def __init__(
        self,
        place: ListPlace,
        render: Callable[[Any], Child],
        *,
        own_id: str | None = None,
        key: str | None = None,
        where: Callable[[Any], object] | None = None,
        order: Callable[[Any], Any] | None = None,
        empty: Child | Callable[[], Child] = None,
        made: Line | None = None,
    ) -> None:
        self.made = made
        self._place, self._render, self.own_id, self._empty = place, render, own_id, empty
        self._key, self._where, self._order = key, where, order
        #: Of one rendering: items about which `where` or `order` raised, and which of the two.
        self._unclear: dict[str, Callable[[Any], Any]] = {}

    def name(self) -> Name:
        return self._place.label, self._place.path

    def for_one(self) -> Each:
        if self._where is None and self._order is None:
            return self
        return Each(
            self._place,
            self._render,
            own_id=self.own_id,
            key=self._key,
            where=self._where,
            order=self._order,
            empty=self._empty,
            made=self.made,
        )

    def keys(self) -> Sequence[str]:
        segments, where, order = self._segments(), self._where, self._order
        self._unclear = {}
        if where is not None:
            segments = [s for s in segments if self._asked(where, s, otherwise=True)]
        if order is not None:
            places = {s: self._asked(order, s) for s in segments}
            last = [s for s in segments if s in self._unclear]
            return [*in_order([s for s in segments if s not in last], places), *last]
        return segments

    def _asked(self, function: Callable[[Any], Any], key: str, otherwise: Any = None) -> Any:
        # An item about which it raises is a row that can't be shown: it stays in its list.
        if key in self._unclear:
            return otherwise
        try:
            return function(self._place.item(key))
        except NotAuthenticated:
            raise
        except Exception:
            self._unclear[key] = function
            return otherwise

    def _segments(self) -> list[str]:
        items = self._place.shape()
        if items is None:
            return []
        if isinstance(items, dict):
            return list(items)
        if not isinstance(items, list):
            raise WrongType(
                f"each() needs a list or a dict at '{self._place.path}';"
                f" there is a {type(items).__name__}"
            )
        if self._key is None:
            return list(map(str, range(len(items))))
        known, field = by_key(items, self._key), f"{self._key}="
        if len(known) == len(items):  # each item has one, and no two the same
            return [field + text for text in known]
        if items and not known:
            raise WrongType(
                f"each(key={self._key!r}): no item of '{self._place.path}' has such a field"
                " with a text, a number or a bool"
            )
        # What has no key, or one that an earlier item has, is found by where it stands.
        segments, seen = [], set()
        for at, item in enumerate(items):
            text = key_text(item.get(self._key)) if isinstance(item, dict) else None
            segments.append(str(at) if text is None or text in seen else field + text)
            seen.add(text)
        return segments

    def row(self, key: str) -> Child:
        place = self._place.item(key)
        if key in self._unclear:
            self._unclear[key](place)  # raises again, so that the row says why; or it is fine now
        return self._render(place)

    def instead(self) -> str:
        store, path = spelled(self._place.label), str(self._place.path)
        return (
            f"{store}.each({path!r}, ...) is a place in the page, no list; read the list with"
            f" {store}.read({path!r}), and say with empty= what stands there without rows"
        )

    def empty(self) -> Child:
        return self._empty() if callable(self._empty) else self._empty


class Rows(ListBinding):
    """What `each(rows, render, key=)` returns: a row per item of any list."""

    __slots__ = ("_empty", "_found", "_key", "_render", "_rows")
    independent: ClassVar[bool] = False

    def __init__(
        self,
        rows: Callable[[], Iterable[Any]] | Iterable[Any],
        render: Callable[[Any], Child],
        key: str | Callable[[Any], Any],
        own_id: str | None,
        empty: Child | Callable[[], Child],
        made: Line | None = None,
    ) -> None:
        self.made = made
        self._rows = rows if callable(rows) else list(rows)
        self._render, self._key, self.own_id, self._empty = render, key, own_id, empty
        self._found: dict[str, Any] = {}

    def name(self) -> Name:
        named = self._rows if callable(self._rows) else self._render
        return "Each", Path((_name(named),))

    def for_one(self) -> Rows:
        return Rows(self._rows, self._render, self._key, self.own_id, self._empty, self.made)

    def keys(self) -> Sequence[str]:
        items = list(self._rows() if callable(self._rows) else self._rows)
        self._found = {}
        for at, item in enumerate(items):
            base, ordinal = self._of(item), 1
            key = base = f"~{at}" if base is None else base
            while key in self._found:  # two of one key: told apart by an ordinal
                ordinal += 1
                key = f"{base}~{ordinal}"
            self._found[key] = item
        return list(self._found)

    def _of(self, item: Any) -> str | None:
        # None for an item that has no key, which only costs it its memory of where it stood.
        try:
            if callable(self._key):
                return str(self._key(item))
            return str(item[self._key] if isinstance(item, dict) else getattr(item, self._key))
        except NotAuthenticated:
            raise
        except Exception as error:
            if is_mistake(error):
                raise
            return None

    def row(self, key: str) -> Child:
        return self._render(self._found[key])

    def instead(self) -> str:
        return (
            "each(...) is a place in the page, no list; use the rows that it is given, and say"
            " with empty= what stands there without rows"
        )

    def empty(self) -> Child:
        return self._empty() if callable(self._empty) else self._empty


def each(
    rows: Callable[[], Iterable[Any]] | Iterable[Any],
    render: Callable[[Any], Child],
    *,
    key: str | Callable[[Any], Any],
    id: str | None = None,
    empty: Child | Callable[[], Child] = None,
) -> Rows:
    """Return a binding per item of any list, and one for which items there are.

    Args:
        rows: A function that gives the items; what it reads is tracked (of data that lives
            elsewhere, by a `Topic`). A list that is there already is not asked again.
        render: Called with an item, gives one element.
        key: What tells the items apart: a field or attribute, or a function of the item.
        id: The id of the element that holds the rows.
        empty: What stands there while there are no rows.
    """
    needs_function("each()", "render", render, optional=False)
    return Rows(rows, render, key, id, empty, line_above())


class Fragment(Binding):
    """A call of a function that was made a `@fragment`."""

    __slots__ = ("_arguments", "_function", "_keywords")

    def __init__(
        self,
        function: Callable[..., Child],
        arguments: tuple[Any, ...],
        keywords: dict[str, Any],
        made: Line | None = None,
    ) -> None:
        self.made = made
        self._function, self._arguments, self._keywords = function, arguments, keywords
        self.own_id = None

    def name(self) -> Name:
        given = (*self._arguments, *self._keywords.values())
        return "Fragment", Path((_name(self._function), *map(_argument, given)))

    def value(self) -> Any:
        return self._function(*self._arguments, **self._keywords)

    def instead(self) -> str:
        name = _name(self._function)
        return (
            f"{name}(...) is a @fragment, a place in the page and no value; decide inside of the"
            " function, or call one that is no fragment"
        )


def fragment(function: Callable[..., Child]) -> Callable[..., Fragment]:
    """Make a function a binding: what it reads is tracked, and it is rendered again alone.

        @fragment
        def badge(user: str):
            return span(inbox.of(user).read("unread"))

    Calling it returns the binding; the function runs when the page is rendered. Its arguments name
    it in the page, so they should be plain values or Refs.
    """

    @wraps(function)
    def bound(*arguments: Any, **keywords: Any) -> Fragment:
        return Fragment(function, arguments, keywords, line_above())

    return bound


def _name(function: Any) -> str:
    name = getattr(function, "__name__", type(function).__name__)
    return "lambda" if name == "<lambda>" else str(name)


def _argument(value: Any) -> str:
    label = getattr(value, "label", None)
    if label is not None:
        return f"{label}/{value.path}"
    return str(value) if isinstance(value, (str, int, float, bool)) else type(value).__name__
