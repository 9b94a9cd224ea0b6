"""Files that a person adds as data, kept in the data folder under a hash until the space is needed."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import tempfile
from collections.abc import Container, Iterator
from dataclasses import dataclass
from pathlib import Path

from core.data.csv_cells import quoted
from core.errors import InvalidRequest, UnwritableFolder
from core.paths import delete_file, files_folder, replace_file


@dataclass(frozen=True)
class AddedFiles:
    """One kind of such files: their folder in the data folder, their suffix, and what a message calls one."""

    folder: str
    suffix: str
    noun: str

    def add(self, name: str, content: bytes) -> None:
        """Store a file under its name, as a whole."""
        handle, part = tempfile.mkstemp(dir=self._made_folder(), suffix=".part")
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        replace_file(Path(part), self._path(name))

    def has(self, name: str) -> bool:
        """Whether it is here; if so, it has just been used."""
        path = self._path(name)
        if path.exists():
            _note_use(path)
            return True
        return False

    def read(self, name: str) -> bytes:
        """The content of a file. Raises InvalidRequest for what is no name, and for a file that is gone."""
        if not re.fullmatch(r"[0-9a-f]{64}", name):
            raise InvalidRequest(
                f"{quoted(name)} is no {self.noun} that was added; give the file itself first."
            )
        path = self._path(name)
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            raise InvalidRequest(
                f"The {self.noun} {name[:8]}... is no longer here; add its file again."
            ) from None
        _note_use(path)
        return content

    def _path(self, name: str) -> Path:
        return files_folder() / self.folder / f"{name}{self.suffix}"

    def _made_folder(self) -> Path:
        folder = files_folder() / self.folder
        try:
            folder.mkdir(exist_ok=True)
        except OSError as error:
            raise UnwritableFolder(folder, error.strerror or str(error)) from None
        return folder


TABLES = AddedFiles("tables", ".csv", "table")
IMAGES = AddedFiles("images", ".npz", "set of images")
KINDS = (TABLES, IMAGES)


def name_of(content: bytes) -> str:
    """The name under which a file is stored: the SHA-256 of its bytes."""
    return hashlib.sha256(content).hexdigest()


def content_of(source: Path | str | bytes, max_bytes: int) -> bytes:
    """The bytes of a file, one too many of a larger one. Raises InvalidRequest where it cannot be read."""
    if isinstance(source, bytes):
        return source
    try:
        with Path(source).open("rb") as file:
            return file.read(max_bytes + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is no path"
        raise InvalidRequest(f"{quoted(str(source))} cannot be read: {why}.") from None


def keep_last_used(home: Path, max_bytes: int, needed: Container[str]) -> None:
    """Delete the least recently used added files in a data folder until the rest fit into max_bytes; needed
    ones always stay.
    """
    files = sorted(found(home))
    size = sum(its_size for _, its_size, _ in files)
    for _, its_size, path in files:
        if size > max_bytes and path.stem not in needed:
            size -= its_size if delete_file(path) else 0


def added_bytes(home: Path) -> int:
    """What the added files in a data folder take."""
    return sum(size for _, size, _ in found(home))


def found(home: Path) -> Iterator[tuple[float, int, Path]]:
    """Time of the last use, size and path of each added file in a data folder."""
    for kind in KINDS:
        for path in (home / kind.folder).glob(f"*{kind.suffix}"):
            with contextlib.suppress(FileNotFoundError):  # another process has just deleted it
                status = path.stat()
                yield status.st_mtime, status.st_size, path


def _note_use(path: Path) -> None:
    """The modification time is that of the last use: many systems record no access time."""
    with contextlib.suppress(OSError):
        os.utime(path)
