"""Processes that hold claims: each has a name, and others of the machine can tell that it is gone.

A process locks a file of its name in the folder for temporary files, as long as it lives. The
kernel lets go of the lock when it ends, however it does. A file that is there and not locked says
that its process is gone; one that is not there says nothing: it may run on another machine, in
another container, or for another user.

Rule: whoever can't be told to be gone is taken to live. So nothing is done twice because a folder
was emptied.
"""

from __future__ import annotations

import os
import re
import secrets
import stat
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path as File
from typing import Final

try:
    import fcntl

    _locks = True
except ImportError:  # Windows
    _locks = False

KEPT: Final = 86_400.0  #: seconds that the file of a process that is gone is kept for who asks

_NAME: Final = re.compile(r"[0-9a-f]{24}")
_lock = threading.Lock()
_mine: tuple[int, str, int] | None = None  # process, name, the file that is locked; -1 for none


def name() -> str:
    """Return the name of this process: 24 letters and digits, another one in each."""
    global _mine
    mine = _mine
    if mine is None or mine[0] != os.getpid():
        with _lock:
            mine = _mine
            if mine is None or mine[0] != os.getpid():
                made = secrets.token_hex(12)
                mine = _mine = os.getpid(), made, _locked(made)
    return mine[1]


def is_gone(name: str) -> bool:
    """Tell whether the process of that *name* has ended, as far as this machine knows."""
    if not _locks or not _NAME.fullmatch(name):
        return False
    folder = _folder()
    return folder is not None and _is_free(folder / name)


def _is_free(file: File) -> bool:
    try:
        opened = os.open(file, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(opened, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(opened)
    return True


def _locked(name: str) -> int:
    # -1: nobody can be told when this process is gone.
    folder = _folder() if _locks else None
    if folder is None:
        return -1
    _sweep(folder)
    try:
        opened = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError:
        return -1
    try:
        fcntl.flock(opened, fcntl.LOCK_EX)
    except OSError:  # a file system without locks
        with suppress(OSError):
            (folder / name).unlink()
        os.close(opened)
        return -1
    return opened


def _folder() -> File | None:
    # One that nobody else can write to; None where somebody has made it so that they can.
    folder = File(tempfile.gettempdir()) / f"htealeaf-{os.getuid()}"
    try:
        with suppress(FileExistsError):
            folder.mkdir(0o700)
        found = folder.lstat()
    except OSError:
        return None
    private = found.st_uid == os.getuid() and not found.st_mode & 0o022
    return folder if stat.S_ISDIR(found.st_mode) and private else None


def _sweep(folder: File) -> None:
    # Those that were found to be gone long ago: since when they are, nobody knows.
    before = time.time() - KEPT
    with suppress(OSError):
        for file in folder.iterdir():
            found = file.lstat()
            if found.st_mode & stat.S_IWUSR:
                if _is_free(file):
                    os.utime(file)
                    file.chmod(0o400)
            elif found.st_mtime < before:
                file.unlink()


def _forked() -> None:
    # The parent's file is locked as long as anybody has it open.
    global _mine, _lock
    _lock = threading.Lock()
    if _mine is not None and _mine[2] >= 0:
        with suppress(OSError):
            os.close(_mine[2])
    _mine = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
