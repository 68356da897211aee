"""Scopes of stores: whose the documents of a store are, and where they live.

A store has one scope, and whoever has to know whose a document is asks it: nobody asks of which
class a store is. A new scope is a class here; `Store(..., scope=)` takes it.

| scope | store | one document for each |
|---|---|---|
| `Everybody` | `Store(...)` | (one for all) |
| `Keyed` | `Store(..., keyed=True)` | key |
| `SignedIn` | `AuthStore` | value of `auth(session)` |
| `Browser` | `SessionStore` | browser |
| `OpenPage` | `PageStore` | open page |

Rule 1: a visitor's own document is reached without naming an owner, by scripts only so.

Rule 2: an error names what would work, with the name of the store.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar

from htealeaf.data import streams
from htealeaf.errors import Forbidden, HtealeafError, InvalidPath, NotAuthenticated, OutsideRequest
from htealeaf.reactive.scope import current

_LONGEST = 200  # characters of a key


class StoreScope(ABC):
    """Whose the documents of a store are. Each question gets the store's name, for errors."""

    __slots__ = ()

    #: There are many documents, told apart by an owner.
    keyed: ClassVar[bool] = True

    #: Each document belongs to one visitor, who means it without naming an owner, and a script
    #: may name no other's.
    personal: ClassVar[bool] = False

    #: A document ends with the session of its browser, and goes along when the key rotates.
    of_session: ClassVar[bool] = False

    #: Documents travel with the page; the journal has none of them.
    on_page: ClassVar[bool] = False

    @abstractmethod
    def owner(self, store: str) -> str | None:
        """Return whose document the running code means where it names none; None of one for all.

        Raises:
            HtealeafError: It can't be known, and an owner has to be named.
        """

    def key(self, store: str, key: str | int) -> str:
        """Return the owner that code names by *key*.

        Raises:
            HtealeafError: There are no keys here.
            InvalidPath: *key* can't be one.
        """
        text = str(key)
        if not text or len(text) > _LONGEST or text == streams.PAGE:
            raise InvalidPath(
                f"a key of store '{store}' has 1 to {_LONGEST} characters, and is not"
                f" '{streams.PAGE}'"
            )
        return text

    def stream(self, store: str, owner: str | None) -> str:
        """Return the stream of *owner*; None is whoever the running code means.

        Raises:
            HtealeafError: As `owner` does.
        """
        if owner is None:
            owner = self.owner(store)
        return store if owner is None else streams.join(store, owner)

    def named(self, store: str, owner: str | None) -> str:
        """Return the stream that a script means by *owner*.

        Raises:
            Forbidden: It is another visitor's.
            HtealeafError: As `owner` does.
        """
        stream = self.stream(store, owner)
        if self.personal and owner is not None and stream != self.stream(store, None):
            raise Forbidden(f"'{store}' of somebody else")
        return stream

    def owner_in(self, stream: str) -> str | None:
        """Return the owner to name for a place in *stream*; None needs no name."""
        return streams.split(stream)[1] or None

    def identity(self, session: Any) -> str | None:
        """Return whom the visitor with *session* is taken for: None if that is not asked here.

        When it changes, the visitor has become somebody else and gets another browser key.
        """
        return None

    def refusal(self, store: str) -> HtealeafError | None:
        """Return why Python code may not write here, where only actions may."""
        return None


class Everybody(StoreScope):
    """One document for all."""

    __slots__ = ()
    keyed = False

    def owner(self, store: str) -> str | None:
        return None

    def key(self, store: str, key: str | int) -> str:
        raise HtealeafError(f"store '{store}' has no keys; make it Store(..., keyed=True)")


class Keyed(StoreScope):
    """One document for each key, which everybody may name."""

    __slots__ = ()

    def owner(self, store: str) -> str | None:
        raise HtealeafError(f"store '{store}' has many documents; say .of(key)")


class SignedIn(StoreScope):
    """One document for each signed-in user, as the author's `auth(session)` tells."""

    __slots__ = ("_auth",)
    personal = True

    def __init__(self, auth: Callable[[Any], str | int | None]) -> None:
        self._auth = auth

    def owner(self, store: str) -> str | None:
        scope = current()
        if scope is None or scope.session is None:
            raise OutsideRequest(
                f"store '{store}' belongs to the signed-in user, and there is no request here;"
                f" say whose it is: {store}.of('alice')"
            )
        session = scope.session
        found = scope.settled(store, lambda: self.identity(session))
        if found is None:
            raise NotAuthenticated(f"store '{store}' belongs to users; nobody is signed in")
        return found

    def identity(self, session: Any) -> str | None:
        user = self._auth(session)
        return None if user is None or user == "" else user_key(user)


def user_key(user: Any) -> str:
    """Return what the documents of *user* are stored under: the very text, or the number as one.

    Raises:
        InvalidPath: It is nothing that names a user.

    >>> user_key("Ann"), user_key(7)
    ('Ann', '7')
    """
    text = str(user) if type(user) is int else user
    if not isinstance(text, str) or not 0 < len(text) <= _LONGEST or text == streams.PAGE:
        raise InvalidPath(
            f"a user's key is a text of 1 to {_LONGEST} characters, or a whole number, and not"
            f" '{streams.PAGE}'; this is a {type(user).__name__}"
        )
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InvalidPath("a user's key is no Unicode text") from None
    return str(text)


class Browser(StoreScope):
    """One document for each browser, under its key."""

    __slots__ = ()
    personal = of_session = True

    def owner(self, store: str) -> str | None:
        scope = current()
        if scope is None or scope.session is None:
            raise OutsideRequest(
                f"store '{store}' belongs to a browser, and there is no request here;"
                f" say whose it is: {store}.of(session.id)"
            )
        id: str = scope.session.id
        return id


class OpenPage(StoreScope):
    """One document for each open page; it travels with the page and is written by actions."""

    __slots__ = ()
    personal = on_page = True

    def owner(self, store: str) -> str | None:
        if current() is None:
            raise OutsideRequest(
                f"store '{store}' belongs to an open page, and there is none here; its state"
                " travels with the page"
            )
        return streams.PAGE

    def key(self, store: str, key: str | int) -> str:
        raise HtealeafError(f"store '{store}' is a page's own and has no keys")

    def owner_in(self, stream: str) -> str | None:
        return None

    def refusal(self, store: str) -> HtealeafError:
        return OutsideRequest(
            f"store '{store}' is a page's own: write it with an action, {store}.do..., or in an"
            " action function"
        )
