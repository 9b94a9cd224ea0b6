"""The scripts in JAX and Keras do a run again, in the environment that `make frameworks` makes.

`make test-frameworks` runs this; without that environment it is skipped with the reason.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from core.activations import ACTIVATIONS, find
from core.export.activation_source import activation_source
from core.export.activation_translation import JAX, KERAS, translated
from core.export.archive import write
from core.export.run import TrainingRun
from core.models import MODELS
from core.timing.frameworks.environment import MAKE, own_python
from tests.core.export.test_script import changed_run

pytestmark = [
    pytest.mark.frameworks,
    pytest.mark.skipif(own_python() is None, reason=f"the frameworks' environment is not here: {MAKE}"),
]
Train = Callable[..., TrainingRun]

FEW_IMAGES = {"epochs": 1, "batch_size": 50}  # 240 are there
RUNS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "nesterov": ("mlp", "moons", {"samples": 200, "optimizer": "nesterov", "weight_decay": 0.01}),
    "batch_norm": (
        "mlp",
        "circles",
        {
            "samples": 203,
            "batch_size": 23,  # 162 to learn from: the last batch is one sample
            "model_options": {"norm": "batch"},
            "activation": "gelu",
            "l1": 0.001,
            "clip_norm": 0.5,
            "label_smoothing": 0.1,
            "optimizer": "sgd",
            "schedule": "one_cycle",
        },
    ),
    "layer_norm": (
        "mlp",
        "iris",
        {"model_options": {"norm": "layer"}, "optimizer": "adamw", "label_smoothing": 0.1},
    ),
    "activation_for_each_layer": (
        "mlp",
        "moons",
        {
            "samples": 200,
            "hidden": (5, 4, 3),
            "model_options": {"activations": "relu, x*tanh(x), relu"},
            "optimizer": "rmsprop",
        },
    ),
    "values": ("mlp", "sine_curve", {"schedule": "warm_up_cosine", "patience": 1}),
    "lenet": ("lenet", "mnist5k", {"test_fraction": 0.8, "epochs": 1, "batch_size": 100, "l1": 1e-4}),
    "convnet": ("convnet", "own_images", FEW_IMAGES),
    "alexnet": ("alexnet", "own_images", FEW_IMAGES | {"model_options": {"width": 2}}),
    "vgg": ("vgg", "own_images", FEW_IMAGES | {"model_options": {"width": 2}}),
    "resnet": ("resnet", "own_images", FEW_IMAGES | {"model_options": {"width": 2, "depth": "8"}}),
    "dropout": ("mlp", "moons", {"samples": 200, "model_options": {"dropout": 0.2}}),
}
# Frameworks sum in other orders; the more layers, the more their last digits differ.
TOLERANCE = {"vgg": 1e-3, "resnet": 1e-3}

# Repeats each run in one Python, which imports and starts the framework once, and keeps the trained outputs.
RUN_ALL = """
import contextlib, json, runpy, sys
import numpy as np
sys.modules["core"] = None  # an import of ours fails
script, kind, *folders = sys.argv[1:]
for folder in folders:
    for name in ("training_loop", "jax_model", "keras_model"):
        sys.modules.pop(name, None)
    sys.argv = [script]
    with contextlib.suppress(SystemExit):
        runpy.run_path(f"{folder}/{script}", run_name="__main__")
    names = runpy.run_path(f"{folder}/{script}")
    import training_loop
    config = json.loads(open(f"{folder}/config.json").read())
    network = names[kind](config, training_loop.read_weights(training_loop.FOLDER / "weights.safetensors"))
    np.save(f"{folder}/outputs.npy", network.outputs(np.load(f"{folder}/data.npz")["test_inputs"]))
    print()
