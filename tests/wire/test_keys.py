"""Names of keys: one form for each, and what was meant by what is none."""

import pytest

from htealeaf.errors import HtealeafError
from htealeaf.wire.keys import pressed


@pytest.mark.parametrize(
    ("said", "form"),
    [
        ("Enter", "Enter"),
        ("a", "a"),
        ("A", "A"),
        ("?", "?"),
        ("+", "+"),
        ("Space", " "),
        (" ", " "),
        ("Ctrl+K", "Ctrl+k"),
        ("Shift+Ctrl+k", "Ctrl+K"),
        ("Alt+Ctrl+Delete", "Ctrl+Alt+Delete"),
        ("Shift+Enter", "Shift+Enter"),
        ("Mod++", "Mod++"),
        ("Shift+?", "?"),
        ("Shift+Space", "Shift+ "),
        ("Shift+Ctrl+Space", "Ctrl+Shift+ "),
        ("F12", "F12"),
    ],
)
def test_a_key_has_one_form(said: str, form: str) -> None:
    assert pressed(said) == form


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("Esc", "did you mean 'Escape'"),
        ("enter", "did you mean 'Enter'"),
        ("Entr", "did you mean 'Enter'"),
        ("ctrl+k", r"did you mean 'Ctrl\+'"),
        ("Cmd+k", r"did you mean 'Meta\+'"),
        ("Strg+k", "Mod, Ctrl, Alt, Meta, Shift"),
        ("Ctrl+Shift+1", "depends on the keyboard"),
        ("nonsense", "KeyboardEvent.key"),
        ("", "wants the name of a key"),
    ],
)
def test_what_is_no_key_is_refused(said: str, words: str) -> None:
    with pytest.raises(HtealeafError, match=words):
        pressed(said)
