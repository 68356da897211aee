"""Values of provided generators: one of each for a request, closed when that is over.

Rule 1: a generator is started once a request, by whoever names it first: route function, layout,
rule and binding share one database session.

Rule 2: the last one that was started is the first that is closed. An error of the request is raised
at its `yield`, so that it can roll back; whoever hears it can't make the request succeed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager
from inspect import isgeneratorfunction
from typing import Any

from htealeaf.reactive.scope import Dep, current

log = logging.getLogger("htealeaf")


class Kept:
    """The values of one request."""

    __slots__ = ("_stack", "_values", "given")

    def __init__(self) -> None:
        self.given = 0  #: how often a value was given
        self._stack = ExitStack()
        self._values: dict[str, tuple[Any, set[Dep]]] = {}

    def provided(
        self, name: str, function: Callable[..., Any], wanted: Callable[[], Mapping[str, Any]]
    ) -> Any:
        """Return what *function* provides as *name*; `wanted()` gives its arguments."""
        if not isgeneratorfunction(function):
            return function(**wanted())
        return self.value(name, lambda: function(**wanted()))

    def value(self, name: str, make: Callable[[], Generator[Any]]) -> Any:
        """Return what the generator *name* yields; `make()` starts it at the first time.

        What it reads on the way is noted for everybody who gets it.
        """
        scope = current()
        self.given += 1
        if name not in self._values:
            reads: set[Dep] = set()
            outer = scope.deps if scope is not None else None
            if scope is not None:
                scope.deps = reads
            try:
                value = self._stack.enter_context(contextmanager(make)())
            finally:
                if scope is not None:
                    scope.deps = outer
            self._values[name] = value, reads
        value, reads = self._values[name]
        if scope is not None and scope.deps is not None:
            for dep in reads:
                scope.deps.add(dep)
        return value

    def close(self, error: BaseException | None = None) -> None:
        """Close everything.

        Args:
            error: Why the request failed; None if it did not.

        Raises:
            Exception: What a generator raises while it is closed, where the request had not failed:
                a commit that is refused.
        """
        given = (type(error), error, error.__traceback__) if error else (None, None, None)
        try:
            self._stack.__exit__(*given)
        except BaseException as raised:
            if error is None:
                raise
            if raised is not error:
                log.exception("what was provided could not be closed")
