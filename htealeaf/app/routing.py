"""Routing: from a URL to a route function, and from the names of its parameters to arguments.

A function gets what its parameters name: path parameters, `session`, `req` or `request`, `cookies`,
`args` (the query), and what was provided.

Rule: a path has one address. With a slash at its end where the pattern has none, or without one
where it has, it is sent to the address that was written, by one redirect.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache, partial
from typing import Any

from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import IntegerConverter, Map, RequestRedirect, Rule

from htealeaf.app.patterns import PARAMETER, RESERVED, rule_of, shape_of
from htealeaf.app.route import Route
from htealeaf.app.urls import Urls
from htealeaf.errors import HtealeafError
from htealeaf.html.lines import written_at

__all__ = ["BUILT_IN", "RESERVED", "Route", "Router", "arguments", "parameters", "rule_of"]

_KNOWN = 256  # paths whose route is known without a search; most visits are to few
_SHORT = 256  # characters; a longer path is searched each time, since keeping it costs memory
BUILT_IN = ("session", "req", "request", "cookies", "args")


#: Gives the value of a provided name: its function, and what gives that its arguments.
Provide = Callable[[str, Callable[..., Any], Callable[[], Mapping[str, Any]]], Any]


def _called(name: str, function: Callable[..., Any], own: Callable[[], Mapping[str, Any]]) -> Any:
    return function(**own())


def arguments(
    function: Callable[..., Any],
    found: Mapping[str, Any],
    built_in: Callable[[str], Any],
    provided: Mapping[str, Callable[..., Any]],
    provide: Provide = _called,
    *,
    skip: int = 0,
) -> dict[str, Any]:
    """Return the arguments that *function* wants, by name.

    Args:
        function: A route function, or one that provides an argument.
        found: The parameters in the URL.
        built_in: Gives what every function can have: `session`, `request`, ….
        provided: Functions whose results are arguments; they get arguments the same way.
        provide: Calls one of them; without it, it is just called.
        skip: How many parameters, the first ones, are given otherwise.

    Raises:
        HtealeafError: It wants one that nothing gives.
    """
    given: dict[str, Any] = {}
    for name, has_default in [*parameters(function).items()][skip:]:
        if name in found:
            given[name] = found[name]
        elif name in provided:
            others = {n: f for n, f in provided.items() if n != name}  # never itself
            own = partial(arguments, provided[name], found, built_in, others, provide)
            given[name] = provide(name, provided[name], own)
        elif name in BUILT_IN:
            given[name] = built_in(name)
        elif not has_default:
            known = ", ".join([*found, *provided, *BUILT_IN])
            who = getattr(function, "__name__", "the function")
            raise HtealeafError(
                f"{who}() wants {name!r}, which nothing gives; it can have: {known}; or"
                " provide it with @app.provide"
            )
    return given


@lru_cache(maxsize=2000)
def parameters(function: Callable[..., Any]) -> dict[str, bool]:
    """Return the names of *function*'s parameters, and whether each has a default.

    Raises:
        HtealeafError: It is `async`, or takes positional-only or `*args`.
    """
    name = getattr(function, "__name__", "function")
    called = function, type(function).__call__  # of an object that can be called
    if any(inspect.iscoroutinefunction(one) or inspect.isasyncgenfunction(one) for one in called):
        raise HtealeafError(
            f"{name}() is async; htealeaf runs on WSGI, so write 'def {name}' without async"
        )
    wanted = {}
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.VAR_POSITIONAL):
            raise HtealeafError(f"{name}() gets its arguments by name; {parameter} can't be one")
        if parameter.kind is not parameter.VAR_KEYWORD:
            wanted[parameter.name] = parameter.default is not parameter.empty
    return wanted


class _Int(IntegerConverter):
    # Longer digits name nothing, and int() raises a ValueError that nobody catches.
    regex = r"\d{1,18}"


class Router:
    """All routes of an app."""

    def __init__(self) -> None:
        self._map = Map(
            strict_slashes=False,
            merge_slashes=False,
            redirect_defaults=False,
            converters={"int": _Int},
        )
        self._adapter = self._map.bind("")
        self._found = lru_cache(maxsize=_KNOWN)(self._adapter.match)
        self.routes: list[Route] = []
        self.urls = Urls()
        self.guarded = False  #: a route has a rule, `allow=`
        self._taken: dict[tuple[str, str], Route] = {}

    def add(self, route: Route) -> None:
        """Add *route*.

        Raises:
            HtealeafError: Its pattern or its function can't be used, see `rule_of`, `parameters`;
                or another function answers the same requests; or another route has its name.
        """
        parameters(route.function)
        rule = Rule(rule_of(route.pattern), methods=route.methods, endpoint=route)
        self._take(route)
        self.urls.add(route, said=route.said)
        self._map.add(rule)
        self._found.cache_clear()
        self.routes.append(route)
        self.guarded = self.guarded or bool(route.rules)

    def __iter__(self) -> Iterator[Route]:
        """Iterate over the routes."""
        return iter(dict.fromkeys(self._taken.values()))

    def _take(self, route: Route) -> None:
        # Two patterns meet the same paths when they differ in the names of their parameters only.
        shape = shape_of(route.pattern)
        for method in route.methods:
            other = self._taken.setdefault((shape, method), route)
            if other is not route:
                raise HtealeafError(
                    f"{method} {route.pattern} is answered by {written_at(other.function)} already,"
                    f" so {written_at(route.function)} would never be called; give one of them"
                    " another path or other methods"
                )

    def match(self, path: str, method: str) -> tuple[Route, dict[str, Any]]:
        """Return the route of *path* and the parameters in it.

        Raises:
            werkzeug.exceptions.NotFound, MethodNotAllowed, RequestRedirect: To the same path with
                or without a slash at its end.
        """
        if path.startswith("//"):
            raise NotFound  # as a link it would lead to another site
        known = self._found if len(path) <= _SHORT else self._adapter.match
        route, found = known(path, method)
        if path.endswith("/") != route.pattern.endswith("/") and path != "/":
            self._straighten(path, route)
        return route, dict(found)

    def _straighten(self, path: str, route: Route) -> None:
        last = PARAMETER.search(route.pattern.rpartition("/")[2])
        if last is not None and last[2] == "path":  # a slash is a part of it
            return
        raise RequestRedirect(path[:-1] if path.endswith("/") else f"{path}/")

    def methods_of(self, path: str) -> list[str]:
        """Return what *path* answers, `OPTIONS` included; nothing if there is no such path."""
        try:
            self._adapter.match(path, "OPTIONS")
        except MethodNotAllowed as error:
            return sorted({*(error.valid_methods or ()), "OPTIONS"})
        except NotFound:
            return []
        return sorted({*self._adapter.allowed_methods(path), "OPTIONS"})
