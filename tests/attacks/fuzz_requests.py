"""Fuzzing of what parses requests: paths, bodies, offers, forms, cursors.

    pip install htealeaf[fuzz]
    python -m tests.attacks.fuzz_requests -runs=500000

Atheris looks which bytes reach new code, and goes on from them. Whatever comes is read, or refused
by an error that has a status below 500; anything else is a finding, and ends the run.

Rule: what was read is written and read again, and is the same then.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import atheris  # type: ignore[import-not-found,import-untyped,unused-ignore]

with atheris.instrument_imports(include=["htealeaf"]):
    from htealeaf.data import paths
    from htealeaf.data.cursor import Cursor
    from htealeaf.errors import HtealeafError
    from htealeaf.web.form_data import form_data
    from htealeaf.wire import codec, fitting, offers, urls


def _path(data: bytes) -> None:
    path = paths.parse(data.decode("utf-8", "surrogateescape"))
    assert paths.parse(str(path)) == path


def _body(data: bytes) -> None:
    value = codec.loads(data)
    codec.refuse_inexact(data, value)
    fitting.refuse_reserved(value)
    if value == value and abs(value if isinstance(value, float) else 0) != float("inf"):
        try:
            text = codec.dumps(value)
        except ValueError:  # what is not finite is refused where it is stored
            return
        assert codec.loads(text) == value


def _offer(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    place, _, query = text.partition("?")
    label, _, path = place.partition("/")
    offer = offers.parse_offer(label, path, query)
    if offer is not None:
        assert query == f"{offer.signed}{offers.MAC}{offer.mac}"


def _call(data: bytes) -> None:
    offers.parse_call(data.decode("utf-8", "replace"))


def _visit(data: bytes) -> None:
    offers.parse_visit(data.decode("utf-8", "replace"))


def _pairs(data: bytes) -> None:
    found = urls.pairs_in(data, 100)
    assert len(found) <= 100


def _form(data: bytes) -> None:
    form_data("multipart/form-data; boundary=b", data, 10)


def _cursor(data: bytes) -> None:
    cursor = Cursor.parse(data.decode("utf-8", "replace"))
    assert Cursor.parse(str(cursor)) == cursor


TARGETS: list[Callable[[bytes], None]] = [
    _path, _body, _offer, _call, _visit, _pairs, _form, _cursor
]  # fmt: skip


def one(data: bytes) -> None:
    """Give *data* to the target that its first byte says."""
    if not data:
        return
    try:
        TARGETS[data[0] % len(TARGETS)](data[1:])
    except HtealeafError as error:
        if error.status_hint >= 500:
            raise


def main() -> None:
    """Run as the arguments say; see `-help=1`."""
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
