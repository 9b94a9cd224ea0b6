"""All that can be exported from a run, in a folder or in one zip."""

from __future__ import annotations

import io
import secrets
import time
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from core.data import DATASETS
from core.errors import InvalidRequest
from core.export.registry import EXPORTS
from core.export.run import TrainingRun
from core.models import MODELS
from core.paths import delete_file
from core.runs.operating import SERVER_ENDED
from core.runs.status import FINISHED, INTERRUPTED
from core.runs.store import RunStore

README = "README.txt"
WAIT_S = 120.0
POLL_EVERY_S = 0.03


def files(run: TrainingRun) -> Iterator[tuple[str, bytes]]:
    """(name, content) of the README and of each file that the run has."""
    found, missing = {}, {}
    for name, export in EXPORTS.items():
        why_not = export.why_not(run)
        try:
            if why_not is None:
                found[name] = export.content(run)
        except InvalidRequest as error:  # the table that the run learned from is gone, say
            why_not = _within_a_sentence(error)
        if why_not is not None:
            missing[name] = why_not
    yield README, readme(run, missing).encode()
    yield from found.items()


def readme(run: TrainingRun, missing: Mapping[str, str]) -> str:
    """A line for each file: what it is, or why it is missing."""
    config = run.config
    lines = [
        f"{MODELS[config.model].name} on {DATASETS[config.data].name}, seed {config.seed}, "
        f"{len(run.of('epoch_completed'))} of {config.epochs} epochs.",
        "",
    ]
    for name, export in EXPORTS.items():
        lines.append(f"{name}: {f'not here, as {missing[name]}' if name in missing else export.meaning}.")
    return "\n".join(lines) + "\n"


def _within_a_sentence(error: InvalidRequest) -> str:
    text = str(error)
    return text[:1].lower() + text[1:].rstrip(".")


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
    """All files of a run of the store in one zip, which a worker makes, as this takes torch.

    The store's runner must be at work. Raises InvalidRequest when there is no such training, when the worker
    fails, and after WAIT_S seconds.
    """
    run = store.get(run_id)
    if run is None or run.job != "training":
        raise InvalidRequest(f"There is no training with the address {run_id[:40]!r}.")
    return made_by_worker(store, "export", "zip_file", {"run_id": run_id})


def made_by_worker(store: RunStore, job: str, field: str, config: Mapping[str, Any]) -> bytes:
    """The content of the file that a job writes to the path in this field of its config.

    The store's runner must be at work. Raises InvalidRequest when the job fails, and after WAIT_S seconds.
    """
    store.exports.mkdir(exist_ok=True)
    for again in (True, False):  # a worker that is killed meanwhile, for another run's memory, say
        file = store.exports / secrets.token_urlsafe(9)
        whole = dict(config) | {"store_file": store.place, field: str(file)}
        made_id = store.create(job, whole, immediate=True)
        try:
            if _is_made(store, made_id, again):
                return file.read_bytes()
        finally:
            delete_file(file)
            store.forget(made_id)
    raise AssertionError("the second time it is made or refused")


def _is_made(store: RunStore, export_id: str, once_more: bool) -> bool:
    """Whether the file is there, once that is decided; once_more: its worker may have died."""
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        run = store.get(export_id)
        if run is None or run.ended:
            if run and run.status == INTERRUPTED and run.message != SERVER_ENDED and once_more:
                return False
            if run is None or run.status != FINISHED:
                raise InvalidRequest(run.message if run and run.message else "The files were not made.")
            return True
        time.sleep(POLL_EVERY_S)
    store.request(export_id, "stop")
    raise InvalidRequest(
        f"The files were not ready within {WAIT_S:.0f} s; the server may be busy. Try again."
    )
