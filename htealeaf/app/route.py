"""Routes as values: a pattern, the function that answers it, and what was said of both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(eq=False)
class Route:
    """A pattern, the function that answers it, and how.

    Attributes:
        pattern: What its URLs look like.
        function: What answers them.
        methods: HTTP methods, in capitals.
        title: The page's title: text, a function of what the route function may name, or None.
        layout: What frames its content: a function, the name of a layout, None for the app's,
            False for nothing.
        page: It is a page, which may be run again.
        name: What `url_for` calls it.
        said: The author chose the name.
        rules: Who may see and use it, and what others get: pairs of a function, and a URL, a
            status, a function or None for 403.
    """

    pattern: str
    function: Callable[..., Any]
    methods: tuple[str, ...] = ("GET",)
    title: str | Callable[..., Any] | None = None
    layout: Any = None
    page: bool = True
    name: str = ""
    said: bool = False
    rules: tuple[tuple[Callable[..., Any], Any], ...] = ()
