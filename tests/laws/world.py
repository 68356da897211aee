"""Random pages over known stores: the world in which the laws have to hold.

A page is drawn as plain data (nested tuples) and turned into a route function by `build`, so that a
failing example prints as the data it is, and two app instances can be built alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import count
from typing import Any

from hypothesis import strategies as st

from htealeaf import (
    WSGI,
    AuthStore,
    Ref,
    Registry,
    SessionStore,
    Store,
    SuperStore,
    Topic,
    each,
    fragment,
    new_id,
    redirect,
    value_of,
)
from htealeaf.components import (
    b,
    button,
    div,
    form,
    input_,
    li,
    option,
    p,
    section,
    select,
    span,
    table,
    tbody,
    td,
    tr,
    ul,
)
from htealeaf.reactive.scope import current
from htealeaf.state.replica import Replica

Spec = tuple[Any, ...]

SHARED = {
    "n": 0,
    "flag": False,
    "name": "a",
    "maybe": None,
    "todo": [
        {"id": "1", "uid": "u1", "done": False, "value": "one"},
        {"id": "2", "uid": "u2", "done": True, "value": "two"},
    ],
    "tags": ["x", "y"],
    "deep": {"a": {"b": 1}, "rows": [{"id": 5, "items": [1, 2]}]},
}
MINE = {"todo": [{"id": "1", "done": False, "value": "mine"}], "count": 0, "secret": "nobody's"}
PREFS = {"theme": "light", "open": False, "note": ""}

PATHS = ("n", "flag", "name", "maybe", "deep/a/b", "todo/0/value", "tags/1", "todo/id=2/done")


PART = "part"  # a place for another part
PARTS = "parts"  # for none to two of them

RENDERS = ("text", "p", "list", "maybe", "mixed", "own", "nested")
EACH = (
    ("todo", "todo", "todo", "tags"),
    ("li", "li", "plain", "fragment", "nested", "fragile"),
    ("", "id"),
    ("", "", "where"),
    ("", "", "order"),
    (True, False),
)

#: What a page may have: how often, and what each may be given.
KINDS: dict[str, tuple[int, tuple[Any, ...]]] = {
    "text": (1, (("t", "<&>"),)),
    "read": (1, (PATHS,)),
    "react": (3, (PATHS, RENDERS)),
    "mine": (3, (("count", "todo/0/value", "secret"),)),
    "pref": (1, (("theme", "open", "note"),)),
    "session": (3, (("user", "colour"),)),
    "button": (1, (("inc", "flag", "append", "clear", "theme", "open", "log"),)),
    "field": (1, ()),
    "note": (3, ()),
    "torn": (3, ((True, False),)),
    "topic": (3, (("1", "2"),)),
    "left": (2, ()),
    "rooms": (1, (("red", "blue"),)),
    "whole": (1, ()),
    "each": (5, EACH),
    "rows": (1, (("open", "all"),)),
    "table": (1, (("", "id"),)),
    "select": (1, ((True, False),)),
    "div": (1, (PARTS,)),
    "attrs": (5, (PATHS, PARTS)),
    "if": (2, (("flag", "maybe"), PART)),
    "fragment": (2, (PATHS, PART)),
    "fragile": (3, (PATHS, PART)),
}
_ANY = [kind for kind, (weight, _) in KINDS.items() for _ in range(weight)]
_LEAVES = [kind for kind in _ANY if not {PART, PARTS} & set(KINDS[kind][1])]


@st.composite
def parts(draw: st.DrawFn, depth: int = 2) -> Spec:
    """Return a strategy for one part of a page."""
    kind = draw(st.sampled_from(_ANY if depth else _LEAVES))
    made: list[Any] = [kind]
    for given in KINDS[kind][1]:
        if given == PART:
            made.append(draw(parts(depth - 1)))
        elif given == PARTS:
            made.append(tuple(draw(st.lists(parts(depth - 1), max_size=2))))
        else:
            made.append(draw(st.sampled_from(given)))
    return tuple(made)


def specs() -> st.SearchStrategy[Spec]:
    """Return a strategy for what a page shows."""
    # Each page has something to click and the rows of one list: that is where most can go wrong.
    rows = st.tuples(
        st.just("each"),
        st.just("todo"),
        st.sampled_from(("li", "li", "nested", "fragment", "fragile")),
        st.sampled_from(("id", "")),
        st.just(""),
        st.just(""),
        st.booleans(),
    )
    keyed = st.tuples(
        st.just("react"),
        st.sampled_from(("todo/id=2/done", "todo/id=2/value", "todo/0/value", "n")),
        st.sampled_from(("text", "p")),
    )
    return st.tuples(rows, keyed, st.lists(parts(), min_size=2, max_size=4)).map(
        lambda found: (
            "div",
            (("button", "inc"), found[0], *_numbered([found[1], *found[2]], count())),
        )
    )


def _numbered(found: Iterable[Any], numbers: Iterator[int]) -> tuple[Any, ...]:
    # Each reaction gets a number, since an author gives no id twice.
    return tuple(
        item
        if not isinstance(item, tuple)
        else (*_numbered(item, numbers), *([next(numbers)] if item[:1] == ("react",) else []))
        for item in found
    )


class OnPurpose(Exception):
    """What is fragile raises it."""


class World:
    """One application instance over a journal. Two of them on one journal are two workers."""

    def __init__(self, page: Spec, journal: Replica, table: dict[str, int]) -> None:
        self.page, self.rows = page, table
        #: What another thread does while a page is rendered; it is done once.
        self.meanwhile: Callable[[], None] | None = None
        #: Whether what is fragile raises.
        self.raises = False
        with Registry(journal) as registry:
            self.app = WSGI(secret="the secret of the laws")
            SuperStore(self.app)
            self.shared = Store(SHARED, name="shared")
            self.mine = AuthStore(lambda session: session.get("user"), MINE, name="mine")
            self.prefs = SessionStore(PREFS, name="prefs")
            self.rooms = Store({"text": "", "n": 0}, name="rooms", keyed=True)
            self.orders = Topic("orders")
        self.registry = registry
        shared = self.shared

        @shared.computed
        def left(doc: Ref) -> int:
            return sum(not task["done"] for task in doc.read("todo"))

        @shared.computed
        def unfinished(doc: Ref) -> list[Any]:
            return [task for task in doc.read("todo") if not task["done"]]

        self.left, self.unfinished = left, unfinished
        app = self.app

        @app.route("/")
        def home() -> Any:
            return div(self.build(page), form(id="keeper")(input_(name="task")))

        @app.route("/guarded")
        def guarded(session: Any) -> Any:
            if not session.get("user"):
                return redirect("/")
            return div(f"{session.user}, {session.get('colour')}", self.build(page))

        @app.route("/sign", methods=["POST"])
        def sign(session: Any, req: Any) -> Any:
            user = req.form["user"]
            if user:
                session.sign_in(user)
            else:
                session.sign_out()
            return "ok"

        @app.route("/colour", methods=["POST"])
        def colour(session: Any, req: Any) -> Any:
            session["colour"] = req.form["colour"]
            return "ok"

    def build(self, spec: Spec) -> Any:
        """Return what *spec* shows."""
        return getattr(self, "_" + spec[0])(*spec[1:])

    def _text(self, text: str) -> Any:
        return text

    def _read(self, path: str) -> Any:
        return p(str(self.shared.read(path, None)))

    def _react(self, path: str, render: str, number: int) -> Any:
        shared = self.shared
        renders: dict[str, Callable[[Any], Any] | None] = {
            "text": None if path in ("n", "flag", "name", "maybe", "deep/a/b") else str,
            "p": lambda v: p("v ", str(v)),
            "list": lambda v: [b(str(v)), b(str(v))] if v else [],
            "maybe": lambda v: p(str(v)) if v else None,
            "mixed": lambda v: ["it is ", b(str(v))],
            "own": lambda v: p(str(v), id=f"own-{number}-{len(str(v)) % 3}"),
            "nested": lambda v: div(shared.react("n"), str(v)),
        }
        reaction = shared.react(path, renders[render], default=None)
        if render == "own":
            return div("a", reaction, "b")
        return [div("a", reaction, "b"), section(shared.react(path, renders[render], default=None))]

    def _mine(self, path: str) -> Any:
        mine = self.mine

        def made() -> Any:
            return [
                span(mine.react(path, lambda v: str(v), default="none")),
                button("mine", onclick=mine.do.increment("count")),
            ]

        return div(self._signed(lambda: div(*made())))

    def _signed(self, made: Callable[[], Any]) -> Any:
        @fragment
        def signed() -> Any:
            from_session = self.mine_user()
            return made() if from_session else p("nobody")

        return signed()

    def mine_user(self) -> Any:
        """Return who is signed in, as the running code sees it."""
        scope = current()
        return scope.session.get("user") if scope else None

    def _pref(self, path: str) -> Any:
        return p(self.prefs.react(path))

    def _session(self, name: str) -> Any:
        scope = current()
        return p(str(scope.session.get(name) if scope else None))

    def _button(self, kind: str) -> Any:
        shared = self.shared
        made = {
            "inc": shared.do.increment("n"),
            "flag": shared.do.toggle("flag"),
            "append": shared.do.append(
                "todo", {"id": new_id, "uid": new_id, "done": False, "value": "new"}, keep=6
            ),
            "clear": shared.do.clear("tags"),
            "theme": self.prefs.do.set("theme", "dark"),
            "open": self.prefs.do.toggle("open"),
            "log": shared.do.append("tags", "log", keep=4),
        }[kind]
        return button(kind, onclick=made)

    def _field(self) -> Any:
        return form(onsubmit=self.shared.do.set("name", value_of("task")))(
            input_(name="task", value=self.shared.react("name", default="")), button("ok")
        )

    def _note(self) -> Any:
        return form(onsubmit=self.prefs.do.set("note", value_of("note")))(
            p(self.prefs.react("note")), input_(name="note"), button("note")
        )

    def _torn(self, alone: bool) -> Any:
        # Shows one number twice. Somebody may write between the two readings.
        def torn() -> Any:
            first = self.shared.read("n")
            if self.meanwhile is not None:
                happens, self.meanwhile = self.meanwhile, None
                happens()
            return p(f"{first}={self.shared.read('n')}", class_="torn")

        return fragment(torn)() if alone else torn()

    def _topic(self, key: str) -> Any:
        @fragment
        def order(key: str) -> Any:
            self.orders.depend(key)
            return p(f"order {key}: {self.rows.get(key)}")

        return order(key)

    def _left(self) -> Any:
        return div(
            p(self.left.react(), class_="left"),
            ul(self.unfinished.each(lambda t: li(t["value"]), key=lambda t: t["value"] + t["id"])),
        )

    def _rooms(self, key: str) -> Any:
        room = self.rooms.of(key)
        return div(p(room.react("n")), button("room", onclick=room.do.increment("n")))

    def _whole(self) -> Any:
        return ul([li(t["value"]) for t in self.shared.read("todo")])

    def _each(self, path: str, how: str, key: str, where: str, order: str, alone: bool) -> Any:
        shared = self.shared
        field = "id" if path == "todo" and key else None

        def text(ref: Ref) -> Any:
            value = ref.read()
            return value["value"] if isinstance(value, dict) else str(value)

        def fragile(ref: Ref) -> Any:
            found = text(ref)
            if self.raises and len(found) % 2:
                raise OnPurpose
            return li(found, button("x", onclick=ref.do.delete(), data_uid=uid(ref)))

        def uid(ref: Ref) -> Any:
            value = ref.read()
            return value.get("uid") if isinstance(value, dict) else value

        def row(ref: Ref) -> Any:
            if how == "plain":
                return li(text(ref))
            if how == "fragile":
                return fragile(ref)
            if how == "fragment":
                return li(ref.react("", lambda v: str(v)), class_="r")
            if how == "nested" and path == "todo":
                return li(
                    div(ref.react("value")),
                    p("x ", ref.react("done"), " y"),
                    button("t", onclick=ref.do.toggle("done"), data_uid=ref.read("uid")),
                )
            return li(text(ref), button("x", onclick=ref.do.delete(), data_uid=uid(ref)))

        def wanted(ref: Ref) -> bool:
            value = ref.read()
            return not value["done"] if isinstance(value, dict) else value != "x"

        made = shared.each(
            path,
            row,
            key=field,
            where=wanted if where else None,
            order=text if order else None,
            empty=li("nothing") if alone else None,
        )
        return ul(made) if alone else ul(li("first"), made, li("last"))

    def _rows(self, which: str) -> Any:
        def rows() -> list[Any]:
            found = [t for t in self.shared.read("todo") if which == "all" or not t["done"]]
            return [{"key": f"{i}", **t} for i, t in enumerate(found)]

        return ul(each(rows, lambda t: li(t["value"]), key="key"))

    def _div(self, inner: tuple[Spec, ...]) -> Any:
        return div(*(self.build(spec) for spec in inner))

    def _attrs(self, path: str, inner: tuple[Spec, ...]) -> Any:
        shown = self.shared.react(path, lambda v: str(v), default=None)
        return section(class_=shown, hidden=self.shared.react("flag"))(
            *(self.build(spec) for spec in inner)
        )

    def _if(self, path: str, inner: Spec) -> Any:
        return div(self.shared.react(path, lambda v: self.build(inner) if v else None), "end")

    def _fragment(self, path: str, inner: Spec) -> Any:
        @fragment
        def part(path: str) -> Any:
            return div(str(self.shared.read(path, None)), self.build(inner))

        return part(path)

    def _fragile(self, path: str, inner: Spec) -> Any:
        @fragment
        def part(path: str) -> Any:
            made = div(str(self.shared.read(path, None)), self.build(inner))
            if self.raises:
                raise OnPurpose
            return made

        return part(path)

    def _table(self, key: str) -> Any:
        field = "id" if key else None
        return table(
            tbody(
                self.shared.each(
                    "todo",
                    lambda ref: tr(td(ref["value"]), td(ref.react("done"))),
                    key=field,
                )
            )
        )

    def _select(self, alone: bool) -> Any:
        rows = self.shared.each("tags", lambda ref: option(ref.read()))
        return select(name="s")(rows) if alone else select(name="s")(option("-"), rows)
