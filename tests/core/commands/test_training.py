"""The command line of trainings."""

from __future__ import annotations

import contextlib
import json
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from core import paths
from core.models import MODELS
from core.records import to_record
from core.runs.recorder import Recorder
from core.runs.store import RunStore
from core.training.__main__ import main
from core.training.config import default_config
from core.training.loop import train
from tests.core.commands.processes import ROOT, start


class Done(NamedTuple):
    """What a command left behind."""

    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Done]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """run(*words): the command in this process."""

    def run(*words: str) -> Done:
        code = main(words)
        return Done(code, *capsys.readouterr())

    return run


# One of each way to learn; the others differ in their network alone.
EACH_WAY = ("mlp", "lenet", "gru", "rbm", "gan", "gcn", "q_table", "dqn")


@pytest.mark.parametrize(
    "model",
    [pytest.param(model, marks=[] if model in EACH_WAY else [pytest.mark.slow]) for model in MODELS],
)
def test_json_lines_end_with_the_test_metric(run: Run, model: str) -> None:
    fewer_images = ("--test-fraction", "0.8") if model == "lenet" else ()
    done = run(model, "--epochs", "2", "--seed", "0", "--json", *fewer_images)
    assert (done.returncode, done.stderr) == (0, "")
    records = [json.loads(line) for line in done.stdout.splitlines()]
    kinds = [record["event"] for record in records]
    assert kinds == ["training_started", "epoch_completed", "epoch_completed", "training_finished"]
    last = records[-1]
    assert last["metric"] in ("accuracy", "skill", "explained", "modes", "success", "mean_return")
    assert last["value"] == records[-2]["test_metric"]
    assert last["samples_per_s"] > 0


def test_every_flag_reaches_the_training(run: Run) -> None:
    done = run(
        *("mlp", "--data", "circles", "--epochs", "1", "--batch-size", "20", "--learning-rate", "0.1"),
        *("--optimizer", "sgd", "--schedule", "constant", "--activation", "relu", "--hidden", "4,3"),
        *(
            "--samples",
            "100",
            "--noise",
            "0.05",
            "--test-fraction",
            "0.4",
            "--device",
            "cpu",
            "--threads",
            "1",
        ),
        *("--seed", "3", "--label-smoothing", "0.05", "--json"),
    )
    started = json.loads(done.stdout.splitlines()[0])
    assert (started["data"], started["seed"]) == ("circles", 3)
    assert (started["train_samples"], started["test_samples"]) == (60, 40)
    assert started["steps_per_epoch"] == 3
    assert started["shapes"]["layers.1.weight"] == [3, 4]


def test_set_reaches_any_setting_and_wins_over_a_flag(run: Run) -> None:
    done = run("mlp", "--epochs", "9", "--set", "epochs=1", "--set", "hidden=5", "--set", "noise=0", "--json")
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert records[0]["shapes"]["layers.0.weight"] == [5, 2]
    assert records[-1]["epochs"] == 1


def test_a_setting_is_known_by_its_name_of_version_0_1_too(run: Run) -> None:
    for name in ("max_steps", "most-steps"):
        done = run("mlp", "--epochs", "9", "--set", f"{name}=3", "--json")
        assert json.loads(done.stdout.splitlines()[-1])["steps"] == 3


def test_why_the_steps_are_not_the_fast_ones_is_said_with_the_start(run: Run) -> None:
    done = run("mlp", "--data", "moons", "--epochs", "1", "--set", "dropout=0.1")
    reason = "engine eager, not compiled: it knows fully connected networks without dropout and norm"
    assert done.stdout.splitlines()[1].startswith(reason)
    assert "engine" not in run("mlp", "--data", "moons", "--epochs", "1").stdout


