"""Exploring an app: every offered action, as each user, with generated values.

It goes breadth first: from each start page each user does each step that the page lets a person do
(an action, a form, a link), then each step of what is shown then, up to a depth. Each way begins
with fresh stores and is gone again from its beginning, so a report's steps are all that it takes.

After each step it is checked that the app did not fail, that the page is what a fresh page would
be, that whatever is named is there, and that no user sees or does what is another's. `report.KINDS`
has what can be wrong.

Stores are in memory as long as it goes on, whatever their journal is: nothing that somebody keeps
is emptied for a test.

Rule: the same app, seed and limit give the same report. Nothing here asks a clock or the system's
random numbers.
"""

from __future__ import annotations

import re
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from bs4 import Tag

from htealeaf.app.app import WSGI
from htealeaf.data import streams
from htealeaf.testing import controls, events, reasons
from htealeaf.testing.canonical import canonical
from htealeaf.testing.exchange import Request, fresh_id
from htealeaf.testing.failures import AppFailed, PageFailure, failed
from htealeaf.testing.finding import outline
from htealeaf.testing.generating import Values, mark_of
from htealeaf.testing.page import Page
from htealeaf.testing.report import Fault, Report
from htealeaf.testing.trees import attribute, by_id, is_inert, tags
from htealeaf.wire.names import ACTION_URL, VISIT_URL, Field, Header, Id

#: Signs a client in, or does whatever else makes it that user's.
Enter = Callable[[Any], object]

_NAMING = ("for", "list", "aria-describedby", "aria-labelledby", "aria-controls", "form")
_DONE: Final = {"link": "follows", "submit": "submits", "click": "clicks", "change": "changes"}
_TARGETED: Final = frozenset({"morph", "replace", "append", "before", "after", "move", "remove"})
_VARYING = re.compile(r"[0-9a-f]{8,}|\d+")


@dataclass(frozen=True)
class Step:
    """What a person can do on a page: the element's number, the event, and how it is filled."""

    number: int
    event: str
    hostile: bool = False


@dataclass(frozen=True)
class Way:
    """A user, a start page, and steps from there."""

    user: str
    start: str
    steps: tuple[Step, ...] = ()


class Explorer:
    """Goes every way; see the module.

    Args:
        app: The app under test.
        open_client: Makes a new client.
        users: How each is signed in, by name.
        prepare: Puts into fresh stores (and elsewhere) what the app is to begin with.
        depth: How many steps a way has at most.
        limit: How many steps are tried at most.
        seed: For values and for the order of steps.
    """

    def __init__(
        self,
        app: WSGI,
        open_client: Callable[[], Any],
        users: Mapping[str, Enter],
        prepare: Callable[[], object] | None,
        *,
        depth: int,
        limit: int,
        seed: int,
    ) -> None:
        self._app, self._open_client, self._users = app, open_client, users
        self._prepare, self._depth, self._limit = prepare, depth, limit
        self._report = Report(seed)
        self._found: set[tuple[str, str]] = set()

    def explore(self, starts: Sequence[str]) -> Report:
        """Go from each of *starts*; return what was found.

        Stores in memory are fresh afterwards; those that last are as they were.
        """
        with self._app.registry.journal.in_memory():
            try:
                self._explore(starts)
            finally:
                self.fresh()
        self._app.pages.forget()
        return self._report

    def _explore(self, starts: Sequence[str]) -> None:
        ways = deque(Way(user, start) for start in starts for user in self._users)
        seen: set[tuple[str, str, str]] = set()
        while ways:
            way = ways.popleft()
            world = World(self, way)
            if not world.reached:
                continue
            shown = (way.user, world.page.url, canonical(world.page))
            if shown in seen:
                continue
            seen.add(shown)
            self._report.urls.setdefault(_place(world.page.url), set()).add(way.user)
            for step in self._ordered(way, steps_of(world.page, self._report)):
                if self._report.tried >= self._limit:
                    self._report.left += 1
                    continue
                self._report.tried += 1
                further = Way(way.user, way.start, (*way.steps, step))
                if World(self, further).reached and len(further.steps) < self._depth:
                    ways.append(further)

    def _ordered(self, way: Way, steps: Sequence[Step]) -> list[Step]:
        # Shuffled, so that a limit does not leave out the end of a page; what fits goes first.
        shuffled = list(steps)
        self.random(way).shuffle(shuffled)
        return sorted(shuffled, key=lambda step: step.hostile)

    def random(self, way: Way) -> Random:
        """Return a source of choices that is the same each time that a way is gone."""
        return Random(f"{self._report.seed} {way}")

    def fresh(self) -> None:
        """Put the app back to where it began."""
        self._app.registry.journal.reset()
        self._app.pages.forget()
        if self._prepare is not None:
            self._prepare()

    def clients(self) -> dict[str, Any]:
        """Return a client for each user, signed in."""
        found = {}
        for user, enter in self._users.items():
            found[user] = self._open_client()
            enter(found[user])
        return found

    def values(self, user: str, random: Random, form_action: str | None) -> Values:
        """Return what fills the controls of a form, for one user."""
        name = (form_action or "").partition("?")[0].rpartition("/")[2]
        functions = self._app.site.functions if ACTION_URL in (form_action or "") else {}
        known: dict[str, Any] = getattr(functions.get(name), "parameters", {})
        return Values(user, random, {one: found.annotation for one, found in known.items()})

    def fault(self, kind: str, user: str, told: Sequence[str], error: PageFailure | str) -> None:
        """Note a fault, unless the same was found on a shorter way."""
        # Two ways to a fault differ in versions, counts and ids.
        cause = error.__cause__ if isinstance(error, PageFailure) else None
        words = f"{_raised_at(cause)} {cause!r}" if cause is not None else _headline(str(error))
        same = (kind, _VARYING.sub("#", words))
        if same not in self._found:
            self._found.add(same)
            self._report.faults.append(Fault(kind, user, tuple(told), str(error), cause))

    def untried(self, why: str) -> None:
        """Note what can't be tried."""
        self._report.untried[why] += 1

    def is_kept_alone(self, mark: str) -> bool:
        """Tell whether what a user typed stands in documents of visitors only."""
        journal, alone = self._app.registry.journal, False
        for store in self._app.registry:
            if any(mark in repr(journal.root(one)) for one in journal.streams(store.name)):
                if not store.scope.personal:
                    return False
                alone = True
        return alone

    def owners(self, client: Any) -> dict[str, str | None]:
        """Return whose document of each store that belongs to visitors a client's is."""
        found: dict[str, str | None] = {}
        with client.session() as session:
            for store in self._app.registry:
                if store.scope.personal and not store.scope.on_page:
                    of_session = store.scope.of_session
                    found[store.name] = session.id if of_session else store.scope.identity(session)
            found["session"] = session.id
        return found

    def streams_of(self, page: Page) -> set[str]:
        """Return the streams that a page reads, as the server knows it."""
        form = by_id(page.soup, Id.FORM)
        field = form.find("input", attrs={"name": Field.PAGE}) if form is not None else None
        if not isinstance(field, Tag):
            return set()
        id = attribute(field, "value")
        kept = [one for one in self._app.pages.cache if one.id == id]
        return {stream for one in kept for stream in one.graph.streams}


