"""Names of keys: what `.key("Ctrl+k")` may say, in the one form that the shim compares.

A key is named as `KeyboardEvent.key` names it. What is held stands in front, in one order: `Ctrl+`,
`Alt+`, `Meta+`, `Shift+`; `Mod+` is Ctrl or Meta. Of a key that writes a sign, Shift is in the
sign: `?`, `A`, `Ctrl+K`. Space writes none.

Source: UI Events KeyboardEvent key Values.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import Final

from htealeaf.errors import HtealeafError

_HELD: Final = ("Mod", "Ctrl", "Alt", "Meta", "Shift")
_OTHERS: Final = {
    "control": "Ctrl",
    "cmd": "Meta",
    "command": "Meta",
    "option": "Alt",
    "win": "Meta",
}
_NAMED: Final = frozenset(
    "Enter Escape Tab Backspace Delete Insert Home End PageUp PageDown ArrowUp ArrowDown ArrowLeft"
    " ArrowRight CapsLock ContextMenu Clear Copy Cut Paste Undo Redo Help Pause PrintScreen"
    " Find Again"
    " Shift Control Alt Meta AltGraph NumLock ScrollLock Process Unidentified Dead Compose"
    " MediaPlayPause MediaStop MediaTrackNext MediaTrackPrevious AudioVolumeUp AudioVolumeDown"
    " AudioVolumeMute BrowserBack BrowserForward BrowserRefresh BrowserSearch GoBack".split()
) | {f"F{n}" for n in range(1, 25)}
_ALIASES: Final = {
    "esc": "Escape", "return": "Enter", "del": "Delete", "ins": "Insert", "space": "Space",
    "up": "ArrowUp", "down": "ArrowDown", "left": "ArrowLeft", "right": "ArrowRight",
    "pgup": "PageUp", "pgdn": "PageDown", "spacebar": "Space",
}  # fmt: skip


def pressed(name: str) -> str:
    """Return *name* in the form that the shim compares.

    Raises:
        HtealeafError: There is no such key; it says which was meant.

    >>> pressed("Shift+Ctrl+k"), pressed("Mod+Enter"), pressed("Space"), pressed("Ctrl++")
    ('Ctrl+K', 'Mod+Enter', ' ', 'Ctrl++')
    """
    held, key = _parts(name)
    if key.lower() == "space" and key[:1] == "S":
        key = " "
    if len(key) == 1:
        if key.isalpha() and held:
            key = key.upper() if "Shift" in held else key.lower()
        if key.isdigit() and "Shift" in held:
            raise HtealeafError(
                f"key({name!r}): what Shift and {key!r} write depends on the keyboard; name the"
                " sign: '!'"
            )
        if key != " ":
            held.discard("Shift")
    elif key not in _NAMED:
        raise HtealeafError(_unknown(name, key))
    return "".join(f"{one}+" for one in _HELD if one in held) + key


def _parts(name: str) -> tuple[set[str], str]:
    *before, key = name[:-1].split("+") if len(name) > 1 else [""]
    key += name[-1:]
    wrong = next((one for one in before if one not in _HELD), None)
    if wrong is not None:
        near = _OTHERS.get(wrong.lower()) or next(iter(get_close_matches(wrong, _HELD, 1)), None)
        meant = f"did you mean {near + '+'!r}?" if near else f"there are: {', '.join(_HELD)}"
        raise HtealeafError(f"key({name!r}): {wrong + '+'!r} is nothing that is held; {meant}")
    if not key:
        raise HtealeafError("key() wants the name of a key: 'Enter', 'a', 'Ctrl+k'")
    return set(before), key


def _unknown(name: str, key: str) -> str:
    named = sorted({*_NAMED, "Space"})
    folded = {one.lower(): one for one in named}
    near = _ALIASES.get(key.lower()) or folded.get(key.lower())
    near = near or next(iter(get_close_matches(key, named, 1)), None)
    meant = (
        f"did you mean {near!r}?" if near else "names are those of KeyboardEvent.key: 'Enter', 'a'"
    )
    return f"key({name!r}): there is no key {key!r}; {meant}"
