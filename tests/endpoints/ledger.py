"""An app on a database, as a process that dies where it is told to.

    python -m tests.endpoints.ledger DATABASE [JOURNAL]

prints its port. `DIES` in the environment is `claimed`, `committed` or `answered`: once the id is
claimed, once the rows are committed, once the answer is made.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from sqlalchemy import create_engine, event, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

from htealeaf import WSGI, Element, Registry, SuperStore, fragment
from htealeaf.components import button, div, p
from htealeaf.watch import once_table, watch


class Base(DeclarativeBase):
    pass


class Payment(Base):
    __tablename__ = "payments"
    id: Mapped[int] = mapped_column(primary_key=True)
    amount: Mapped[int]


once_table(Base.metadata)


def die(where: str) -> None:
    """End the process as `kill -9` does, if it is to die there."""
    if os.environ.get("DIES") == where:
        os.kill(os.getpid(), signal.SIGKILL)


def made(database: str, journal: str | None = None) -> Any:
    """Return the app."""
    engine = create_engine(database)
    Base.metadata.create_all(engine)
    sessions = sessionmaker(engine)
    registry = Registry()
    with registry:
        watch(sessions, once=True)
        app = WSGI()
        SuperStore(app, journal=journal)
    event.listen(sessions, "after_commit", lambda session: die("committed"))

    @app.action(database=True, within=0.3)
    def pay(amount: int) -> None:
        die("claimed")
        with sessions.begin() as session:
            session.add(Payment(amount=amount))

    @fragment
    def total() -> str:
        with sessions() as session:
            return str(_sum(session))

    @app.route("/")
    def home() -> Element:
        return div(p(total(), id="total"), button("pay", onclick=pay(amount=5)))

    def answering(environ: Any, start_response: Any) -> Any:
        body = app(environ, start_response)
        if environ["REQUEST_METHOD"] == "POST":
            die("answered")
        return body

    return answering


def _sum(session: Session) -> int:
    return session.scalar(select(func.coalesce(func.sum(Payment.amount), 0))) or 0


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *arguments: Any) -> None:
        pass


if __name__ == "__main__":
    with make_server("127.0.0.1", 0, made(*sys.argv[1:]), handler_class=_Quiet) as server:
        sys.stdout.write(f"{server.server_port}\n")
        sys.stdout.flush()
        server.serve_forever()
