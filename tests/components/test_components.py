"""What each ready-made piece is in HTML."""

from __future__ import annotations

import pytest

import htealeaf.components as components


@pytest.mark.parametrize("name", components.__all__)
def test_every_name_of_the_components_is_a_function_or_a_class(name: str) -> None:
    """A file has the name of its piece, and importing it hides the piece nowhere."""
    assert callable(getattr(components, name))
