"""The table of contacts, its first rows, and what is asked of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, Select, create_engine, event, func, or_, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

from demos.data import folder

PAGE = 8


class Base(DeclarativeBase):
    pass


class Contact(Base):
    __tablename__ = "contacts"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(index=True)
    email: Mapped[str] = mapped_column(unique=True)
    phone: Mapped[str] = mapped_column(default="")
    kind: Mapped[str]
    photo: Mapped[str | None] = mapped_column(default=None)
    #: Deleted ones stay for a while, so that deleting can be taken back.
    deleted: Mapped[bool] = mapped_column(default=False, index=True)


@dataclass(frozen=True)
class Found:
    """One page of what was looked for.

    Attributes:
        rows: The contacts of that page.
        count: How many there are on all pages.
        page: Which page it is, from 1.
        pages: How many pages there are, at least 1.
    """

    rows: list[Contact]
    count: int
    page: int
    pages: int


def matching(text: str, kind: str) -> Select[Any]:
    """Return the query for the contacts with every word of *text* in name, address or number."""
    wanted = select(Contact).where(~Contact.deleted)
    for word in text.split():
        plain = word.replace("/", "//").replace("%", "/%").replace("_", "/_")
        like = f"%{plain}%"
        fields = (Contact.name, Contact.email, Contact.phone)
        wanted = wanted.where(or_(*(field.ilike(like, escape="/") for field in fields)))
    if kind:
        wanted = wanted.where(Contact.kind == kind)
    return wanted.order_by(func.lower(Contact.name), Contact.id)


def found(db: Session, text: str, kind: str, page: int) -> Found:
    """Return page *page* of them; one that is not there becomes the nearest."""
    wanted = matching(text, kind)
    count = db.scalar(select(func.count()).select_from(wanted.order_by(None).subquery())) or 0
    pages = max(1, -(-count // PAGE))
    page = min(max(page, 1), pages)
    rows = db.scalars(wanted.limit(PAGE).offset((page - 1) * PAGE))
    return Found(list(rows), count, page, pages)


FIRST = (
    ("Ada Oduya", "ada.oduya@example.org", "+44 20 7946 0112", "Customer"),
    ("Amal Haddad", "amal@example.net", "+961 1 555 014", "Partner"),
    ("Björn Lindqvist", "bjorn@example.org", "+46 8 555 0199", "Customer"),
    ("Carla Mendes", "carla.mendes@example.com", "+351 21 555 0133", "Supplier"),
    ("Chen Wei", "chen.wei@example.org", "+86 10 5550 1122", "Customer"),
    ("Dolores Prado", "dolores@example.net", "+34 91 555 0177", "Supplier"),
    ("Emeka Obi", "emeka.obi@example.com", "+234 1 555 0108", "Partner"),
    ("Fatima Zahra", "fatima@example.org", "+212 5 5555 0120", "Customer"),
    ("Giulia Conti", "giulia.conti@example.net", "+39 06 5555 0145", "Customer"),
    ("Hiro Tanaka", "hiro@example.com", "+81 3 5550 0166", "Supplier"),
    ("Ingrid Sørensen", "ingrid@example.org", "+47 22 55 01 58", "Partner"),
    ("Jan Novák", "jan.novak@example.net", "+420 2 5550 0191", "Customer"),
    ("Kavya Raman", "kavya@example.com", "+91 44 5550 0123", "Customer"),
    ("Liam O’Connor", "liam.oconnor@example.org", "+353 1 555 0104", "Customer"),
    ("Maria Silva", "maria.silva@example.net", "+55 11 5550 0187", "Supplier"),
    ("Noor Rahman", "noor@example.com", "+880 2 5550 0139", "Partner"),
    ("Olga Ivanova", "olga@example.org", "+359 2 555 0171", "Customer"),
    ("Pavel Horák", "pavel.horak@example.net", "+420 5 5550 0148", "Customer"),
    ("Quynh Tran", "quynh@example.com", "+84 24 5550 0116", "Supplier"),
    ("Rosa Jiménez", "rosa.jimenez@example.org", "+52 55 5550 0162", "Customer"),
    ("Samir Khan", "samir@example.net", "+92 21 5550 0195", "Partner"),
    ("Tove Jensen", "tove.jensen@example.com", "+45 33 55 01 27", "Customer"),
    ("Umut Yılmaz", "umut@example.org", "+90 212 555 0183", "Customer"),
    ("Vera Kowalska", "vera@example.net", "+48 22 555 0141", "Supplier"),
    ("Wanjiru Mwangi", "wanjiru@example.com", "+254 20 555 0109", "Customer"),
    ("Xenia Papadaki", "xenia@example.org", "+30 21 0555 0156", "Partner"),
)


def opened(path: Path) -> Engine:
    """Return the database in the file *path*, made with the first contacts where it is new."""
    engine = create_engine(f"sqlite:///{path}")

    @event.listens_for(engine, "connect")
    def patient(connection: Any, _: Any) -> None:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA busy_timeout = 5000")

    Base.metadata.create_all(engine)
    with Session(engine) as db, db.begin():
        if db.scalar(select(func.count()).select_from(Contact)) == 0:
            names = ("name", "email", "phone", "kind")
            db.add_all(Contact(**dict(zip(names, row, strict=True))) for row in FIRST)
    return engine


Sessions = sessionmaker(opened(folder() / "address-book.db"), expire_on_commit=False)
