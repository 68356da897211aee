"""Action functions: the author's code behind a click, called with checked arguments.

    @app.action
    def add(session: Session, amount: Decimal, day: date):
        ...

    form(onsubmit=add)(...), button("x", onclick=remove(id=3))

What it is called with is converted by `wire/arguments.py`, and how it is run as one unit of work
stands in `endpoints/action.py`.

Rule: this module, and with it pydantic, is loaded by apps that have action functions.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from htealeaf.app.here import Give, here
from htealeaf.app.routing import BUILT_IN, arguments, parameters
from htealeaf.data.documents import Json
from htealeaf.errors import HtealeafError, Invalid, NotOffered, OutsideRequest
from htealeaf.reactive.scope import current
from htealeaf.state.stores import Registry
from htealeaf.web.kept import Kept
from htealeaf.web.uploads import Files, files_of, place_of
from htealeaf.wire.actions import Call
from htealeaf.wire.arguments import (
    Arguments,
    Parameter,
    constants_of,
    parameters_of,
    takes_files,
)
from htealeaf.wire.entries import Entry, as_sent
from htealeaf.wire.slots import has_stand_in, value_of


class ActionFunction(Call):
    """A function of the author's that events of the browser call; made by `@app.action`.

    It is itself the action that calls it without constants. Called with some, it gives the action
    that has these: `remove(id=3)`.

    Args:
        function: The author's function.
        provided: What `@app.provide` gives, by name.
        registry: Gives the registry whose stores it writes.
        name: In its URL; without it the function's own.
        retry: What it read may have changed before its commit: it runs again then.
        allow: Tells whether the visitor may call it.
        hide: What it forbids is not shown, instead of disabled.
        database: Its effects are rows of a watched database, and nothing else.
        within: Seconds that it takes at most.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        provided: Mapping[str, Callable[..., Any]],
        registry: Callable[[], Registry],
        name: str | None = None,
        retry: bool = False,
        database: bool = False,
        allow: Callable[..., Any] | None = None,
        hide: bool = False,
        within: float = 30.0,
    ) -> None:
        super().__init__(self, {})
        parameters(function)  # refuses what is async
        if allow is not None:
            parameters(allow)
        self.written, self.name = function, name or function.__name__
        self.retry, self.database, self.within = retry, database, within
        self.hides = hide
        self._allow, self._provided, self._registry = allow, provided, registry
        self._checks: list[Callable[..., Any]] = []
        self._parameters = parameters_of(function, BUILT_IN)
        self.takes_files = takes_files(self._parameters.values())
        self.__doc__ = function.__doc__
        self.__wrapped__ = function

    @cached_property
    def parameters(self) -> dict[str, Parameter]:
        """Return the parameters that forms and constants fill, by name."""
        # Asked for first when a page is rendered: then all that is provided is known.
        known = self._parameters.values()
        return {one.name: one for one in known if one.fillable and one.name not in self._provided}

    @cached_property
    def files(self) -> dict[str, Files]:
        """Return which files it takes, by the name of the control as `place_of` gives it."""
        return files_of({name: one.annotation for name, one in self.parameters.items()})

    @cached_property
    def arguments(self) -> Arguments:
        """Return what converts them."""
        return Arguments(self.parameters)

    # -- what a page says ------------------------------------------------------------------

    def __call__(self, *others: Any, **constants: Any) -> Call:
        """Return the action that calls the function with *constants*; the form gives the others.

        Raises:
            HtealeafError: It has no such parameter.
        """
        if others:
            raise HtealeafError(
                f"{self.name}(...) takes constants by name; to run it in Python, say"
                f" {self.name}.call(...)"
            )
        for name in constants:
            if name not in self.parameters:
                known = ", ".join(self.parameters) or "none"
                raise HtealeafError(f"{self.name}() has no parameter {name!r}; it has: {known}")
        return Call(self, constants)

    def jsonable(self, constants: Mapping[str, Any]) -> Json:
        """Return *constants* as JSON, with slots as `slots.template_of` has them."""
        return constants_of(constants)

    def wants(self, constants: Mapping[str, Any]) -> bool:
        """Tell whether parameters are left for the form to fill."""
        return not self.parameters.keys() <= constants.keys()

    def permits(self, known: Mapping[str, Any], *, whole: bool = False) -> bool:
        """Tell whether the author's rule lets the visitor of the current scope call it.

        Args:
            known: Arguments, by name.
            whole: All of them. Else a rule that looks at one that is not there yet is asked again.
        """
        if self._allow is None:
            return True
        if whole:
            known = {**self._defaults, **known}
        else:
            open_ = {name: value_of(name) for name in self.parameters if name not in known}
            known = {**open_, **known}
        with self._giving() as give:
            try:
                return bool(self._allow(**give(self._allow, known)))
            except TypeError:  # as in `Policy.permits`
                if whole or not has_stand_in([*known.values()]):
                    raise
                return True

    @property
    def checked_names(self) -> list[str]:
        """Return the parameters that the author's checks look at."""
        named = {name for function in self._checks for name in parameters(function)}
        return [name for name in self.parameters if name in named]

    def check(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Let the decorated function look at arguments first; it raises `Invalid`.

        It gets the arguments that it names. It is asked before the action runs, and when a person
        leaves a field that it names.

        Raises:
            HtealeafError: It names what is no parameter of the action.
        """
        for name, has_default in parameters(function).items():
            known = [*self._parameters, *BUILT_IN]
            if name not in known and not has_default:
                raise HtealeafError(
                    f"{self.name}.check: {function.__name__}() wants {name!r}, and {self.name}()"
                    f" has: {', '.join(known)}"
                )
        self._checks.append(function)
        return function

    # -- running ---------------------------------------------------------------------------

    def converted(
        self,
        entries: Iterable[Entry],
        constants: Mapping[str, Any],
        filled: Iterable[str] = (),
    ) -> dict[str, Any]:
        """Return the arguments of a call that came from a browser; see `Arguments.convert`."""
        return self.arguments.convert(entries, constants, filled)

    def is_right(
        self,
        name: str,
        entries: Iterable[Entry],
        constants: Mapping[str, Any],
        filled: Iterable[str],
        give: Give,
    ) -> None:
        """Ask whether one control of a form is right; what is wrong with others is not told.

        No files come with the question, so nothing is said of them, and no check that gets some is
        asked.

        Args:
            name: Of the control: `lines[0][price]`.

        Raises:
            Invalid: It is not.
            NotOffered: The visitor may not call the function.
        """
        entries = [*entries]
        given, told = self.arguments.convertible(entries, constants, filled)
        later = {_top(place) for place in self.files}
        known = {key: value for key, value in given.items() if key not in later}
        if not self.permits(known):
            raise NotOffered(f"{self.name}(allow=) does not allow this now")
        named = ((function, parameters(function)) for function in self._checks)
        asked = [f for f, wanted in named if _top(name) in wanted and later.isdisjoint(wanted)]
        try:
            self._ask(asked, known, give)
        except Invalid as error:
            told = {**as_sent(error.fields, entries), **told}
        if name in told and place_of(name) not in self.files:
            raise Invalid({name: told[name]})

    def as_sent(self, messages: Mapping[str, str], entries: Iterable[Entry]) -> dict[str, str]:
        """Return *messages* by the names that controls have; see `arguments.as_sent`."""
        return as_sent(messages, entries)

    def checked(self, given: Mapping[str, Any], give: Give) -> None:
        """Ask the author's checks; all of them, so that all fields are told.

        Raises:
            Invalid: One of them refuses.
        """
        self._ask(self._checks, given, give)

    def _ask(
        self, checks: Iterable[Callable[..., Any]], given: Mapping[str, Any], give: Give
    ) -> None:
        told: dict[str, str] = {}
        for function in checks:
            wanted = parameters(function)
            whole = {**self._defaults, **given}
            if any(n in self.parameters and n not in whole for n, d in wanted.items() if not d):
                continue  # a value that it needs is refused already
            try:
                function(**give(function, whole))
            except Invalid as error:
                told = {**error.fields, **told}
        if told:
            raise Invalid(told)

    @cached_property
    def _defaults(self) -> dict[str, Any]:
        return {n: p.default for n, p in self._parameters.items() if not p.required}

    def run(self, given: Mapping[str, Any], give: Give) -> Any:
        """Call the function with *given*, and what else it names."""
        return self.written(**give(self.written, given))

    def call(self, **given: Any) -> Any:
        """Run the function in Python, with arguments checked as those of a form are.

        Its writes are one step. Inside a request `session` is that of the visitor, and what is
        provided is what the request has; elsewhere it is closed at the end.

        Args:
            given: Its arguments. What is built in or provided may be given, too.

        Returns:
            What it returns: None, `redirect(...)` or `visit(...)`.

        Raises:
            Invalid: An argument is refused, or the function refuses them.
        """
        own = {name: value for name, value in given.items() if name in self.parameters}
        beside = {name: value for name, value in given.items() if name not in own}
        for name in beside:
            if name not in inspect.signature(self.written).parameters:
                known = ", ".join(inspect.signature(self.written).parameters)
                raise HtealeafError(f"{self.name}() has no parameter {name!r}; it has: {known}")
        found = {**self.arguments.of_python(own), **beside}
        with self._registry().batch(), self._giving() as give:
            self.checked(found, give)
            return self.run(found, give)

    @contextmanager
    def _giving(self) -> Iterator[Give]:
        request = here()
        if request is not None:
            yield request.give
            return
        kept = Kept()

        def give(function: Callable[..., Any], found: Mapping[str, Any]) -> dict[str, Any]:
            return arguments(function, found, _of_scope, self._provided, kept.provided)

        try:
            yield give
        except BaseException as error:
            kept.close(error)
            raise
        kept.close()

    def __repr__(self) -> str:
        return f"<action function {self.name}>"


def _top(name: str) -> str:
    # The parameter that a control, or a place, belongs to.
    return name.partition("[")[0]


def _of_scope(name: str) -> Any:
    scope = current()
    if name == "session" and scope is not None and scope.session is not None:
        return scope.session
    raise OutsideRequest(f"there is no {name} here; give one: call({name}=...)")
