"""The training of a run once more in JAX and in Keras: a script, its network, and the loop that both share.

Scripts and loop are the files of core/export/templates/. A network is the file of the framework's layers
there, and below it what the network of this run is made of, line by line.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from core.activations import find
from core.export.activation_source import activation_source
from core.export.activation_translation import JAX, KERAS, Names, translated
from core.export.jax_code import jax_network
from core.export.keras_code import keras_network
from core.export.network_steps import Step, steps_of
from core.export.run import TrainingRun
from core.export.script import why_no_script
from core.models import MODELS
from core.models.model import CONVOLUTIONAL, FEEDFORWARD
from core.training.config import activations_of
from core.training.schedules import SCHEDULES


@dataclass(frozen=True)
class Framework:
    """A framework that a run is exported to.

    script, layers: its files in core/export/templates/. network(steps, input_shape) is the code of a network;
    array is the type of what goes through it.
    """

    script: str
    layers: str
    network: Callable[[list[Step], tuple[int, ...]], Iterator[str]]
    names: Names
    array: str


FRAMEWORKS = {
    "jax": Framework("jax_template", "jax_layers", jax_network, JAX, "Array"),
    "keras": Framework("keras_template", "keras_layers", keras_network, KERAS, "Any"),
}

_TEMPLATES = Path(__file__).parent / "templates"
_LOOP = "training_loop"
_IMPORT = f"from core.export.templates.{_LOOP} import"
_IMPORT_THERE = (
    f"sys.path.insert(0, str(Path(__file__).resolve().parent))  # also with python -I\n\nfrom {_LOOP} import"
)


def why_no_other_script(run: TrainingRun) -> str | None:
    """Why there is no script in JAX or Keras that does this run again; None when there is."""
    model = MODELS[run.config.model]
    if model.family not in (FEEDFORWARD, CONVOLUTIONAL):
        return (
            f"{model.name} is neither an MLP nor a convolutional network, and scripts in JAX and Keras are "
            "written for these"
        )
    for key in activations_of(run.config):
        try:
            for framework in FRAMEWORKS.values():
                _computed(key, framework.names)
        except LookupError:
            return (
                f"the activation {key[:60]!r} uses a function that has no counterpart in JAX and Keras here"
            )
    return why_no_script(run)


def training_loop() -> str:
    """training_loop.py: batches and scores, with NumPy alone."""
    return _template(_LOOP)


def other_script(run: TrainingRun, framework: str) -> str:
    """jax_script.py or keras_script.py: loss, optimiser and step, the same for every run."""
    assert run.untrained
    source = _template(FRAMEWORKS[framework].script)
    assert _IMPORT in source
    source = source.replace("from typing import", "from pathlib import Path\nfrom typing import", 1)
    return source.replace(_IMPORT, _IMPORT_THERE)


def other_model(run: TrainingRun, framework: str) -> str:
    """jax_model.py or keras_model.py: the layers, the run's activations, its network and its schedule."""
    to = FRAMEWORKS[framework]
    keys = activations_of(run.config)
    names = {key: f"activation_{n}" for n, key in enumerate(dict.fromkeys(keys), 1)}
    if len(names) == 1:
        names = {keys[0]: "activation"}
    steps = steps_of(run.untrained.network, [names[key] for key in keys])
    factor = SCHEDULES[run.config.schedule].factor
    own = [
        "# What follows is of this run alone.",
        *(_activation(key, name, to) for key, name in names.items()),
        "\n".join(to.network(steps, run.untrained.data.train_inputs.shape[1:])),
        inspect.getsource(factor).rstrip(),
        f"factor = {factor.__name__}",
    ]
    source = _template(to.layers)
    if any("math." in part for part in own):
        source = source.replace("from collections.abc", "import math\nfrom collections.abc", 1)
    return source.rstrip() + "\n\n\n" + "\n\n\n".join(own) + "\n"


def _activation(key: str, name: str, to: Framework) -> str:
    return f"def {name}(x: {to.array}) -> {to.array}:\n    return {_computed(key, to.names)}"


def _computed(key: str, names: Names) -> str:
    return translated(activation_source(find(key).function), names)


def _template(name: str) -> str:
    return (_TEMPLATES / f"{name}.py").read_text(encoding="utf-8")