"""


def python(*arguments: Any, backend: str = "jax", folder: Path) -> str:
    """What a program of that environment prints."""
    given = {"KERAS_BACKEND": backend, "JAX_PLATFORMS": "cpu", "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(
        [str(own_python()), "-P", *map(str, arguments)],
        cwd=folder,
        env=os.environ | given,
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout


@pytest.fixture(scope="module")
def runs(train_briefly: Train, moons: TrainingRun) -> dict[str, TrainingRun]:
    """Each run of RUNS, and one that was changed."""
    found = {
        name: train_briefly(model, on, engine="eager", **more) for name, (model, on, more) in RUNS.items()
    }
    changed = changed_run(moons)
    return found | {"changed": TrainingRun(changed.config, changed.records, moons.state)}


Done = dict[str, tuple[list[dict[str, float]], np.ndarray]]
FEW = ("batch_norm", "resnet")  # on what Keras computes with besides JAX: its own layers, images, a branch


@pytest.fixture(
    scope="module", params=["jax", "keras on jax", "keras on tensorflow", "keras on torch"], ids=str
)
def done(
    request: pytest.FixtureRequest, runs: dict[str, TrainingRun], tmp_path_factory: pytest.TempPathFactory
) -> Done:
    """What each script prints, and the outputs of the trained network for the test split."""
    framework, _, backend = request.param.partition(" on ")
    folder = tmp_path_factory.mktemp("runs")
    names = FEW if backend in ("tensorflow", "torch") else tuple(runs)
    for name in names:
        write(runs[name], folder / name)
    kind = {"jax": "JaxNetwork", "keras": "KerasNetwork"}[framework]
    printed = python(
        "-c", RUN_ALL, f"{framework}_script.py", kind, *names, backend=backend or "jax", folder=folder
    )
    return {
        name: ([json.loads(line) for line in part.splitlines()], np.load(folder / name / "outputs.npy"))
        for name, part in zip(names, printed.split("\n\n"), strict=False)
    }


def test_the_scripts_print_the_losses_of_the_run(done: Done, runs: dict[str, TrainingRun]) -> None:
    for name, (printed, _) in done.items():
        run = runs[name]
        epochs = run.of("epoch_completed")
        assert [line["step"] for line in printed] == [epoch["step"] for epoch in epochs]
        for line, epoch in zip(printed, epochs, strict=True):
            for curve in ("train_loss", "test_loss", "validation_loss"):
                if epoch[curve] is None:  # without a validation split
                    assert curve not in line
                elif name == "dropout":  # by chance, which differs
                    assert 0 < line[curve] < 2 * epoch[curve]
                else:
                    close = pytest.approx(epoch[curve], rel=TOLERANCE.get(name, 1e-4))
                    assert line[curve] == close, (name, curve)
        best = [line["epoch"] for line in printed if line.get("best")]
        ended = run.of("training_finished")
        assert (best or [None]) == [ended[0]["best_epoch"] if ended else None]


def test_the_trained_network_computes_what_pytorchs_does(done: Done, runs: dict[str, TrainingRun]) -> None:
    for name, (_, ours) in done.items():
        run = runs[name]
        with torch.no_grad():
            theirs = run.network(run.untrained.test_inputs).numpy()
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5, err_msg=name)


SLOPES = """
import json, sys
import jax, jax.numpy as jnp, numpy as np
from keras import ops
x, found = jnp.asarray(json.loads(sys.argv[1])), {}
for key, said in json.loads(sys.argv[2]).items():
    for framework, text in said.items():
        function = eval("lambda x: " + text)
        found[f"{key} {framework}"] = [
            np.asarray(a, float).tolist() for a in (function(x), jax.vmap(jax.grad(function))(x))
        ]
print(json.dumps(found))
"""


def test_every_activation_has_pytorchs_values_and_slopes_also_where_it_has_a_kink(tmp_path: Path) -> None:
    points = [-12.0, -6.0, -3.5, -3.0, -1.0, -0.5, -0.25, 0.0, 0.25, 0.5, 1.0, 2.0, 3.5, 6.0, 9.0]
    sources = {key: activation_source(find(key).function) for key in MODELS["mlp"].activations}
    said = {
        key: {"jax": translated(source, JAX), "keras": translated(source, KERAS)}
        for key, source in sources.items()
    }
    found = json.loads(python("-c", SLOPES, json.dumps(points), json.dumps(said), folder=tmp_path))
    for key in said:
        x = torch.tensor(points, requires_grad=True)
        y = ACTIVATIONS[key].function(x)
        y.sum().backward()
        assert x.grad is not None
        for framework in said[key]:
            values, slopes = found[f"{key} {framework}"]
            np.testing.assert_allclose(values, y.detach(), rtol=1e-5, atol=2e-6, err_msg=f"{key} {framework}")
            np.testing.assert_allclose(slopes, x.grad, rtol=1e-5, atol=1e-5, err_msg=f"{key} {framework}")
