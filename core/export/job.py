"""The zip of a run as a job, so that the process that draws pages never loads torch for it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core.events import Progress
from core.export.archive import zipped
from core.export.run import from_store
from core.runs.store import RunStore


@dataclass(frozen=True)
class ExportConfig:
    """Which run of which store, and where its zip is written."""

    run_id: str  # its address in the store
    store_file: str  # path of the run store
    zip_file: str  # path that the zip is written to


@dataclass(frozen=True)
class ZipWritten:
    """The zip is whole, and has this many bytes."""

    size_bytes: int


def export_run(config: ExportConfig) -> Iterator[Progress | ZipWritten]:
    """Write all files of a run as one zip. Raises InvalidRequest when there is no such training."""
    yield Progress(0, 1, "files")
    with contextlib.closing(RunStore(config.store_file)) as store:
        content = zipped(from_store(store, config.run_id))
    Path(config.zip_file).write_bytes(content)
    yield ZipWritten(len(content))
