"""Ranks: who is answered first where more asks than a worker can answer at once.

Whoever is signed in goes before a browser that has a key of ours, and that before one that has
none. A server asks before anything is read of a request but its cookies, so nothing is worked out
here: a cookie is verified, and the rest was noted when the browser was answered before.

Rule: a rank decides who waits, never who may do what.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from htealeaf.state.timekeeper import clock
from htealeaf.web.cookie import Cookie
from htealeaf.web.keys import Keys
from htealeaf.web.visitor import Visitor

SIGNED_IN, KNOWN, STRANGER = range(3)
RANKS: Final = (SIGNED_IN, KNOWN, STRANGER)
NOTED: Final = 10.0  #: seconds after which it is asked again whether somebody is signed in
_KEPT = 10_000  # browsers; of those that were forgotten it is asked again


class Ranks:
    """The ranks of the browsers of one app, as far as this worker has seen them.

    Args:
        keys: Verify cookies.
        cookie: Tells how the one cookie is called.
        signed_in: Tells whether somebody is signed in in the session with an id.
        clock: Gives seconds.
    """

    def __init__(
        self,
        keys: Keys,
        cookie: Cookie,
        signed_in: Callable[[str], bool],
        clock: Callable[[], float] = clock.monotonic,
    ) -> None:
        self._keys, self._signed_in, self._clock = keys, signed_in, clock
        self._names = {cookie.named("", scheme) for scheme in ("http", "https")}
        self._names.add(cookie.name)  # below a path
        self._noted: OrderedDict[str, tuple[bool, float]] = OrderedDict()  # by key
        self._lock = threading.Lock()
        self.asked = False  #: a server puts requests in order, so ranks are noted

    def of(self, cookies: str) -> int:
        """Return the rank of the browser that sent *cookies*, the value of its `Cookie` header."""
        self.asked = True
        rank = STRANGER
        for part in cookies.split(";"):
            name, _, value = part.strip().partition("=")
            said = self._keys.browser(value) if name in self._names else None
            if said is not None:
                if self._noted.get(said.key, (False, 0.0))[0]:
                    return SIGNED_IN
                rank = KNOWN
        return rank

    def note(self, visitor: Visitor) -> None:
        """Note whether somebody is signed in at *visitor*, who was answered."""
        if not (visitor.known or visitor.issued):
            return
        key, now = visitor.key, self._clock()
        found = self._noted.get(key)
        if found is not None and now - found[1] < NOTED:
            return
        try:
            signed_in = self._signed_in(visitor.id)
        except Exception:  # an author's function, which says so to whoever needs it
            signed_in = False
        with self._lock:
            self._noted[key] = signed_in, now
            self._noted.move_to_end(key)
            if len(self._noted) > _KEPT:
                self._noted.popitem(last=False)
