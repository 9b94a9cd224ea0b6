"""All that can be taken away from a run, in a folder or in one zip."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from core.data import DATASETS
from core.errors import InvalidRequest
from core.models import MODELS
from core.takeaway.registry import TAKEAWAYS
from core.takeaway.run import TrainingRun, run_in_store

if TYPE_CHECKING:
    from core.runs.store import RunStore

README = "README.txt"


def files(run: TrainingRun) -> Iterator[tuple[str, bytes]]:
    """(name, content) of the README and of each file that the run has."""
    yield README, readme(run).encode()
    for name, takeaway in TAKEAWAYS.items():
        if takeaway.why_not(run) is None:
            yield name, takeaway.content(run)


def readme(run: TrainingRun) -> str:
    """A line for each file: what it is, or why it is not there."""
    config = run.config
    lines = [
        f"{MODELS[config.model].name} on {DATASETS[config.data].name}, seed {config.seed}, "
        f"{len(run.of('epoch_completed'))} of {config.epochs} epochs.",
        "",
    ]
    for name, takeaway in TAKEAWAYS.items():
        why_not = takeaway.why_not(run)
        lines.append(f"{name}: {takeaway.meaning if why_not is None else f'not here, as {why_not}'}.")
    return "\n".join(lines) + "\n"


def write(run: TrainingRun, folder: Path) -> list[Path]:
    """Write all files into a folder, which is made; returns their paths.

    Raises InvalidRequest when the folder cannot be written to.
    """
    paths = []
    try:
        for name, content in files(run):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            paths.append(path)
    except OSError as error:
        raise InvalidRequest(f"The folder {str(folder)!r} cannot be written to: {error.strerror}.") from None
    return paths


def zipped(run: TrainingRun) -> bytes:
    """All files in one zip."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files(run):
            archive.writestr(name, content)
    return buffer.getvalue()


def zipped_from_store(store: RunStore, run_id: str) -> bytes:
    """All files of a run of the store in one zip. Raises InvalidRequest when there is no such training."""
    return zipped(run_in_store(store, run_id))
