"""Formulas of a sheet: what an entry says, and what each cell is worth.

    value    = number | cell | name "(" argument { "," argument } ")"
    argument = value | cell ":" cell

A formula is read into *steps*, in the order in which they are done; each takes what it needs from
a stack, and puts there what it gives. So nothing here recurses: a formula may be nested, and cells
may depend on one another, as far as there is room.

What a sheet takes has a bound: `MOST` steps and cells that its formulas read. A formula that goes
beyond it is a fault.

Nothing here knows of pages or stores: entries come in, values go out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from decimal import Context, Decimal, InvalidOperation, Overflow
from functools import lru_cache, reduce
from graphlib import CycleError, TopologicalSorter
from itertools import chain
from string import ascii_uppercase
from typing import Final, NamedTuple, TypeAlias

COLUMNS: Final = ascii_uppercase
ROWS: Final = range(100)
#: Steps of all formulas, and cells that they read: twice the sums of all rows and columns.
MOST: Final = 10_400


class Fault(str):
    """What stands in a cell instead of a value."""


UNREADABLE: Final = Fault("#FORMULA")
CYCLE: Final = Fault("#CYCLE")
BY_ZERO: Final = Fault("#DIV/0")
TOO_LARGE: Final = Fault("#NUMBER")
TOO_MUCH: Final = Fault("#LIMIT")


class Failed(Exception):
    """A formula can't be worked out."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


class Area(NamedTuple):
    """The cells between two corners."""

    columns: range
    rows: range

    @property
    def size(self) -> int:
        return len(self.columns) * len(self.rows)

    def names(self) -> Iterator[str]:
        return (f"{COLUMNS[column]}{row}" for row in self.rows for column in self.columns)


class Call(NamedTuple):
    """A function, and how many of the last values are its arguments."""

    name: str
    given: int


class Formula(NamedTuple):
    """What is to be done."""

    steps: tuple[Step, ...]

    @property
    def reads(self) -> set[str]:
        return set(_cells(self.steps))

    @property
    def cost(self) -> int:
        areas = (step for step in self.steps if isinstance(step, Area))
        return len(self.steps) + sum(area.size for area in areas)


#: A number, a cell by its name, the cells of an area, or a call.
Step: TypeAlias = "Decimal | str | Area | Call"
#: What a cell is worth; a text is worth itself.
Value: TypeAlias = "Decimal | str | Fault"


# -- functions -----------------------------------------------------------------------------

# Decimals, as a person counts. What has more digits is rounded, what has far more is refused.
_MATH: Final = Context(prec=28, Emax=999, Emin=-999, traps=[InvalidOperation, Overflow])
_ZERO, _ONE = Decimal(0), Decimal(1)


def _divided(left: Decimal, right: Decimal) -> Decimal:
    if not right:
        raise Failed(BY_ZERO)
    return _MATH.divide(left, right)


def _rest(left: Decimal, right: Decimal) -> Decimal:
    """Return what is left over by a division; it has the sign of *right*, as in other sheets."""
    if not right:
        raise Failed(BY_ZERO)
    rest = _MATH.remainder(left, right)
    return _MATH.add(rest, right) if rest and rest.is_signed() != right.is_signed() else rest


class Function(NamedTuple):
    """What a name in a formula does.

    Attributes:
        work: Gives the value.
        takes: How many arguments; None for any number of them, and for areas.
    """

    work: Callable[..., Decimal]
    takes: int | None = None


FUNCTIONS: Final = {
    "add": Function(_MATH.add, 2),
    "sub": Function(_MATH.subtract, 2),
    "mul": Function(_MATH.multiply, 2),
    "div": Function(_divided, 2),
    "mod": Function(_rest, 2),
    "sum": Function(lambda *numbers: reduce(_MATH.add, numbers, _ZERO)),
    "prod": Function(lambda *numbers: reduce(_MATH.multiply, numbers, _ONE)),
}


# -- reading -------------------------------------------------------------------------------

_NUMBER: Final = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,2})?"
_CELL: Final = r"[A-Za-z](?:0|[1-9][0-9]?)(?![A-Za-z0-9])"
_TOKEN: Final = re.compile(
    rf"""\s*(?:
        (?P<call>   [A-Za-z]+) \s* \(
      | (?P<area>   {_CELL} \s* : \s* {_CELL})
      | (?P<cell>   {_CELL})
      | (?P<number> {_NUMBER})
      | (?P<comma>  ,)
      | (?P<end>    \))
    )\s*""",
    re.VERBOSE,
)


@lru_cache(maxsize=len(COLUMNS) * len(ROWS))
def read(entry: str) -> Value | Formula:
    """Return what an entry says: a number, a text, a formula, or that it can't be read.

    >>> read("1.50"), read("tea"), read("=add(1")
    (Decimal('1.50'), 'tea', '#FORMULA')
    >>> read("= sum(a1, 2)").steps
    ('A1', Decimal('2'), Call(name='sum', given=2))
    """
    said = entry.strip()
    if said.startswith("="):
        steps = _steps(said[1:])
        return Formula(steps) if steps else UNREADABLE
    return Decimal(said) if re.fullmatch(_NUMBER, said) else entry


class _Unreadable(Exception):
    """This is no formula."""


