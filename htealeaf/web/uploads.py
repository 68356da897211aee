"""Uploads: a file that a form sends, as an action function gets it."""

from __future__ import annotations

from typing import IO, ClassVar


class Upload:
    """A file that a person has chosen in a control of a form.

    Attributes:
        filename: What the browser calls it. It is the person's word: never a path to write to.
        media_type: What the browser says that it is; nothing has looked.
        stream: Its bytes; it ends with the request.
        size: How many bytes it has.
    """

    is_upload: ClassVar[bool] = True
    __slots__ = ("filename", "media_type", "size", "stream")

    def __init__(self, filename: str, media_type: str, stream: IO[bytes], size: int) -> None:
        self.filename, self.media_type = filename, media_type
        self.stream, self.size = stream, size

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes, as many as asked for at most."""
        return self.stream.read(size)

    def __repr__(self) -> str:
        return f"<Upload {self.filename!r} of {self.size} bytes>"
