"""Form data: the fields and files in the body of a request, urlencoded or multipart.

`form_data` reads a small body from memory. `form_stream` reads a large one piece by piece: fields
are kept in memory, files go to disk, and are gone when they are closed. A small one it reads from
memory too: to take one apart piece by piece costs ten times as much for each part.

Rule 1: whoever reads a form asks here, so what parses it has one place.

Rule 2: no file is taken before the fields in front of it have shown that the form was offered.

Rule 3: fields and parts are counted before anything is made of them. The headers of a part are
short, and written as browsers write them, but for a few parts: to read others costs much more.

Source: HTML standard, "multipart/form-data"; RFC 7578.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from io import BytesIO
from tempfile import TemporaryFile
from typing import IO, Any, NamedTuple

from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import (
    Data,
    Epilogue,
    Field,
    File,
    MultipartDecoder,
    NeedData,
    State,
)

from htealeaf.errors import BadRequest, Invalid
from htealeaf.web.limits import (
    MAX_FIELDS,
    UTF_8,
    TooLarge,
    WrongMedia,
    body_length,
    read_body,
    read_some,
)
from htealeaf.web.request import Request
from htealeaf.web.uploads import Files, LimitOf, MiB, Upload
from htealeaf.wire.urls import pairs_in

_CHUNK = 64 * 1024
_IN_MEMORY = 64 * 1024  # of one file; what is larger goes to disk
_WHOLE = MiB  # of a form that is read from memory
_DRAINED = 64 * MiB  # read and thrown away, so that a browser gets to read why
_HEADERS = 4096  # bytes of the headers of one part
_UNUSUAL = 50  # parts whose headers are written in another way
_USUAL = re.compile(
    rb'content-disposition: form-data; name="([^"\\\r\n]*)"(?:; filename="([^"\\\r\n]*)")?'
    rb"(?:\r\ncontent-type: ([!-:<-~]+))?\Z",
    re.IGNORECASE,
)


class FormData(NamedTuple):
    """What a form sent, in its order.

    Attributes:
        fields: Texts by name; a name may have several.
        files: Files by name. Of a file control that nothing was chosen in, the file has no name.
        refused: Which files are not taken, and why.
    """

    fields: MultiDict[str, str]
    files: MultiDict[str, Upload]
    refused: Invalid | None = None

    def close(self) -> None:
        """Let go of the files."""
        for _, file in self.files.items(multi=True):
            file.stream.close()


class RefusedFiles(Invalid):
    """Files that are too large, or too many."""

    status_hint = 413


def form_data(content_type: str, body: bytes, limit: int = MAX_FIELDS) -> FormData:
    """Return the form in *body*; empty where *content_type* is that of none.

    Args:
        limit: How many fields and files it may have.

    Raises:
        TooLarge: It has more.
        BadRequest: It is no form of the type that it says.
        WrongMedia: It is written in another charset than UTF-8.
    """
    media = content_type.partition(";")[0].strip().lower()
    if media == "application/x-www-form-urlencoded":
        if body.count(b"&") >= limit:
            raise TooLarge(f"the form has more than {limit} fields, see WSGI(max_fields=)")
        return FormData(MultiDict(pairs_in(body, limit)), MultiDict())
    if media != "multipart/form-data":
        return FormData(MultiDict(), MultiDict())
    return _multipart(body, _boundary(content_type), limit)


def _boundary(content_type: str) -> bytes:
    boundary = ""
    if len(content_type) <= 512:
        boundary = parse_options_header(content_type)[1].get("boundary", "")
    if not 0 < len(boundary) <= 200 or not boundary.isascii():
        raise BadRequest("the body says no boundary of its parts")
    return boundary.encode()


class _Part(NamedTuple):
    name: str
    filename: str | None  #: None: it is a field
    media: str
    data: bytes


def _multipart(body: bytes, boundary: bytes, limit: int) -> FormData:
    fields: MultiDict[str, str] = MultiDict()
    files: MultiDict[str, Upload] = MultiDict()
    for name, filename, media, data in _parts(body, boundary, limit):
        if filename is None:
            fields.add(name, data.decode("utf-8", "replace"))
        else:
            files.add(name, Upload(filename, media, BytesIO(data), len(data)))
    return FormData(fields, files)


def _parts(body: bytes, boundary: bytes, limit: int) -> Iterator[_Part]:
    between = b"\r\n--" + boundary
    if body.count(between) > limit + 1:
        raise TooLarge(f"the form has more than {limit} parts, see WSGI(max_fields=)")
    _, *parts = (b"\r\n" + body).split(between)
    if not parts or not parts.pop().startswith(b"--"):
        raise BadRequest("the body is no multipart form, or was cut off on its way")
    if len(parts) > limit:
        raise TooLarge(f"the form has more than {limit} parts, see WSGI(max_fields=)")
    unusual = _UNUSUAL
    for part in parts:
        end = part.find(b"\r\n\r\n", 0, _HEADERS)
        if end < 0 and len(part) < _HEADERS and part.endswith(b"\r\n"):
            end = len(part) - 2  # nothing follows the headers (RFC 2046, 5.1.1)
        if end < 0 or not part.startswith(b"\r\n"):
            raise BadRequest("a part of the form can't be read")
        found = _USUAL.match(part, 2, end)
        if found is None:
            unusual -= 1
            if unusual < 0:
                raise BadRequest("the parts of the form have headers that no browser writes")
            name, filename, media = _named(part[2:end])
        else:
            name, filename, media = (
                None if one is None else one.decode("utf-8", "replace").replace("%22", '"')
                for one in found.groups()
            )
        if name is None:
            raise BadRequest("a part of the form has no name")
        yield _Part(name, filename, (media or "").lower(), part[end + 4 :])


def _named(headers: bytes) -> tuple[str | None, str | None, str | None]:
    # Name, name of the file and type, however they are written.
    found: dict[str, str] = {}
    for line in headers.decode("utf-8", "replace").split("\r\n"):
        name, _, value = line.partition(":")
        found[name.strip().lower()] = value.strip()
    kind, said = parse_options_header(found.get("content-disposition", ""))
    media, options = parse_options_header(found.get("content-type", ""))
    if kind.lower() != "form-data":
        raise BadRequest("a part of the form can't be read")
    filename = said.get("filename")
    if filename is None and options.get("charset", "utf-8").lower() not in UTF_8:
        raise WrongMedia("a field of the form is written in another charset than UTF-8")
    return said.get("name"), filename, media


def form_stream(
    request: Request,
    text: int,
    files: int,
    admit: Callable[[FormData], LimitOf],
    limit: int = MAX_FIELDS,
) -> FormData:
    """Return the multipart form that *request* brings.

    What is refused is not stored, and the rest is read nevertheless: who hangs up while a browser
    still sends is not heard.

    Args:
        text: Bytes of all fields at most.
        files: Bytes of all files at most.
        admit: Called before the first file, with what came in front of it. Gives what is taken, or
            raises.
        limit: How many fields and files it may have.

    Raises:
        BadRequest: It is no multipart form, or ends too early.
        TooLarge: It is larger than *text* and *files* together, or its fields are too many.
    """
    boundary = _boundary(request.headers.get("Content-Type"))
    form = _Form(text, admit)
    try:
        length = body_length(request, sys.maxsize)
        if length is not None and length <= min(_WHOLE, text + files):
            for part in _parts(read_body(request, length), boundary, limit):
                form.whole(part)
            return form.result()
        decoder = MultipartDecoder(boundary, text + _CHUNK, max_parts=limit)
        for chunk in _chunks(request, text + files):
            decoder.receive_data(chunk)
            _refuse_long_headers(decoder)
            while not isinstance(event := decoder.next_event(), (NeedData, Epilogue)):
                form.take(event)
                _refuse_long_headers(decoder)
        decoder.receive_data(None)
        while not isinstance(decoder.next_event(), Epilogue):
            pass
    except BaseException as error:
        form.data.close()
        if isinstance(error, RequestEntityTooLarge):
            raise TooLarge("the form has too many fields, or too long ones") from error
        if isinstance(error, ValueError) and not isinstance(error, BadRequest):
            raise BadRequest("the body is no multipart form") from error
        raise
    return form.result()


def _refuse_long_headers(decoder: MultipartDecoder) -> None:
    if decoder.state is not State.PART or len(decoder.buffer) < _HEADERS:
        return
    if decoder.buffer.find(b"\r\n\r\n", 0, _HEADERS) < 0:
        raise BadRequest("a part of the form can't be read")


def _chunks(request: Request, limit: int) -> Iterator[bytes]:
    try:
        length = body_length(request, limit)
    except TooLarge:
        left = _DRAINED
        while left > 0 and (chunk := read_some(request, min(_CHUNK, left))):
            left -= len(chunk)
        raise
    left = limit + 1 if length is None else length
    while left > 0 and (chunk := read_some(request, min(_CHUNK, left))):
        left -= len(chunk)
        yield chunk
    if length is None and left == 0:
        raise TooLarge(f"the body has more than {limit} bytes")
    if length is not None and left > 0:
        raise BadRequest("the body was cut off on its way")


class _Form:
    # A form that comes piece by piece.
    def __init__(self, text: int, admit: Callable[[FormData], LimitOf]) -> None:
        self.data = FormData(MultiDict(), MultiDict())
        self._left, self._admit = text, admit
        self._limit_of: LimitOf | None = None
        self._parts: Counter[str] = Counter()  # of controls for files, by the name of the part
        self._chosen: Counter[str] = Counter()  # of chosen files, by control
        self._refused: dict[str, str] = {}
        self._status = 422
        self._part: _Text | _File | None = None

    def whole(self, part: _Part) -> None:
        name, filename, media, data = part
        if filename is None:
            self._add(text := _Text(name), data)
            self._end(text)
        else:
            self._add(file := self._file(name, filename, media), data)
            self._end(file)

    def take(self, event: Any) -> None:
        if isinstance(event, Field):
            self._part = _Text(event.name)
        elif isinstance(event, File):
            media, _ = parse_options_header(event.headers.get("Content-Type"))
            self._part = self._file(event.name, event.filename, media.lower())
        elif isinstance(event, Data) and self._part is not None:
            self._add(self._part, event.data)
            if not event.more_data:
                self._end(self._part)
                self._part = None

    def _file(self, name: str, filename: str, media: str) -> _File:
        if self._limit_of is None:
            self._limit_of = self._admit(self.data)
        control, limit = self._limit_of(name, self._parts[name])
        self._parts[name] += 1
        part = _File(name, control, filename, media, limit)
        if limit is not None and filename:
            self._chosen[control] += 1
            self._look(part, limit)
        return part

    def _look(self, part: _File, limit: Files) -> None:
        if self._chosen[part.control] > limit.max_count:
            self._refuse(part, limit.too_many, 413)
        wrong = limit.refusal(part.filename, part.media)
        if wrong is not None:
            self._refuse(part, wrong, 422)

    def _refuse(self, part: _File, why: str, status: int) -> None:
        self._refused.setdefault(part.control, why)
        self._status = min(self._status, status)  # 413, if one of them is
        part.limit = None
        part.drop()

    def _add(self, part: _Text | _File, data: bytes) -> None:
        if isinstance(part, _Text):
            self._left -= len(data)
            if self._left < 0:
                raise RequestEntityTooLarge
            part.pieces.append(data)
        elif part.limit is not None:
            if part.size + len(data) > part.limit.max_size:
                self._refuse(part, part.limit.too_large, 413)
            else:
                part.write(data)

    def _end(self, part: _Text | _File) -> None:
        if isinstance(part, _Text):
            text = b"".join(part.pieces).decode("utf-8", "replace")
            self.data.fields.add(part.name, text)
        else:
            part.stream.seek(0)
            upload = Upload(part.filename, part.media, part.stream, part.size)
            self.data.files.add(part.name, upload)

    def result(self) -> FormData:
        if not self._refused:
            return self.data
        kind = RefusedFiles if self._status == 413 else Invalid
        return self.data._replace(refused=kind(self._refused))


class _Text:
    def __init__(self, name: str) -> None:
        self.name = name
        self.pieces: list[bytes] = []


class _File:
    def __init__(
        self, name: str, control: str, filename: str, media: str, limit: Files | None
    ) -> None:
        self.name, self.control, self.filename, self.media = name, control, filename, media
        self.limit = limit  #: None: it is read, and nothing of it is kept
        self.stream: IO[bytes] = BytesIO()
        self.size = 0

    def write(self, data: bytes) -> None:
        if self.size <= _IN_MEMORY < self.size + len(data):
            small, self.stream = self.stream, TemporaryFile()  # noqa: SIM115 - `FormData.close`
            small.seek(0)
            self.stream.write(small.read())
        self.stream.write(data)
        self.size += len(data)

    def drop(self) -> None:
        self.stream.close()
        self.stream, self.size = BytesIO(), 0
