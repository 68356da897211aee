"""Values that each request makes: named tuples, without the call of a function in Python.

A click makes some thirty named tuples. `Change(...)` calls a function that Python has written for
the class; `quick(Change, (...))` is what that function does, in half the time.

Rule: every field is given, in order. It stands where each click comes by, and nowhere else.
"""

from __future__ import annotations

from typing import Final

quick: Final = tuple.__new__
