"""The script does the run again, without anything of ours."""

from __future__ import annotations

import ast
import contextlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from core.activations import ACTIVATIONS, find
from core.activations.expressions.operations import OPERATIONS, TYPEABLE
from core.errors import InvalidRequest
from core.events import Picture, Progress, event_record
from core.export.run import TrainingRun
from core.export.script import config, data, model, optimizer_of, script, why_no_script
from core.models import MODELS
from core.training.config import default_config
from core.training.learners.supervised import SupervisedLearner
from core.training.loop import train
from core.training.optimizers import OPTIMIZERS
from core.training.schedules import SCHEDULES

Train = Callable[..., TrainingRun]
Pair = tuple[TrainingRun, list[dict[str, Any]]]
CURVES = ("train_loss", "test_loss", "train_metric", "test_metric")


# Runs every script that it is given, in one Python: importing torch takes longest.
RUN_ALL = """
import runpy, sys
sys.modules["core"] = None  # an import of ours fails, though it is installed
for path in sys.argv[1:]:
    sys.modules.pop("model", None)
    runpy.run_path(path, run_name="__main__")
    print()
"""


def written(run: TrainingRun, folder: Path) -> Path:
    """The path of script.py, with all that it reads beside it."""
    folder.mkdir()
    (folder / "script.py").write_text(script(run))
    (folder / "model.py").write_text(model(run))
    (folder / "config.json").write_text(config(run))
    (folder / "data.npz").write_bytes(data(run))
    return folder / "script.py"


def outputs_of(runs: Iterable[TrainingRun], folder: Path) -> list[list[dict[str, Any]]]:
    """The records that the scripts of runs print, in a Python that has no package of ours."""
    paths = [written(run, folder / str(number)) for number, run in enumerate(runs)]
    printed = python("-W", "error", "-P", "-c", RUN_ALL, *paths, folder=folder)
    return [[json.loads(line) for line in part.splitlines()] for part in printed.split("\n\n")[:-1]]


def python(*arguments: Any, folder: Path) -> str:
    """What a Python program prints, started in a folder."""
    command = [sys.executable, *map(str, arguments)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


def assert_same_curves(run: TrainingRun, printed: list[dict[str, Any]], tolerance: float) -> None:
    epochs = run.of("epoch_completed")
    assert [line["step"] for line in printed] == [epoch["step"] for epoch in epochs]
    for line, epoch in zip(printed, epochs, strict=True):
        for curve in CURVES:
            assert line[curve] == pytest.approx(epoch[curve], rel=tolerance, abs=tolerance), curve
        for curve in ("validation_loss", "validation_metric"):
            if epoch[curve] is None:  # without a validation split
                assert curve not in line
            else:
                assert line[curve] == pytest.approx(epoch[curve], rel=tolerance, abs=tolerance), curve
    best = [line["epoch"] for line in printed if line.get("best")]
    assert (best or [None]) == [run.of("training_finished")[0]["best_epoch"]]


FEW_IMAGES = {"epochs": 1, "batch_size": 50}  # 240 are there
RUNS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "mlp": ("mlp", "moons", {"samples": 200, "optimizer": "nesterov", "weight_decay": 0.01}),
    "mlp_dropout_norm": (
        "mlp",
        "circles",
        {
            "samples": 202,
            "batch_size": 23,  # 161 to learn from: the last batch has none to spare
            "model_options": {"norm": "batch", "dropout": 0.2},
            "activation": "gelu",
            "l1": 0.001,
            "clip_norm": 0.5,
            "label_smoothing": 0.1,
            "optimizer": "rmsprop",
            "schedule": "one_cycle",
        },
    ),
    "mlp_own_activation": (
        "mlp",
        "moons",
        {"samples": 200, "activation": "max(x*tanh(log(1+exp(x))), x/(1+exp(-2*x)))-min(x, 3)*step(x)/10"},
    ),
    "mlp_with_an_activation_for_each_layer": (
        "mlp",
        "moons",
        {
            "samples": 200,
            "hidden": (5, 4, 3),
            "model_options": {"activations": "relu, x*tanh(x), relu"},
            "data_options": {"features": "y,x_squared,product"},
        },
    ),
    "mlp_that_waits": ("mlp", "moons", {"samples": 200, "epochs": 6, "patience": 1, "learning_rate": 0.5}),
    "lenet": ("lenet", "mnist5k", {"test_fraction": 0.8, "epochs": 1, "batch_size": 100}),
    "convnet": ("convnet", "own_images", FEW_IMAGES),
    "alexnet": ("alexnet", "own_images", FEW_IMAGES | {"model_options": {"width": 2}}),
    "vgg": ("vgg", "own_images", FEW_IMAGES | {"model_options": {"width": 2}}),
    "resnet": ("resnet", "own_images", FEW_IMAGES | {"model_options": {"width": 2, "depth": "8"}}),
    "rnn": ("rnn", "sines", {"epochs": 1, "samples": 100}),
    "lstm": ("lstm", "copy_memory", {"epochs": 1, "samples": 100}),
    "gru": ("gru", "seattle_temps", {"epochs": 1, "schedule": "warm_up_cosine"}),
    "transformer": (
        "transformer",
        "copy_memory",
        {"epochs": 1, "samples": 100, "hidden": (8,), "activation": "gelu"},
    ),
}


@pytest.fixture(scope="module")
def pairs(
    train_briefly: Train, moons: TrainingRun, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Pair]:
    """Each run of RUNS, a compiled one and one that was changed, and what its script prints."""
    runs = {
        name: train_briefly(model, on, engine="eager", **more) for name, (model, on, more) in RUNS.items()
    }
    runs["compiled"] = train_briefly("mlp", "moons", engine="compiled", samples=200)
    runs["changed"] = changed_run(moons)
    printed = outputs_of(runs.values(), tmp_path_factory.mktemp("scripts"))
    return dict(zip(runs, zip(runs.values(), printed, strict=True), strict=True))


