"""Action functions over HTTP: `POST /api/_action/{name}` runs the author's code, once.

A request with `HT-Check` runs nothing: it asks whether one control, that was left, is right.

A call is answered in one order: offer, once, rule, arguments, checks, claim, function, commit,
render. It is one unit of work: its reads see one moment and its own writes, all of which are
committed or none, together with its one-time id and its outcome.

Rule 1: what is not offered any more may be done already, and its answer lost: a refused call asks
for its id first.

Rule 2: the id is claimed before the author's code runs, and marked done in the commit. Another try
waits for the first one and gets its outcome. Where the first one died in between, nobody knows what
it did elsewhere: the person is told, at once where this machine knows that its process is gone, and
nothing runs again. It does where a commit says all that it has done (`retry`, `database`).

Rule 3: what was read and has changed before the commit is a conflict. `retry=True` says that the
function touches stores only, so it runs again.

Rule 4: a call that comes from a page is answered with that page, as it is then.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import unquote

from htealeaf.data.documents import MISSING, Json
from htealeaf.endpoints.asked import (
    Shown,
    entries_in,
    is_form,
    is_offered,
    offer_in,
    once_id,
    owned_id,
    shown_by,
)
from htealeaf.endpoints.forms import Form, answered, form_of
from htealeaf.endpoints.patches import patch_of, patched
from htealeaf.endpoints.problems import NoSuchAddress, WrongMethod
from htealeaf.endpoints.site import ActionFunction, Give, Site
from htealeaf.errors import (
    AlreadyDone,
    BadRequest,
    Conflict,
    HtealeafError,
    Invalid,
    Lost,
    NotAllowed,
    NotOffered,
)
from htealeaf.pages.draw import sight
from htealeaf.pages.update import Patch
from htealeaf.reactive.patching import Piece
from htealeaf.reactive.scope import Scope, entered
from htealeaf.state.drafts import SERVED
from htealeaf.state.journal import DONE, PENDING, Commit, JournalUnreachable, Once, Refused
from htealeaf.state.processes import is_gone, name
from htealeaf.state.replica import Replica
from htealeaf.state.unit import Unit
from htealeaf.web.answer import Answer
from htealeaf.web.form_data import FormData, form_stream
from htealeaf.web.headers import NO_STORE
from htealeaf.web.limits import TooLarge, WrongMedia, read_body
from htealeaf.web.outcome import Outcome, Told, outcome_of
from htealeaf.web.request import Request
from htealeaf.web.uploads import Files, LimitOf, Upload, bytes_of, place_of
from htealeaf.web.visitor import Visitor
from htealeaf.wire.codec import dumps, utf8
from htealeaf.wire.fitting import fill
from htealeaf.wire.names import ACTION_URL, EXTERNAL, Field, Header
from htealeaf.wire.offers import CallOffer, call_head, parse_call
from htealeaf.wire.slots import slot, slots_to_fill

log = logging.getLogger("htealeaf")

RUNS = 4  #: of a function with `retry=True`: once, and three times again
_BEFORE_NAME = len(ACTION_URL) + 1
_LOOK = (0.005, 0.25)  # seconds between looks at another try: at first, and at most
_AGAIN = 10.0  #: seconds in which one plain form of one page is the same press


class _Call(NamedTuple):
    # A call, as it came and was found to be offered.
    request: Request
    visitor: Visitor
    site: Site
    function: ActionFunction
    offer: CallOffer
    constants: dict[str, Json]
    entries: Sequence[tuple[str, Any]]
    url: str = ""  # of the page that it comes from
    refused: HtealeafError | None = None  # it may not run; only its first try may be told
    press: str | None = None  # the one-time id of a plain form, which brings none

    @property
    def once(self) -> str | None:
        """Return its one-time id; None without one."""
        return self.press or _once(self.visitor, self.function, self.offer)

    @property
    def filled(self) -> list[str]:
        """Return the constants that a slot was filled for."""
        said = self.offer.constants
        return [name for name in self.constants if slot(said.get(name)) is not None]


def action(request: Request, visitor: Visitor, site: Site) -> Answer:
    """Run an action function.

    Raises:
        HtealeafError: What `problems.problem` answers.
    """
    if request.method != "POST":
        raise WrongMethod(request.method, "POST")
    _function(request, site)  # is there one?
    media = request.media
    site.admit(request, visitor, media)
    if not is_offered(request) and is_form(request, media):
        with closing(_sent(request, visitor, site, offered=True)) as form:
            proved = partial(_proved, request, visitor, site)
            return answered(request, visitor, site, form, proved=proved, done=_plain)
    if media == "application/json":
        return _called(
            request, visitor, site, site.limits.json(read_body(request, site.limits.body))
        )
    if media != "multipart/form-data":
        raise WrongMedia(f"a call is application/json or multipart/form-data, not {media!r}")
    with closing(_sent(request, visitor, site)) as form:
        if form.refused is not None:
            raise form.refused
        return _called(request, visitor, site, form.action)


def _called(request: Request, visitor: Visitor, site: Site, body: Json) -> Answer:
    shown = shown_by(request)
    text, values = offer_in(body)
    url = shown.url if shown is not None else ""
    if shown is not None:
        site.ask(request, visitor, url)
    call = _call(request, visitor, site, parse_call(text), values)._replace(url=url)
    name = request.headers.get(Header.CHECK)
    if name and call.refused is not None:
        raise call.refused
    if name:
        _asked_about(call, unquote(name))
        return _answer(request, visitor, site, shown, Outcome())
    return _answer(request, visitor, site, shown, _performed(call))


def _proved(request: Request, visitor: Visitor, site: Site) -> Mapping[str, str]:
    offer = parse_call(request.query)
    _refuse_unoffered(request, visitor, site, offer)
    return offer.fields


def _sent(request: Request, visitor: Visitor, site: Site, *, offered: bool = False) -> Form:
    # The form in the body. Where files may come, what they are offered by is looked at before they
    # are taken: the query of a plain form, the first field of the shim's.
    function = _function(request, site)
    if request.media != "multipart/form-data" or not function.files:
        return form_of(request, site)

    def admit(data: FormData) -> LimitOf:
        shown = shown_by(request)
        back = Form(data, site.limits).back(request)
        site.ask(request, visitor, shown.url if shown is not None else back)
        if offered:
            _proved(request, visitor, site)
            return lambda name, number: (name, function.files.get(place_of(name)))
        text, values = offer_in(site.limits.json(data.fields.get(Field.ACTION, "null")))
        _refuse_unoffered(request, visitor, site, parse_call(text))
        entries = values[-1] if values and isinstance(values[-1], list) else []
        names = [pair[0] for pair in entries if isinstance(pair, list) and pair[1:] == [{}]]
        controls = [name if isinstance(name, str) else "" for name in names]

        def limit_of(part: str, number: int) -> tuple[str, Files | None]:
            known = part == Field.FILE and number < len(controls)
            name = controls[number] if known else ""
            return name, function.files.get(place_of(name))

        return limit_of

    limits = site.limits
    files = bytes_of(function.files)
    return Form(form_stream(request, limits.body, files, admit, limits.fields), limits)


def _refuse_unoffered(
    request: Request, visitor: Visitor, site: Site, offer: CallOffer
) -> HtealeafError | None:
    # Return why, where the call is not offered and a first try of it may be told; else raise.
    function = _function(request, site)
    text = visitor.room + call_head(function.name) + offer.signed
    if visitor.signed(text, offer.mac):
        return None
    once = _once(visitor, function, offer)
    if once is not None and site.registry.journal.journal.claimed(once) is not None:
        return NotAllowed(visitor.denied) if visitor.denied else NotOffered("not any more")
    if visitor.denied:
        raise NotAllowed(visitor.denied)
    raise site.not_offered(request, visitor, "the call")


def _once(visitor: Visitor, function: ActionFunction, offer: CallOffer) -> str | None:
    return once_id(visitor, f"{function.name}?{offer.signed}")


def _function(request: Request, site: Site) -> ActionFunction:
    name = request.path[_BEFORE_NAME:]
    function = site.functions.get(name)
    if function is None:
        known = ", ".join(sorted(site.functions)) or "none"
        raise NoSuchAddress(f"there is no action function {name[:60]!r}; there are: {known}")
    return function


def _plain(request: Request, visitor: Visitor, site: Site, form: Form) -> Outcome:
    offer = parse_call(request.query)
    values = form.filling(offer.template)
    call = _call(request, visitor, site, offer, values)
    return _performed(call._replace(url=form.back(request), press=_press(call, form)))


def _press(call: _Call, form: Form) -> str:
    # The one-time id of a plain form, which brings none. A double click sends the same again: while
    # the first runs, and for a while from the same page, which comes anew after each press.
    journal, visitor = call.site.registry.journal.journal, call.visitor
    files = [(n, file.filename, file.size) for n, file in form.entries if isinstance(file, Upload)]
    fields = [*form.fields.items(multi=True)]
    sent = repr((call.function.name, call.offer.signed, fields, files))
    double, new = owned_id(visitor, sent), owned_id(visitor, secrets.token_hex(16))
    known = journal.claimed(double)
    if known is not None:
        first = journal.claimed(known.outcome)
        runs = first is not None and first.state == PENDING and first.seconds > 0
        if runs or known.seconds > 0:
            return known.outcome
    again = _AGAIN if Field.PAGE in form.fields else 0.0
    told = journal.describe()
    claim = Once(double, PENDING, new, again, outcome=new, takes_over=True)
    answer = journal.append([Commit({}, claim)], epoch=told.epoch, seen=told.n, expected={})
    if isinstance(answer, Refused) and double in answer.taken:  # the other one was faster
        return answer.taken[double].outcome
    return new


def _call(
    request: Request,
    visitor: Visitor,
    site: Site,
    offer: CallOffer,
    values: Sequence[Json],
) -> _Call:
    function = _function(request, site)
    refused = _refuse_unoffered(request, visitor, site, offer)
    if refused is not None:
        return _Call(request, visitor, site, function, offer, {}, (), refused=refused)
    wanted = slots_to_fill(offer.template)
    if len(values) != wanted:
        raise BadRequest(f"the call has {wanted} slots, and {len(values)} values came")
    given = iter(values)
    constants: Any = fill(offer.constants, given, MISSING, lambda kind: SERVED[kind]())
    entries = entries_in(next(given)) if offer.wants else ()
    if len(entries) > site.limits.fields:
        raise TooLarge(f"the form has {len(entries)} fields, see WSGI(max_fields=)")
    return _Call(request, visitor, site, function, offer, constants, entries)


def _asked_about(call: _Call, name: str) -> None:
    # Whether the control *name* is right. A check may read, and writes nothing.
    with call.site.registry.journal.moment() as moment:
        visitor, function = call.visitor, call.function
        scope = Scope(sight(visitor, moment), visitor.session, rendering=f"a check of {name!r}")
        with entered(scope):
            function.is_right(name, call.entries, call.constants, call.filled, _give(call))


# -- once ----------------------------------------------------------------------------------


def _performed(call: _Call) -> Outcome:
    visitor, journal = call.visitor, call.site.registry.journal
    ledger = call.site.registry.ledger
    if call.function.database and ledger is None:
        raise HtealeafError(
            f"@app.action(database=True) of {call.function.name}() needs a database that notes"
            " one-time ids: watch(Sessions, once=True)"
        )
    once = call.once
    before = journal.journal.claimed(once) if once is not None else None
    if once is not None and before is not None:
        found = _first_try(call, once, before)
        if found is not None:
            return found
    if call.refused is not None:
        raise call.refused
    try:
        if once is not None and call.function.database and ledger is not None and ledger.has(once):
            # The try that was lost has come so far, and what it was to answer nobody knows.
            _done(journal, Once(once), Outcome())
            return Outcome()
        return _run(call, once)
    except _Taken as error:  # between the look and the claim
        assert once is not None
        found = _first_try(call, once, error.before)
        if found is None:
            raise Lost("the first try let go of its id") from None
        return found
    except AlreadyDone:  # by a try that was thought lost
        return Outcome()
    finally:
        # Outside of the unit: a browser that another document has made another one.
        call.site.sessions.settle(visitor)


def _first_try(call: _Call, once: str, before: Once | None) -> Outcome | None:
    # What the first try was answered. None where another one may run: it let go of the id, having
    # done nothing; or it was lost, and the database knows whether it has done anything.
    journal = call.site.registry.journal
    pause, most = _LOOK
    while before is not None and before.state == PENDING and before.seconds > 0:
        if is_gone(before.holder.partition("-")[0]):
            before = journal.journal.claimed(once)  # what it did last
            if before is None or before.state != PENDING:
                break
            if call.function.retry or call.function.database:
                # A commit of the dead one that is still under way is refused, or done in its place.
                _let_go(journal, before)
                return None
            raise Lost("the process of the first try is gone")
        time.sleep(min(pause, before.seconds))
        pause = min(pause * 2, most)
        before = journal.journal.claimed(once)
    if before is None or (before.state != DONE and call.function.database):
        return None
    if before.state != DONE:
        raise Lost("the first try was begun and never ended")
    outcome = Outcome.parse(before.outcome)
    _raise_again(outcome)
    if outcome.state:
        call.visitor.follow(outcome.state)
    return outcome


def _raise_again(outcome: Outcome) -> None:
    if outcome.invalid:
        raise Invalid(outcome.invalid)
    if outcome.told:
        raise Told(outcome.status, outcome.told)


class _Taken(Exception):
    # Another try has claimed the id meanwhile.
    def __init__(self, before: Once) -> None:
        self.before = before


# -- running -------------------------------------------------------------------------------


def _run(call: _Call, once: str | None) -> Outcome:
    journal, function = call.site.registry.journal, call.function
    claim: Once | None = None
    for left in reversed(range(RUNS if function.retry else 1)):
        with journal.moment() as moment:
            state = call.visitor.state
            first = Once(once, takes_over=function.database) if once is not None else None
            unit = Unit(journal, moment, once=claim or first, state=state, of_page=True)
            unit.to_note = once if once is not None and function.database else ""
            scope = Scope(unit, call.visitor.session)
            scope.deps, scope.url = set(), call.url or None
            with entered(scope):
                call.site.sessions.hold(call.visitor)
                given = _arguments(call)
                call.site.sessions.forget_flashes(call.visitor)
                if once is not None and claim is None:
                    claim = _claimed(unit, once, function.within)
                with _told_once(call, claim):
                    outcome = _result(call, given)
                    # A session of a database commits here: in this unit, before the page is shown.
                    call.visitor.release()
            try:
                if unit.settle() is not state:
                    outcome = outcome._replace(state=unit.state.text(call.visitor.sign_state))
                unit.commit(scope.deps, outcome=outcome.text)
            except Exception as error:
                _forget_changes(call.visitor)
                if isinstance(error, Conflict) and left:
                    continue
                if isinstance(error, JournalUnreachable):
                    # That is no outcome: the next try may do it, if it may run again at all. Else
                    # the claim runs out, and the person is told that nobody knows.
                    if function.retry and claim is not None:
                        _let_go(journal, claim)
                    raise
                _done(journal, claim, Outcome.of_error(error))
                raise
            call.visitor.state = unit.state
            return outcome
    raise AssertionError("unreachable")


def _arguments(call: _Call) -> dict[str, Any]:
    function, constants = call.function, call.constants
    for _, value in call.entries:
        if isinstance(value, Upload):
            value.stream.seek(0)  # a run before this one has read it
    given = function.converted(call.entries, constants, call.filled)
    if not function.permits(given, whole=True):
        raise NotOffered(f"{function.name}(allow=) does not allow this now")
    with _by_sent_names(call):
        function.checked(given, _give(call))
    return given


def _result(call: _Call, given: dict[str, Any]) -> Outcome:
    with _by_sent_names(call):
        result = call.function.run(given, _give(call))
    return outcome_of(result, call.function.name, call.request.base)


@contextmanager
def _by_sent_names(call: _Call) -> Iterator[None]:
    # What is refused in a row is told at the row that was sent.
    try:
        yield
    except Invalid as error:
        names = call.function.as_sent(error.fields, call.entries)
        if names == error.fields:
            raise
        raise Invalid(names) from error


def _give(call: _Call) -> Give:
    return call.site.give(call.visitor, call.request)


def _claimed(unit: Unit, once: str, within: float) -> Once:
    holder = f"{name()}-{threading.get_ident()}"
    before = unit.claim(holder, within)
    if before is not None:
        raise _Taken(before)
    return Once(once, PENDING, holder, within)


@contextmanager
def _told_once(call: _Call, claim: Once | None) -> Iterator[None]:
    # What it raises is its answer, for another try as well.
    try:
        yield
    except Exception as error:
        call.visitor.release(error)
        _forget_changes(call.visitor)
        with entered(None):
            _done(call.site.registry.journal, claim, Outcome.of_error(error))
        raise


def _forget_changes(visitor: Visitor) -> None:
    # What was not committed made nobody another visitor.
    visitor.rotating = visitor.before = None


def _done(journal: Replica, claim: Once | None, outcome: Outcome) -> None:
    if claim is None:
        return
    try:
        with journal.moment() as moment:
            Unit(journal, moment, once=claim).commit(outcome=outcome.text)
    except HtealeafError as error:  # its own error is what is told
        log.warning("the outcome of an action could not be kept: %s", error)


def _let_go(journal: Replica, claim: Once) -> None:
    try:
        with journal.moment() as moment:
            Unit(journal, moment, once=claim).release()
    except HtealeafError as error:  # it runs out
        log.warning("the claim of an action could not be let go: %s", error)


# -- telling -------------------------------------------------------------------------------


def _answer(
    request: Request, visitor: Visitor, site: Site, shown: Shown | None, outcome: Outcome
) -> Answer:
    if shown is None:
        told: Json = {"location": outcome.redirect} if outcome.redirect else None
        headers = [NO_STORE]
        if told is None:
            return Answer(204, headers)
        headers.append(("Content-Type", "application/json"))
        return Answer(200, headers, utf8(dumps(told)))
    if outcome.redirect:
        cursor = shown.since or site.registry.journal.cursor
        elsewhere = f' id="{EXTERNAL}"' if outcome.external else ""
        visit = Piece("visit", outcome.redirect, extra=elsewhere)
        return patched(200, shown, Patch(cursor, [visit]))
    if outcome.visit is not None:
        shown = shown.to(outcome.visit.of(shown.url), outcome.visit.how)
    return patched(200, shown, patch_of(request, visitor, site, shown))
