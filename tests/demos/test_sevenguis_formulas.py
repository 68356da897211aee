"""Formulas of the sheet: what is read, what cells are worth, and what has no value."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demos.sevenguis.formulas import (
    BY_ZERO,
    COLUMNS,
    CYCLE,
    MOST,
    ROWS,
    TOO_LARGE,
    TOO_MUCH,
    UNREADABLE,
    Fault,
    read,
    shown,
    worth,
)


def value(entry: str, **others: str) -> str:
    """Return what a cell shows, among others."""
    return shown(worth({"Z9": entry, **others})["Z9"])


@pytest.mark.parametrize(
    ("entry", "wanted"),
    [
        ("=5", "5"),
        (" = -1.50 ", "-1.5"),
        ("=add(1,2)", "3"),
        ("= SUB ( 1 , 0.9 )", "0.1"),
        ("=mul(0.1,3)", "0.3"),
        ("=div(1,3)", "0.333333333333333"),
        ("=mul(div(1,3),3)", "1"),
        ("=mod(7,3)", "1"),
        ("=mod(-7,3)", "2"),
        ("=mod(7,-3)", "-2"),
        ("=mod(6,3)", "0"),
        ("=sum(1,2,3)", "6"),
        ("=prod(2)", "2"),
        ("=mul(-1,0)", "0"),
        ("=mul(123456789012,987654321098)", "121932631136585886175176"),
        ("=add(add(add(1,1),sum(1,mul(2,3))),1)", "10"),
    ],
)
def test_functions(entry: str, wanted: str) -> None:
    assert value(entry) == wanted


def test_a_cell_that_is_empty_or_a_text_counts_as_nothing() -> None:
    """For a reference it is 0; in an area it is left out."""
    assert value("=add(A0, b0)", A0="tea") == "0"
    assert value("=prod(A0, 5)", A0="tea") == "0"
    assert value("=prod(A0:B1, 5)", A0="tea", B1="2") == "10"
    assert value("=sum(B1:A0)", A0="1", A1="2", B0="3", B1="4", C0="9") == "10"
    assert value("=prod(A0:A9)") == "1"


@pytest.mark.parametrize(
    "entry",
    [
        "=", "= ", "=(1)", "=1+2", "=A100", "=A01", "=AA1", "=1 2", "=add(1)", "=add(1,2,3)",
        "=add(1,2))", "=add(1,2", "=add(,2)", "=add(1,)", "=sum()", "=sum(A1:)", "=A1:B2",
        "=add(A1:B2, 1)", "=add", "=nothing(1)", "=sum(A1:B2:C3)", "=1e", "=tea", "==1", "=,", "=)",
        "=sum(add(A1:B2,1))", "=٣",
    ],
)  # fmt: skip
def test_what_can_not_be_read(entry: str) -> None:
    assert read(entry) is UNREADABLE


def test_what_is_no_formula_is_a_number_or_a_text() -> None:
    assert read(" 1e3 ") == Decimal(1000)
    for text in ("1e", "tea", "1,5", "nan", "Infinity", "1_0", "+", ".", "#tea"):
        assert type(read(text)) is str
    assert worth({"A0": "  two  words "}) == {"A0": "  two  words "}


def test_what_can_not_be_worked_out_spreads_until_its_cause_is_gone() -> None:
    entries = {"A0": "=div(1,A1)", "A1": "0", "A2": "=sum(A0:A1)", "A3": "=7"}
    assert worth(entries)["A0"] == worth(entries)["A2"] == BY_ZERO
    assert value("=mod(1,0)") == value("=div(0,0)") == BY_ZERO
    assert worth(entries | {"A1": "4"})["A2"] == Decimal("4.25")
    large = {f"A{at + 1}": f"=mul(A{at},A{at})" for at in range(20)} | {"A0": "1e9"}
    assert worth(large)["A20"] == TOO_LARGE


def test_cells_of_a_cycle_and_behind_one_are_faults() -> None:
    entries = {"A0": "=A1", "A1": "=add(A2,1)", "A2": "=sum(A0:A1)", "B0": "=A0", "B1": "2"}
    found = worth(entries)
    assert [name for name in entries if found[name] == CYCLE] == ["A0", "A1", "A2", "B0"]
    assert found["B1"] == 2
    assert worth({"A0": "=A0"}) == {"A0": CYCLE}
    assert shown(CYCLE).startswith("#")
    assert worth(entries | {"A2": "1"})["B0"] == 2


def test_what_a_sheet_takes_has_a_bound() -> None:
    """Formulas are worked out that came first; without a bound, the last would take minutes."""
    entries = {f"{column}99": "=sum(A0:Z98)" for column in "ABCDEF"}
    found = worth({"A0": "5", **entries, "G99": "=A0"})
    assert MOST // (2 + 26 * 99) == 4
    assert [found[name] for name in entries] == [*[Decimal(5)] * 4, TOO_MUCH, TOO_MUCH]
    assert found["G99"] == 5  # what fits behind them
    longest = "=sum(" + "A0:Z99," * 140 + "A0)"
    everywhere = [f"{column}{row}" for column in COLUMNS for row in ROWS]
    assert {*worth(dict.fromkeys(everywhere, longest)).values()} == {TOO_MUCH}


def test_the_sums_of_all_rows_and_columns_are_within_it() -> None:
    sums = {f"Z{row}": f"=sum(A{row}:Y{row})" for row in ROWS}
    sums |= {f"{column}99": f"=sum({column}0:{column}98)" for column in COLUMNS[:-1]}
    assert TOO_MUCH not in worth(sums | {"Z99": "=sum(A0:Y0)"}).values()


def test_neither_nesting_nor_a_chain_has_an_end() -> None:
    depth = 5_000
    assert value("=" + "add(1," * depth + "0" + ")" * depth) == str(depth)
    names = [f"{column}{row}" for row in ROWS for column in COLUMNS]
    chain = {name: f"=add({names[at - 1]},1)" for at, name in enumerate(names) if at}
    assert worth({"A0": "1", **chain})["Z99"] == 2600


@given(st.text(alphabet="=addsumprodmul(),:ABZ019. -+e", max_size=30))
def test_whatever_is_entered_has_something_to_show(text: str) -> None:
    """Nothing raises, and a formula is worth a number or a fault."""
    found = worth({"A0": "=" + text, "A1": text})
    assert isinstance(found["A0"], Decimal | Fault)
    assert isinstance(shown(found["A1"]), str)
