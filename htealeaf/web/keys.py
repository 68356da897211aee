"""Browser keys and the secret: making, signing and verifying them.

A *browser key* is 128 random bits and our signature, in the one cookie. It is made when an answer
first needs it, and verified without storage. Offers are signed under it, so an offer that is moved
to another browser, store, path, verb or value does not verify.

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
from pathlib import Path
from typing import Any

from htealeaf.errors import HtealeafError

log = logging.getLogger("htealeaf")

COOKIE_AGE = 365 * 24 * 3600  #: seconds; how long a session lives is the server's business

_KEY = re.compile(r"[0-9a-f]{32}\Z")
_MAC_BYTES = 12
_KEPT = 4096  # cookies that are not verified again


class Keys:
    """Makes and verifies browser keys.

    Args:
        secret: At least 16 characters, the same on every worker. Without it `HTEALEAF_SECRET` is
            taken, else a secret of this machine's user, kept in a file that only they can read.
    """

    def __init__(self, secret: str | None = None) -> None:
        secret = secret or os.environ.get("HTEALEAF_SECRET")
        if secret is not None and len(secret) < 16:
            raise HtealeafError(
                "a secret has at least 16 characters; make one: openssl rand -hex 32"
            )
        text = secret or _kept_secret()
        self._secret = hashlib.blake2b(text.encode(), digest_size=32).digest()
        self._makers = {
            person: hashlib.blake2b(key=self._secret, person=person, digest_size=_MAC_BYTES)
            for person in (b"cookie", b"session", b"offers")
        }
        # Cookies that were found good, to their keys and ids. A few thousand are kept and nothing
        # depends on them. A lookup takes as long whatever differs: strings are compared only when
        # their hashes, seeded at random for each process, are equal.
        self._verified: dict[str, tuple[str, str]] = {}

    def cookie(self, key: str) -> str:
        """Return the cookie's value for *key*."""
        return f"{key}.{self._mac(b'cookie', key)}"

    def verified(self, cookie: str | None) -> str | None:
        """Return the browser key in a cookie's value; None if we did not sign it."""
        found = self.browser(cookie) if cookie else None
        return found and found[0]

    def browser(self, cookie: str) -> tuple[str, str] | None:
        """Return the browser key in a cookie's value and its session's id; None as `verified`."""
        known = self._verified.get(cookie)
        if known is not None:
            return known
        key, _, mac = cookie.partition(".")
        if not _KEY.match(key):
            return None
        ours = self._mac(b"cookie", key)
        if not hmac.compare_digest(mac.encode(), ours.encode()):
            return None
        if len(self._verified) >= _KEPT:
            self._verified.clear()
        found = self._verified[cookie] = key, self.session_id(key)
        return found

    def session_id(self, key: str) -> str:
        """Return what the session of *key* is stored under; the key can't be told from it."""
        return self._mac(b"session", key)

    def signer(self, key: str) -> Any:
        """Return a hash that is ready to be copied and fed with the text of an offer."""
        # All keys are equally long, so no key and text together are another key and text.
        mac = self._makers[b"offers"].copy()
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
        return made
    except OSError as error:
        log.warning("no secret could be kept (%s): open pages end with this process", error)
        return secrets.token_hex(32)
