"""Making a part of a tree equal to other nodes, by the rules of the shim.

`renew` does what the function of that name in `static/htealeaf.js` does. What only a browser has
(focus, caret, films that go on playing) is left out; what a person typed stays as it does there,
since a kept node keeps its `state`.

Rule 1: a node is kept for a node of the same name and id: among its neighbours, and, when it has an
id, anywhere in what is renewed.

Rule 2: what is typed stays until the server's word on it changes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from bs4 import Tag
from bs4.element import PageElement

from htealeaf.testing.trees import closest, state, tags


def renew(
    parent: Tag, old: list[PageElement], fresh: list[PageElement], after: PageElement | None
) -> None:
    """Make neighbours equal to other nodes; what has an id is kept wherever it stands among them.

    Args:
        parent: Where they stand.
        old: Neighbours in *parent*.
        fresh: What is to stand there; used up.
        after: What follows; None for the end of *parent*.
    """
    _Renewal({_key(tag): tag for node in fresh for tag in _named(node)}).run(
        parent, old, fresh, after
    )


@dataclass
class _Renewal:
    """One morphing of neighbours, with all that they hold.

    Attributes:
        coming: What has an id in the new tree, by its key.
        leaving: What left its place while it comes in at another.
    """

    coming: dict[str, Tag]
    leaving: list[Tag] = field(default_factory=list)

    def run(
        self,
        parent: Tag,
        old: list[PageElement],
        fresh: list[PageElement],
        after: PageElement | None,
    ) -> None:
        self._nodes(parent, old, fresh, after)
        for tag in self.leaving:  # grows meanwhile
            place = self.coming[_key(tag)]
            # Only where an id stands twice, another one was kept for it.
            if place.parent is not None and any(outer is parent for outer in place.parents):
                put(place.parent, tag, place)
                self._tag(tag, place)
                place.extract()

    def _nodes(
        self,
        parent: Tag,
        old: list[PageElement],
        fresh: list[PageElement],
        after: PageElement | None,
    ) -> None:
        free: dict[str, deque[PageElement]] = {}
        for node in old:
            free.setdefault(_key(node), deque()).append(node)
        kept = [waiting.popleft() if (waiting := free.get(_key(n))) else None for n in fresh]
        for rest in free.values():
            for node in rest:
                self._leave(node)
        for same, new in zip(reversed(kept), reversed(fresh), strict=True):
            node = new if same is None else same
            if node is not new and isinstance(node, Tag) and isinstance(new, Tag):
                self._tag(node, new)
            if node.parent is not parent or node.next_sibling is not after:
                put(parent, node, after)
            after = node

    def _leave(self, node: PageElement) -> None:
        for tag in _named(node):
            if _key(tag) in self.coming:
                self.leaving.append(tag)
                tag.extract()
        node.extract()

    def _tag(self, tag: Tag, fresh: Tag) -> None:
        with _following(tag):
            _give_attributes(tag, fresh)
            self._nodes(tag, list(tag.contents), list(fresh.contents), None)


def renew_attributes(tag: Tag, fresh: Tag) -> None:
    """Give *tag* the attributes of *fresh* and no others; its children stay."""
    with _following(tag):
        _give_attributes(tag, fresh)


def _give_attributes(tag: Tag, fresh: Tag) -> None:
    if tag.attrs != fresh.attrs:
        tag.attrs.clear()
        tag.attrs.update(fresh.attrs)


@contextmanager
def _following(tag: Tag) -> Iterator[None]:
    # What the server says anew meanwhile is shown, instead of what a person chose.
    said = _said(tag)
    yield
    for name, was in said.items():
        if _said(tag)[name] != was:
            _follow(tag, name)


def _key(node: PageElement) -> str:
    if isinstance(node, Tag):
        return f"<{node.name} {node.attrs.get('id')}"
    # Text is never changed in place: the same text stays, other text is another node.
    return f"{type(node).__name__} {node}"


def _named(node: PageElement) -> list[Tag]:
    # It and what it holds, as far as they have ids; what a template holds is not in the page.
    if not isinstance(node, Tag):
        return []
    held = tags(node) if node.name != "template" else ()
    return [tag for tag in (node, *held) if "id" in tag.attrs]


def put(parent: Tag, node: PageElement, after: PageElement | None) -> None:
    """Move *node* into *parent*, before *after*; None for the end."""
    node.extract()
    if after is None:
        parent.append(node)
    else:
        after.insert_before(node)


def _said(tag: Tag) -> dict[str, object]:
    # The server's word on what a person may change: properties of a control by name.
    if tag.name == "input":
        return {"value": tag.attrs.get("value", ""), "checked": "checked" in tag.attrs}
    if tag.name == "textarea":
        return {"value": tag.get_text()}
    if tag.name == "option":
        return {"selected": "selected" in tag.attrs}
    return {}


def _follow(tag: Tag, name: str) -> None:
    select = closest(tag, lambda t: t.name == "select") if tag.name == "option" else None
    for control in select.find_all("option") if select is not None else [tag]:
        state(control).pop(name, None)
