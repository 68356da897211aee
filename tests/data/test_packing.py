"""Packing: what a journal stores comes back as it was, and only in a format that is known."""

from __future__ import annotations

import pytest

from htealeaf.data.documents import FrozenList, freeze, same, shape
from htealeaf.data.effects import Document, UnknownFormat
from htealeaf.data.packing import pack_document, unpack, unpack_document
from htealeaf.data.paths import parse
from htealeaf.data.verbs import Mutation, apply


def test_a_document_keeps_shape_versions_of_all_its_lists() -> None:
    root = freeze({"t": [[1, 2], {"d": {"x": [3]}}]})
    root, _ = apply(root, Mutation("append", parse("t"), [1]), 8)
    root, _ = apply(root, Mutation("insert", parse("t/1/d/x/0"), 1), 9)

    again = unpack_document(pack_document(Document(root))).root

    assert same(again, root)
    assert (shape(again, parse("t/0")), shape(again, parse("t/1/d/x/0"))) == (8, 9)
    assert all(type(found) is FrozenList for found in (again["t"], again["t"][2]))  # type: ignore[call-overload, index]


@pytest.mark.parametrize("text", ["[2,[]]", "{}", "[]", '["1"]'])
def test_a_format_that_is_not_known_is_refused(text: str) -> None:
    with pytest.raises(UnknownFormat):
        unpack(text)
    with pytest.raises(UnknownFormat):
        unpack_document(text)
