"""What does a run again with torch and numpy alone: script.py, and the config, model and data that it reads.

script.py is core/export/template.py unchanged. model.py is the file of the network's family unchanged,
and below it what this run made of it.
"""

from __future__ import annotations

import inspect
import io
import json
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from core.activations import find
from core.data import DATASETS
from core.data.dataset import CLASSIFICATION
from core.export import template
from core.export.activation_source import activation_source
from core.export.run import TrainingRun
from core.models import MODELS
from core.models.layer_activations import NAME as PER_LAYER
from core.training.config import activations_of
from core.training.learners.building import model_options
from core.training.optimizers import OPTIMIZERS
from core.training.schedules import SCHEDULES

if TYPE_CHECKING:
    from core.training.learners.supervised import SupervisedLearner


def why_no_script(run: TrainingRun) -> str | None:
    """Why there is no script that does this run again; None when there is."""
    no_model = why_no_model(run)
    if no_model is not None:
        return no_model
    if run.config.resume_from or any(event["changed"] for event in run.of("training_resumed")):
        return "the run was resumed with other settings, which a script from the start cannot do"
    if run.config.start_from:
        return "the run started from the weights of another one, which a script does not have"
    if not run.of("epoch_completed"):
        return "the run ended before its first epoch was complete"
    return None


def why_no_model(run: TrainingRun) -> str | None:
    """Why there is no code of its network; None when there is."""
    model = MODELS[run.config.model]
    if model.learner != "supervised":
        return f"{model.name} does not learn from examples with targets, and scripts are written for these"
    return None


def script(run: TrainingRun) -> str:
    """script.py: the training loop, the same for every run that has its data."""
    assert run.untrained
    return inspect.getsource(template)


def config(run: TrainingRun) -> str:
    """config.json: all that script.py asks of the run's settings, and how many steps the run did."""
    learner = run.untrained
    settings = {
        "model": MODELS[run.config.model].name,
        "data": DATASETS[run.config.data].name,
        "data_options": dict(run.config.data_options),
        "task": _task(learner),
        "baseline_ratio": learner.data.series.baseline_ratio if learner.data.series else 1.0,
        "seed": run.config.seed,
        "threads": run.config.threads,
        "batch_size": run.config.batch_size,
        "steps": run.of("epoch_completed")[-1]["step"],
        "planned_steps": run.config.epochs * learner.steps_per_epoch,  # the schedule is one of these
        "learning_rate": run.config.learning_rate,
        "optimizer": optimizer_of(learner),
        "label_smoothing": run.config.label_smoothing,
        "l1": run.config.l1,
        "clip_norm": run.config.clip_norm,
        "changes": _changes(run),
        "best_epoch": next((event["best_epoch"] for event in run.of("training_finished")), None),
    }
    return json.dumps(settings, indent=2) + "\n"


def model(run: TrainingRun) -> str:
    """model.py: the network's family, the run's activation and schedule, and build(), the run's network."""
    learner = run.untrained
    file = sys.modules[type(learner.network).__module__]
    entry = MODELS[run.config.model]
    own, activation = [], repr(run.config.activation)
    if entry.own_activation:  # such a network is given the function itself, or that of each layer
        keys = activations_of(run.config)
        names = {key: f"activation_{n}" for n, key in enumerate(dict.fromkeys(keys), 1)}
        if len(names) == 1:
            names = {keys[0]: "activation"}
        activation = names[keys[0]] if len(names) == 1 else f"[{', '.join(names[key] for key in keys)}]"
        for key, name in names.items():
            computed = activation_source(find(key).function)
            own.append(f"def {name}(x: Tensor) -> Tensor:\n    return {computed}\n")
    given = [
        repr(learner.data.train_inputs.shape[1:]),
        repr(learner.objective.outputs),
        repr(run.config.hidden),
        activation,
        *(f"{name}={value!r}" for name, value in model_options(run.config).items() if name != PER_LAYER),
    ]
    builder = getattr(file, run.config.model, type(learner.network)).__name__
    own.append(f"def build() -> nn.Module:\n    return {builder}({', '.join(given)})\n")
    factor = SCHEDULES[run.config.schedule].factor
    own.append(f"{inspect.getsource(factor)}\n\nfactor = {factor.__name__}\n")
    return _with_imports(_source(file), "# What follows is of this run alone.\n\n\n" + "\n\n".join(own))


def data(run: TrainingRun) -> bytes:
    """data.npz: <split>_inputs and <split>_targets of each split, and initial.<name>, each weight and running
    statistic before the first step; float32 or int64, shapes as in LoadedDataset.
    """
    learner = run.untrained
    splits = {
        "train": (learner.train_inputs, learner.train_targets),
        "validation": learner.validation,
        "test": (learner.test_inputs, learner.test_targets),
    }
    arrays: dict[str, Any] = {}
    for split, tensors in splits.items():
        if tensors is not None:  # a run without a stopping rule has no validation split
            arrays |= {f"{split}_inputs": tensors[0].numpy(), f"{split}_targets": tensors[1].numpy()}
    arrays |= {f"initial.{name}": value.numpy() for name, value in learner.network.state_dict().items()}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def _task(learner: SupervisedLearner) -> str:
    if learner.data.task == CLASSIFICATION and learner.objective.outputs == 1:
        return template.BINARY
    return learner.data.task


def optimizer_of(learner: SupervisedLearner) -> dict[str, Any]:
    """Its class in torch.optim, and the arguments that differ from what torch would take by itself."""
    optimizer = learner.optimizer
    known = inspect.signature(type(optimizer)).parameters
    arguments = {
        name: value
        for name, value in optimizer.defaults.items()
        if name in known and value != known[name].default
    }
    return {"class": type(optimizer).__name__, "arguments": arguments}


def _changes(run: TrainingRun) -> dict[int, dict[str, Any]]:
    """Settings changed during the run, by the steps done before."""
    optimizer = OPTIMIZERS[run.config.optimizer]
    changes: dict[int, dict[str, Any]] = {}
    for event in run.of("setting_changed"):
        name, value = event["setting"], event["after"]
        changed = changes.setdefault(event["step"], {})
        if name == "weight_decay":
            changed[name] = optimizer.weight_decay if value is None else value
        elif name != "momentum":
            changed[name] = value
        elif optimizer.has_momentum:
            changed |= {name: value} if value else {name: value, "nesterov": False}
    return changes


def _source(file: ModuleType) -> str:
    """A family's file, unchanged but for the one class of ours that it may raise, a kind of ValueError."""
    return inspect.getsource(file).replace(
        "from core.errors import InvalidRequest", "InvalidRequest = ValueError"
    )


def _with_imports(source: str, own: str) -> str:
    """Both parts, with what the second one needs among the imports of the first."""
    needed = {"import math\n": "math.", "import torch\n": "torch.", "import torch.nn.functional as F\n": "F."}
    missing = [line for line, used in needed.items() if used in own and f"\n{line}" not in source]
    torch_import = "from torch import"
    source = source.replace(torch_import, "".join([*missing, torch_import]), 1)
    return f"{source.rstrip()}\n\n\n{own}"
