"""Where data lives on disk, and a cache of arrays that are slow to parse, as .npz files."""

from __future__ import annotations

import contextlib
import os
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

VARIABLE = "NABLASCOPE_HOME"


def data_folder() -> Path:
    """The folder of the run store and of caches, created if missing.

    NABLASCOPE_HOME names it; else it is `nablascope` under XDG_DATA_HOME or ~/.local/share.
    """
    chosen = os.environ.get(VARIABLE)
    shared = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    folder = Path(chosen).expanduser() if chosen else shared / "nablascope"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def cached(
    name: str, keys: tuple[str, ...], make: Callable[[], tuple[np.ndarray, ...]]
) -> tuple[np.ndarray, ...]:
    """The arrays that make() gives, from the file of an earlier call where there is a whole one.

    A file that is broken or lacks a key is made anew. Nothing depends on the file: where it cannot be
    written, the arrays are made each time.
    """
    file = data_folder() / "cache" / f"{name}.npz"
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
        os.replace(draft, file)
    except OSError:
        Path(draft).unlink(missing_ok=True)
        raise
