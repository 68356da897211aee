"""Packing: effects and documents as text, which is what a journal stores.

Rule 1: what is stored as text says which format it has, and one that is not known is refused.

Rule 2: it comes back as it was: keys in their order, numbers of their type, lists with their shape
versions.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from json.encoder import encode_basestring as _quoted
from typing import Any, Final

from htealeaf.data.documents import freeze
from htealeaf.data.effects import (
    BEGIN,
    BY,
    MOVE,
    Document,
    Effect,
    UnknownFormat,
    lists_in,
    shapes_of,
)
from htealeaf.data.layouts import PLAIN, Layout
from htealeaf.data.paths import Path

FORMAT: Final = 1  #: of what `pack` and `pack_document` write


def pack(effects: Iterable[Effect]) -> str:
    """Return *effects* as one line of JSON, in the format that `unpack` reads.

    It has to be stored as it is: a database that sorts the keys of JSON changes documents.

    >>> pack([Effect("put", Path(("n",)), 2)])
    '[1,["put",["n"],2]]'
    """
    return f"[{FORMAT},{','.join(map(_packed, effects))}]"


def _packed(effect: Effect) -> str:
    # What nearly all are (a number or a text at some keys) needs no encoder, which takes longer.
    op, path, value, to = effect
    if op == BEGIN:
        return f'["{op}",[],{_ENCODER.encode(_plain(value))}]'
    where = ",".join(map(_quoted, path))
    if op == BY:
        text = f"[{','.join(map(_scalar, value))}]"
    else:
        text = _scalar(to if op == MOVE else value)
    return f'["{op}",[{where}],{text}]'


def _scalar(value: Any) -> str:
    if type(value) is str:
        return _quoted(value)
    return str(value) if type(value) is int else _ENCODER.encode(value)


def unpack(text: str) -> tuple[Effect, ...]:
    """Return the effects in *text*.

    Raises:
        UnknownFormat: This version of htealeaf can't read it.

    >>> unpack('[1,["put",["n"],2]]')
    (Effect(op='put', path=Path('n'), value=2, to=-1),)
    """
    rows = _known(json.loads(text))
    return tuple(_effect_of(op, Path(path), value) for op, path, value in rows)


def _effect_of(op: str, path: Path, value: Any) -> Effect:
    if op == BEGIN:
        return Effect(op, path, _document(value))
    return Effect(op, path, None, value) if op == MOVE else Effect(op, path, value)


def pack_document(document: Document) -> str:
    """Return *document*, with the shape versions of its lists, as one line of JSON."""
    return _ENCODER.encode([FORMAT, *_plain(document)])


def unpack_document(text: str) -> Document:
    """Return the document in *text*, with the shape versions of its lists.

    Raises:
        UnknownFormat: This version of htealeaf can't read it.
    """
    return _document(_known(json.loads(text)))


_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _known(found: Any) -> list[Any]:
    if not isinstance(found, list) or not found or found[0] != FORMAT:
        what = found[0] if isinstance(found, list) and found else "none"
        raise UnknownFormat(f"format {what!r} is stored; this htealeaf reads format {FORMAT}")
    return found[1:]


def _plain(document: Document) -> list[Any]:
    # The versions stand in the order in which the lists begin; one number when all are equal.
    versions = list(shapes_of(document.root))
    shapes: Any = versions[0] if versions and len(set(versions)) == 1 else versions
    gone = None if document.gone is None else sorted(document.gone)
    plain = [document.root, shapes, gone]
    layout = document.layout
    return plain if layout == PLAIN else [*plain, layout.version, sorted(layout.places)]


def _document(parts: list[Any]) -> Document:
    value, shapes, gone, *more = parts
    root = freeze(value)
    lists = lists_in(root)
    if isinstance(shapes, int):
        for made in lists:
            made.version = shapes
    else:
        for made, version in zip(lists, shapes, strict=True):
            made.version = version
    layout = Layout(more[0], frozenset(more[1])) if more else PLAIN
    return Document(root, None if gone is None else frozenset(map(Path, gone)), layout)
