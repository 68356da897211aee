"""Routes of other modules: collected there, and taken into an app with one line.

    # shop/admin.py
    admin = Routes("/admin", name="admin", layout="admin", allow=is_admin, otherwise="/login")

    @admin.route("/users")
    def users(): ...

    # app.py
    app.include(admin)               # /admin/users, url_for("admin.users")

Rule: what is said of all of them holds for each that says nothing itself. Rules (`allow=`) add up:
a route inside is never open to more people than what it stands in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar

from htealeaf.app.patterns import rule_of
from htealeaf.app.route import Route
from htealeaf.errors import HtealeafError

Function = TypeVar("Function", bound=Callable[..., Any])


class Rule(NamedTuple):
    """Who may see a page, and what others get; the first one that says no counts."""

    allow: Callable[..., Any]
    otherwise: Any


class Routes:
    """Routes with what they have in common.

    Args:
        prefix: Stands before every pattern: `/admin`, or `/shops/{shop}`.
        name: Stands before every name: `admin` makes `admin.users`.
        layout: Frames their content; see `WSGI.route`.
        allow: Who may see and use them, and
        otherwise: what others get; see `WSGI.route`.
    """

    def __init__(
        self,
        prefix: str = "",
        *,
        name: str = "",
        layout: Any = None,
        allow: Callable[..., Any] | None = None,
        otherwise: Any = None,
    ) -> None:
        if prefix:
            rule_of(prefix)
        if prefix.endswith("/"):
            raise HtealeafError(f"Routes({prefix!r}): write the prefix without a slash at its end")
        self.prefix, self.name, self.layout = prefix, name, layout
        self.rules: tuple[Rule, ...] = (Rule(allow, otherwise),) if allow is not None else ()
        self._made: list[Route] = []
        self._included: list[Routes] = []

    def route(
        self,
        pattern: str = "",
        *,
        methods: Iterable[str] = ("GET",),
        title: str | Callable[..., Any] | None = None,
        layout: Any = None,
        page: bool = True,
        name: str = "",
        allow: Callable[..., Any] | None = None,
        otherwise: Any = None,
    ) -> Callable[[Function], Function]:
        """Answer requests for the prefix and *pattern* with the decorated function.

        Arguments are those of `WSGI.route`; with no pattern it is the prefix itself.
        """
        if not isinstance(pattern, str):
            raise HtealeafError(
                f'it is given a {type(pattern).__name__}; write @routes.route("/path")'
            )

        def decorate(function: Function) -> Function:
            made = name or getattr(function, "__name__", "page")
            rules = (Rule(allow, otherwise),) if allow is not None else ()
            route = Route(
                pattern,
                function,
                tuple(method.upper() for method in methods),
                title,
                layout,
                page,
                made,
                bool(name),
                rules,
            )
            self._made.append(route)
            return function

        return decorate

    def include(self, routes: Routes) -> None:
        """Take in *routes*, below this prefix and name."""
        if routes is self:
            raise HtealeafError("routes can't include themselves")
        self._included.append(routes)

    def __iter__(self) -> Any:
        inner = [*self._made, *(route for routes in self._included for route in routes)]
        for route in inner:
            yield replace(
                route,
                pattern=(self.prefix + route.pattern) or "/",
                name=f"{self.name}.{route.name}" if self.name else route.name,
                layout=self.layout if route.layout is None else route.layout,
                rules=self.rules + route.rules,
            )
