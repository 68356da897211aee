"""Rotation: which browser key leads to which session, and how another one comes to do so.

What is stored of a browser hangs on a session id that stays. Which key leads there stands in one
document beside it, so a key changes by one write: in one step with what made its owner another
visitor, and nothing is copied that somebody may be writing to.

| place | says |
|---|---|
| `key` | the name of the key that leads there; a session without the document has its first key |
| `was` | the name of the one before |
| `salt` | what the key was made with, from the one before and the secret |
| `by` | the request that changed it, by its one-time id and the session |
| `once` | what it did, by the journal's one-time id |
| `since` | when its visitor became who they are, in seconds since 1970 |

Rule 1: an ended key leads to a session of its own, where nothing is, and what was offered under it
is void. Who holds one is a visitor like any other, and gets no new key for that: the request may
have been under way when the browser got its new one.

Rule 2: who did not get the answer with the new key gets the same key again: with the ended key and
the one-time id of that very request, for `AGAIN` seconds by the journal's clock.

Rule 3: no key stands in the journal, nor what it could be told from without the secret.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from htealeaf.data import streams
from htealeaf.data.documents import Json
from htealeaf.data.paths import ROOT, Path
from htealeaf.data.values import quick
from htealeaf.data.verbs import Mutation
from htealeaf.errors import NotOffered
from htealeaf.state.drafts import Write
from htealeaf.state.replica import Replica
from htealeaf.web.keys import Browser, Keys

AGAIN: Final = 60.0  #: seconds in which the answer with a new key may be asked for again
_TURNS = 8  # sessions of its own that an ended key may begin; more is somebody's game


class KeyEnded(NotOffered):
    """Another key leads to the session since the request came."""


class Led(NamedTuple):
    """Where a cookie leads.

    Attributes:
        key: The browser key: that of the cookie, or the one after it, for who asks again.
        id: The session.
        turn: 0 while it leads where it always did; counts the sessions that it has led to before.
        at: The epoch and the number of the journal at which it leads there.
    """

    key: str
    id: str
    turn: int = 0
    at: tuple[str, int] | None = None


def led(journal: Replica, keys: Keys, said: Browser, given: str) -> Led:
    """Return where the cookie that says *said* leads.

    Args:
        given: The one-time id that its request came with; "" for none.
    """
    turn = 0
    journal.catch_up()
    at = journal.epoch, journal.n  # what is read from now on is as new, or newer
    root = journal.head(streams.key(said.id))[1]
    if (root["key"] if root else said.id) == said.key_id:  # as nearly always
        return quick(Led, (said.key, said.id, 0, at))
    for id in _ids(keys, said):
        root = journal.head(streams.key(id))[1]
        if not root:
            if id == said.id != said.key_id:
                continue  # the session has ended, and its first key is another one
            return Led(said.key, id, turn, at)
        if root["key"] == said.key_id:
            return Led(said.key, id, turn, at)
        if root["was"] == said.key_id and given and root["by"] == _by(id, given):
            known = journal.journal.claimed(root["once"])
            if known is not None and known.seconds > 0:
                return Led(keys.next_key(said.key, root["salt"]), id, 0, at)
        turn += 1
    return Led(said.key, secrets.token_hex(len(said.id) // 2), turn)


def _ids(keys: Keys, said: Browser) -> Iterator[str]:
    yield said.id
    if said.id != said.key_id:
        yield said.key_id
    for turn in range(1, _TURNS):
        yield keys.session_id(said.key, turn)


def leads(root: Any, key_id: str) -> bool:
    """Tell whether the key that is named *key_id*, and led to a session, does so still.

    Args:
        root: The document that says which key does.
    """
    return not root or root["key"] == key_id


def first_key(id: str) -> Write:
    """Return the write that says that the session *id* has its first key."""
    document: Json = {"key": id, "was": "", "salt": "", "by": "", "once": ""}
    return Write(streams.key(id), Mutation("replace", ROOT, document))


def dated(when: float, write: Write) -> Write:
    """Return *write*, of a key, with when the visitor became who they are."""
    mutation = write.mutation
    assert isinstance(mutation.value, dict)
    document: Json = {**mutation.value, "since": when}
    return write._replace(mutation=Mutation(mutation.verb, mutation.path, document))


def now_since(id: str, when: float) -> Write:
    """Return the write that dates the key that the same step has given to the session *id*."""
    return Write(streams.key(id), Mutation("replace", Path(("since",)), when))


def next_key(keys: Keys, key: str, id: str, given: str, once: str) -> tuple[str, Write]:
    """Return the key that is to lead to the session *id* after *key*, and the write that says so.

    Args:
        given: The one-time id that the request came with; "" for none.
        once: The journal's one-time id of the step that the write is part of; "" for none.
    """
    salt = secrets.token_hex(16)
    new = keys.next_key(key, salt)
    by = _by(id, given) if given and once else ""
    document: Json = {
        "key": keys.session_id(new),
        "was": keys.session_id(key),
        "salt": salt,
        "by": by,
        "once": once,
    }
    return new, Write(streams.key(id), Mutation("replace", ROOT, document))


def _by(id: str, given: str) -> str:
    return hashlib.blake2b(f"{id}\n{given}".encode(), digest_size=16).hexdigest()
