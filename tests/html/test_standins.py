"""Stand-ins: what stands for a value refuses to be used as one, and says what works."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from htealeaf import (
    PageStore,
    Registry,
    Store,
    each,
    event,
    fragment,
    new_id,
    now,
    this,
    value_of,
)
from htealeaf.components import (
    li,
    p,
)
from htealeaf.errors import NotAValue


class World:
    """Stores, and one of each kind of stand-in."""

    def __init__(self) -> None:
        with Registry() as self.registry:
            self.shared = Store({"n": 3, "open": True, "todo": ["a"]}, name="shared")
            self.rooms = Store({"name": "x"}, name="rooms", keyed=True)
            self.mine = PageStore({"tab": "one"}, name="mine")

            @self.shared.computed
            def total(place: Any) -> int:
                return len(place.read("todo"))

        @fragment
        def badge() -> Any:
            return p("x")

        self.kinds: dict[str, tuple[Callable[[], Any], str]] = {
            "react": (lambda: self.shared.react("open"), "shared.read('open')"),
            "react with a function": (
                lambda: self.shared.react("open", str),
                "shared.react('open', lambda value: ...)",
            ),
            "react of a key": (
                lambda: self.rooms.of("a/b").react("name"),
                "rooms.of('a/b').read('name')",
            ),
            "react of a page's own": (lambda: self.mine.react("tab"), "mine.read('tab')"),
            "each": (lambda: self.shared.each("todo", li), "shared.read('todo')"),
            "free each": (lambda: each(["a"], li, key=str), "empty="),
            "fragment": (badge, "inside of the function"),
            "computed": (lambda: total, "total.read()"),
            "computed reaction": (total.react, "total.read()"),
            "computed each": (lambda: total.each(li, key=str), "empty="),
            "slot of a control": (lambda: value_of("task"), "store.do.set"),
            "slot of this": (lambda: this.checked, "store.do.set"),
            "slot of the event": (lambda: event.key, "store.do.set"),
            "slot of the server": (lambda: now, "store.do.set"),
            "slot of an id": (lambda: new_id, "store.do.set"),
            "place": (lambda: self.shared.at("n"), "shared.at('n').read()"),
            "store": (lambda: self.shared, "shared.read()"),
        }


WORLD = World()


PLACES = {"place", "store"}  # a Ref has a truth, a length and items: those of its value


LISTS = {
    "an if": bool,
    "a not": lambda x: not x,
    "an and": lambda x: x and 1,
    "len": len,
    "iteration": list,
    "an index": lambda x: x[0],
    "in": lambda x: "a" in x,
}


VALUES: dict[str, Callable[[Any], Any]] = {
    "equals": lambda x: x == 3,
    "equals, the other way round": lambda x: x == "open",
    "is unequal": lambda x: x != None,  # noqa: E711
    "less": lambda x: x < 3,
    "at least": lambda x: x >= 3,
    "an f-string": lambda x: f"{x} things",
    "an f-string with a format": lambda x: f"{x:>5}",
    "str": str,
    "percent": lambda x: "%s things" % x,  # noqa: UP031
    "format": "{} things".format,
    "plus": lambda x: x + 1,
    "plus, from the right": lambda x: 1 + x,
    "times": lambda x: x * 2,
    "int": int,
    "float": float,
    "a list that is searched": lambda x: x in [1, 2],
    "pickle": pickle.dumps,
}


@pytest.mark.parametrize("use", [*VALUES.values(), *LISTS.values()], ids=[*VALUES, *LISTS])
@pytest.mark.parametrize("kind", WORLD.kinds)
def test_a_stand_in_is_no_value(kind: str, use: Callable[[Any], Any]) -> None:
    make, advice = WORLD.kinds[kind]
    if kind in PLACES and use in LISTS.values():
        pytest.skip("a Ref has these")

    with pytest.raises(NotAValue) as raised:
        use(make())

    assert advice in str(raised.value)
    assert ". " not in str(raised.value), "it is one sentence"


@pytest.mark.parametrize("kind", WORLD.kinds)
def test_a_stand_in_is_an_object(kind: str) -> None:
    thing = WORLD.kinds[kind][0]()

    assert thing == thing
    assert thing in [thing]
    assert {thing: 1}[thing] == 1
    assert isinstance(repr(thing), str)
    assert copy.copy(thing) is thing
    assert copy.deepcopy([thing])[0] is thing
