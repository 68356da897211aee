"""Who asks, and whether what is asked was offered.

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
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from htealeaf.errors import BadRequest, Forbidden, HtealeafError

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


def same_origin(environ: Mapping[str, Any]) -> bool | None:
    """Tell whether a request comes from a page of this very origin.

    Returns:
        None when the browser does not say: neither `Sec-Fetch-Site` nor `Origin` was sent.

    Source: Fetch Metadata (W3C) and the `Origin` header (RFC 6454, 7.3).
    """
    site = environ.get("HTTP_SEC_FETCH_SITE")
    if site:
        return site in ("same-origin", "none")
    origin = environ.get("HTTP_ORIGIN")
    if not origin:
        return None
    host = environ.get("HTTP_HOST") or environ.get("SERVER_NAME", "")
    own = f"{environ.get('wsgi.url_scheme', 'http')}://{host}"
    return bool(origin.lower() == own.lower())


def refuse_cross_site(environ: Mapping[str, Any], *, plain_form: bool) -> None:
    """Refuse a request that another site's page made.

    Args:
        plain_form: The body is what a plain form of any site could send.

    Raises:
        Forbidden: It is cross-site; or nothing tells, and a plain form could have sent it.
    """
    known = same_origin(environ)
    if known is False:
        raise Forbidden("a page of another site made this request")
    if known is None and plain_form:
        raise Forbidden("a form was sent without Origin and Sec-Fetch-Site; send JSON instead")


#: What a plain form of any site can send without asking first (Fetch standard, "CORS-safelisted").
FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")
_SAFELISTED = (*FORM_TYPES, "text/plain", "")


def media_type(environ: Mapping[str, Any]) -> str:
    """Return the content type of a request, without parameters, in small letters."""
    text: str = environ.get("CONTENT_TYPE") or ""
    return text.partition(";")[0].strip().lower()


def could_be_a_form(environ: Mapping[str, Any]) -> bool:
    """Tell whether a plain form of any site could have sent this request."""
    return safelisted(environ["REQUEST_METHOD"], media_type(environ))


def safelisted(method: str, media: str) -> bool:
    """Tell whether a plain form of any site can send content of the type *media*."""
    return method == "POST" and media in _SAFELISTED


class TooLarge(HtealeafError):
    """A body over the limit."""

    status_hint = 413
    public = "That is too much at once."


def body_length(environ: Mapping[str, Any], limit: int) -> int | None:
    """Return how many bytes a request's body has; None if it comes in chunks.

    Raises:
        BadRequest: Its length is no number, or nothing tells where it ends.
        TooLarge: It is more than *limit*.
    """
    text = environ.get("CONTENT_LENGTH") or ""
    if text:
        if not (text.isascii() and text.isdigit() and len(text) < 19):
            raise BadRequest("Content-Length is no number")
        length = int(text)
        if length > limit:
            raise TooLarge(f"the body has {text} bytes; at most {limit} are read")
        return length
    if not environ.get("HTTP_TRANSFER_ENCODING"):
        return 0
    if not environ.get("wsgi.input_terminated"):
        raise BadRequest("this server can't tell where the body ends; send a Content-Length")
    return None


def read_body(environ: Mapping[str, Any], limit: int) -> bytes:
    """Return the body of a request, of which no more than *limit* bytes are taken.

    Raises:
        BadRequest: As `body_length`, or it ends too early: half of a number is a number, too.
        TooLarge: It is more than *limit*.
    """
    length = body_length(environ, limit)
    left = limit + 1 if length is None else length
    parts: list[bytes] = []
    while left > 0 and (part := environ["wsgi.input"].read(left)):
        parts.append(part)  # one read may give less than what is there
        left -= len(part)
    if length is None and left == 0:
        raise TooLarge(f"the body has more than {limit} bytes")
    if length is not None and left > 0:
        raise BadRequest("the body was cut off on its way")
    return b"".join(parts)


class Rate:
    """How many actions a browser may send: a bucket of tokens for each.

    Args:
        per_second: How many tokens come back each second.
        burst: How many there are at most, and at first.
        limit: How many buckets are remembered; the longest unused go first, and were full again.
        clock: Gives seconds.
    """

    def __init__(
        self,
        per_second: float,
        burst: int,
        *,
        limit: int = 10_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if per_second <= 0 or burst < 1:
            raise HtealeafError("a rate is a number above 0, and a burst at least 1")
        self._per_second, self._burst = per_second, burst + 1e-6  # adding up is not exact
        self._limit, self._clock = limit, clock
        #: When each is full again, in the time that a token takes.
        self._buckets: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()

    def allows(self, who: str) -> bool:
        """Take a token from the bucket of *who*; False if it is empty."""
        now = self._clock() * self._per_second
        with self._lock:
            full = self._buckets.pop(who, now)
            full = (full if full > now else now) + 1
            allowed = full - now <= self._burst
            self._buckets[who] = full if allowed else full - 1
            if len(self._buckets) > self._limit:
                self._buckets.popitem(last=False)
        return allowed

    def __len__(self) -> int:
        return len(self._buckets)
