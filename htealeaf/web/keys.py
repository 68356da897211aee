"""Browser keys and the secret: making, signing and verifying them.

A *browser key* is 128 random bits and our signature, in the one cookie. It is made when an answer
first needs it, and verified without storage. Offers are signed under it, so an offer that is moved
to another browser, store, path, verb or value does not verify.

A *session id* is where something is stored. The first key of a browser has one that is derived from
it. A later key leads to the same session, so its cookie names it; see `web/rotation.py`.

Rule 1: comparing takes the same time whatever differs.

Rule 2: a MAC covers no time and no nonce: the same page in the same session has the same bytes.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
import re
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from htealeaf.errors import HtealeafError

log = logging.getLogger("htealeaf")

#: Programs that serve an app to others.
SERVERS = ("gunicorn", "uvicorn", "hypercorn", "granian", "uwsgi", "waitress-serve", "daphne")
COOKIE_AGE = 365 * 24 * 3600  #: seconds; how long a session lives is the server's business

OFFERS, PAGES, STATE = b"offers", b"pages", b"state"
#: What is signed for a browser, each with a salt of its own.
PURPOSES = (OFFERS, PAGES, STATE)

_SAID = re.compile(r"[0-9a-f]{32}(\.[0-9a-f]{24})?\Z")  # a key, and where it leads
_MAC_BYTES, _KEY_BYTES = 12, 16
_KEPT = 4096  # cookies that are not verified again


class Browser(NamedTuple):
    """What a cookie that we signed says.

    Attributes:
        key: The browser key.
        id: The session that it leads to, unless another key does so by now.
        key_id: Names the key, which can't be told from it.
        old: It was signed by a secret of before, so the browser gets another one.
    """

    key: str
    id: str
    key_id: str
    old: bool = False


class Keys:
    """Makes and verifies browser keys.

    Args:
        secret: At least 16 characters, the same on every worker. Without it `HTEALEAF_SECRET` is
            taken, else a secret of this machine's user, kept in a file that only they can read:
            that is for development.
        old: Secrets of before, newest first. What they signed verifies; nothing is signed by them.

    Raises:
        HtealeafError: A secret is too short; or there is none, under a server that is not one for
            development.
    """

    def __init__(self, secret: str | None = None, old: str | Sequence[str] = ()) -> None:
        secret = secret or os.environ.get("HTEALEAF_SECRET")
        before = old.replace(",", " ").split() if isinstance(old, str) else old
        for one in (secret, *before):
            if one is not None and len(one) < 16:
                raise HtealeafError(
                    "a secret has at least 16 characters; make one: openssl rand -hex 32"
                )
        self.old = [Keys(one) for one in before]
        text = secret or _kept_secret()
        self._secret = hashlib.blake2b(text.encode(), digest_size=32).digest()
        self._makers = {
            person: hashlib.blake2b(
                key=self._secret,
                person=person,
                digest_size=_KEY_BYTES if person == b"rotated" else _MAC_BYTES,
            )
            for person in (b"cookie", b"rotated", *PURPOSES)
        }
        # Without the secret, so that a session stays where it is when that changes. A key is 128
        # random bits: nobody finds the one that an id was made from.
        self._makers[b"session"] = hashlib.blake2b(person=b"session", digest_size=_MAC_BYTES)
        # Cookies that were found good, to what they say. A few thousand are kept and nothing
        # depends on them. A lookup takes as long whatever differs: strings are compared only when
        # their hashes, seeded at random for each process, are equal.
        self._verified: dict[str, Browser] = {}

    def cookie(self, key: str, id: str = "") -> str:
        """Return the cookie's value for *key*, which leads to the session *id*; "" for its own."""
        said = key if id in ("", self.session_id(key)) else f"{key}.{id}"
        return f"{said}.{self._mac(b'cookie', said)}"

    def verified(self, cookie: str | None) -> str | None:
        """Return the browser key in a cookie's value; None if we did not sign it."""
        found = self.browser(cookie) if cookie else None
        return found and found.key

    def browser(self, cookie: str) -> Browser | None:
        """Return what a cookie's value says; None as `verified`."""
        known = self._verified.get(cookie)
        if known is not None:
            return known
        return self._own(cookie) or self._older(cookie)

    def _older(self, cookie: str) -> Browser | None:
        # Signed by a secret of before: it leads to the session that it led to then.
        for keys in self.old:
            found = keys.browser(cookie)
            if found is not None:
                return found._replace(old=True)
        return None

    def _own(self, cookie: str) -> Browser | None:
        said, _, mac = cookie.rpartition(".")
        if not _SAID.match(said):
            return None
        ours = self._mac(b"cookie", said)
        if not hmac.compare_digest(mac.encode(), ours.encode()):
            return None
        if len(self._verified) >= _KEPT:
            self._verified.clear()
        key, _, id = said.partition(".")
        own = self.session_id(key)
        found = self._verified[cookie] = Browser(key, id or own, own)
        return found

    def session_id(self, key: str, turn: int = 0) -> str:
        """Return what the session of *key* is stored under; the key can't be told from it.

        Args:
            turn: Above 0 for a further session, where the one before goes on under another key.
        """
        return self._mac(b"session", f"{key}.{turn}" if turn else key)

    def next_key(self, key: str, salt: str) -> str:
        """Return the key that follows *key*; without the secret nobody can tell it."""
        mac = self._makers[b"rotated"].copy()
        mac.update(f"{key}.{salt}".encode())
        return str(mac.hexdigest())

    def signer(self, key: str, purpose: bytes = OFFERS) -> Any:
        """Return a hash that is ready to be copied and fed with a text.

        Args:
            purpose: One of `PURPOSES`: what is signed for one is worth nothing for another.
        """
        # All keys are equally long, so no key and text together are another key and text.
        mac = self._makers[purpose].copy()
        mac.update(key.encode())
        return mac

    def _mac(self, person: bytes, text: str) -> str:
        mac = self._makers[person].copy()
        mac.update(text.encode())
        return str(mac.hexdigest())


def new_key() -> str:
    """Return a fresh browser key: 128 random bits."""
    return secrets.token_hex(16)


def _kept_secret() -> str:
    # Kept, so that a restart of the development server leaves open pages working.
    server = _server()
    if server:
        raise HtealeafError(
            f"there is no secret, and this runs under {server}: without one of its own, each worker"
            " and each release would sign differently. Make one, openssl rand -hex 32, and say"
            " HTEALEAF_SECRET=... or WSGI(secret=...); HTEALEAF_DEBUG=1 says that it is development"
        )
    folder = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "htealeaf"
    file = folder / "secret"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            kept = file.read_text()
            if len(kept) >= 32:
                return kept
            handle = os.open(file, os.O_WRONLY | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as out:
            out.write(made := secrets.token_hex(32))
        log.warning("a secret for development was made, and is kept in %s", file)
        return made
    except OSError as error:
        log.warning("no secret could be kept (%s): open pages end with this process", error)
        return secrets.token_hex(32)


def _server() -> str:
    # The program that runs the app, where it is a server that is not for development.
    if os.environ.get("HTEALEAF_DEBUG", "").strip().lower() in ("1", "true", "yes", "on"):
        return ""
    program = Path(sys.argv[0] if sys.argv else "")
    names = (program.stem, program.parent.name)  # `python -m uvicorn` is uvicorn/__main__.py
    return next((name for name in names if name in SERVERS), "")
