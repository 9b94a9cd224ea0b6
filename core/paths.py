"""Where data lives on disk, and a cache of arrays that are slow to parse, as .npz files."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from core.errors import UnwritableFolder
from core.operator_settings import operator_settings, variable

VARIABLE = variable("home")
REPLACE_TRIES, REPLACE_PAUSE_S = 11, 0.1


def data_folder() -> Path:
    """The folder of the run store and of caches, created if missing.

    NABLASCOPE_HOME names it; else it is `nablascope` where the system keeps a person's data: on Linux under
    XDG_DATA_HOME or ~/.local/share, on macOS in ~/Library/Application Support, on Windows in %LOCALAPPDATA%.
    Raises UnwritableFolder where it is missing and cannot be created.
    """
    chosen = operator_settings().home
    return _made(Path(chosen).expanduser() if chosen else _personal_folder(), VARIABLE)


def files_folder() -> Path:
    """The folder of checkpoints, exports and added files, created if missing: the data folder, or the one
    that NABLASCOPE_FILES names, which the servers of one database share.

    Raises UnwritableFolder where it is missing and cannot be created.
    """
    chosen = operator_settings().files
    return _made(Path(chosen).expanduser(), variable("files")) if chosen else data_folder()


def _made(folder: Path, named_by: str) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UnwritableFolder(folder, error.strerror or str(error), named_by) from None
    return folder


def _personal_folder() -> Path:
    from platformdirs import user_data_path  # here, since core.timing alone goes without it

    folder = user_data_path("nablascope", appauthor=False)
    # Version 0.1 used Linux's place on every system; runs that lie there are not left behind.
    earlier = Path.home() / ".local" / "share" / "nablascope"
    moved = sys.platform in ("win32", "darwin") and not folder.exists() and earlier.exists()
    return earlier if moved else folder


def replace_file(draft: Path, file: Path) -> None:
    """Put the draft in the file's place, as a whole; os.replace, with patience.

    Windows refuses while another program has one of the two open (a reader, a virus scanner), which is over
    in a moment. Raises OSError where it lasts.
    """
    for _ in range(REPLACE_TRIES - 1):
        try:
            os.replace(draft, file)
            return
        except PermissionError:
            time.sleep(REPLACE_PAUSE_S)
    os.replace(draft, file)


def delete_file(file: Path) -> bool:
    """Delete a file, and say whether it is gone: one that a program has open stays on Windows, for later."""
    try:
        file.unlink(missing_ok=True)
    except PermissionError:
        return False
    return True


def cached(
    name: str, keys: tuple[str, ...], make: Callable[[], tuple[np.ndarray, ...]]
) -> tuple[np.ndarray, ...]:
    """The arrays that make() gives, from the file of an earlier call where there is a whole one.

    A file that is broken or lacks a key is made anew. Nothing depends on the file: where it cannot be
    written, the arrays are made each time.
    """
    try:
        file = data_folder() / "cache" / f"{name}.npz"
    except UnwritableFolder:
        return make()
    try:
        # Opened here, since numpy does not close a file that is not an archive.
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
            return tuple(archive[key] for key in keys)
    except (OSError, EOFError, KeyError, ValueError, TypeError, zipfile.BadZipFile, zlib.error):
        arrays = make()
    with contextlib.suppress(OSError):
        _write(file, dict(zip(keys, arrays, strict=True)))
    return arrays


def _write(file: Path, arrays: dict[str, np.ndarray]) -> None:
    """All or nothing: another process reads either no file or a whole one."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=file.parent, prefix=file.stem, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as stream:
            np.savez(stream, **arrays)  # type: ignore[arg-type]
        replace_file(Path(draft), file)
    except OSError:
        Path(draft).unlink(missing_ok=True)
        raise
