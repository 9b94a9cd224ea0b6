"""A worker makes the zip that a page hands out, at once, and the page's process stays without torch."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import InvalidRequest
from core.export.archive import zipped, zipped_from_store
from core.export.run import from_store
from core.records import to_record
from core.runs.runners.local import LocalRunner
from core.runs.status import FINISHED, RUNNING
from core.runs.store import RunStore
from core.training.config import default_config
from tests.core.runs.runners.test_local import LONG, run_of
from tests.waiting import wait_until

SHORT = to_record(default_config("mlp", "moons", epochs=2, samples=100))

SERVER = """
import json, sys
from pathlib import Path
from core.runs.runners.local import LocalRunner
from core.export.archive import zipped_from_store
from tests.waiting import wait_until
folder, config = Path(sys.argv[1]), json.loads(sys.argv[2])
runner = LocalRunner(folder / "runs.sqlite", limit=1)
run_id = runner.submit("training", config)
wait_until(lambda: runner.store.get(run_id).ended)
(folder / "taken.zip").write_bytes(zipped_from_store(runner.store, run_id))
runner.close()
print(json.dumps([run_id, sorted({name.split(".")[0] for name in sys.modules})]))
"""


def contents(content: bytes) -> dict[str, Any]:
    """Each file by name; an .npz, which holds the time of its making, as its arrays, and the header of the
    weights, whose fields come in any order, as a dict.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        files: dict[str, Any] = {name: archive.read(name) for name in archive.namelist()}
    weights = files.pop("weights.safetensors")
    end = 8 + int.from_bytes(weights[:8], "little")
    files |= {"weights' header": json.loads(weights[8:end]), "weights": weights[end:]}
    arrays = np.load(io.BytesIO(files.pop("data.npz")), allow_pickle=False)
    return files | {name: (arrays[name].dtype, arrays[name].tobytes()) for name in arrays.files}


def test_the_page_gets_the_same_zip_and_never_loads_torch(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SERVER, str(tmp_path), json.dumps(SHORT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    run_id, loaded = json.loads(done.stdout)
    assert {"torch", "sklearn", "pyarrow"} & set(loaded) == set()
    store = RunStore(tmp_path / "runs.sqlite")
    run = from_store(store, run_id)
    assert contents((tmp_path / "taken.zip").read_bytes()) == contents(zipped(run))
    store.close()


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalRunner]:
    """One for both tests: a worker's start costs more than what it runs."""
    runner = LocalRunner(tmp_path_factory.mktemp("exports") / "runs.sqlite", limit=1)
    yield runner
    runner.close()


def test_a_full_server_hands_it_out_too_and_nothing_is_left_of_it(runner: LocalRunner) -> None:
    first = runner.submit("training", SHORT)
    wait_until(lambda: run_of(runner.store, first).ended)
    going, waiting = runner.submit("training", LONG), runner.submit("timing", {})
    wait_until(lambda: run_of(runner.store, going).status == RUNNING)
    assert "weights" in contents(zipped_from_store(runner.store, first))
    assert run_of(runner.store, going).status == RUNNING
    assert runner.store.queue_position(waiting) == 1
    assert list(runner.store.exports.iterdir()) == []
    assert [run.id for run in runner.store.all_with_status(FINISHED)] == [first]
    for run_id in (waiting, going):
        runner.request(run_id, "stop")
        wait_until(lambda run_id=run_id: run_of(runner.store, run_id).ended)  # type: ignore[misc]


def test_what_fails_in_the_worker_is_reported_in_words(runner: LocalRunner) -> None:
    run_id = runner.submit("training", SHORT)
    wait_until(lambda: run_of(runner.store, run_id).ended)
    runner.store.checkpoint_file(run_id).write_bytes(b"not a checkpoint")
    with pytest.raises(InvalidRequest, match="is not a checkpoint that can be read"):
        zipped_from_store(runner.store, run_id)
    with pytest.raises(InvalidRequest, match="no training with the address 'another'"):
        zipped_from_store(runner.store, "another")
