"""URLs of routes by their names: `url_for("item", id=3)`.

A route has the name of its function; `Routes(name=)` puts one in front: `admin.users`.

Rule: a name that could mean two addresses is an error where it is used, not a guess.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any
from urllib.parse import quote, urlencode

from htealeaf.app.here import here
from htealeaf.app.patterns import PARAMETER, spelled
from htealeaf.app.route import Route
from htealeaf.errors import HtealeafError, OutsideRequest
from htealeaf.html.lines import written_at
from htealeaf.wire.urls import Url


class Urls:
    """The names of an app's routes."""

    def __init__(self) -> None:
        self._named: dict[str, list[Route]] = {}

    def add(self, route: Route, *, said: bool) -> None:
        """Let *route* be known by its name.

        Args:
            route: It.
            said: The author chose the name, so that it has to be the only one.

        Raises:
            HtealeafError: Another address has the name.
        """
        known = self._named.setdefault(route.name, [])
        other = next((one for one in known if one.pattern != route.pattern), None)
        if other is not None and (said or other.said):
            raise HtealeafError(
                f"two routes are named {route.name!r}: {other.pattern} at"
                f" {written_at(other.function)} and {route.pattern} at"
                f" {written_at(route.function)}; give one of them another name="
            )
        known.append(route)

    def find(self, name: str) -> Route:
        """Return the route of a name.

        Raises:
            HtealeafError: There is none, or more than one address has it.
        """
        known = self._named.get(name)
        if not known:
            near = get_close_matches(name, self._named, 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            names = ", ".join(sorted(self._named)) or "none"
            raise HtealeafError(f"no route is named {name!r}{hint}; there are: {names}")
        patterns = sorted({route.pattern for route in known})
        if len(patterns) > 1:
            raise HtealeafError(
                f"{name!r} could be {' or '.join(patterns)}; give these routes a name= each"
            )
        return known[0]

    def build(
        self,
        base: str,
        name: str,
        values: Mapping[str, Any],
        query: Mapping[str, Any] | None,
        anchor: str,
    ) -> Url:
        """Return the URL of the route *name*, with *base* in front.

        Raises:
            HtealeafError: A parameter is missing, or there is no such one, or it does not fit.
        """
        pattern = self.find(name).pattern
        kinds = {match[1]: match[2] or "str" for match in PARAMETER.finditer(pattern)}
        missing = [key for key in kinds if key not in values]
        extra = [key for key in values if key not in kinds]
        if missing or extra:
            said = [f"it lacks {', '.join(missing)}"] if missing else []
            said += [f"it has no {', '.join(extra)}"] if extra else []
            hint = "; a query is _query={...}" if extra else ""
            has = ", ".join(kinds) or "no parameters"
            raise HtealeafError(
                f"url_for({name!r}): {' and '.join(said)}; route {pattern} has: {has}{hint}"
            )
        texts = {}
        for key, kind in kinds.items():
            texts[key] = spelled(kind, values[key])
            if texts[key] is None:
                raise HtealeafError(
                    f"url_for({name!r}): {key}={values[key]!r} does not fit {{{key}:{kind}}} of"
                    f" route {pattern}"
                )
        url = base + PARAMETER.sub(lambda match: texts[match[1]] or "", pattern)
        if query:
            pairs = {key: value for key, value in query.items() if value is not None}
            url += f"?{urlencode(pairs, doseq=True)}"
        return Url(f"{url}#{quote(anchor)}" if anchor else url)


def url_for(
    _name: str, /, *, _query: Mapping[str, Any] | None = None, _anchor: str = "", **values: Any
) -> Url:
    """Return the URL of the route *name* of the app that answers this request.

        url_for("item", id=3)                      # /item/3, below where the app is mounted
        url_for("search", _query={"q": "tea"})     # /search?q=tea

    Args:
        _name: The function's name, or the route's `name=`.
        _query: What stands behind the question mark; lists repeat their key, None leaves it out.
        _anchor: What stands behind `#`.
        values: The parameters in the route's pattern.

    Raises:
        HtealeafError: There is no such route, or its parameters are others.
        OutsideRequest: No request is answered; `app.url_for` works anywhere, without a base.
    """
    request = here()
    if request is None:
        raise OutsideRequest(
            "url_for() needs a request, which says where the app is mounted; outside of one,"
            " app.url_for(...) gives the path below it"
        )
    built: Url = request.url_of(request.base, _name, values, _query, _anchor)
    return built