def _place(url: str) -> str:
    return url.partition("?")[0]


def _raised_at(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else ""


def _headline(error: str) -> str:
    lines = (line for line in error.splitlines()[:12] if line[:1] != " ")
    return "\n".join(line for line in lines if line[:3] not in ("---", "+++"))


class World:
    """The app and its users at the end of a way, checked there.

    Attributes:
        page: What the user of the way sees.
        reached: Whether the way could be gone, and goes on.
    """

    def __init__(self, explorer: Explorer, way: Way) -> None:
        self._explorer, self._way = explorer, way
        self._random = explorer.random(way)
        self._told: list[str] = []
        explorer.fresh()
        self._clients = explorer.clients()
        self._pages: dict[str, Page] = {}
        self.page = Page(self._clients[way.user])
        self.reached = self._go()

    def _go(self) -> bool:
        for user, client in self._clients.items():
            page = self.page if user == self._way.user else Page(client)
            if self._opened(user, page, self._way.start):
                self._pages[user] = page
        if self._way.user not in self._pages:
            return False
        for number, step in enumerate(self._way.steps, 1):
            if not self._done(step, checked=number == len(self._way.steps)):
                return False
        if not self._way.steps:
            self._check(self._way.user, self.page)
        return True

    def _opened(self, user: str, page: Page, url: str) -> bool:
        # A page that another user may not see is no fault.
        told = [*self._told, f"{user} opens {url}"]
        if user == self._way.user:
            self._told = told
        try:
            page.visit(url, status=0)
        except AppFailed as error:
            self._explorer.fault("error", user, told, error)
        except PageFailure as error:
            if "more than one element" in str(error):
                self._explorer.fault("lost id", user, told, error)
            else:
                self._explorer.untried(_headline(str(error)))
        else:
            return page.status < 400
        return False

    def _done(self, step: Step, *, checked: bool) -> bool:
        user, page = self._way.user, self.page
        before = {attribute(one, "id") for one in tags(page.soup)}
        try:
            tag = _at(page, step.number)
            self._told.append(f"{user} {self._prepared(tag, step)}")
            if checked:
                self._let_others_try(tag, step)
            page.do(tag, step.event, Anything(self._random))
            if page.status >= 500:  # what a plain form was answered with
                raise failed(f"{page.requests[-1]}", page.requests[-1].answer)
        except AppFailed as error:
            self._explorer.fault("error", user, self._told, error)
            return False
        except PageFailure as error:
            if "more than one element" in str(error):
                self._explorer.fault("lost id", user, self._told, error)
            else:
                self._explorer.untried(_headline(str(error)))
            return False
        if checked:
            self._check_patch(before)
            self._check(user, page)
            self._look_as_others()
        return True

    # -- values ----------------------------------------------------------------------------

    def _prepared(self, tag: Tag, step: Step) -> str:
        # Fills the form of what acts, and tells what is done.
        form = controls.form_of(tag)
        found = events.all_offered(self.page.soup, tag)
        if step.event == "submit" and form is not None:
            found |= events.all_offered(self.page.soup, form)
        url = next((one.url for one in found.values() if one.url), None)
        values = self._explorer.values(self._way.user, self._random, url)
        filled = []
        for control in _fillable(self.page, tag, form, step):
            values.fill(control, hostile=step.hostile)
            name = attribute(control, "name") or attribute(control, "id") or control.name
            filled.append(f"{name}={_short(controls.value_of(control))}")
        done = _DONE.get(step.event, f"does {step.event} on")
        if step.event == "submit" and tag.name != "form":
            done = "clicks"
        return f"{done} {outline(tag)}" + (f", with {', '.join(filled)}" if filled else "")

    # -- checks ----------------------------------------------------------------------------

    def _check(self, user: str, page: Page) -> None:
        if self._raised(user, page, self._told):
            return  # a part of the page is not shown, or is as it was
        try:
            if not page.came_by_post:
                page.assert_consistent()
        except AppFailed as error:
            self._explorer.fault("error", user, self._told, error)
        except PageFailure as error:
            self._explorer.fault("differs", user, self._told, error)
        for words in _dangling(page):
            self._explorer.fault("lost id", user, self._told, words)
        self._check_privacy(user, page)

    def _raised(self, user: str, page: Page, told: Sequence[str]) -> bool:
        # What a binding raises costs its own place only, and the answer is a good one.
        last = page.requests[-1]
        raised = bool(getattr(last.answer, "errors", ()))
        if raised and last.status < 500:
            self._explorer.fault("error", user, told, failed(f"{last}", last.answer))
        return raised

    def _check_patch(self, before: set[str | None]) -> None:
        now = {attribute(one, "id") for one in tags(self.page.soup)}
        for op, id in self.page.patch.ops:
            if op in _TARGETED and id and id not in before and id not in now:
                words = f"a patch has {op} for the id {id!r}, which no element of the page has"
                self._explorer.fault("lost id", self._way.user, self._told, words)

    def _check_privacy(self, user: str, page: Page) -> None:
        own = self._explorer.owners(self._clients[user])
        for stream in sorted(self._explorer.streams_of(page)):
            store, owner = streams.split(stream)
            if store in own and owner is not None and owner != own[store]:
                whose = next((name for name, of in self._owned() if of.get(store) == owner), "")
                named = f", which is {whose}'s" if whose else ""
                words = f"{page.url} reads {store!r} of another than {user}{named}"
                self._explorer.fault("foreign stream", user, self._told, words)
        for other in self._clients:
            if other != user and self._leaks(page, other):
                words = f"{page.url} shows what {other} typed into a store of {other} alone"
                self._explorer.fault("foreign stream", user, self._told, words)

    def _owned(self) -> Iterator[tuple[str, dict[str, str | None]]]:
        for name, client in self._clients.items():
            yield name, self._explorer.owners(client)

    def _leaks(self, page: Page, other: str) -> bool:
        mark = mark_of(other)
        return mark in page.html and self._explorer.is_kept_alone(mark)

    def _look_as_others(self) -> None:
        for user, page in self._pages.items():
            if user == self._way.user:
                continue
            told = [*self._told, f"{user} looks at {page.url}"]
            try:
                page.look()
                if not self._raised(user, page, told) and not page.came_by_post:
                    page.assert_consistent()
            except AppFailed as error:
                self._explorer.fault("error", user, told, error)
            except PageFailure as error:
                self._explorer.fault("differs", user, told, error)
            self._check_privacy(user, page)
            there = Page(self._clients[user])
            if self._opened(user, there, self.page.url):
                self._check_privacy(user, there)

    # -- what others try -------------------------------------------------------------------

    def _let_others_try(self, tag: Tag, step: Step) -> None:
        # Before the user does it, everybody else sends the very same.
        others = [user for user in self._clients if user != self._way.user]
        if not others or step.event == "link":
            return
        for request in self.page.would_send(tag, step.event, Anything(self._random)):
            for user in others:
                self._try(user, request)

    def _try(self, user: str, request: Request) -> None:
        own = self._pages.get(user)
        client = self._clients[user]
        kind, body = request.multipart or ("", request.body)
        headers = {**request.headers, Header.ID: fresh_id()}
        if own is not None and by_id(own.soup, Id.FORM) is not None:
            headers |= events.page_headers(own.soup)
        if kind:
            headers["Content-Type"] = kind
        # A visit was offered to nobody: like a link, it leads to what one may see.
        ours = events.is_ours(self.page.soup, request.url)
        offered = ours and not _place(request.url).endswith(VISIT_URL)
        before = self._fresh_page()
        answer = client.send(request.method, request.url, headers=headers, data=body)
        done = self._told[-1].removeprefix(f"{self._way.user} ")
        told = [*self._told[:-1], f"{user} sends what {self._way.user} sends, who {done}"]
        if answer.status_code >= 500:
            words = f"{request.method} {_place(request.url)} is answered with {answer.status}"
            self._explorer.fault("error", user, told, words)
        elif answer.status_code < 400 and (offered or self._fresh_page() != before):
            if not offered and self._has_it_too(client, request):
                return
            words = f"{request.method} {_place(request.url)} is answered with {answer.status}"
            self._explorer.fault("foreign action", user, told, words)

    def _fresh_page(self) -> str:
        _, answer = self._clients[self._way.user].peek(self.page.url)[-1]
        return canonical(answer.text)

    def _has_it_too(self, client: Any, request: Request) -> bool:
        # A plain form that the other user is shown as well.
        _, answer = client.peek(self.page.url)[-1]
        return f'action="{_place(request.url)}"' in answer.text


# -- steps ---------------------------------------------------------------------------------


def steps_of(page: Page, report: Report) -> list[Step]:
    """Return what a person can do on *page*, in its order."""
    return [*_steps(page, report)]


def _steps(page: Page, report: Report) -> Iterator[Step]:
    for number, tag in enumerate(tags(page.soup)):
        if any(attribute(outer, "id") == Id.FORM for outer in (tag, *tag.parents)):
            continue
        if controls.is_disabled(tag) or is_inert(tag):
            continue
        if tag.name == "a" and "href" in tag.attrs:
            href = attribute(tag, "href") or ""
            if not href.startswith("#"):
                yield Step(number, "link")
        if tag.name == "form" and not any(map(controls.is_submit, controls.controls_of(tag))):
            yield from _both(page, tag, Step(number, "submit"))
        if controls.is_submit(tag) and reasons.why_no_press(tag) is None:
            yield from _both(page, tag, Step(number, "submit"))
        elif tag.name != "form":
            for event, found in events.all_offered(page.soup, tag).items():
                if found.code or found.url is None:
                    report.untried[f"JavaScript on {event} of {outline(tag)}"] += 1
                else:
                    yield from _both(page, tag, Step(number, event))


def _both(page: Page, tag: Tag, step: Step) -> Iterator[Step]:
    yield step
    fields = _fillable(page, tag, controls.form_of(tag), step)
    if any(map(controls.is_typed, fields)):
        yield Step(step.number, step.event, hostile=True)


def _fillable(page: Page, tag: Tag, form: Tag | None, step: Step) -> list[Tag]:
    # What a person fills before, or by, the step.
    if step.event == "link":
        return []
    if step.event in ("input", "change") and controls.is_typed(tag):
        return [tag]
    own = form is not None and attribute(form, "id") != Id.FORM
    found = controls.controls_of(form) if form is not None and own else []
    if not own:
        found = [one for one in tags(page.soup) if one.name in controls.FIELDS and _is_free(one)]
    return [one for one in found if controls.is_control(one) and one is not tag]


def _is_free(control: Tag) -> bool:
    form = controls.form_of(control)
    return form is None or attribute(form, "id") == Id.FORM


def _at(page: Page, number: int) -> Tag:
    for count, tag in enumerate(tags(page.soup)):
        if count == number:
            return tag
    raise PageFailure(
        "a page that is not the same when the same is done again: prepare= is a function that"
        " empties what is kept outside of stores, such as tables"
    )


class Anything(dict[str, Any]):
    """An event that has whatever an action reads from it."""

    def __init__(self, random: Random) -> None:
        super().__init__()
        self._number = random.randint(0, 9)

    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: str) -> Any:
        return "Enter" if name in ("key", "code") else self._number


def _dangling(page: Page) -> Iterator[str]:
    ids = {attribute(one, "id") for one in tags(page.soup)}
    for tag in tags(page.soup):
        for name in _NAMING:
            if name == "for" and tag.name == "output":
                continue
            for id in (attribute(tag, name) or "").split():
                if id not in ids:
                    yield f"{outline(tag)} has {name}={id!r}, and no element has that id"


def _short(text: str) -> str:
    return repr(text if len(text) <= 30 else f"{text[:29]}…")
