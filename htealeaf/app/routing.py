"""Routing: from a URL to a route function, and from the names of its parameters to arguments.

Patterns are `/hello/{name}`, `/item/{id:int}`, `/files/{rest:path}`. A function gets what its
parameters name: path parameters, `session`, `req` or `request`, `cookies`, and what was provided.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from werkzeug.exceptions import NotFound
from werkzeug.routing import IntegerConverter, Map, Rule

from htealeaf.errors import HtealeafError
from htealeaf.html.lines import written_at
from htealeaf.wire.names import API_URL, ASSETS_URL

_PARAMETER = re.compile(r"\{([A-Za-z_]\w*)(?::(\w+))?\}")
_CONVERTERS = {None: "string", "str": "string", "int": "int", "float": "float", "path": "path"}
_KNOWN = 256  # paths whose route is known without a search; most visits are to few
_SHORT = 256  # characters; a longer path is searched each time, since keeping it costs memory
#: What URLs of our own begin with.
RESERVED = (API_URL, f"{ASSETS_URL}/")
BUILT_IN = ("session", "req", "request", "cookies")


@dataclass(eq=False)
class Route:
    """A pattern, the function that answers it, and how."""

    pattern: str
    function: Callable[..., Any]
    methods: tuple[str, ...]
    title: str
    layout: Callable[[Any], Any] | None
    page: bool


def arguments(
    function: Callable[..., Any],
    found: Mapping[str, Any],
    built_in: Callable[[str], Any],
    provided: Mapping[str, Callable[..., Any]],
) -> dict[str, Any]:
    """Return the arguments that *function* wants, by name.

    Args:
        function: A route function, or one that provides an argument.
        found: The parameters in the URL.
        built_in: Gives what every function can have: `session`, `request`, ….
        provided: Functions whose results are arguments; they get arguments the same way.

    Raises:
        HtealeafError: It wants one that nothing gives.
    """
    given: dict[str, Any] = {}
    for name, has_default in parameters(function).items():
        if name in found:
            given[name] = found[name]
        elif name in provided:
            others = {n: f for n, f in provided.items() if n != name}  # never itself
            given[name] = provided[name](**arguments(provided[name], found, built_in, others))
        elif name in BUILT_IN:
            given[name] = built_in(name)
        elif not has_default:
            known = ", ".join([*found, *provided, *BUILT_IN])
            raise HtealeafError(
                f"{function.__name__}() wants {name!r}, which nothing gives; it can have: {known};"
                " or provide it with @app.provide"
            )
    return given


def rule_of(pattern: str) -> str:
    """Return Werkzeug's rule for a pattern of ours.

    Raises:
        HtealeafError: It does not begin with a slash, or has a converter that is unknown.

    >>> rule_of("/item/{id:int}/{rest:path}")
    '/item/<int:id>/<path:rest>'
    """
    if not pattern.startswith("/"):
        raise HtealeafError(f"route {pattern!r} has to begin with '/'")
    if pattern.startswith(RESERVED):
        raise HtealeafError(
            f"route {pattern!r} is never reached: what begins with {' or '.join(RESERVED)} is"
            " htealeaf's own"
        )

    def converted(match: re.Match[str]) -> str:
        name, kind = match.groups()
        if kind not in _CONVERTERS:
            known = ", ".join(str(k) for k in _CONVERTERS if k)
            raise HtealeafError(
                f"route {pattern!r}: {{{name}:{kind}}} is unknown; there are {known}"
            )
        return f"<{_CONVERTERS[kind]}:{name}>" if _CONVERTERS[kind] != "string" else f"<{name}>"

    text = _PARAMETER.sub(converted, pattern)
    if "{" in text or "}" in text:
        raise HtealeafError(f"route {pattern!r}: write parameters as {{name}} or {{name:int}}")
    return text


@lru_cache(maxsize=2000)
def parameters(function: Callable[..., Any]) -> dict[str, bool]:
    """Return the names of *function*'s parameters, and whether each has a default.

    Raises:
        HtealeafError: It is `async`, or takes positional-only or `*args`.
    """
    name = getattr(function, "__name__", "function")
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
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
        self._taken: dict[tuple[str, str], Route] = {}

    def add(self, route: Route) -> None:
        """Add *route*.

        Raises:
            HtealeafError: Its pattern or its function can't be used, see `rule_of`, `parameters`;
                or another function answers the same requests.
        """
        parameters(route.function)
        self._take(route)
        rule = Rule(rule_of(route.pattern), methods=route.methods, endpoint=route)
        self._map.add(rule)
        self._found.cache_clear()
        self.routes.append(route)

    def _take(self, route: Route) -> None:
        # Two patterns meet the same paths when they differ in the names of their parameters only.
        shape = _PARAMETER.sub(lambda m: f"{{:{_CONVERTERS.get(m[2], m[2])}}}", route.pattern)
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
            werkzeug.exceptions.NotFound, MethodNotAllowed.
        """
        if path.startswith("//"):
            raise NotFound  # as a link it would lead to another site
        known = self._found if len(path) <= _SHORT else self._adapter.match
        route, found = known(path, method)
        return route, dict(found)
