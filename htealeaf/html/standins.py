"""Stand-ins: objects for a value that Python does not have where they are written.

`store.react("open")` is a place in a page, `value_of("task")` what a person will have typed, a
`Ref` a place in a store. `if store.react("open"):` reads well and would always be true, and an
f-string of one would show our own words. So whatever needs the value raises, and says where it is.

Rule: what only needs the object (identity, `repr`, a place in a list of children) works. A copy of
a stand-in is the stand-in itself; it can't be pickled, as its store can't.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, TypeVar

from htealeaf.errors import NoAttributeOfIt, NotAValue

__all__ = ["StandIn", "compares"]

Same = TypeVar("Same")

# Operator methods, and what an author wrote to get there.
_COMPARISONS = {"lt": "<", "le": "<=", "gt": ">", "ge": ">="}
_OPERATORS = {"add": "+", "sub": "-", "mul": "*", "truediv": "/", "floordiv": "//", "mod": "%"}
_USES = {
    "__bool__": "an if, not, and or or can't ask it",
    "__str__": "it has no text here",
    "__format__": "an f-string can't show it",
    "__len__": "len() can't count it",
    "__iter__": "a loop can't go through it",
    "__contains__": "in can't look into it",
    "__getitem__": "[...] can't look into it",
    "__int__": "int() can't convert it",
    "__float__": "float() can't convert it",
    **{f"__{name}__": f"{sign} can't compare it" for name, sign in _COMPARISONS.items()},
    **{f"__{name}__": f"{sign} can't calculate with it" for name, sign in _OPERATORS.items()},
    **{f"__r{name}__": f"{sign} can't calculate with it" for name, sign in _OPERATORS.items()},
}


class StandIn:
    """Something that stands for a value; see the module."""

    __slots__ = ()
    is_action: ClassVar[bool] = False

    def instead(self) -> str:
        """Return what it is, and what to write instead: `... is ...; say ...`."""
        raise NotImplementedError

    def refused(self, why: str) -> NotAValue:
        """Return the error that says, in words, that there is no value here."""
        what, _, advice = self.instead().partition("; ")
        return NotAValue(f"{what}, so {why}; {advice}")

    def lacking(self, name: str) -> AttributeError:
        """Return the error that says that it has no attribute *name*."""
        what, _, advice = self.instead().partition("; ")
        return NoAttributeOfIt(f"{what}, so it has no '{name}'; {advice}")

    if not TYPE_CHECKING:  # a type checker knows what there is

        def __getattr__(self, name: str) -> NoReturn:
            if name[:1] == "_":
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
            raise self.lacking(name)

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True  # as a list asks that looks for it
        raise self.refused("== can't compare it")

    def __ne__(self, other: object) -> bool:
        if self is other:
            return False
        raise self.refused("!= can't compare it")

    __hash__ = object.__hash__

    def __copy__(self: Same) -> Same:
        return self

    def __deepcopy__(self: Same, memo: object) -> Same:
        return self

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise self.refused("it can't be pickled")


def _refusing(why: str) -> Callable[..., Any]:
    def refusing(self: StandIn, *given: object) -> NoReturn:
        raise self.refused(why)

    return refusing


for _name, _why in _USES.items():
    setattr(StandIn, _name, _refusing(_why))


def compares(one: Any, other: Any) -> bool:
    """Tell whether two values are equal; stand-ins are when they are the same object.

    What holds them (tuples, lists, dicts) is compared by what is inside.
    """
    if one is other:
        return True
    if isinstance(one, StandIn) or isinstance(other, StandIn):
        return False
    if type(one) is type(other):
        if isinstance(one, (tuple, list)):
            return len(one) == len(other) and all(map(compares, one, other))
        if isinstance(one, dict):
            return one.keys() == other.keys() and all(compares(one[k], other[k]) for k in one)
    return bool(one == other)
