"""Renewal of nodes: a part of a tree made equal to other nodes, by the rules of the shim.

`renew` does what the function of that name in `static/htealeaf.js` does. What only a browser has
(focus, caret, films that go on playing) is left out; what a person typed stays as it does there,
since a kept node keeps its `state`.

Rule 1: a node is kept for a node of the same name and id, or with the same things to choose in it:
among its neighbours, and, when it has an id, anywhere in what is renewed.

Rule 2: what a person typed and chose stays until it is sent or the form is reset. `ht-newer` tells
that the server's word is a newer one.

Rule 3: what is not the server's (`trees.strange`) stays, and so does what it wants kept.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from bs4 import Tag
from bs4.element import PageElement

from htealeaf.testing.controls import (
    choose_again,
    is_control,
    is_ticked,
    is_touched,
    option_value,
    restore,
    word,
)
from htealeaf.testing.trees import classes_of, is_strange, state, tags
from htealeaf.wire.names import Attribute


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
        strangers = [node for node in old if is_strange(node) and node.get_text().strip()]
        left = [node for node in old if not is_strange(node)]
        kept: list[PageElement | None] = [None] * len(fresh)
        for key in (_key, _loose_key):
            free: dict[str, deque[PageElement]] = {}
            for node in left:
                free.setdefault(key(node), deque()).append(node)
            for at, node in enumerate(fresh):
                if kept[at] is None and (waiting := free.get(key(node))):
                    kept[at] = waiting.popleft()
            left = [node for waiting in free.values() for node in waiting]
        for node in left:
            self._leave(node)
        still = _still(old, kept)
        for same, new in zip(reversed(kept), reversed(fresh), strict=True):
            node = new if same is None else same
            if same is None and not isinstance(new, Tag) and new.get_text().strip() and strangers:
                strangers.pop().extract()  # a translator puts its own in the place of a text
            if node is not new and isinstance(node, Tag) and isinstance(new, Tag):
                self._tag(node, new)
            if id(node) not in still:
                put(parent, node, after)
            after = node

    def _leave(self, node: PageElement) -> None:
        for tag in _named(node):
            if _key(tag) in self.coming:
                self.leaving.append(tag)
                tag.extract()
        node.extract()

    def _tag(self, tag: Tag, fresh: Tag) -> None:
        with _about(tag):
            _give_attributes(tag, fresh)
            if Attribute.KEEP in fresh.attrs:
                return
            self._nodes(tag, list(tag.contents), list(fresh.contents), None)


def _still(old: list[PageElement], kept: list[PageElement | None]) -> set[int]:
    # What goes on rising stays where it is, and the rest is moved around it.
    places = {id(node): at for at, node in enumerate(old)}
    found, most = set(), -1
    for node in kept:
        at = places[id(node)] if node is not None else -1
        if node is not None and at > most:
            found.add(id(node))
            most = at
    return found


def renew_attributes(tag: Tag, fresh: Tag) -> None:
    """Give *tag* the attributes of *fresh* and no others; its children stay."""
    with _about(tag):
        _give_attributes(tag, fresh)


def _give_attributes(tag: Tag, fresh: Tag) -> None:
    said = state(tag).get("said")
    if Attribute.KEEP in fresh.attrs:  # of the element itself only its data follow the server
        for name in [*tag.attrs, *fresh.attrs]:
            if name.startswith("data-"):
                tag.attrs.pop(name, None)
        tag.attrs.update({n: v for n, v in fresh.attrs.items() if n.startswith("data-")})
    elif said is not None:
        _give_changed(tag, said, fresh)
    elif tag.attrs != fresh.attrs:
        own = [
            Attribute.NEWER,
            *(_TIES if "tied" in state(tag) else ()),
            *state(tag).get("own", ()),
        ]
        kept = {name: tag.attrs[name] for name in own if name in tag.attrs}
        tag.attrs.clear()
        tag.attrs.update(fresh.attrs)
        tag.attrs.update(kept)


def _give_changed(tag: Tag, said: dict[str, Any], fresh: Tag) -> None:
    # A command has set some: they stay until the server changes that very thing, of the classes
    # one of them.
    before, shown = str(said.get("class") or "").split(), classes_of(tag)
    for name in said:
        if name not in fresh.attrs:
            tag.attrs.pop(name, None)
    for name, value in fresh.attrs.items():
        if said.get(name) != value:
            tag.attrs[name] = value
    now = [name for name in classes_of(tag) if name in shown or name not in before]
    now += [name for name in shown if name not in before and name not in now]
    if now:
        tag.attrs["class"] = " ".join(now)
    else:
        tag.attrs.pop("class", None)
    state(tag)["said"] = dict(fresh.attrs)


#: What ties a control to a message that the shim has put there.
_TIES = ("aria-invalid", "aria-describedby")


@contextmanager
def _about(tag: Tag) -> Iterator[None]:
    # What a person has in hand was about what the server said when they took it.
    held = is_control(tag) and is_touched(tag)
    said = word(tag) if held else None
    yield
    if held and word(tag) != said:
        state(tag).setdefault("about", said)


@contextmanager
def keeping(page: Tag) -> Iterator[None]:
    """Change *page* inside, and leave to the person what is theirs."""
    touched = [tag for tag in page.find_all(is_control) if is_touched(tag)]
    shown = [(tag, word(tag, shown=True)) for tag in touched]
    yield
    for tag, value in shown:
        if tag.parent is None or not any(outer is page for outer in tag.parents):
            continue
        if word(tag, shown=True) != value and not choose_again(tag, value):
            restore(tag)  # what was chosen is gone
        about, said = state(tag).get("about"), word(tag)
        if about is None or said in (about, word(tag, shown=True)):
            tag.attrs.pop(Attribute.NEWER, None)
        else:
            tag.attrs[Attribute.NEWER] = ""


def _key(node: PageElement) -> str:
    if not isinstance(node, Tag) or "id" in node.attrs:
        return _kind(node)
    if node.name == "option":
        return f"{_kind(node)} {option_value(node)}"
    things = [node, *node.find_all("input")]
    return _kind(node) + "".join(
        f" {tag.attrs.get('name')}={tag.attrs.get('value')}" for tag in things if is_ticked(tag)
    )


def _loose_key(node: PageElement) -> str:
    chosen = isinstance(node, Tag) and (node.name == "option" or is_ticked(node))
    return _key(node) if chosen else _kind(node)


def _kind(node: PageElement) -> str:
    if isinstance(node, Tag):
        return f"<{node.name} {node.attrs.get('id')} {node.attrs.get(Attribute.KEEP)}"
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
