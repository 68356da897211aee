"""Uploads: files that a form sends, as an action function gets them, and which ones it takes.

Rule 1: what the browser says of a file, its name and its type, is the person's word. The name is
never a path to write to, and nobody looks into a file to see what it is.

Rule 2: a file is there until its request ends.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import IO, Any, ClassVar, Final
from urllib.parse import unquote

from pydantic_core import CoreSchema, core_schema
from werkzeug.utils import secure_filename

from htealeaf.data.annotations import inside, uploads_in
from htealeaf.words import say

MiB: Final = 1024 * 1024
#: In which a limit may be told, if it is so many of them.
_UNITS: Final = {"MiB": MiB, "MB": 10**6, "KiB": 1024, "kB": 10**3}
_LONGEST = 120  # of a name that is chosen; most file systems allow 255 bytes


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

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> CoreSchema:
        # So that it may stand anywhere in an annotation; no text is ever taken for a file.
        return core_schema.is_instance_schema(cls)

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes, as many as asked for at most."""
        return self.stream.read(size)

    def save_in(self, folder: str | os.PathLike[str], name: str | None = None) -> Path:
        """Write the whole file into *folder*, and return where it is.

        Its name is made from what the browser calls it: letters, digits, `.`, `-` and `_` only, and
        a number where there is such a file already. Nothing is ever overwritten.

        Args:
            folder: Where; it is made if there is none.
            name: What it is called, instead of what the browser calls it.
        """
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        for path in _names(folder, self.filename if name is None else name):
            try:
                target = path.open("xb")  # fails where there is one, also a link to elsewhere
            except FileExistsError:
                continue
            try:
                with target:
                    self.stream.seek(0)
                    shutil.copyfileobj(self.stream, target, MiB)
            except BaseException:
                path.unlink(missing_ok=True)  # half of a file is none
                raise
            return path
        raise AssertionError("unreachable")

    def __repr__(self) -> str:
        return f"<Upload {self.filename!r} of {self.size} bytes>"


def _names(folder: Path, wanted: str) -> Iterator[Path]:
    wanted = re.split(r"[/\\]", wanted)[-1]
    safe = secure_filename(wanted)
    ending = Path(wanted).suffix
    if ending and safe == ending[1:]:  # nothing of the stem was left
        safe = f"file{ending}"
    stem, ending = os.path.splitext(safe or "file")
    stem, ending = stem[: _LONGEST - len(ending[:20])], ending[:20]
    for number in count(1):
        yield folder / (f"{stem}{ending}" if number == 1 else f"{stem}-{number}{ending}")


@dataclass(frozen=True, init=False)
class Files:
    """Which files a parameter takes: `Annotated[Upload, Files("image/*", ".pdf", max_size=2**20)]`.

    Args:
        types: Media types, `image/png` or `image/*`, and endings of names, `.pdf`; none: all.
        max_size: Bytes of one file at most.
        max_count: Of how many, where the parameter is a list.

    In a row of a form, a dataclass with an `Upload` in it, they are those of one row.

    It goes by what the browser says of the type, and by the name. That keeps mistakes out, and
    nobody who means ill: look into the file before you believe it.
    """

    types: tuple[str, ...]
    max_size: int
    max_count: int

    def __init__(self, *types: str, max_size: int = 16 * MiB, max_count: int = 20) -> None:
        object.__setattr__(self, "types", tuple(one.strip().lower() for one in types))
        object.__setattr__(self, "max_size", max_size)
        object.__setattr__(self, "max_count", max_count)

    @property
    def accept(self) -> str | None:
        """Return the attribute that tells a browser which ones to offer."""
        return ",".join(self.types) or None

    @property
    def total(self) -> int:
        """Return how many bytes all together have at most."""
        return self.max_size * self.max_count

    def refusal(self, filename: str, media_type: str) -> str | None:
        """Return what a person is told of a file that is not taken; None where it is.

        >>> Files("image/*", ".pdf").refusal("a.txt", "text/plain")
        'Only image/*, .pdf, please.'
        """
        kinds = [one for one in self.types if not one.startswith(".")]
        endings = [one for one in self.types if one.startswith(".")]
        kind, name = media_type.lower(), unquote(filename).lower()
        fits = any(one == kind or (one[-2:] == "/*" and kind.startswith(one[:-1])) for one in kinds)
        if not self.types or fits or any(name.endswith(one) for one in endings):
            return None
        return say("Only {types}, please.", types=", ".join(self.types))

    @property
    def too_large(self) -> str:
        """Return what a person is told of a file that is too large.

        >>> Files(max_size=5 * MiB).too_large, Files(max_size=20_000_000).too_large
        ('At most 5 MiB, please.', 'At most 20 MB, please.')
        >>> Files(max_size=1500).too_large
        'At most 1500 bytes, please.'
        """
        for unit, size in _UNITS.items():
            if not self.max_size % size:
                return say("At most {size}, please.", size=f"{self.max_size // size} {unit}")
        return say("At most {count} bytes, please.", count=self.max_size)

    @property
    def too_many(self) -> str:
        """Return what a person is told of too many files."""
        return say("At most {count} files, please.", count=self.max_count)


def files_of(parameters: Mapping[str, Any]) -> dict[str, Files]:
    """Return which files are taken, by the name of their control as `place_of` gives it.

    Args:
        parameters: Annotations by name.
    """
    return {
        control: _files(found)
        for name, annotation in parameters.items()
        for control, found in uploads_in(annotation, name)
    }


def place_of(control: str) -> str:
    """Return the name of a control without the numbers of rows.

    >>> place_of("lines[2][receipt]")
    'lines[][receipt]'
    """
    return re.sub(r"\[\d+\]", "[]", control)


def bytes_of(files: Mapping[str, Files]) -> int:
    """Return how many bytes all *files* of one form have at most, by what `files_of` gives.

    How many rows there will be nobody knows: as many are counted as `Files` takes of one control.
    """
    each_row = Files().max_count
    return sum(one.total * each_row ** name.count("[]") for name, one in files.items())


def _files(annotation: Any) -> Files:
    said = inside(annotation)
    found = said.constraints
    if said.item is not None:
        found = {**inside(said.item).constraints, **found}
    default = Files()
    most = found.get("max_count", default.max_count) if said.item is not None else 1
    types = found.get("accept")
    return Files(
        *(types.split(",") if types else ()),
        max_size=found.get("max_size", default.max_size),
        max_count=most,
    )


#: Gives the control of a file and what it takes, from the name of its part and how many parts of
#: that name came before; None is a file that nobody takes.
LimitOf = Callable[[str, int], "tuple[str, Files | None]"]
