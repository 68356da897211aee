"""Exchanges over the wire: a request as the shim makes it, its answer, the patch in it."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from io import BytesIO

from bs4 import Tag
from werkzeug.datastructures import FileStorage, Headers, MultiDict
from werkzeug.test import TestResponse, encode_multipart

from htealeaf.testing.controls import File
from htealeaf.testing.failures import PageFailure
from htealeaf.testing.trees import attribute, parse
from htealeaf.wire.names import Attribute, Field, Header


@dataclass(frozen=True)
class Request:
    """A request that is ready to be sent; sent twice, it carries the same `HT-Id`.

    Attributes:
        method: The HTTP method.
        url: Path and query, with the base in front.
        headers: Headers of the shim; cookie and origin come from the client.
        body: What is sent; None for nothing.
        source: The element that acts, for what follows an answer.
        form: The form that is reset when the action succeeded.
        files: Those that stand in the place of empty objects in the body; it is multipart then.
        check: The control that was left: nothing is done, it is asked whether it is right.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None
    source: Tag | None = field(default=None, compare=False, repr=False)
    form: Tag | None = field(default=None, compare=False, repr=False)
    files: tuple[File, ...] = field(default=(), repr=False)
    check: Tag | None = field(default=None, compare=False, repr=False)

    @property
    def multipart(self) -> tuple[str, bytes] | None:
        """Return content type and body where files go along; None where it is JSON."""
        if not any(file.name for file in self.files):
            return None
        sent = [(Field.FILE, file) for file in self.files]
        return encoded([(Field.ACTION, self.body or "")], sent)

    def with_headers(self, **headers: str) -> Request:
        """Return it with other headers: `with_headers(HT_Id="x")`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return replace(self, headers={**self.headers, **named})

    @property
    def offer(self) -> str:
        """Return the offer that it brings, as it stood in the page."""
        return str(json.loads(self.body or '[""]')[0])

    def with_offer(self, offer: str) -> Request:
        """Return it with another offer: what a tampered page might send."""
        return replace(self, body=json.dumps([offer, *json.loads(self.body or "[]")[1:]]))

    def with_values(self, *values: object) -> Request:
        """Return it with other values for the slots of its offer."""
        return replace(self, body=json.dumps([self.offer, *values]))


@dataclass(frozen=True)
class Exchange:
    """A request and what came back."""

    request: Request
    answer: TestResponse = field(repr=False)

    @property
    def method(self) -> str:
        return self.request.method

    @property
    def url(self) -> str:
        return self.request.url

    @property
    def status(self) -> int:
        return self.answer.status_code

    @property
    def headers(self) -> Headers:
        return self.answer.headers

    @property
    def text(self) -> str:
        return self.answer.text

    def __str__(self) -> str:
        return f"{self.method} {self.url} -> {self.status}"


def encoded(
    fields: Iterable[tuple[str, str]], files: Iterable[tuple[str, File]]
) -> tuple[str, bytes]:
    """Return the content type and the body of a multipart form."""
    parts: MultiDict[str, object] = MultiDict([*fields])
    for name, file in files:
        parts.add(name, FileStorage(BytesIO(file.data), file.name, name, file.type))
    boundary, body = encode_multipart(parts)
    return f"multipart/form-data; boundary={boundary}", body


def fresh_id() -> str:
    """Return a one-time id, as each click has its own."""
    return secrets.token_hex(8)


_TEMPLATES = re.compile(r"<(/?)template\b")
_PATCH = f"<template {Attribute.PATCH}>"


def patch_in(answer: TestResponse) -> str | None:
    """Return the patch in *answer*, "" if it changes nothing; None for an answer that is not ours.

    What stands around it, a proxy or a tool has put there.
    """
    if Header.CURSOR not in answer.headers:
        return None
    return unwrapped(answer.text) if answer.text else ""


def unwrapped(text: str) -> str | None:
    """Return the patch in *text*, without the template that it came in; None if there is none."""
    start = text.find(_PATCH)
    if start < 0:
        return None
    start += len(_PATCH)
    depth = 1
    for found in _TEMPLATES.finditer(text, start):
        depth += -1 if found[1] else 1
        if not depth:
            return text[start : found.start()]
    return None


class Patch:
    """What an answer changed. `patch["left-count"]` is the HTML that was sent for that id."""

    def __init__(self, html: str = "") -> None:
        self.html = html

    @cached_property
    def _parts(self) -> list[tuple[str, str, str]]:
        found = []
        for part in parse(self.html).contents if self.html else []:
            if isinstance(part, Tag):
                op = attribute(part, Attribute.OP) or ""
                id = attribute(part, Attribute.TO if op else "id") or ""
                found.append((op, id, part.decode_contents() if op else part.decode()))
        return found

    @property
    def ids(self) -> list[str]:
        """Return the ids of the elements that it names, in order; a `move` counts too."""
        return [id for op, id, _ in self._parts if id and op != "visit"]

    @property
    def ops(self) -> list[tuple[str, str]]:
        """Return what is done to what: `("morph", "left-count")`, `("remove", "todos-todo-0")`."""
        return [(op or "morph", id) for op, id, _ in self._parts]

    @property
    def bytes(self) -> int:
        """Return how long it is on the wire, before compression."""
        return len(self.html.encode())

    def __getitem__(self, id: str) -> str:
        found = [html for op, to, html in self._parts if to == id and op != "visit"]
        if not found:
            raise PageFailure(
                f"the patch has nothing for {id!r}; it has: {', '.join(self.ids) or 'nothing'}"
            )
        return "".join(found)

    def __contains__(self, id: object) -> bool:
        return id in self.ids

    def __len__(self) -> int:
        return len(self._parts)

    def __str__(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return f"<Patch {self.ops} {self.bytes} bytes>"
