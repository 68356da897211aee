"""The visitor of a request: one browser, told by its key, with the state of the page it shows.

Rule: a visitor has no key until something needs it: an action, a stored value.
"""

from __future__ import annotations

import secrets
from binascii import b2a_base64, b2a_hex
from collections.abc import Callable, Mapping
from functools import partial
from hmac import compare_digest
from typing import Any

from htealeaf.state.page_state import STATELESS, PageState, VersionsOf, unversioned
from htealeaf.web.kept import Kept
from htealeaf.web.keys import OFFERS, PAGES, STATE, Browser, Keys, new_key
from htealeaf.web.rotation import Led

VERSION = "1"  #: of what an offer's MAC covers; it stands before the MAC
_UNSIGNED = "u"  # begins the id of a page without actions, which belongs to no key


class Visitor:
    """Who sent a request: a browser with its key, or one that has none yet.

    Args:
        keys: Verify its cookie and make a key if there is none.
        session_of: Gives what is stored of it, `Sessions.of`.
        cookie: The value of the cookie with the browser key; "" for none.
        state: The page's own state as it travels; "" for none.
        versions: What older documents in it are to the code.
        leading: Finds where a cookie leads, asked when that has to be known. Without it, each leads
            where it says.
        given: The one-time id that the request came with.
    """

    # What nearly every visitor has so. On the class, since each request makes one.
    _key: str | None = None
    _id: str | None = None
    _session: Any = None
    _turn = 0  # above it, what was offered under the key is void
    #: The epoch and the number at which the cookie was found to lead to the session.
    led_at: tuple[str, int] | None = None
    asked = False  #: what is remembered of it was read or written
    issued = False  #: the answer has to bring the cookie
    follows = False  #: it holds on to its page, which can be found again without a key too
    loading = False  #: it loads a page, which takes flash messages away
    flashed = False  #: flash messages were shown that were not before
    rotating: object = None  #: the unit of work that changes its key
    before: dict[str, str | None] | None = None  #: owners before the first write
    room = ""  #: the page with rules that offers are for: what they are signed with
    denied = ""  #: why the rules of that page say no
    kept: Kept | None = None  #: what was provided for this request
    state: PageState = STATELESS  #: that of its page

    def __init__(
        self,
        keys: Keys,
        session_of: Callable[[Visitor], Any],
        cookie: str = "",
        state: str = "",
        versions: VersionsOf = unversioned,
        leading: Callable[[Keys, Browser, str], Led] | None = None,
        given: str = "",
    ) -> None:
        self.keys, self._session_of, self._versions = keys, session_of, versions
        self._leading, self.given_id = leading, given
        self._signers: dict[bytes, Any] = {}
        self._said = said = keys.browser(cookie) if cookie else None
        self.known = said is not None  #: the browser sent a key that we signed
        if said is not None and said.old:
            self.issued = True
        if state:
            self.bring(state)

    def bring(self, state: str) -> None:
        """Take *state* as that of the page that the request comes from."""
        self.state = PageState.parse(state, self.sign_state, self._versions)
        for keys in self.keys.old if state and not self.state else ():
            found = PageState.parse(state, partial(self._mac, STATE, keys=keys), self._versions)
            if found:
                self.state = found
                break

    def follow(self, state: str) -> None:
        """Go on to *state*, which another try of the same request has made."""
        before = self.state
        self.bring(state)
        self.state = before.brought_to(self.state) if self.state else before

    @property
    def session(self) -> Any:
        """Return what is remembered of the browser."""
        if self._session is None:
            self._session = self._session_of(self)
        return self._session

    def leave(self) -> None:
        """Let go of the session: the request is answered.

        It knows its visitor. Held here, the two would stay in memory until the collector of garbage
        comes, and make it come.
        """
        self._session = None

    @property
    def personal(self) -> bool:
        """Tell whether the answer is this browser's own: by its session, or signed for its key."""
        return self.asked or self.issued or bool(self._signers)

    @property
    def key(self) -> str:
        """Return the browser key, made now if there is none."""
        return self._key or self.lead().key

    @property
    def id(self) -> str:
        """Return what the session is stored under; makes the key if there is none."""
        return self._id or self.lead().id

    @property
    def key_id(self) -> str:
        """Return what tells the key from others, while it can't be told from that."""
        said, key = self._said, self._key or self.lead().key
        return said.key_id if said is not None and said.key == key else self.keys.session_id(key)

    @property
    def pages(self) -> str:
        """Return what the pages of the visitor are remembered under."""
        key_id = self.key_id
        return f"{key_id}.{self._turn}" if self._turn else key_id

    @property
    def is_led(self) -> bool:
        """Tell whether anybody has asked yet where the cookie leads."""
        return self._id is not None

    def lead(self) -> Led:
        """Find where the cookie leads, anew: another key may lead there by now."""
        said = self._said
        if said is None:
            key = self._key or new_key()
            found = Led(key, self.keys.session_id(key))
        elif self._leading is None:
            found = Led(said.key, said.id)
        else:
            found = self._leading(self.keys, said, self.given_id)
        if said is not None and found.key != said.key:
            self.issued = True
        self._key, self._id, self._turn, self.led_at = found
        if self._signers:
            self._signers = {}
        return found

    def turn(self, key: str) -> None:
        """Go on under *key*, with the same session."""
        self._id = self.id
        self._key, self._turn, self._signers, self.issued = key, 0, {}, True

    def sign(self, text: str) -> str:
        """Return the MAC of an offer's *text* under the browser key, behind its version."""
        signer = self._signers.get(OFFERS) or self._signer(OFFERS)
        mac = signer.copy()
        mac.update(text.encode("utf-8", "surrogatepass"))
        return VERSION + b2a_base64(mac.digest(), newline=False).decode()

    def sign_state(self, text: str) -> str:
        """Return the MAC of a page's state."""
        return self._mac(STATE, text)

    def _mac(self, purpose: bytes, text: str, keys: Keys | None = None) -> str:
        mac = self._signer(purpose, keys).copy()
        mac.update(text.encode("utf-8", "surrogatepass"))
        return b2a_base64(mac.digest(), newline=False).decode()

    def _signer(self, purpose: bytes, keys: Keys | None = None) -> Any:
        # Of secrets of before: what was signed then verifies, and that is seldom asked.
        found = self._signers.get(purpose) if keys is None else None
        if found is None:
            own, key = keys or self.keys, self.key
            if self._turn:
                key = own.next_key(key, f"turn {self._turn}")
            found = own.signer(key, purpose)
            if keys is None:
                self._signers[purpose] = found
        return found

    @property
    def offer_signer(self) -> Callable[[str], str]:
        """Return what signs offers of the page that is rendered.

        Those of a page with a rule, `route(allow=)`, are good together with that page only, so
        that its rule is the one that is asked when they come back.
        """
        if not self.room:
            return self.sign
        room, sign = self.room, self.sign
        return lambda text: sign(room + text)

    def provided(
        self, name: str, function: Callable[..., Any], wanted: Callable[[], Mapping[str, Any]]
    ) -> Any:
        """Return what *function* provides as *name*; `wanted()` gives its arguments."""
        if self.kept is None:
            self.kept = Kept()
        return self.kept.provided(name, function, wanted)

    @property
    def given(self) -> int:
        """Return how often a value was given that is closed with the request."""
        return self.kept.given if self.kept is not None else 0

    def release(self, error: BaseException | None = None) -> None:
        """Close what was provided for this request; *error* is why it failed."""
        kept, self.kept = self.kept, None
        if kept is not None:
            kept.close(error)

    def signed(self, text: str, mac: str) -> bool:
        """Tell whether *mac* is the one of *text* under the browser key."""
        if compare_digest(self.sign(text).encode(), mac.encode()):
            return True
        return mac[:1] == VERSION and any(
            compare_digest(self._mac(OFFERS, text, keys).encode(), mac[1:].encode())
            for keys in self.keys.old
        )

    def page_id(self, signed: bool) -> str:
        """Return a fresh page id, bound to the browser key where the page has actions."""
        fresh = secrets.token_hex(8)
        return fresh + self._bound(fresh) if signed else _UNSIGNED + fresh

    def bound(self, page_id: str) -> bool:
        """Tell whether the page was rendered under any key: whether it has actions."""
        return not page_id.startswith(_UNSIGNED)

    def owns(self, page_id: str) -> bool:
        """Tell whether the page was rendered under this key, or under none."""
        if page_id.startswith(_UNSIGNED):
            return True
        fresh, mac = page_id[:16], page_id[16:24]
        return any(
            compare_digest(self._bound(fresh, keys).encode(), mac.encode())
            for keys in (None, *self.keys.old)
        )

    def _bound(self, fresh: str, keys: Keys | None = None) -> str:
        return b2a_hex(self._mac(PAGES, fresh, keys).encode()).decode()[:8]
