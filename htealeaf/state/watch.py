"""Watched tables: those of SQLAlchemy as topics, which readers depend on and commits touch.

    Sessions = sessionmaker(engine)
    watch(Sessions)

The topic of a table has the table's name, and the primary key as text is the key in it. A query for
one row by its primary key depends on that row only, every other one on all tables that it names,
those that are joined to load relationships included. A commit touches the rows that were flushed.

Rule 1: what is committed is touched, at once and whatever becomes of an open batch. What is rolled
back is not.

Rule 2: in doubt the whole table. It costs a rendering, and what is equal is not sent.

Rule 3: only what goes through a `Session` is seen: no `text()`, no statement of a connection, no
`bulk_save_objects`. Whoever uses these says `Topic("orders").depend()` and `.touch()`.

Rule 4: with `once=True` the one-time id of an action function with `database=True` stands in the
transaction of its rows, so that both are there or neither. That is one transaction a call.

Needs SQLAlchemy: `pip install htealeaf[sqlalchemy]`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from htealeaf.errors import AlreadyDone, HtealeafError, WriteWhileRendering
from htealeaf.reactive.scope import current, entered
from htealeaf.state.stores import Registry
from htealeaf.state.timekeeper import clock
from htealeaf.state.topics import Topic
from htealeaf.state.unit import open_unit

try:
    from sqlalchemy import (
        BigInteger,
        Column,
        Delete,
        Engine,
        MetaData,
        Select,
        String,
        Table,
        create_engine,
        event,
    )
    from sqlalchemy import inspect as inspected
    from sqlalchemy.exc import IntegrityError, SQLAlchemyError
    from sqlalchemy.orm import (
        Mapper,
        ORMExecuteState,
        PassiveFlag,
        Session,
        attributes,
        object_session,
        scoped_session,
        sessionmaker,
    )
    from sqlalchemy.sql import operators, visitors
    from sqlalchemy.sql.elements import BinaryExpression, BindParameter, BooleanClauseList
except ImportError as error:
    raise ImportError(
        "htealeaf.state.watch needs SQLAlchemy 2: pip install htealeaf[sqlalchemy]"
    ) from error

_MANY = 100  #: rows of one table in one commit; more of them touch the table
_EXACT = (int, str, UUID)  #: keys of these types mean one row exactly when their texts are equal
_INDIRECT = frozenset({"alias", "compound_select", "cte", "join", "lateral", "subquery"})

#: The keys of the rows of a table that changed; None is the whole table.
_Noted = dict[str, set[str] | None]


def watch(
    source: sessionmaker[Any] | scoped_session[Any] | type[Session] | Session | Engine,
    *,
    registry: Registry | None = None,
    once: bool = False,
) -> None:
    """Keep pages up to date with what the sessions of *source* read and commit.

    Call it once, where the engine is made.

    Args:
        source: A `sessionmaker`, a `scoped_session`, a class of sessions, one session, or an
            engine: then every session that is bound to it.
        registry: Whose journal says what was touched; without it, the current registry's.
        once: Action functions with `database=True` note their one-time ids in this database, in the
            table of `once_table`.

    Raises:
        TypeError: *source* is none of these.
        HtealeafError: Another database of the registry notes one-time ids.
    """
    one_of = isinstance(source, (Session, sessionmaker, scoped_session, Engine))
    if not one_of and not (isinstance(source, type) and issubclass(source, Session)):
        raise TypeError(
            f"watch() takes a sessionmaker, a session or an engine, not {type(source).__name__}"
        )
    engine = source if isinstance(source, Engine) else None
    registry = registry or Registry.current()
    watching = _Watch(engine, registry)
    watching.listen(Session if engine else source)
    if once:
        if registry.ledger is not None:
            raise HtealeafError("one database notes one-time ids; say once=True of one only")
        registry.ledger = _Ledger(source)
        event.listen(Session if engine else source, "before_commit", watching.committing)


def once_table(metadata: MetaData | None = None) -> Table:
    """Return the table in which one-time ids are noted, `htealeaf_once`.

    Args:
        metadata: Where it is put, for Alembic: `once_table(Base.metadata)`. Without it, one of its
            own.
    """
    known = metadata if metadata is not None else MetaData()
    if _ONCE in known.tables:
        return known.tables[_ONCE]
    return Table(
        _ONCE,
        known,
        Column("id", String(64), primary_key=True),
        Column("at", BigInteger, nullable=False, index=True),
    )


def make_once_table(database: Engine | str) -> None:
    """Make the table of `once_table` in a database, if it is not there.

    Args:
        database: Its engine, or its URL.
    """
    engine = create_engine(database) if isinstance(database, str) else database
    once_table().create(engine, checkfirst=True)
    if engine is not database:
        engine.dispose()


_ONCE = "htealeaf_once"
_LASTS = 7 * 24 * 3600  # seconds that an id is kept; nobody tries again after so long
_FORGET = 1000  # commits of a process between two that take old ids out


class _Ledger:
    # Looks up the ids that are noted in the database of *source*.
    def __init__(self, source: Any) -> None:
        self._source, self._table = source, once_table()

    def has(self, id: str) -> bool:
        query = self._table.select().where(self._table.c.id == id)
        source = self._source
        if isinstance(source, Engine):
            engine = source
        elif isinstance(source, Session):
            engine = source.get_bind().engine
        else:
            # A class of sessions, or what makes one: an own one, since another may be under way.
            made = source.session_factory() if isinstance(source, scoped_session) else source()
            with made:
                engine = made.get_bind().engine
        with engine.connect() as connection:
            return connection.execute(query).first() is not None


class _Watch:
    def __init__(self, engine: Engine | None, registry: Registry) -> None:
        self._engine, self._registry = engine, registry
        self._ids, self._count = once_table(), 0
        self._known: WeakKeyDictionary[Any, _Tables] = WeakKeyDictionary()

    def listen(self, sessions: Any) -> None:
        event.listen(sessions, "do_orm_execute", self._executed)
        event.listen(sessions, "before_flush", self._flushing)
        event.listen(sessions, "after_commit", self._committed)
        event.listen(sessions, "after_rollback", self._rolled_back)
        for name in ("after_insert", "after_update", "after_delete"):
            event.listen(Mapper, name, self._deleted if name == "after_delete" else self._flushed)

    def committing(self, session: Session) -> None:
        """Note the one-time id of the action function that commits."""
        unit = open_unit()
        if unit is None or not unit.to_note or session.in_nested_transaction():
            return
        if not self._concerns(session):
            return
        if unit.noted:
            raise HtealeafError(
                "an action function with database=True commits once: its one-time id is in that"
                " transaction, and what comes in another could be lost between the two"
            )
        table, connection = self._ids, session.connection()
        now = int(clock.time())
        try:
            connection.execute(table.insert().values(id=unit.to_note, at=now))
        except IntegrityError as error:
            raise AlreadyDone("an earlier try was committed") from error
        unit.noted = True
        self._count += 1
        if self._count % _FORGET == 0:
            connection.execute(table.delete().where(table.c.at < now - _LASTS))

    def _concerns(self, session: Session, **bind: Any) -> bool:
        if self._engine is None:
            return True
        try:
            return session.get_bind(**bind).engine is self._engine
        except SQLAlchemyError:  # bound to nothing, or only some tables are
            return False

    # -- reading ---------------------------------------------------------------------------

    def _executed(self, state: ORMExecuteState) -> Any:
        if not self._concerns(state.session, **state.bind_arguments):
            return None
        if state.is_insert or state.is_update or state.is_delete:
            self._note_statement(state)
            return None
        if current() is None or not state.is_select:
            return None
        result = state.invoke_statement()
        tables = self._tables_of(state, result)
        key = None if tables.single is None else _only_row(state, tables.single)
        for name in tables.names:
            Topic(name, self._registry).depend(key)
        return result

    def _tables_of(self, state: ORMExecuteState, result: Any) -> _Tables:
        # Of the statement as it was compiled: with what eager loading and joins along a
        # relationship put into it. Equal statements share what was compiled.
        context = getattr(getattr(result, "raw", result), "context", None)
        compiled = getattr(context, "compiled", None)
        if compiled is None:  # another listener answered, from a cache of its own
            return _Tables(state.statement)
        known = self._known.get(compiled)
        if known is None:
            whole = compiled.compile_state
            known = _Tables(compiled.statement if whole is None else whole.statement)
            self._known[compiled] = known
        return known

    # -- writing ---------------------------------------------------------------------------

    def _note_statement(self, state: ORMExecuteState) -> None:
        noted = self._noted(state.session)
        statement: Any = state.statement
        for part in visitors.iterate(statement):
            table = getattr(part, "table", None) if getattr(part, "is_dml", False) else None
            if isinstance(table, Table):
                _refuse_while_rendering(table.fullname)
                noted[table.fullname] = None
                if isinstance(part, Delete):
                    noted.update(dict.fromkeys(_cascaded(table)))

    def _flushing(self, session: Session, *_: Any) -> None:
        if not self._concerns(session):
            return
        for target in (*session.new, *session.deleted, *filter(session.is_modified, session.dirty)):
            _refuse_while_rendering(type(target).__name__)
        self._noted(session)

    def _flushed(self, mapper: Mapper[Any], _: Any, target: Any, *, gone: bool = False) -> None:
        session = object_session(target)
        noted = session.info.get(self) if session is not None else None
        if noted is None:
            return
        main = mapper.primary_key[0].table
        for table in mapper.tables:
            if not isinstance(table, Table):
                continue
            if table is main:
                _note_row(noted, table.fullname, mapper.primary_key_from_instance(target))
                _note_row(noted, table.fullname, inspected(target).identity)  # if it was another
            else:
                noted[table.fullname] = None
            if gone:
                noted.update(dict.fromkeys(_cascaded(table)))
        for relation in mapper.relationships:
            between = relation.secondary
            if isinstance(between, Table) and (gone or _has_changed(target, relation.key)):
                noted[between.fullname] = None

    def _deleted(self, mapper: Mapper[Any], connection: Any, target: Any) -> None:
        self._flushed(mapper, connection, target, gone=True)

    def _noted(self, session: Session) -> _Noted:
        noted: _Noted = session.info.setdefault(self, {})
        return noted

    def _committed(self, session: Session) -> None:
        if session.in_nested_transaction():
            return  # only a savepoint has ended
        noted: _Noted = session.info.pop(self, {})
        if not noted:
            return
        # Outside of any batch: the database has it, even if the batch comes to nothing.
        with entered(None), self._registry.batch():
            for name, keys in noted.items():
                topic = Topic(name, self._registry)
                for key in sorted(keys) if keys is not None else (None,):
                    topic.touch(key)

    def _rolled_back(self, session: Session) -> None:
        if not session.in_nested_transaction():  # what was before the savepoint stays
            session.info.pop(self, None)
            unit = open_unit()
            if unit is not None:
                unit.noted = False


class _Tables:
    # What a statement reads, and its table when that is all: no alias, no join, no subquery.
    __slots__ = ("names", "single")

    def __init__(self, statement: Any) -> None:
        found: dict[str, Table] = {}
        selects, direct = 0, True
        for part in visitors.iterate(statement):
            if isinstance(part, Table):
                found[part.fullname] = part
            selects += isinstance(part, Select)
            direct = direct and part.__visit_name__ not in _INDIRECT
        self.names = frozenset(found)
        alone = len(found) == 1 and selects == 1 and direct
        self.single = next(iter(found.values())) if alone else None


def _only_row(state: ORMExecuteState, table: Table) -> str | None:
    # The key of the one row that the statement can give, since it says what the primary key is.
    # Values are those of this statement; the one that was compiled has those of an earlier one.
    where = getattr(state.statement, "whereclause", None)
    given = state.parameters if isinstance(state.parameters, Mapping) else {}
    wanted: dict[str, str] = {}
    for condition in _conditions(where):
        if isinstance(condition, BinaryExpression) and condition.operator is operators.eq:
            column, value = condition.left, condition.right
            if isinstance(column, BindParameter):
                column, value = value, column
            if isinstance(column, Column) and isinstance(value, BindParameter):
                exact = _exact(column, given.get(value.key, value.effective_value))
                if exact is not None:
                    wanted[column.name] = exact
    names = [column.name for column in table.primary_key.columns]
    if not names or not all(name in wanted for name in names):
        return None
    return _text(wanted[name] for name in names)


def _conditions(where: Any) -> Iterable[Any]:
    if isinstance(where, BooleanClauseList):
        return where.clauses if where.operator is operators.and_ else ()
    return () if where is None else (where,)


def _exact(column: Column[Any], value: object) -> str | None:
    try:
        meant = column.type.python_type
    except NotImplementedError:
        return None
    return str(value) if type(value) is meant and meant in _EXACT else None


def _text(parts: Iterable[object]) -> str:
    return ",".join(map(str, parts))


def _note_row(noted: _Noted, table: str, identity: Iterable[object] | None) -> None:
    keys = noted.setdefault(table, set())
    if keys is None or identity is None:
        return
    keys.add(_text(identity))
    if len(keys) > _MANY:
        noted[table] = None


def _has_changed(target: Any, relation: str) -> bool:
    found = attributes.get_history(target, relation, PassiveFlag.PASSIVE_NO_INITIALIZE)
    return found.has_changes()


def _cascaded(table: Table, seen: frozenset[str] = frozenset()) -> Iterator[str]:
    # The tables that the database itself changes when a row of *table* goes.
    for other in table.metadata.tables.values():
        follows = any(
            key.ondelete and key.target_fullname.rpartition(".")[0] == table.fullname
            for key in other.foreign_keys
        )
        if follows and other.fullname not in seen:
            yield other.fullname
            yield from _cascaded(other, seen | {other.fullname})


def _refuse_while_rendering(what: str) -> None:
    scope = current()
    if scope is not None and scope.rendering:
        raise WriteWhileRendering(
            f"'{what}' is written to the database while {scope.rendering} is rendered; a GET only"
            " reads, so write in an action or in a route with methods=['POST']"
        )
