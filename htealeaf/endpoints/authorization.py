"""Authorization of writes: what a request may write, by an offer or by `writable=`.

Rule 1: only what the server offered to this browser is accepted, or what a store lets scripts write
(`writable=`).

Rule 2: `allow=` was asked when an action was rendered, and is asked again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from htealeaf.data import streams
from htealeaf.data.documents import Json
from htealeaf.data.paths import ROOT, Path, parse
from htealeaf.data.undo import TAKES_BACK
from htealeaf.data.values import quick
from htealeaf.data.verbs import Mutation
from htealeaf.endpoints.asked import Wanted
from htealeaf.errors import BadRequest, HtealeafError, NotAllowed, NotOffered
from htealeaf.reactive.graph import VALUE
from htealeaf.reactive.scope import current
from htealeaf.state.drafts import OFFERED, SCRIPTED, Draft, Write
from htealeaf.state.history import person, signature, taken_back
from htealeaf.state.holders import Holder
from htealeaf.state.moment import Moment
from htealeaf.state.stores import Registry
from htealeaf.state.unit import Unit
from htealeaf.web.visitor import Visitor
from htealeaf.wire.codec import integer
from htealeaf.wire.offers import Offer, Step, known_verb, signed_head
from htealeaf.wire.slots import slots_to_fill
from htealeaf.wire.urls import parsed

#: A write that may be, and the store that it is for.
Authorized = tuple[Holder, Write]


class UnknownStore(HtealeafError, LookupError):
    """A URL that names no store."""

    status_hint = 404
    public = "There is no such store."


def _not_offered(visitor: Visitor) -> HtealeafError:
    return NotOffered("this action was not offered to this browser")


def _taken_back(store: Holder, stream: str, verb: str) -> list[Write]:
    # Worked out from the whole history, so all of the document has to be so still.
    scope = current()
    assert scope is not None
    scope.note(stream, ROOT, VALUE)
    return taken_back(store.journal, stream, person(), verb)[0]


class Authorizer:
    """Finds what is meant among the stores of one registry, and refuses what was not offered.

    Args:
        registry: The registry.
        not_offered: Gives what is raised for an offer that a visitor never got.
    """

    def __init__(
        self, registry: Registry, not_offered: Callable[[Visitor], HtealeafError] = _not_offered
    ) -> None:
        self._registry, self._not_offered = registry, not_offered

    def proved(self, offer: Offer, path: str, visitor: Visitor) -> list[tuple[Step, Holder, str]]:
        """Return the steps of an offer that this browser got, with their stores and streams.

        Raises:
            NotOffered: It did not, or what it was offered for is not so any more.
            NotAllowed: The rule of the page that it stood in says no.
        """
        targets: list[tuple[Step, Holder, str]] = []
        named: list[str] = []
        for step in offer.steps:
            store, owner = self.labelled(step.target)
            stream = store.stream_of(owner)
            targets.append((step, store, stream))
            named.append(store.sealed(stream, step.shape))
        text = signed_head("" if offer.chained else path, *named) + offer.signed
        if not visitor.signed(visitor.room + text, offer.mac):
            if visitor.denied:
                raise NotAllowed(visitor.denied)
            raise self._not_offered(visitor)
        return targets

    def offered(
        self, offer: Offer, path: str, visitor: Visitor, values: Sequence[Json]
    ) -> list[Authorized]:
        """Return what *offer* stands for.

        Args:
            offer: As it came.
            path: The path part of the URL.
            visitor: Who sent it; its session is in the current scope.
            values: What the browser filled the slots with, in order.

        Raises:
            NotOffered: The server did not offer this to this browser, or does not any more.
            BadRequest: There are more values than slots, or fewer.
        """
        targets = self.proved(offer, path, visitor)
        writes: list[Authorized] = []
        wanted, signed = 0, signature()
        draft: Draft | None = None
        for _, store, _ in targets:
            if store.policy.allow is not None:
                draft = self._draft(visitor)
                break
        for step, store, stream in targets:
            place, first = parse(step.path), wanted
            wanted += slots_to_fill(step.template)
            if step.verb in TAKES_BACK:
                self._ask(store, step.verb, place, None, stream)
                writes += [(store, write) for write in _taken_back(store, stream, step.verb)]
                continue
            filled = [*values[first:wanted]]
            mutation = quick(Mutation, (step.verb, place, filled, step.keep))
            told = stream, mutation, step.shape, OFFERED, step.template, signed
            write = quick(Write, told)
            writes.append((store, write))
            if draft is not None:  # its rule is asked what is meant now, behind the steps before it
                if len(values) < wanted:
                    break
                meant = draft.meant(write)
                self._ask(store, step.verb, meant.path, meant.value, stream)
                if len(targets) > 1:
                    draft.apply(write)
        if len(values) != wanted:
            raise BadRequest(f"the action has {wanted} slots, and {len(values)} values came")
        return writes

    def is_for_a_page(self, offer: Offer | None) -> bool:
        """Tell whether *offer* writes to a page's own state."""
        steps = offer.steps if offer is not None else ()
        stores = [self._registry.stores.get(step.target) for step in steps]
        return any(store is not None and store.scope.on_page for store in stores)

    def scripted(self, wanted: Wanted, verb: str, value: Json) -> Authorized:
        """Return what a script wants on its own.

        Raises:
            NotOffered: The store does not let scripts write there.
        """
        store, owner = self.labelled(wanted.label)
        place, verb = parse(wanted.path), known_verb(verb)
        if not store.policy.scripts_write(place):
            raise NotOffered(
                f"'{place}' of store '{store.name}' was not offered, and writable= does not name it"
            )
        if verb in TAKES_BACK:
            raise NotOffered(f"{verb} is done where the server offered it")
        stream = store.scope.named(store.name, owner)
        self._ask(store, verb, place, value, stream)
        keep = integer(parsed(wanted.query).get("keep", (None,))[0], "keep")
        return store, Write(
            stream, Mutation(verb, place, value, keep), fit=SCRIPTED, signature=signature()
        )

    def _draft(self, visitor: Visitor) -> Draft:
        scope = current()
        assert scope is not None
        assert isinstance(scope.moment, Moment)
        return Draft(Unit(self._registry.journal, scope.moment, state=visitor.state), 0)

    def _ask(self, store: Holder, verb: str, path: Path, value: Json, stream: str) -> None:
        if not store.permits(verb, path, value, stream):
            raise NotOffered(f"allow= of store '{store.name}' does not permit {verb} at '{path}'")

    def labelled(self, label: str) -> tuple[Holder, str | None]:
        """Return the store that *label*, `shared` or `rooms@lobby`, names, and the owner.

        Raises:
            UnknownStore: There is none; or it has keys and none is named, or the other way round.
        """
        name, owner = streams.labelled(label)
        found = self._registry.stores.get(name)
        if found is None:
            known = ", ".join(sorted(self._registry.stores)) or "none"
            raise UnknownStore(f"there is no store {name[:60]!r}; there are: {known}")
        store = found.holder
        if owner is None and store.scope.keyed and not store.scope.personal:
            raise UnknownStore(
                f"store '{name}' has many documents; write {streams.label(name, 'key')}"
            )
        if owner is None:
            return store, None
        if not store.scope.keyed:
            raise UnknownStore(f"store '{name}' has one document, and no keys")
        store.scope.key(name, owner)  # can it be a key?
        return store, owner
