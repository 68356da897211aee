"""Form data: the fields and files in the body of a request, urlencoded or multipart.

Rule: whoever reads a form asks here, so Werkzeug's parser has one place.
"""

from __future__ import annotations

from io import SEEK_END, BytesIO
from typing import NamedTuple

from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.formparser import FormDataParser
from werkzeug.http import parse_options_header

from htealeaf.web.request import Request
from htealeaf.web.uploads import Upload


class FormData(NamedTuple):
    """What a form sent, in its order.

    Attributes:
        fields: Texts by name; a name may have several.
        files: Files by name. Of a file control that nothing was chosen in, the file has no name.
    """

    fields: MultiDict[str, str]
    files: MultiDict[str, Upload]


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
