"""What a backup holds: manifest.json, with the size and the SHA-256 sum of every file."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from core.data.user.added_files import KINDS
from core.errors import InvalidRequest
from core.runs.upgrades import VERSION

MANIFEST, FORMAT = "manifest.json", 2
DATABASE, DUMP, CHECKPOINTS = "runs.sqlite", "runs.dump", "checkpoints"
# The database's file: SQLite's own, or what pg_dump makes, with the format of the manifest that came with it.
DATABASES = {DATABASE: 1, DUMP: 2}
SINGLE_FILES = ("cookie_secret",)  # what makes the owners of runs known again
FOLDERS = (CHECKPOINTS, *(kind.folder for kind in KINDS))
CHUNK_BYTES = 2**20
MAX_MANIFEST_BYTES = 64 * 2**20

Copied = Callable[[int], None]  # called with the number of bytes more


@dataclass(frozen=True)
class StoredFile:
    """One file of a backup."""

    bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """format: of the manifest. store_version: of what the database holds. files: by their paths, with /.

    server_version: of the PostgreSQL server that it is of; 0 for SQLite.
    """

    format: int
    store_version: int
    made_at: str
    counts: Mapping[str, int]
    files: Mapping[str, StoredFile]
    server_version: int = 0

    @property
    def database(self) -> str:
        """The name of the database's file."""
        return next(name for name in DATABASES if name in self.files)

    @property
    def bytes(self) -> int:
        """Of all files together."""
        return sum(file.bytes for file in self.files.values())


def write(folder: Path, manifest: Manifest) -> None:
    """Write it as the last file of a backup."""
    text = json.dumps(asdict(manifest), indent=1, sort_keys=True)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")


def read(folder: Path) -> Manifest:
    """The manifest of a backup. Raises InvalidRequest where the folder is no backup that can be read here."""
    try:
        with (folder / MANIFEST).open("rb") as stream:
            found = json.loads(stream.read(MAX_MANIFEST_BYTES))
        manifest = Manifest(**found | {"files": _files(found["files"])})
        manifest.counts["runs"]
    except FileNotFoundError:
        raise InvalidRequest(
            f"{str(folder)!r} is no whole backup: it has no {MANIFEST}, which is written last."
        ) from None
    except OSError as error:
        raise InvalidRequest(f"{str(folder)!r} cannot be read: {error.strerror}.") from None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise InvalidRequest(f"{str(folder / MANIFEST)!r} is no manifest of a backup.") from None
    if manifest.format > FORMAT or manifest.store_version > VERSION:
        raise InvalidRequest(
            f"{str(folder)!r} was made by a newer version of Nablascope (format {manifest.format}, store "
            f"{manifest.store_version}; this one reads up to {FORMAT} and {VERSION})."
        )
    return manifest


def _files(found: Mapping[str, Mapping[str, Any]]) -> dict[str, StoredFile]:
    files = {name: StoredFile(int(file["bytes"]), str(file["sha256"])) for name, file in found.items()}
    for name in files:
        parts = PurePosixPath(name).parts
        in_folder = len(parts) == 2 and parts[0] in FOLDERS and parts[1] != ".." and "\\" not in parts[1]
        if name not in (*DATABASES, *SINGLE_FILES) and not in_folder:
            raise ValueError(name)  # a restore writes nowhere else
    if len(files.keys() & DATABASES.keys()) != 1:
        raise KeyError(DATABASE)
    return files


def copy(source: Path, target: Path, copied: Copied) -> StoredFile:
    """Copy a file; returns what was copied. Raises OSError."""
    digest, size = hashlib.sha256(), 0
    target.parent.mkdir(parents=True, exist_ok=True)
    with source.open("rb") as reading, target.open("wb") as writing:
        while chunk := reading.read(CHUNK_BYTES):
            writing.write(chunk)
            digest.update(chunk)
            size += len(chunk)
            copied(len(chunk))
        status = os.fstat(reading.fileno())
    os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))  # by it files are known to be old
    return StoredFile(size, digest.hexdigest())


def measured(file: Path) -> StoredFile:
    """Size and sum of a file as it is."""
    with file.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256")
        return StoredFile(file.stat().st_size, digest.hexdigest())
