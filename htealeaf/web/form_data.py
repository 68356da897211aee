"""Form data: the fields and files in the body of a request, urlencoded or multipart.

`form_data` reads a small body from memory. `form_stream` reads a large one piece by piece: fields
are kept in memory, files go to disk, and are gone when they are closed.

Rule 1: whoever reads a form asks here, so Werkzeug's parser has one place.

Rule 2: no file is taken before the fields in front of it have shown that the form was offered.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from io import SEEK_END, BytesIO
from tempfile import TemporaryFile
from typing import IO, Any, NamedTuple

from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser
from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData

from htealeaf.errors import BadRequest, Invalid
from htealeaf.web.limits import TooLarge, body_length
from htealeaf.web.request import Request
from htealeaf.web.uploads import Files, LimitOf, MiB, Upload

_CHUNK = 64 * 1024
_IN_MEMORY = 64 * 1024  # of one file; what is larger goes to disk
_DRAINED = 64 * MiB  # read and thrown away, so that a browser gets to read why
MAX_PARTS = 5000


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


def form_data(request: Request, body: bytes) -> FormData:
    """Return the form in *body*, the body of *request*; empty where that is no form."""
    media, options = parse_options_header(request.headers.get("Content-Type"))
    _, fields, files = FormDataParser().parse(BytesIO(body), media, len(body), options)
    return FormData(fields, MultiDict((name, _upload(f)) for name, f in files.items(multi=True)))


def _upload(file: FileStorage) -> Upload:
    stream = file.stream
    size = stream.seek(0, SEEK_END)
    stream.seek(0)
    return Upload(file.filename or "", file.mimetype, stream, size)


def form_stream(
    request: Request, text: int, files: int, admit: Callable[[FormData], LimitOf]
) -> FormData:
    """Return the multipart form that *request* brings.

    What is refused is not stored, and the rest is read nevertheless: who hangs up while a browser
    still sends is not heard.

    Args:
        text: Bytes of all fields at most.
        files: Bytes of all files at most.
        admit: Called before the first file, with what came in front of it. Gives what is taken, or
            raises.

    Raises:
        BadRequest: It is no multipart form, or ends too early.
        TooLarge: It is larger than *text* and *files* together, or its fields are too many.
    """
    _, options = parse_options_header(request.headers.get("Content-Type"))
    boundary = options.get("boundary", "")
    decoder = MultipartDecoder(boundary.encode(), text + _CHUNK, max_parts=MAX_PARTS)
    form = _Form(text, admit)
    try:
        for chunk in _chunks(request, text + files):
            decoder.receive_data(chunk)
            while not isinstance(event := decoder.next_event(), (NeedData, Epilogue)):
                form.take(event)
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


def _chunks(request: Request, limit: int) -> Iterator[bytes]:
    try:
        length = body_length(request, limit)
    except TooLarge:
        left = _DRAINED
        while left > 0 and (chunk := request.read(min(_CHUNK, left))):
            left -= len(chunk)
        raise
    left = limit + 1 if length is None else length
    while left > 0 and (chunk := request.read(min(_CHUNK, left))):
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

    def take(self, event: Any) -> None:
        if isinstance(event, Field):
            self._part = _Text(event.name)
        elif isinstance(event, File):
            self._part = self._file(event)
        elif isinstance(event, Data) and self._part is not None:
            self._add(self._part, event.data)
            if not event.more_data:
                self._end(self._part)
                self._part = None

    def _file(self, event: File) -> _File:
        if self._limit_of is None:
            self._limit_of = self._admit(self.data)
        name, limit = self._limit_of(event.name, self._parts[event.name])
        self._parts[event.name] += 1
        media, _ = parse_options_header(event.headers.get("Content-Type"))
        part = _File(event.name, name, event.filename, media, limit)
        if limit is not None and event.filename:
            self._chosen[name] += 1
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
