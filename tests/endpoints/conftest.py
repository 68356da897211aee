from __future__ import annotations

import pytest

from htealeaf import AuthStore, Store
from tests.endpoints.shop import Shop


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def open_shop(shop: Shop) -> Shop:
    with shop.registry:
        Store(
            {
                "n": 1,
                "s": "a",
                "b": True,
                "d": {"x": 1, "y": {"z": "t"}},
                "free": {},
                "l": [{"k": 1}],
                "null": None,
            },
            name="free",
            writable=["", "*", "*/*", "l/*/k", "d/y/z"],
            readable=["n", "d"],
        )
        AuthStore(lambda s: s.get("userName"), {"n": 0}, name="own", writable=["n"], readable=["n"])
    return shop
