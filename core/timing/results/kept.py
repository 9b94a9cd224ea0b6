"""Results that are kept with this program, for who has no such machine: files in the folder beside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from core.timing.results.files import read
from core.timing.results.table import Record, environment_of

FOLDER = Path(__file__).parent / "kept"
SIMULATED_GPU = "simulated_gpu"


def kept_files(folder: Path = FOLDER) -> dict[str, Path]:
    """The files by their keys: their names without the ending, underscores for spaces."""
    return {path.stem: path for path in sorted(folder.glob("*.json"))}


def read_kept(key: str) -> list[Record]:
    """The records of one of kept_files()."""
    return read(kept_files()[key])


def simulated(environment: Mapping[str, object]) -> str | None:
    """What was simulated, in words, where figures are no measurements of a device; None where they are."""
    mark = environment.get("simulated")
    return str(mark) if mark else None


def simulated_in(records: Sequence[Record]) -> str | None:
    """The same for the records of a result."""
    return simulated(environment_of(records))
