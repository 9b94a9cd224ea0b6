"""One folder or one zip holds all that a run has, and says what it lacks."""

from __future__ import annotations

import contextlib
import io
import json
import re
import zipfile
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from core.data.user import added_files, user_csv
from core.errors import InvalidRequest
from core.events import Checkpoint
from core.export.archive import README, made_by_worker, write, zipped
from core.export.registry import EXPORTS
from core.export.run import TrainingRun, from_folder, from_store
from core.records import to_record
from core.runs.operating import SERVER_ENDED
from core.runs.recorder import Recorder
from core.runs.run_folder import Folder
from core.runs.status import FINISHED, INTERRUPTED
from core.runs.store import Run, RunStore
from core.training.config import default_config
from core.training.loop import train
from tests.waiting import wait_until


def test_the_zip_holds_every_file_and_the_readme_names_each(iris: TrainingRun) -> None:
    with zipfile.ZipFile(io.BytesIO(zipped(iris))) as archive:
        assert set(archive.namelist()) == {README, *EXPORTS}
        text = archive.read(README).decode()
    assert all(f"{name}: " in text for name in EXPORTS)
    assert "not here" not in text
    assert len(text.splitlines()) == 2 + len(EXPORTS)


def test_the_folder_holds_the_same(iris: TrainingRun, tmp_path: Path) -> None:
    paths = write(iris, tmp_path / "new" / "folder")
    assert {path.relative_to(tmp_path / "new" / "folder").as_posix() for path in paths} == {
        README,
        *EXPORTS,
    }
    assert all(path.stat().st_size for path in paths)


def test_a_folder_that_cannot_be_written_to_is_reported_in_words(moons: TrainingRun, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidRequest, match="cannot be written to"):
        write(moons, tmp_path / "file")


def test_what_a_run_lacks_is_left_out_and_explained(train_briefly: Callable[..., TrainingRun]) -> None:
    run = train_briefly("gan", "ring", epochs=1)
    with zipfile.ZipFile(io.BytesIO(zipped(run))) as archive:
        assert set(archive.namelist()) == {README, *EXPORTS} - {*SCRIPT, *PREDICTION, "network.onnx"}
        text = archive.read(README).decode()
    assert "script.py: not here, as GAN does not learn from examples" in text


def test_a_run_without_a_checkpoint_still_gives_script_and_metrics(moons: TrainingRun) -> None:
    run = TrainingRun(moons.config, moons.records, None)
    with zipfile.ZipFile(io.BytesIO(zipped(run))) as archive:
        missing = {"weights.safetensors", "network.onnx", *PREDICTION}
        assert set(archive.namelist()) == {README, *EXPORTS} - missing


PREDICTION = ("predict.py", "encoding.json", "csv_cells.py", "row_encoding.py")
SCRIPT = (
    *("script.py", "model.py", "config.json", "data.npz", "jax_script.py", "jax_model.py"),
    *("keras_script.py", "keras_model.py", "training_loop.py"),
)
CONFIG = default_config("mlp", "moons", epochs=2, samples=100, snapshot_every_s=None)


def test_a_run_is_found_in_the_store(tmp_path: Path) -> None:
    store = RunStore(tmp_path / "runs.sqlite")
    run_id = store.create("training", to_record(CONFIG))
    store.claim("a worker", 1)
    recorder = Recorder(store, run_id)
    for event in train(CONFIG, checkpoint_every_s=1000):
        recorder.add(event)
    recorder.flush()
    store.end(run_id, FINISHED)
    run = from_store(store, run_id)
    assert run.config == CONFIG
    assert [epoch["epoch"] for epoch in run.of("epoch_completed")] == [1, 2]
    with pytest.raises(InvalidRequest, match="no training with the address 'another'"):
        from_store(store, "another")
    store.close()


def test_a_run_is_found_in_its_folder(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    taken = [event for event in train(CONFIG, checkpoint_every_s=1000) if not folder.add(event)]
    folder.close()
    run = from_folder(tmp_path)
    state = next(event.state for event in taken if isinstance(event, Checkpoint))
    assert run.config == CONFIG
    assert run.state is not None
    assert run.state["learner"]["step"] == state["learner"]["step"]
    lines = (tmp_path / "events.jsonl").read_text().splitlines()
    assert list(run.records) == [json.loads(line) for line in lines]
    with pytest.raises(InvalidRequest, match="There is no checkpoint"):
        from_folder(tmp_path / "nothing")


def test_a_run_whose_table_is_gone_still_gives_its_metrics(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, train_briefly: Callable[..., TrainingRun]
) -> None:
    monkeypatch.setenv("NABLASCOPE_HOME", str(tmp_path))
    file = user_csv.add(b"a,b,y\n" + b"".join(b"%d,%d,%d\n" % (n, n % 7, n % 2) for n in range(40)))
    run = train_briefly("mlp", "own_csv", data_options={"file": file})
    (tmp_path / added_files.TABLES.folder / f"{file}.csv").unlink()
    with zipfile.ZipFile(io.BytesIO(zipped(run))) as archive:
        assert {"metrics.csv", "metrics.parquet"} < set(archive.namelist())
        assert "script.py" not in archive.namelist()
        assert "not here, as the table " in archive.read(README).decode()


def test_a_file_whose_worker_was_killed_is_made_again_once_and_not_when_the_server_ends(
    tmp_path: Path,
) -> None:
    killed = "The worker was killed (SIGKILL)."
    with contextlib.closing(RunStore(tmp_path / "runs.sqlite")) as store, ThreadPoolExecutor() as visitor:
        asked = visitor.submit(made_by_worker, store, "export", "file", {})
        store.end(claimed(store, asked).id, INTERRUPTED, killed)
        second = claimed(store, asked)
        Path(second.config["file"]).write_bytes(b"whole")
        store.end(second.id, FINISHED)
        assert asked.result() == b"whole"
        assert [*store.exports.iterdir()] == []
        for messages in ((killed, killed), (SERVER_ENDED,)):
            asked = visitor.submit(made_by_worker, store, "export", "file", {})
            for message in messages:
                store.end(claimed(store, asked).id, INTERRUPTED, message)
            with pytest.raises(InvalidRequest, match=re.escape(messages[-1])):
                asked.result()


def claimed(store: RunStore, asked: Future[bytes]) -> Run:
    """The next run that is asked for."""
    found: list[Run] = []

    def comes() -> bool:
        found.extend(filter(None, [store.claim("worker", 1)]))
        return bool(found) or asked.done()

    wait_until(comes)
    return found[0]