class _Reader:
    """Reads the tokens of one formula, from left to right."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.open: list[Call] = []  # calls, with the number of the argument that is being read

    def call(self, said: str) -> None:
        name = said.lower()
        if name not in FUNCTIONS:
            raise _Unreadable
        self.open.append(Call(name, 1))

    def number(self, said: str) -> None:
        self.steps.append(Decimal(said))

    def cell(self, said: str) -> None:
        self.steps.append(said.upper())

    def area(self, said: str) -> None:
        if not self.open or FUNCTIONS[self.open[-1].name].takes is not None:
            raise _Unreadable
        self.steps.append(_area(said))

    def comma(self, _: str) -> None:
        name, given = self._last()
        self.open.append(Call(name, given + 1))

    def end(self, _: str) -> None:
        call = self._last()
        if FUNCTIONS[call.name].takes not in (None, call.given):
            raise _Unreadable
        self.steps.append(call)

    def _last(self) -> Call:
        if not self.open:
            raise _Unreadable
        return self.open.pop()


def _steps(text: str) -> tuple[Step, ...]:
    """Return the steps of a formula; none if it can't be read."""
    reader, at, has_value = _Reader(), 0, False
    while at < len(text):
        token = _TOKEN.match(text, at)
        # A comma or an end follows a value, and nothing else does.
        if token is None or has_value is not (token.lastgroup in ("comma", "end")):
            return ()
        kind = token.lastgroup or ""
        try:
            getattr(reader, kind)(token[kind])
        except _Unreadable:
            return ()
        at, has_value = token.end(), kind not in ("call", "comma")
    return tuple(reader.steps) if has_value and not reader.open else ()


def _area(said: str) -> Area:
    corners = [corner.strip().upper() for corner in said.split(":")]
    left, right = sorted(COLUMNS.index(corner[0]) for corner in corners)
    top, bottom = sorted(int(corner[1:]) for corner in corners)
    return Area(range(left, right + 1), range(top, bottom + 1))


def _cells(steps: tuple[Step, ...]) -> Iterator[str]:
    for step in steps:
        if isinstance(step, Area):
            yield from step.names()
        elif isinstance(step, str):
            yield step


# -- working out ---------------------------------------------------------------------------


def worth(entries: Mapping[str, str]) -> dict[str, Value]:
    """Return what each cell is worth: that of a cycle, or behind one, is a fault.

    So is that of a formula which takes more than those before it have left of `MOST`.

    >>> worth({"A0": "=mul(A1, 2)", "A1": "21", "B0": "=B1", "B1": "=B0"})
    {'A1': Decimal('21'), 'A0': Decimal('42'), 'B0': '#CYCLE', 'B1': '#CYCLE'}
    """
    said = {name: read(entry) for name, entry in entries.items()}
    left = MOST
    for name, one in said.items():
        if isinstance(one, Formula):
            left, said[name] = (left - one.cost, one) if one.cost <= left else (left, TOO_MUCH)
    formulas = {name: one for name, one in said.items() if isinstance(one, Formula)}
    values = {name: one for name, one in said.items() if not isinstance(one, Formula)}
    order = TopologicalSorter({name: formulas.keys() & one.reads for name, one in formulas.items()})
    with suppress(CycleError):  # what has nothing to do with a cycle comes nevertheless
        order.prepare()
    while order.is_active():
        for name in order.get_ready():
            values[name] = _worked_out(formulas[name], values)
            order.done(name)
    return values | {name: CYCLE for name in formulas if name not in values}


def _worked_out(formula: Formula, values: Mapping[str, Value]) -> Value:
    stack: list[list[Decimal]] = []  # of an area all numbers, of the others one
    try:
        for step in formula.steps:
            if isinstance(step, Call):
                given = chain.from_iterable(stack[-step.given :])
                stack[-step.given :] = [[FUNCTIONS[step.name].work(*given)]]
            elif isinstance(step, Area):
                stack.append(list(_numbers(step.names(), values)))
            elif isinstance(step, str):
                stack.append(list(_numbers([step], values)) or [_ZERO])
            else:
                stack.append([step])
    except Failed as failed:
        return failed.fault
    except (InvalidOperation, Overflow):
        return TOO_LARGE
    return stack[0][0]


def _numbers(names: Iterable[str], values: Mapping[str, Value]) -> Iterator[Decimal]:
    """Give the numbers of cells; those that are empty or hold a text have none."""
    for name in names:
        value = values.get(name)
        if isinstance(value, Fault):
            raise Failed(value)
        if isinstance(value, Decimal):
            yield value


def shown(value: Value) -> str:
    """Return a value as a cell shows it.

    >>> shown(Decimal("1.50")), shown(Decimal(2) / Decimal(3)), shown(Decimal("1E+3"))
    ('1.5', '0.666666666666667', '1000')
    """
    if not isinstance(value, Decimal):
        return str(value)
    if value.adjusted() >= _MATH.prec:
        return f"{value:.6E}"
    if not value:  # a decimal knows a negative zero
        return "0"
    whole = value == value.to_integral_value()
    text = f"{value if whole else _SHOWN.plus(value):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


# What is rounded at the end hides that two thirds are no decimal.
_SHOWN: Final = Context(prec=15)
