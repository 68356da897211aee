"""The session: what is stored of one browser, as the author's code reads and writes it.

How long sessions live, how many there are and under which keys is said in `sessions`.

Rule 1: what is read is tracked like any place of a store; while a page is rendered nothing is
written, since a GET only reads.

Rule 2: whoever asks for anything of it has asked who the browser is, so the answer is its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Any, NamedTuple, Protocol

from htealeaf.data import streams
from htealeaf.data.documents import MISSING, find
from htealeaf.data.paths import ROOT, Path
from htealeaf.data.verbs import Mutation
from htealeaf.reactive.graph import SHAPE, VALUE
from htealeaf.state import unit
from htealeaf.state.replica import Replica
from htealeaf.state.scopes import user_key
from htealeaf.web.visitor import Visitor

_SAID, _USER = Path(("said",)), Path(("user",))
_set = object.__setattr__  # since setting an attribute of a session stores something


class Flash(NamedTuple):
    """What a person is told once."""

    text: str
    kind: str = "info"


class Keeper(Protocol):
    """What a session needs of whoever keeps all of them."""

    @property
    def journal(self) -> Replica:
        """Return the journal that holds the sessions."""

    def write(self, visitor: Visitor, mutation: Mutation, *, rotate: bool = False) -> None:
        """Write to the session of *visitor*."""

    def flash(self, visitor: Visitor, told: Flash) -> None:
        """Let *visitor* be told something once."""

    def rotate(self, visitor: Visitor) -> None:
        """Give *visitor* a new key, which leads to the same session."""

    def end_of_user(self, user: str | int, *, but: str = "") -> int:
        """End the sessions of *user* in all browsers but one."""


@lru_cache(maxsize=1024)
def _unnamed(id: str) -> str:
    # Who a browser is in the history of stores; whoever writes does so again.
    return f"browser {blake2b(id.encode(), digest_size=9).hexdigest()}"


@dataclass(slots=True)
class Stored:
    """Whoever has the session *id*, for who reads it without a request of theirs."""

    id: str
    known: bool = True
    asked: bool = False


class Session:
    """What is remembered of one browser: `session["userName"]`, or `session.userName`.

    Values are JSON. Reading is tracked; writing while a page is rendered raises, since a GET only
    reads.
    """

    __slots__ = ("_sessions", "_visitor")
    _sessions: Keeper
    _visitor: Visitor

    def __init__(self, visitor: Visitor, sessions: Keeper) -> None:
        _set(self, "_visitor", visitor)
        _set(self, "_sessions", sessions)

    @property
    def id(self) -> str:
        """Return what the session is stored under. It stays when the visitor signs in or out.

        Asking for it gives the browser a key, since somebody wants to know it again.
        """
        visitor = self._visitor
        visitor.asked = True
        if not visitor.known:
            visitor.issued = True
        return visitor.id

    @property
    def person(self) -> str:
        """Return who this is, for the history of stores: the signed-in user, else the browser.

        It is not tracked, and says nothing that could be sent as a key.
        """
        id = self._visitor.id
        root = unit.seeing(self._sessions.journal).root(streams.session(id))
        user = find(root, _USER) if root else None
        return f"user {user}" if user is not None else _unnamed(id)

    @property
    def user(self) -> Any:
        """Return who `sign_in` signed in; None if nobody."""
        return self.get("user")

    def has(self, name: str) -> bool:
        """Tell whether *name* is stored."""
        return name in self

    def get(self, name: str, default: Any = None) -> Any:
        """Return the value of *name*, or *default*."""
        return find(self._root(Path((name,)), VALUE), Path((name,)), default)

    def __getitem__(self, name: str) -> Any:
        value = self.get(name, MISSING)
        if value is MISSING:
            raise KeyError(f"the session has no {name!r}; ask session.has({name!r}) first")
        return value

    def __contains__(self, name: object) -> bool:
        return self.get(str(name), MISSING) is not MISSING

    def __iter__(self) -> Iterator[str]:
        return iter(self._root(ROOT, SHAPE))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        value = self.get(name, MISSING)
        if value is MISSING:
            raise AttributeError(f"the session has no {name!r}; session.get({name!r}) gives None")
        return value

    def __setitem__(self, name: str, value: Any) -> None:
        self._write(Mutation("replace", Path((name,)), value, None))

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def __delitem__(self, name: str) -> None:
        if name not in self:
            raise KeyError(f"the session has no {name!r}")
        self._write(Mutation("delete", Path((name,)), None, None))

    def pop(self, name: str, default: Any = None) -> Any:
        """Take *name* away and return its value, or *default*."""
        value = self.get(name, MISSING)
        if value is MISSING:
            return default
        del self[name]
        return value

    def clear(self) -> None:
        """Forget everything that is stored."""
        self._write(Mutation("clear", ROOT, None, None))

    def flash(self, text: str, kind: str = "info") -> None:
        """Tell the person *text* once; see `web/flashes.py`."""
        self._refuse_while_rendering()
        self._sessions.flash(self._visitor, Flash(str(text), kind))

    def flashes(self) -> list[Flash]:
        """Return what the person is to be told, oldest first; a page that asks for it shows it."""
        stream, visitor = streams.flash(self._visitor.id), self._visitor
        visitor.asked = True
        root = unit.noted(self._sessions.journal, stream, _SAID, VALUE)
        if not root or (visitor.loading and root.get("seen")):
            return []
        found = [Flash(*one) for one in root.get("said", ())]
        visitor.flashed |= bool(found) and not root.get("seen")
        return found

    def rotate(self) -> None:
        """Give the browser a new key, which leads to what is stored.

        Open pages of the browser have to be rendered again before their actions work: do it
        whenever what the visitor may do changes.
        """
        self._refuse_while_rendering()
        self._sessions.rotate(self._visitor)

    def sign_in(self, user: str | int) -> None:
        """Store *user* as `session.user`, under a new browser key.

        Users are told apart exactly: "Ann" and "ann" are two.

        Raises:
            InvalidPath: It names nobody: an empty text, None, True.
        """
        self._refuse_while_rendering()
        user_key(user)
        user_is = Mutation("replace", Path(("user",)), user, None)
        self._sessions.write(self._visitor, user_is, rotate=True)

    def sign_out(self, *, everywhere: bool = False) -> None:
        """Forget everything that is stored, under a new browser key.

        Args:
            everywhere: The sessions of the same user in all other browsers end, too.
        """
        self._refuse_while_rendering()
        if everywhere and self.user is not None:
            self._sessions.end_of_user(self.user, but=self._visitor.id)
        self._sessions.write(self._visitor, Mutation("clear", ROOT, None, None), rotate=True)

    def _root(self, path: Path, kind: int) -> Any:
        visitor = self._visitor
        visitor.asked = True
        return unit.noted(self._sessions.journal, streams.session(visitor.id), path, kind)

    def _write(self, mutation: Mutation) -> None:
        self._refuse_while_rendering()
        self._sessions.write(self._visitor, mutation)

    def _refuse_while_rendering(self) -> None:
        self._visitor.asked = True
        unit.refuse_while_rendering(
            "the session is written",
            ", so write in an action or in a route with methods=['POST'], or say page=False",
        )

    def __repr__(self) -> str:
        return "<Session>"