def test_without_json_a_line_an_epoch_is_for_people(run: Run) -> None:
    done = run("lstm", "--epochs", "1")
    lines = [line for line in done.stdout.splitlines() if not line.startswith("engine ")]
    started, naive, epoch, finished = lines
    assert started.startswith("LSTM on Seattle weather: ")
    assert naive.startswith("naive forecasts, rmse on the test split: ")
    assert epoch.startswith("epoch    1  loss ")
    assert finished.startswith("test skill 0.")
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["lenett"], "invalid choice: 'lenett'"),
        ([], "One of NAME and --resume is required"),
        (["mlp", "--epochs", "many"], "invalid int value: 'many'"),
        (["mlp", "--set", "speed=3"], "Unknown setting 'speed' of mlp on "),
        (["mlp", "--set", "epochs"], "write key=value"),
        (["mlp", "--set", "epochs=x"], "it must be a whole number"),
        (["mlp", "--set", "features=x,z"], "Unknown feature 'z'; choose from x, y, x_squared"),
        (["mlp", "--set", "activations=relu", "--hidden", "4,3"], "one for each hidden layer, which are 2"),
        (["--resume", "/nowhere"], "There is no checkpoint /nowhere/checkpoint.pt."),
        (["mlp", "--epochs", "0"], "epochs 0 is not possible"),
        (["mlp", "--hidden", "8,x"], "not a list of whole numbers"),
        (["lenet", "--data", "moons"], "lenet' takes images"),
        (["lenet", "--samples", "100"], "samples 100 does not apply"),
        (["mlp", "--device", "xpu:7"], "'xpu:7' cannot be used"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(run: Run, arguments: list[str], sentence: str) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert sentence in done.stderr


def test_a_training_starts_from_a_frame_of_a_run_of_the_page(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(paths.VARIABLE, str(tmp_path))
    config = default_config("mlp", "moons", samples=60, epochs=2)
    with contextlib.closing(RunStore(tmp_path / "runs.sqlite")) as store:
        run_id = store.create("training", to_record(config))
        recorder = Recorder(store, run_id)
        for event in train(config):
            recorder.add(event)
        recorder.flush()
    words = ("mlp", "--samples", "60", "--epochs", "1", "--start-from", run_id)
    started = json.loads(run(*words, "--start-step", "3", "--json").stdout.splitlines()[0])
    assert (started["start_from"], started["start_step"]) == (run_id, 3)
    assert f"starts from the weights of step 6 of {run_id}" in run(*words).stdout
    refused = run(*words, "--hidden", "3")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "layers.0.weight has the shape 3 x 2 here" in refused.stderr
    assert run(*words[:5], "--start-from", "nowhere").returncode == 2
    assert run(*words[:5], "--start-from", run_id, "--seeds", "2").returncode == 2
    assert run("--resume", str(tmp_path), "--start-from", run_id).returncode == 2


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--start-from", "abc"), "leave start_from and resume_from out"),
        (("--set", "start_from=abc"), "leave start_from and resume_from out"),
        (("--seeds", "3"), "--seeds is for trainings of networks"),
        (("--vary", "seed=1,2"), "--vary is for trainings of networks"),
        (("--out", "folder"), "--out is for trainings of networks"),
    ],
)
def test_classical_methods_refuse_what_they_would_ignore(
    run: Run, words: tuple[str, ...], sentence: str
) -> None:
    refused = run("classical", "--data", "moons", *words)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert sentence in refused.stderr


def test_divergence_is_exit_code_1_and_valid_json(run: Run) -> None:
    arguments = ["--optimizer", "sgd", "--learning-rate", "100", "--activation", "relu", "--json"]
    done = run("rnn", *arguments)
    assert done.returncode == 1
    records = [json.loads(line, parse_constant=pytest.fail) for line in done.stdout.splitlines()]
    assert [record["event"] for record in records[-2:]] == ["training_diverged", "training_finished"]


def test_ctrl_c_keeps_what_was_printed() -> None:
    with start("core.training", "mlp", "--epochs", "10000", "--json") as process:
        assert process.stdout is not None
        first = [process.stdout.readline() for _ in range(3)]
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate()
    assert process.returncode == 130
    assert errors.startswith("Stopped after ")
    assert len(errors.splitlines()) == 1
    for line in first + rest.splitlines():
        json.loads(line)


def losses(folder: Path) -> list[tuple[int, float]]:
    records = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    return [(r["epoch"], r["test_loss"]) for r in records if r["event"] == "epoch_completed"]


def test_a_folder_and_the_screen_get_the_events_and_neither_pictures_nor_film(
    run: Run, tmp_path: Path
) -> None:
    small = ["mlp", "--data", "moons", "--epochs", "1", "--samples", "60", "--json", "--out", str(tmp_path)]
    done = run(*small, "--set", "snapshot_every_s=0.5")
    assert done.returncode == 0
    names = ["training_started", "epoch_completed", "training_finished"]
    for lines in (done.stdout, (tmp_path / "events.jsonl").read_text()):
        assert [json.loads(line)["event"] for line in lines.splitlines()] == names


@pytest.mark.slow
def test_a_killed_training_is_resumed_and_ends_with_the_same_numbers(run: Run, tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    arguments = ["mlp", "--epochs", "250", "--set", "engine=eager", "--json", "--out"]
    assert run(*arguments, str(whole)).returncode == 0
    with start("core.training", *arguments, str(killed)) as process:
        while not (killed / "checkpoint.pt").exists():
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    refused = run("--resume", str(killed), "--seed", "9")
    assert refused.returncode == 2
    assert refused.stderr.startswith("seed 9 differs from 0 of the checkpoint")
    assert run("--resume", str(killed), "--json").returncode == 0
    assert losses(killed) == losses(whole)
    branch = tmp_path / "branch"
    arguments = ["--resume", str(killed), "--out", str(branch), "--set", "epochs=252", "--json"]
    assert run(*arguments).returncode == 0
    assert [epoch for epoch, _ in losses(branch)] == [251, 252]
    assert losses(killed) == losses(whole)


def test_a_reader_that_closes_the_pipe_is_no_error() -> None:
    command = shlex.join([sys.executable, "-m", "core.training", "mlp", "--epochs", "500", "--json"])
    done = subprocess.run(f"{command} | head -1", shell=True, capture_output=True, text=True, cwd=ROOT)
    assert json.loads(done.stdout)["event"] == "training_started"
    assert done.stderr == ""


def test_list_names_every_network(run: Run) -> None:
    plain, as_json = run("list").stdout, run("list", "--json").stdout
    assert [line.split()[0] for line in plain.splitlines()] == list(MODELS)
    assert [json.loads(line)["model"] for line in as_json.splitlines()] == list(MODELS)
