"""Every error that htealeaf raises on purpose.

A message is for the developer's terminal: it says what was asked, where it stopped and what would
work. `public` is for a browser: one sentence that never holds a stored value, a path or a name.

Rule 1: `status_hint` is only a hint. Nothing here knows HTTP; the web floor answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from htealeaf.words import say

__all__ = [
    "AlreadyDone",
    "BadRequest",
    "Conflict",
    "DuplicateStore",
    "Forbidden",
    "FrozenError",
    "HtealeafError",
    "Invalid",
    "InvalidName",
    "InvalidPath",
    "InvalidValue",
    "InvalidVersion",
    "Lost",
    "NoSuperStore",
    "NotAValue",
    "NotAllowed",
    "NotAuthenticated",
    "NotOffered",
    "OutsideRequest",
    "PathNotFound",
    "RefusedField",
    "RefusedRedirect",
    "RefusedValue",
    "TargetGone",
    "UnknownPlace",
    "WriteWhileRendering",
    "WrongType",
]


class HtealeafError(Exception):
    """Base of every error that this package raises on purpose."""

    #: The HTTP status that fits. The core suggests it; the web floor answers.
    status_hint: ClassVar[int] = 500
    #: No data causes it, only the program: it is shown as an error of the whole page.
    mistake: bool = False
    #: One sentence that is safe to show in a browser.
    public: ClassVar[str] = "Something went wrong here."


class BadRequest(HtealeafError):
    """What a browser sent can't be read."""

    status_hint = 400
    public = "The request could not be understood."


class InvalidPath(HtealeafError, ValueError):
    """The text of a path is malformed or too long."""

    status_hint = 400
    public = "This address is not well formed."


class PathNotFound(HtealeafError, LookupError):
    """A path leads to a place that the store does not have.

    Args:
        path: What was asked for.
        stop: The last place on the way that is there.
        found: What is at `stop`, and what would have worked.
    """

    status_hint = 404
    public = "There is no such place."

    def __init__(self, path: Sequence[str], stop: Sequence[str], found: str) -> None:
        super().__init__(f"path '{path}' stops at '{stop}': {found}")
        self.path, self.stop, self.found = path, stop, found

    def __reduce__(self) -> tuple[object, ...]:
        # Exception's own way to pickle would call __init__ with the message alone.
        return type(self), (self.path, self.stop, self.found)


class WrongType(HtealeafError, TypeError):
    """A verb met a value of a kind that it can't work on."""

    status_hint = 422
    public = "This does not fit what is stored there."


class InvalidVersion(HtealeafError, ValueError):
    """The version of a store, or its migrations, can't be."""


class InvalidValue(HtealeafError, ValueError):
    """A value is no JSON, not finite, too deep or too big, or an argument is out of range."""

    status_hint = 422
    public = "This value can't be stored."


class RefusedField(InvalidValue):
    """What a person put into a control does not fit.

    Args:
        name: The control's, which the page shows anyway; "" if it has none.
        wants: What would fit: `a number`.
    """

    def __init__(self, name: str, wants: str) -> None:
        super().__init__(f"'{name}' wants {wants}" if name else f"this field wants {wants}")
        self.name, self.wants = name, wants

    @property
    def public(self) -> str:  # type: ignore[override]
        """Return what a browser is told."""
        if not self.name:
            return say("This field wants {wants}.", wants=say(self.wants))
        return say("'{name}' wants {wants}.", name=self.name, wants=say(self.wants))

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.name, self.wants)


class RefusedValue(HtealeafError, ValueError):
    """A value can't stand where it was put in a page: it could run, or load, what nobody meant."""


class RefusedRedirect(HtealeafError, ValueError):
    """A redirect leads to where no browser is sent."""

    status_hint = 400
    public = "This address leads out of this site."