def changed_run(moons: TrainingRun) -> TrainingRun:
    """A run whose settings change after seven steps, and that ends in the middle of an epoch."""
    settings = replace(moons.config, epochs=3, optimizer="momentum", schedule="cosine", max_steps=25)
    job = train(settings)
    records: list[dict[str, Any]] = []
    changes: dict[str, Any] | None = None
    with contextlib.suppress(StopIteration):
        while True:
            event = job.send(changes)
            changes = None
            if isinstance(event, Progress):
                done = event.unit == "steps" and event.done == 7
                changes = {"learning_rate": 0.2, "momentum": 0.5, "l1": 0.01} if done else None
            elif not isinstance(event, Picture):
                records.append(event_record(event))
    return TrainingRun(settings, records, None)


@pytest.mark.parametrize("name", RUNS)
def test_the_script_prints_the_losses_of_the_run(name: str, pairs: dict[str, Pair]) -> None:
    assert_same_curves(*pairs[name], tolerance=1e-6)


def test_every_network_that_learns_from_examples_is_tried() -> None:
    supervised = {name for name, entry in MODELS.items() if entry.learner == "supervised"}
    assert {name for name, _, _ in RUNS.values()} == supervised


def test_the_script_of_a_compiled_run_comes_close(pairs: dict[str, Pair]) -> None:
    assert_same_curves(*pairs["compiled"], tolerance=1e-4)


def test_the_script_follows_a_run_that_was_changed_and_ended_early(pairs: dict[str, Pair]) -> None:
    run, printed = pairs["changed"]
    assert run.of("setting_changed")
    assert run.of("epoch_completed")[-1]["step"] == 25
    assert_same_curves(run, printed, tolerance=1e-6)


@pytest.mark.slow  # as those above, which one Python runs one after the other
def test_the_script_runs_by_itself_from_any_folder(moons: TrainingRun, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    path = written(moons, tmp_path / "run")
    printed = python("-I", path, folder=tmp_path / "elsewhere")
    assert_same_curves(moons, [json.loads(line) for line in printed.splitlines()], tolerance=1e-6)


def test_the_files_of_a_script_import_nothing_but_torch_numpy_and_the_standard_library(
    moons: TrainingRun,
) -> None:
    allowed = {*sys.stdlib_module_names, "torch", "numpy", "model"}
    for family, _, _ in RUNS.values():
        run = replace(moons, config=default_config(family))
        for source in (script(run), model(run)):
            assert {name.split(".")[0] for name in imported(source)} <= allowed


def imported(source: str) -> Iterator[str]:
    """Full names of the modules that a source imports."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def activation_in(run: TrainingRun, activation: str) -> Callable[[torch.Tensor], torch.Tensor]:
    """The activation as model.py defines it, for a run with this one."""
    names: dict[str, Any] = {"__name__": "model"}
    text = model(replace(run, config=replace(run.config, activation=activation)))
    exec(compile(text, activation, "exec"), names)
    return names["activation"]


def test_every_activation_stands_in_the_script(moons: TrainingRun) -> None:
    x = torch.linspace(-4, 4, 33)
    for name in MODELS["mlp"].activations:
        assert torch.equal(activation_in(moons, name)(x), ACTIVATIONS[name].function(x)), name


def test_every_function_of_a_typed_activation_stands_in_the_script(moons: TrainingRun) -> None:
    x = torch.linspace(0.1, 4, 33)
    for name in TYPEABLE:
        typed = f"{name}(x/2)+x" if len(OPERATIONS[name].slopes) == 1 else f"{name}(sin(x), {name}(x, 0.5))"
        with contextlib.suppress(InvalidRequest):  # log and sqrt, which no network can be trained through
            assert torch.equal(activation_in(moons, typed)(x), find(typed).function(x)), name
    assert {"sigmoid", "max", "step"} <= {*TYPEABLE}


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_of_the_script_is_that_of_the_run(optimizer: str) -> None:
    learner = SupervisedLearner(default_config("mlp", "moons", samples=100, optimizer=optimizer))
    described = optimizer_of(learner)
    rebuilt = getattr(torch.optim, described["class"])(learner.network.parameters(), **described["arguments"])
    assert isinstance(learner.optimizer, type(rebuilt))  # it is torch's own, less what torch.compile needs
    assert rebuilt.defaults == learner.optimizer.defaults


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_every_schedule_stands_in_the_script(schedule: str, moons: TrainingRun) -> None:
    names: dict[str, Any] = {"__name__": "model"}
    exec(model(replace(moons, config=replace(moons.config, schedule=schedule))), names)
    fractions = [step / 97 for step in range(97)]
    expected = [SCHEDULES[schedule].factor(fraction) for fraction in fractions]
    assert [names["factor"](fraction) for fraction in fractions] == expected


@pytest.mark.parametrize("name", ["rbm", "gan", "dqn", "gcn"])
def test_other_ways_of_learning_say_why_there_is_no_script(name: str) -> None:
    run = TrainingRun(default_config(name), [], None)
    assert MODELS[name].name in (why_no_script(run) or "")


def test_a_branch_of_another_run_has_no_script(moons: TrainingRun) -> None:
    assert why_no_script(moons) is None
    branch = replace(moons, config=replace(moons.config, resume_from="another"))
    assert "resumed with other settings" in (why_no_script(branch) or "")
    branch = replace(moons, config=replace(moons.config, start_from="another"))
    assert "started from the weights of another" in (why_no_script(branch) or "")
