"""Which fault of the run store an error means, and the one sentence that says it.

`fault_of()` is the only place that knows the errors of a database. Another database adds one function beside
`_of_sqlite` that names the fault of its driver's errors.
"""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from pathlib import Path

from core.errors import StoreUnavailable, UnwritableFolder

LOCKED = "locked"  # another program holds it
FULL = "full"
READ_ONLY = "read-only"
NO_DATABASE = "no database"  # junk in its place, or a damaged one
GONE = "gone"  # moved or deleted
UNREADABLE = "unreadable"  # the disk itself fails

LITTLE_BYTES = 2**20  # where no more is left, a write that failed without a reason failed for want of space

_ERRNOS = {
    **dict.fromkeys((errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC), errno.EFBIG), FULL),
    **dict.fromkeys((errno.EROFS, errno.EACCES, errno.EPERM), READ_ONLY),
    **dict.fromkeys((errno.ENOENT, errno.ENOTDIR, getattr(errno, "ESTALE", errno.ENOENT)), GONE),
    errno.EIO: UNREADABLE,
}
# Primary result codes (https://www.sqlite.org/rescode.html); IOERR and CANTOPEN do not say what is wrong.
_SQLITE = {
    **dict.fromkeys((sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL), LOCKED),
    sqlite3.SQLITE_FULL: FULL,
    **dict.fromkeys((sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM), READ_ONLY),
    **dict.fromkeys((sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT), NO_DATABASE),
}
_OF_THE_DISK = (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN)


def fault_of(error: BaseException, store_file: Path) -> StoreUnavailable | None:
    """The fault that an error of a driver or of the system means; None where it is another kind of error."""
    if isinstance(error, StoreUnavailable):
        return error
    if isinstance(error, sqlite3.Error):
        fault = _of_sqlite(error, store_file)
    elif isinstance(error, OSError):
        fault = _ERRNOS.get(error.errno or 0)
    else:
        fault = None
    reason = getattr(error, "strerror", None) or str(error)
    return None if fault is None else unavailable(fault, store_file, reason)


def _of_sqlite(error: sqlite3.Error, store_file: Path) -> str | None:
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:  # of the driver itself, such as a wrong number of parameters
        return None
    primary = code & 0xFF
    if primary in _OF_THE_DISK:
        return _of_the_folder(store_file, primary)
    if primary == sqlite3.SQLITE_ERROR and str(error).startswith("no such table"):
        return NO_DATABASE
    return _SQLITE.get(primary)


def _of_the_folder(store_file: Path, primary: int) -> str:
    """What the disk says of itself, where SQLite only says that something failed."""
    try:
        if not store_file.exists():
            return GONE
        if shutil.disk_usage(store_file.parent).free < LITTLE_BYTES:
            return FULL
    except OSError as error:
        return _ERRNOS.get(error.errno or 0, UNREADABLE)
    unwritable = not os.access(store_file.parent, os.W_OK) or not os.access(store_file, os.W_OK)
    return READ_ONLY if unwritable or primary == sqlite3.SQLITE_CANTOPEN else UNREADABLE


def unavailable(fault: str, store_file: Path, reason: str) -> StoreUnavailable:
    """The error with the sentence of a fault."""
    if fault == READ_ONLY:
        return UnwritableFolder(store_file.parent, reason)
    store, folder = repr(str(store_file)), repr(str(store_file.parent))
    sentences = {
        LOCKED: f"The run store {store} is locked by another program. Nothing can be kept until that program "
        "ends or releases it.",
        FULL: f"The disk of the data folder {folder} is full. Nothing can be kept until something on it is "
        "deleted.",
        NO_DATABASE: f"The run store {store} cannot be read: {reason}. Put a backup in its place "
        "(nablascope restore), or move it away and restart to begin with an empty one.",
        GONE: f"The run store {store} is gone; somebody has moved or deleted it. Put it back, or restart to "
        "begin with an empty one.",
        UNREADABLE: f"The disk of the run store {store} fails: {reason}. Look at the system’s log.",
    }
    return StoreUnavailable(fault, sentences[fault])