class Invalid(HtealeafError, ValueError):
    """An action function refuses what it was given: `raise Invalid(amount="More than you have")`.

    Args:
        message: Of the form as a whole; or messages by the names of controls, where these are no
            names of Python's: `Invalid({"lines[0][price]": "..."})`.
        fields: Messages by the names of controls.

    What is said is shown to the person as it is, or as `WSGI(words=)` has it.

    Attributes:
        fields: Messages by the names of controls; that of the whole form under "".
    """

    status_hint = 422

    def __init__(self, message: str | Mapping[str, str] = "", /, **fields: str) -> None:
        told = dict(message) if isinstance(message, Mapping) else {"": message} if message else {}
        self.fields: dict[str, str] = {
            name: say(str(text)) for name, text in (told | fields).items()
        }
        if not self.fields:
            self.fields = {"": say("This does not fit.")}
        said = [f"{name}: {text}" if name else text for name, text in self.fields.items()]
        super().__init__("; ".join(said))
        self.public = " ".join(self.fields.values())  # type: ignore[misc]

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.fields,)


class Lost(HtealeafError):
    """An action was begun, and nobody knows how it ended: its server went away meanwhile."""

    status_hint = 409
    public = "This may have happened already. Please look before you try again."


class AlreadyDone(HtealeafError):
    """What an action function was to do is in the database: another try has done it."""

    status_hint = 409
    public = "This has happened already."


class NotAuthenticated(HtealeafError):
    """Nobody is signed in, and this needs somebody."""

    status_hint = 401
    public = "Please sign in first."


class NotOffered(HtealeafError):
    """An action that the server never rendered, or not in this form or for this browser."""

    status_hint = 403
    public = "This page did not offer that. Please try again."


class NoCookie(NotOffered):
    """An action came without the cookie of the browser that it was offered to."""

    public = (
        "Your browser did not send the cookie of this site, so this was not done. Please try again;"
        " if it stays so, allow cookies for this site, or open it in a window of its own."
    )


class Forbidden(HtealeafError):
    """The author's rule, or the origin of the request, forbids it."""

    status_hint = 403
    public = "This is not allowed."


class NotAllowed(Forbidden):
    """The rule of a page, `route(allow=)`, says no.

    Args:
        status: What it is answered with.
    """

    def __init__(self, sentence: str, status: int = 403) -> None:
        super().__init__(sentence)
        self.status_hint = status  # type: ignore[misc]

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (str(self), self.status_hint)


class TargetGone(HtealeafError):
    """The thing that an action was shown on is no longer there."""

    status_hint = 409
    public = "This is no longer there."


class Conflict(HtealeafError):
    """What a write was based on has changed meanwhile."""

    status_hint = 409
    public = "This changed in the meantime. Please try again."


class FrozenError(HtealeafError, TypeError):
    """Somebody wrote to a snapshot; the message names the verb that writes to the store."""

    mistake = True


class NotAValue(HtealeafError, TypeError):
    """A binding, a slot or a place was used as if it were the value that it stands for."""

    mistake = True


class NoAttributeOfIt(NotAValue, AttributeError):
    """An attribute was asked of a binding, a slot or a place, which only the value has."""


class WriteWhileRendering(HtealeafError):
    """A store was written to while a page or a binding was rendered."""

    mistake = True


class NoSuperStore(HtealeafError):
    """An action was rendered, but no SuperStore answers for its store."""

    mistake = True


class OutsideRequest(HtealeafError):
    """Something that belongs to a request was used where there is none."""

    mistake = True


class UnknownPlace(PathNotFound):
    """A path is one that neither document, default nor schema ever had: a slip of the author's."""

    status_hint = 500
    public = HtealeafError.public

    def __init__(self, sentence: str, *, mistake: bool = True) -> None:
        LookupError.__init__(self, sentence)
        self.path, self.stop, self.found = (), (), sentence
        self.mistake = mistake

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.found,)


class DuplicateStore(HtealeafError, ValueError):
    """Two stores of one registry have the same name."""

    mistake = True


class InvalidName(HtealeafError, ValueError):
    """A name does not have the form that names have."""

    mistake = True


def mistaken(sentence: str, *, mistake: bool = True) -> HtealeafError:
    """Return an error that says that something stands where nothing of its kind can."""
    error = HtealeafError(sentence)
    error.mistake = mistake
    return error


def is_mistake(error: BaseException) -> bool:
    """Tell whether *error* is a mistake of the program, which no data causes."""
    return isinstance(error, (NameError, ImportError, SyntaxError)) or bool(
        getattr(error, "mistake", False)
    )
