"""Pages that show tables follow what is committed to them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import (
    Column,
    Engine,
    ForeignKey,
    Table,
    create_engine,
    delete,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    aliased,
    joinedload,
    mapped_column,
    relationship,
    scoped_session,
    selectinload,
    sessionmaker,
)
from sqlalchemy.pool import StaticPool

from htealeaf import WSGI, Registry, Store, SuperStore, Topic, each, fragment
from htealeaf.components import button, div, h3, li, p, ul
from htealeaf.errors import HtealeafError, WriteWhileRendering
from htealeaf.reactive.scope import Scope, entered
from htealeaf.testing import Client, Page
from htealeaf.watch import watch

Sessions = sessionmaker[Session]


class Base(DeclarativeBase):
    pass


labels = Table(
    "order_labels",
    Base.metadata,
    Column("order_id", ForeignKey("orders.id"), primary_key=True),
    Column("label_id", ForeignKey("labels.id"), primary_key=True),
)


class Label(Base):
    __tablename__ = "labels"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Person(Base):
    __tablename__ = "people"
    name: Mapped[str] = mapped_column(primary_key=True)
    town: Mapped[str] = mapped_column(default="")
    kind: Mapped[str] = mapped_column(default="person")
    orders: Mapped[list[Order]] = relationship()
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "person"}  # noqa: RUF012


class Boss(Person):
    __tablename__ = "bosses"
    name: Mapped[str] = mapped_column(ForeignKey("people.name"), primary_key=True)
    car: Mapped[str]
    __mapper_args__ = {"polymorphic_identity": "boss"}  # noqa: RUF012


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    total: Mapped[int]
    buyer: Mapped[str | None] = mapped_column(ForeignKey("people.name"))
    person: Mapped[Person | None] = relationship(overlaps="orders")
    labels: Mapped[list[Label]] = relationship(secondary=labels)


class Part(Base):
    __tablename__ = "parts"
    order_id: Mapped[int] = mapped_column(
        ForeignKey("orders.id", ondelete="CASCADE"), primary_key=True
    )
    place: Mapped[int] = mapped_column(primary_key=True)
    what: Mapped[str]


@pytest.fixture
def engine() -> Iterator[Engine]:
    engine = create_engine(
        "sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False}
    )
    Base.metadata.create_all(engine)
    with Session(engine) as db:
        ann = Person(name="ann", town="Ulm")
        ann.orders = [
            Order(id=1, total=10),
            Order(id=2, total=20, labels=[Label(id=1, name="hot")]),
        ]
        db.add_all([ann, Person(name="bob"), Boss(name="cy", car="red"), Label(id=2, name="new")])
        db.add_all([Part(order_id=1, place=1, what="lid"), Part(order_id=1, place=2, what="pot")])
        db.commit()
    yield engine
    engine.dispose()


@pytest.fixture
def registry() -> Iterator[Registry]:
    with Registry() as registry:
        yield registry


@pytest.fixture
def db(engine: Engine, registry: Registry) -> Sessions:
    sessions = sessionmaker(engine)
    watch(sessions)
    return sessions


class Read:
    """What is read in the block, as topic or topic/key."""

    def __init__(self, registry: Registry) -> None:
        self._scope = Scope(registry.journal, rendering="a page")
        self._scope.deps = set()
        self._entered = entered(self._scope)

    def __enter__(self) -> Read:
        self._entered.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._entered.__exit__(*error)

    @property
    def topics(self) -> set[str]:
        deps = self._scope.deps or set()
        return {"/".join((s.removeprefix("~topic@"), *path)) for s, path, _ in deps}


class Touched:
    """What is touched from now on, as topic or topic/key."""

    def __init__(self, registry: Registry) -> None:
        self._journal = registry.journal
        self._n = self._journal.cursor.n

    @property
    def topics(self) -> set[str]:
        streams = self._journal.streams("~topic")
        found = self._journal.since(streams, self._n, self._journal.cursor.n)
        assert found is not None
        return {
            "/".join((entry.stream.removeprefix("~topic@"), *change.path))
            for entry in found
            for change in entry.changes
        }

    @property
    def commits(self) -> int:
        return self._journal.cursor.n - self._n


@pytest.mark.parametrize(
    ("read", "topics"),
    [
        (lambda db: db.get(Order, 1), {"orders/1"}),
        (lambda db: db.get(Order, 99), {"orders/99"}),
        (lambda db: db.get(Person, "ann"), {"people/ann"}),
        (lambda db: db.get(Part, (1, 2)), {"parts/1,2"}),
        (lambda db: db.get(Boss, "cy"), {"people", "bosses"}),
        (lambda db: db.scalar(select(Order).where(Order.id == 1, Order.total > 5)), {"orders/1"}),
        (lambda db: db.scalar(select(Order.total).filter_by(id=1)), {"orders/1"}),
        (lambda db: db.query(Order).filter(Order.id == 1).one(), {"orders/1"}),
        (lambda db: db.scalar(select(Order).where((Order.id == 1) | (Order.id == 2))), {"orders"}),
        (lambda db: db.scalar(select(Order).where(Order.id > 1)), {"orders"}),
        (lambda db: db.scalar(select(Order).where(Order.id == "1")), {"orders"}),
        (lambda db: db.scalar(select(Order).where(Order.id == True)), {"orders"}),  # noqa: E712
        (lambda db: db.scalars(select(Part).where(Part.order_id == 1)).all(), {"parts"}),
        (lambda db: db.scalars(select(Order)).all(), {"orders"}),
        (lambda db: db.scalars(select(Order).where(Order.id.in_([1]))).all(), {"orders"}),
        (lambda db: db.get(Order, 1).person.town, {"orders/1", "people/ann"}),
        (lambda db: db.get(Person, "ann").orders[0], {"people/ann", "orders"}),
        (lambda db: db.get(Order, 2).labels, {"orders/2", "order_labels", "labels"}),
        (
            lambda db: db.get(Order, 2, options=[joinedload(Order.person)]),
            {"orders", "people"},
        ),
        (
            lambda db: db.scalars(select(Order).options(selectinload(Order.labels))).all(),
            {"orders", "order_labels", "labels"},
        ),
        (
            lambda db: db.execute(select(Order.total).join(Order.person)).all(),
            {"orders", "people"},
        ),
        (
            lambda db: db.scalars(select(Person).where(Person.orders.any())).all(),
            {"people", "orders"},
        ),
        (
            lambda db: db.scalar(select(func.count()).select_from(select(Order).subquery())),
            {"orders"},
        ),
        (
            lambda db: db.scalars(
                select(Order).where(Order.id == select(func.max(Order.id)).scalar_subquery())
            ).all(),
            {"orders"},
        ),
        (
            lambda db: db.execute(
                select((other := aliased(Order)).id).where(Order.id == 1, other.id > Order.id)
            ).all(),
            {"orders"},
        ),
        (lambda db: db.execute(select(Order.__table__.c.id)).all(), {"orders"}),
        (
            lambda db: db.scalars(
                select(Order.id).where(Order.id == 1).union(select(Order.id))
            ).all(),
            {"orders"},
        ),
        (lambda db: db.execute(text("select 1")), set()),
    ],
)
def test_what_is_read_is_depended_on(
    db: Sessions, registry: Registry, read: Any, topics: set[str]
) -> None:
    """One row by its primary key is that row; everything else is every table that it names."""
    for _ in range(2):  # compiled, and from the cache of what was compiled
        with db() as session, Read(registry) as seen:
            read(session)
        assert seen.topics == topics


def test_a_row_from_the_cache_is_the_row_that_was_asked_for(
    db: Sessions, registry: Registry
) -> None:
    """Equal statements share what was compiled, and the value is not part of that."""
    for id in (1, 2):
        with db() as session, Read(registry) as seen:
            session.scalar(select(Order).where(Order.id == id))
        assert seen.topics == {f"orders/{id}"}


def test_an_expired_row_is_read_again(db: Sessions, registry: Registry) -> None:
    with db() as session:
        order = session.get_one(Order, 1)
        session.expire(order)
        with Read(registry) as seen:
            assert order.total == 10
    assert seen.topics == {"orders/1"}


def change(session: Session) -> None:
    session.get_one(Order, 1).total = 11


def move_to_bob(session: Session) -> None:
    # Without a reference back: only the flush knows that the order's row changes.
    session.get_one(Person, "bob").orders = [session.get_one(Order, 1)]


def label(session: Session) -> None:
    order = session.get_one(Order, 1)
    order.labels.append(session.get_one(Label, 2))


def rename(session: Session) -> None:
    session.get_one(Label, 2).id = 7


def new_car(session: Session) -> None:
    session.get_one(Boss, "cy").car = "blue"


@pytest.mark.parametrize(
    ("write", "topics"),
    [
        (lambda db: db.add(Order(id=3, total=1)), {"orders/3"}),
        (lambda db: db.add(Order(total=1)), {"orders/3"}),
        (change, {"orders/1"}),
        (move_to_bob, {"orders/1", "people/bob"}),
        (label, {"orders/1", "order_labels"}),
        (rename, {"labels/2", "labels/7"}),
        (new_car, {"people/cy", "bosses"}),
        (lambda db: db.delete(db.get(Label, 2)), {"labels/2"}),
        (lambda db: db.delete(db.get(Order, 2)), {"orders/2", "order_labels", "parts"}),
        (lambda db: db.delete(db.get(Part, (1, 2))), {"parts/1,2"}),
        (lambda db: db.add_all(Label(id=i, name="x") for i in range(10, 300)), {"labels"}),
        (lambda db: db.execute(update(Order).values(total=0)), {"orders"}),
        (lambda db: db.execute(insert(Label), [{"id": 8, "name": "x"}]), {"labels"}),
        (lambda db: db.execute(delete(Base.metadata.tables["orders"])), {"orders", "parts"}),
        (lambda db: db.query(Label).filter_by(id=1).update({"name": "x"}), {"labels"}),
        (lambda db: db.query(Label).filter_by(id=99).delete(), {"labels"}),
        (lambda db: db.get(Order, 1), set()),
    ],
)
def test_what_is_committed_is_touched(
    db: Sessions, registry: Registry, write: Any, topics: set[str]
) -> None:
    """Rows where they are known, else tables; all in one step of the journal."""
    with db() as session:
        seen = Touched(registry)
        write(session)
        session.flush()
        assert seen.topics == set()
        session.commit()
        session.commit()
    assert seen.topics == topics
    assert seen.commits == bool(topics)


def test_what_is_rolled_back_is_not_touched(db: Sessions, registry: Registry) -> None:
    seen = Touched(registry)
    with db() as session:
        session.add(Order(id=3, total=1))
        session.flush()
        session.rollback()
        session.add(Label(id=3, name="x"))
        session.commit()
    with db() as session:
        session.add(Order(id=4, total=1))
        session.flush()
    assert seen.topics == {"labels/3"}


def test_a_savepoint_is_no_commit(db: Sessions, registry: Registry) -> None:
    """Neither its end nor its rollback says what becomes of the rest."""
    seen = Touched(registry)
    with db() as session:
        session.add(Order(id=3, total=1))
        with session.begin_nested():
            session.add(Order(id=4, total=1))
        assert seen.topics == set()
        inner = session.begin_nested()
        session.add(Label(id=9, name="x"))
        session.flush()
        inner.rollback()
        session.commit()
    assert seen.topics >= {"orders/3", "orders/4"}

    again = Touched(registry)
    with db() as session, session.begin_nested():
        session.add(Order(id=5, total=1))
    assert again.topics == set()


@pytest.mark.parametrize("kind", ["engine", "scoped", "class", "session"])
def test_every_kind_of_source(engine: Engine, registry: Registry, kind: str) -> None:
    class Own(Session):
        pass

    session: Any = Session(engine)
    source: Any = engine
    if kind == "scoped":
        source = session = scoped_session(sessionmaker(engine))
    elif kind == "class":
        source, session = Own, Own(engine)
    elif kind == "session":
        source = session
    watch(source)
    other = create_engine("sqlite://", poolclass=StaticPool)
    Base.metadata.create_all(other)
    seen = Touched(registry)

    with Read(registry) as read:
        session.get(Order, 1)
        Session(other).get(Order, 1)
    session.get(Order, 1).total = 5
    session.commit()
    with Session(other) as stranger:
        stranger.add(Label(id=1, name="x"))
        stranger.commit()
    session.close()

    assert read.topics == {"orders/1"}
    assert seen.topics == {"orders/1"}


def test_what_is_no_source_is_refused() -> None:
    with pytest.raises(TypeError, match="a sessionmaker, a session or an engine, not str"):
        watch("sqlite://")  # type: ignore[arg-type]


def test_the_database_is_not_written_while_a_page_is_rendered(
    db: Sessions, registry: Registry
) -> None:
    with db() as session, Read(registry):
        with pytest.raises(WriteWhileRendering, match=r"'orders' is written .* a page is rendered"):
            session.execute(update(Order).values(total=0))
        session.add(Label(id=9, name="x"))
        with pytest.raises(WriteWhileRendering, match="'Label' is written"):
            session.flush()


def test_a_commit_is_told_even_if_the_batch_around_it_is_not(
    db: Sessions, registry: Registry
) -> None:
    """The row is in the database, whatever becomes of the stores."""
    store = Store({"n": 0}, name="shared")
    seen = Touched(registry)
    with pytest.raises(HtealeafError), store.batch():  # noqa: PT012
        store.update("n", 1)
        with db() as session:
            session.add(Order(id=3, total=1))
            session.commit()
        store.toggle("n")  # it is no bool
    assert store.read("n") == 0
    assert seen.topics == {"orders/3"}


# -- pages ---------------------------------------------------------------------------------


@pytest.fixture
def page(db: Sessions, registry: Registry) -> Page:
    app = WSGI(secret="a secret for tests only")
    SuperStore(app)
    clicks = Store({"n": 0}, name="clicks")

    @fragment
    def order(id: int) -> Any:
        with db() as session:
            found = session.get(Order, id)
            return p("gone" if found is None else f"{found.total} by {found.buyer}")

    @fragment
    def revenue() -> Any:
        with db() as session:
            return h3(session.scalar(select(func.sum(Order.total))))

    def names() -> list[str]:
        with db() as session:
            return list(session.scalars(select(Label.name).order_by(Label.id)))

    @app.route("/")
    def home() -> Any:
        with db() as session:
            towns = ", ".join(session.scalars(select(Person.town).order_by(Person.name)))
        return div(
            revenue(),
            order(1),
            order(2),
            ul(each(names, li, key=str)),
            p(towns, id="towns"),
            button("look", onclick=clicks.do.increment("n")),
        )

    return Client(app, check=True).open("/")


def test_a_page_follows_its_tables(db: Sessions, page: Page) -> None:
    """Each commit sends what shows it, and the page is what a fresh one is."""
    with db() as session:
        session.get_one(Order, 1).total = 15
        session.commit()
    assert sorted(page.look().ids) == ["Fragment-order-1", "Fragment-revenue"]

    with db() as session:
        session.execute(update(Order).values(total=1))
        session.commit()
    assert len(page.look().ids) == 3

    with db() as session:
        session.add(Label(id=3, name="old"))
        session.commit()
    page.look()
    assert page.text("ul") == "hotnewold"

    with db() as session:
        session.get_one(Person, "bob").town = "Bonn"
        session.commit()
    page.look()
    assert page.text("#towns") == "Ulm, Bonn,"

    with db() as session:
        session.delete(session.get_one(Order, 2))
        session.delete(session.get_one(Label, 1))
        session.commit()
    page.click("button", text="look")
    assert page.has("p", "gone")


def test_what_was_rolled_back_sends_nothing(db: Sessions, page: Page) -> None:
    with db() as session:
        session.get_one(Order, 1).total = 15
        session.flush()
        session.rollback()
    assert page.look().ids == []


def test_raw_sql_says_its_topic_itself(db: Sessions, page: Page) -> None:
    with db() as session:
        session.execute(text("update orders set total = 3 where id = 1"))
        session.commit()
    Topic("orders").touch(1)
    assert sorted(page.look().ids) == ["Fragment-order-1", "Fragment-revenue"]


def test_without_sqlalchemy_the_error_names_the_extra() -> None:
    code = "import sys; sys.modules['sqlalchemy'] = None; import htealeaf; import htealeaf.watch"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "pip install htealeaf[sqlalchemy]" in done.stderr.splitlines()[-1]
