"""Action functions as an author writes and calls them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from htealeaf import (
    HtealeafError,
    Invalid,
    redirect,
)
from htealeaf.components import button
from htealeaf.testing import Client, PageFailure
from tests.calling import Shop


@pytest.fixture
def shop() -> Iterator[Shop]:
    shop = Shop()
    with shop.registry:
        yield shop


@pytest.fixture(params=[True, False], ids=["scripts", "plain"])
def scripts(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def test_call_runs_it_with_checked_arguments(shop: Shop) -> None:
    @shop.app.action
    def add(session: dict[str, Any], amount: Decimal, name: str = "x") -> Any:
        session["amount"] = amount
        shop.store.increment("n")
        return redirect("/other")

    session: dict[str, Any] = {}

    assert add.call(session=session, amount="1.5").location == "/other"
    assert session == {"amount": Decimal("1.5")}
    with pytest.raises(Invalid) as refused:
        add.call(session=session, amount="x")
    assert [*refused.value.fields] == ["amount"]
    with pytest.raises(HtealeafError, match="no parameter 'amuont'"):
        add.call(amuont=1)
    assert shop.n == 1


def test_call_writes_all_or_nothing(shop: Shop) -> None:
    @shop.app.action
    def add() -> None:
        shop.store.increment("n")
        raise Invalid("No.")

    with pytest.raises(Invalid):
        add.call()

    assert shop.n == 0


def test_every_parameter_has_an_annotation(shop: Shop) -> None:
    with pytest.raises(HtealeafError, match=r"add\(amount\) has no annotation"):

        @shop.app.action
        def add(amount) -> None: ...


def test_two_functions_have_two_names(shop: Shop) -> None:
    shop.app.action(name="save")(lambda: None)

    with pytest.raises(HtealeafError, match=r"say @app.action\(name=...\)"):
        shop.app.action(name="save")(lambda: None)


def test_a_constant_is_a_parameter(shop: Shop) -> None:
    @shop.app.action
    def remove(id: int) -> None: ...

    with pytest.raises(HtealeafError, match="no parameter 'nr'; it has: id"):
        remove(nr=3)
    with pytest.raises(HtealeafError, match=r"remove.call\(...\)"):
        remove(3)


def test_async_is_refused(shop: Shop) -> None:
    with pytest.raises(HtealeafError, match="async"):

        @shop.app.action
        async def later() -> None: ...


def test_a_function_is_a_step_of_its_own(shop: Shop) -> None:
    @shop.app.action
    def add() -> None: ...

    shop.content = [button("x", onclick=add().then(shop.store.do.increment("n")))]

    with pytest.raises(PageFailure, match="an action function is a step of its own"):
        Client(shop.app).open("/")
