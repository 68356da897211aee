"""Page state: documents of one open page, which travel with it, signed; the server keeps none.

The documents of every `PageStore` that a page has written stand, signed, in a hidden field of the
page's form. The shim sends the field along; a mutation of such a store changes what came, and the
answer brings the field's new value. A retry brings the old state again and gets the same answer, so
nothing has to be remembered for it to count once.

Rule 1: it is bounded, since it is sent with every click.

Rule 2: a state that we did not sign for this browser key is no state.

Rule 3: a document of an older version of its store is migrated as it comes in. One that this code
can't read is refused where it is used, and travels on as it is, for newer code.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from hmac import compare_digest
from typing import TYPE_CHECKING, Any, NamedTuple

from htealeaf.data.documents import freeze
from htealeaf.data.effects import Document, Folded
from htealeaf.data.layouts import Layout, lacking
from htealeaf.data.paths import ROOT
from htealeaf.data.verbs import Change
from htealeaf.errors import HtealeafError
from htealeaf.reactive.scope import Sight
from htealeaf.state.drafts import Draft, Write
from htealeaf.state.versions import UNVERSIONED, DocumentUnreadable, Versions
from htealeaf.wire.codec import dumps
from htealeaf.wire.names import Id

if TYPE_CHECKING:
    from htealeaf.state.schemas import Schema  # which loads pydantic

MAX_BYTES = 4096  #: of a page's state as it travels

_NAME = 9  # characters of its MAC, the last one of which says nothing
_SIGNED = "page state\n"
_LAYOUTS = (
    ""  # beside the documents: of some, their version and the places of the default they lost
)
VersionsOf = Callable[[str], Versions]


def unversioned(stream: str) -> Versions:
    """Take every document as it is."""
    return UNVERSIONED


class StateTooLarge(HtealeafError):
    """A page store holds more than may travel with every click."""

    status_hint = 413
    public = "That is too much for one page."


class PageState:
    """The page stores' documents of the page that a request comes from.

    Attributes:
        shown: What the browser shows, by stream.
        now: What it is after the request's mutations.
        entries: What these did.
    """

    __slots__ = ("_unreadable", "_versions", "entries", "now", "shown")

    def __init__(
        self, shown: Mapping[str, Any] | None = None, versions: VersionsOf = unversioned
    ) -> None:
        self.shown = dict(shown or {})
        self.now = dict(self.shown)
        self._versions = versions
        self._unreadable: dict[str, tuple[Any, Any, DocumentUnreadable]] = {}
        self.entries: list[Folded] = []  # never added to once it is made

    def __bool__(self) -> bool:
        return bool(self.now or self._unreadable)

    def own(self, stream: str) -> Any:
        """Return the page's document of *stream*; None where it has none.

        Raises:
            DocumentUnreadable: It has one that this code can't read.
        """
        found = self.now.get(stream)
        if found is None and stream in self._unreadable:
            raise self._unreadable[stream][2].again()
        return found

    def applied(self, writes: Iterable[Write], versions: VersionsOf) -> PageState:
        """Return the state after *writes*, which are a step of their own.

        Args:
            versions: What the documents of a stream's store are to the code.

        Raises:
            HtealeafError: What a mutation raises.
        """
        draft = self.draft(versions)
        for write in writes:
            draft.apply(write)
        draft.settle()
        return self.after(draft, versions)

    def draft(self, versions: VersionsOf) -> Draft:
        """Return what writes to page stores are applied to; see `after`."""
        return Draft(_Own(self, versions), 0)

    def after(self, draft: Draft, versions: VersionsOf) -> PageState:
        """Return the state with what was written to *draft*, one of its own."""
        made = PageState(self.shown, versions)
        made._unreadable = self._unreadable
        made.now, made.entries = dict(self.now), list(self.entries)
        for stream, drafted in draft.changed.items():
            before = draft.before(stream)
            made.now[stream] = drafted.root
            made.entries.append(Folded(0, stream, drafted.changes, before, drafted.root))
        return made

    def brought_to(self, other: PageState) -> PageState:
        """Return the state as *other* is now, of which what is shown knows nothing yet."""
        made = PageState(self.shown, self._versions)
        made._unreadable, made.now = other._unreadable, dict(other.now)
        for stream, after in other.now.items():
            before = self.shown.get(stream, self._versions(stream).default)
            if before != after:
                made.entries.append(Folded(0, stream, (Change("set", ROOT),), before, after))
        return made

    def text(self, sign: Callable[[str], str]) -> str:
        """Return the state as it travels; "" while no page store was written.

        Raises:
            StateTooLarge: It would be larger than `MAX_BYTES`.
        """
        if not self:
            return ""
        told: dict[str, Any] = dict(self.now)
        layouts: dict[str, Any] = {}
        for stream, root in self.now.items():
            versions = self._versions(stream)
            lost = lacking(root, versions.default)
            if versions.layout.version > 1 or lost:
                layouts[stream] = [versions.layout.version, lost]
        for stream, (root, layout, _) in self._unreadable.items():
            told[stream], layouts[stream] = root, layout
        if layouts:
            told[_LAYOUTS] = layouts
        data = urlsafe_b64encode(dumps(told).encode()).decode()
        if len(data) > MAX_BYTES:
            raise StateTooLarge(f"a page's state takes {len(data)} bytes; {MAX_BYTES} may travel")
        return f"{data}.{sign(_SIGNED + data)}"

    @classmethod
    def parse(
        cls, text: str, sign: Callable[[str], str], versions: VersionsOf = unversioned
    ) -> PageState:
        """Return the state in *text*; none where it was not signed for this key.

        Args:
            versions: What the documents of a stream's store are to the code.
        """
        data, dot, mac = text.rpartition(".")
        if not dot or len(data) > MAX_BYTES:
            return cls({}, versions)
        if not compare_digest(sign(_SIGNED + data).encode(), mac.encode()):
            return cls({}, versions)
        found = json.loads(urlsafe_b64decode(data))
        layouts = found.pop(_LAYOUTS, {})
        shown, unreadable = {}, {}
        for stream, value in found.items():
            layout = layouts.get(stream, [1, []])
            stored = Document(freeze(value), layout=Layout(layout[0], frozenset(layout[1])))
            try:
                shown[stream] = versions(stream).seen(stream, stored, 0).root
            except DocumentUnreadable as error:
                unreadable[stream] = value, layout, error
        made = cls(shown, versions)
        made._unreadable = unreadable
        return made


#: The state of a request that brings none, as most do.
STATELESS = PageState()


class _Own(NamedTuple):
    # What a draft of page stores stands on. What came is what is shown, so nothing lies between.
    state: PageState
    of: VersionsOf

    def root(self, stream: str) -> Any:
        own = self.state.own(stream)
        return self.default(stream) if own is None else own

    def default(self, stream: str) -> Any:
        return self.of(stream).default

    def schema(self, stream: str) -> Schema | None:
        return self.of(stream).schema

    def past(self, write: Write, root: Any, alone: bool) -> Sequence[Change]:
        return ()


class Stated:
    """A moment with a page's state in it."""

    __slots__ = ("_moment", "_state", "epoch")

    def __init__(self, moment: Sight, state: PageState) -> None:
        self._moment, self._state, self.epoch = moment, state, moment.epoch

    def root(self, stream: str) -> Any:
        """Return the document of *stream*."""
        found = self._state.own(stream)
        return self._moment.root(stream) if found is None else found


def state_field(text: str) -> str:
    """Return the hidden field that a state travels in; it is addressed by its id."""
    return f'<input type="hidden" id="{Id.STATE}" name="{Id.STATE}" value="{text}">'


def state_name(text: str) -> str:
    """Return what tells the state that travels as *text* from others of its page; "" for none."""
    return text[-_NAME:]
