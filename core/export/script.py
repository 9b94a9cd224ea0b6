"""One PyTorch script that does a run again, with torch and numpy alone, and the data that it reads.

The definitions are those with which the run was made, brought together by core.export.source.
"""

from __future__ import annotations

import ast
import io
import math
from typing import Any

import numpy as np

from core.activations import ACTIVATIONS
from core.activations.expressions.expression import expression
from core.activations.expressions.grammar import Node, Number, Variable
from core.activations.expressions.operations import OPERATIONS
from core.data import DATASETS
from core.data.dataset import CLASSIFICATION
from core.export.run import TrainingRun, on_cpu
from core.export.source import Sources
from core.models import MODELS
from core.training.learners.building import model_options
from core.training.learners.supervised import MAX_TRAINING_SAMPLES, SAMPLES_AT_ONCE, SupervisedLearner
from core.training.optimizers import OPTIMIZERS
from core.training.schedules import SCHEDULES

SCRIPT, DATA = "script.py", "data.npz"
_INITIAL = "initial."


def why_no_script(run: TrainingRun) -> str | None:
    """Why there is no script that does this run again; None when there is."""
    model = MODELS[run.config.model]
    if model.learner != "supervised":
        return f"{model.name} does not learn from examples with answers, and scripts are written for these"
    if run.config.resume_from or any(event["changed"] for event in run.of("training_resumed")):
        return (
            "the run went on from a checkpoint with other settings, which a script from the start cannot do"
        )
    if not run.of("epoch_completed"):
        return "the run ended before its first epoch was complete"
    return None


def data(run: TrainingRun) -> bytes:
    """data.npz: train_inputs, train_targets, test_inputs, test_targets and each weight before the first step,
    named initial.<parameter>; float32 or int64, shapes as in LoadedDataset.
    """
    learner = _learner(run)
    arrays = {
        name: getattr(learner, name).numpy()
        for name in ("train_inputs", "train_targets", "test_inputs", "test_targets")
    }
    initial = {f"{_INITIAL}{name}": value.numpy() for name, value in learner.network.state_dict().items()}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays, **initial)
    return buffer.getvalue()


def script(run: TrainingRun) -> str:
    """script.py: reads data.npz beside it and prints a JSON line for each epoch that the run completed."""
    learner = _learner(run)
    sources = Sources()
    sources.imports |= {"import json", "from pathlib import Path", "import numpy as np", "import torch"}
    sources.imports |= {"from torch import Tensor, nn", "from torch import optim"}
    network = sources.inlined(
        MODELS[run.config.model].build,
        tuple(learner.data.train_inputs.shape[1:]),
        learner.objective.outputs,
        run.config.hidden,
        run.config.activation,
        **model_options(run.config),
    )
    own = [sources.function("factor", SCHEDULES[run.config.schedule].factor)]
    if _names(network, "activation"):
        own.insert(0, _activation(sources, run.config.activation))
    loss, metric, learning_loss = _objective(sources, learner)
    body = _body(run, learner, network, _optimizer(sources, run), loss, metric, learning_loss)
    head = f"{_head(run)}\n\n{_import_lines(sources.imports)}"
    parts = [head, sources.text(), *own, body]
    return "\n\n\n".join(part for part in parts if part) + "\n"


def _activation(sources: Sources, name: str) -> str:
    """The definition of `activation`; that of a typed one is put together from its tree."""
    if name in ACTIVATIONS:
        return sources.function("activation", ACTIVATIONS[name].function)
    body = ast.unparse(_computed(sources, expression(name.strip()).tree))
    return f"def activation(x):\n    return {body}"


def _computed(sources: Sources, node: Node) -> ast.expr:
    if isinstance(node, Variable):
        return ast.Name(node.name, ast.Load())
    if isinstance(node, Number):
        return ast.parse(repr(node.value), mode="eval").body
    parts = [_computed(sources, argument) for argument in node.arguments]
    function = OPERATIONS[node.operation].function
    if function.__name__ == "<lambda>":
        return ast.parse(sources.inlined(function, *parts), mode="eval").body
    sources.add(function.__module__, function.__name__)
    return ast.Call(ast.Name(function.__name__, ast.Load()), parts, [])


def _learner(run: TrainingRun) -> SupervisedLearner:
    """As it was before the first step."""
    return SupervisedLearner(on_cpu(run.config))


def _objective(sources: Sources, learner: SupervisedLearner) -> tuple[str, str, str]:
    """The names of loss and metric, and the loss of one step as an expression."""
    loss, metric = learner.objective.loss, learner.objective.metric
    for function in (loss, metric):
        sources.add(function.__module__, function.__name__)
    name = loss.__name__
    if loss.__module__ == "torch.nn.functional":
        sources.imports.add("import torch.nn.functional as F")
        name = f"F.{name}"
    smoothing = learner.config.label_smoothing
    if not smoothing or learner.data.task != CLASSIFICATION:
        return name, metric.__name__, f"{name}(outputs, targets)"
    if learner.objective.outputs > 1:
        return name, metric.__name__, f"{name}(outputs, targets, label_smoothing={smoothing})"
    smoothed = f"targets * (1 - {smoothing}) + {smoothing} / 2"
    return name, metric.__name__, f"{name}(outputs, {smoothed})"


def _optimizer(sources: Sources, run: TrainingRun) -> str:
    config, entry = run.config, OPTIMIZERS[run.config.optimizer]
    decay = entry.weight_decay if config.weight_decay is None else config.weight_decay
    parameters = ast.parse("model.parameters()", mode="eval").body
    return sources.inlined(entry.build, parameters, config.learning_rate, config.momentum, decay)


def _body(
    run: TrainingRun,
    learner: SupervisedLearner,
    network: str,
    optimizer: str,
    loss: str,
    metric: str,
    learning_loss: str,
) -> str:
    """The training itself."""
    config = run.config
    every = math.ceil(len(learner.train_inputs) / MAX_TRAINING_SAMPLES)
    return f'''# The schedule counts the steps that were planned; the run ended after STEPS of them.
SEED, BATCH_SIZE, STEPS = {config.seed}, {config.batch_size}, {run.of("epoch_completed")[-1]["step"]}
PLANNED_STEPS = {config.epochs * learner.steps_per_epoch}
SETTINGS = {_settings(config)!r}
{_changes_line(run)}

def evaluate(model: nn.Module, inputs: Tensor, targets: Tensor) -> tuple[float, float]:
    """Loss and metric, at rest."""
    model.eval()
    with torch.inference_mode():
        outputs = torch.cat([model(part) for part in inputs.split({SAMPLES_AT_ONCE})])
        loss, metric = {loss}(outputs, targets), {metric}(outputs, targets)
    model.train()
    return loss.item(), metric.item()


def main() -> None:
    torch.set_num_threads({config.threads})
    arrays = np.load(Path(__file__).with_name("{DATA}"))
    data = {{name: torch.from_numpy(arrays[name]) for name in arrays.files}}
    train_inputs, train_targets = data["train_inputs"], data["train_targets"]

    model = {network}
    model.load_state_dict({{name: data[f"{_INITIAL}{{name}}"] for name in model.state_dict()}})
    optimizer = {optimizer}
    torch.manual_seed(SEED)  # of dropout
    shuffle = torch.Generator().manual_seed(SEED)

    step = epoch = 0
    while step < STEPS:
        order = torch.randperm(len(train_inputs), generator=shuffle)
        for batch in order.split(BATCH_SIZE):
            if step == STEPS:
                break
{_change_lines(run)}            for group in optimizer.param_groups:
                group["lr"] = SETTINGS["learning_rate"] * factor(step / PLANNED_STEPS)
{_group_lines(run)}            inputs, targets = train_inputs[batch], train_targets[batch]
{_forward_lines(learner)}            loss = {learning_loss}
            optimizer.zero_grad()
            loss.backward()
{_gradient_lines(run)}            optimizer.step()
            step += 1
        epoch += 1
        train_loss, train_metric = evaluate(model, train_inputs[::{every}], train_targets[::{every}])
        test_loss, test_metric = evaluate(model, data["test_inputs"], data["test_targets"])
        scores = {{"train_loss": train_loss, "test_loss": test_loss}}
        metrics = {{"train_metric": train_metric, "test_metric": test_metric}}
        print(json.dumps({{"epoch": epoch, "step": step}} | scores | metrics), flush=True)


if __name__ == "__main__":
    main()'''


def _settings(config: Any) -> dict[str, Any]:
    """The settings that a step reads, as they were in the beginning."""
    settings = {"learning_rate": config.learning_rate}
    for name in ("l1", "clip_norm"):
        if getattr(config, name):
            settings[name] = getattr(config, name)
    return settings


def _changes_line(run: TrainingRun) -> str:
    changes = _changes(run)
    return f"CHANGES = {changes!r}  # made while the run went, by steps done before\n" if changes else ""


def _change_lines(run: TrainingRun) -> str:
    return "            SETTINGS.update(CHANGES.get(step, {}))\n" if _changes(run) else ""


def _changes(run: TrainingRun) -> dict[int, dict[str, Any]]:
    changes: dict[int, dict[str, Any]] = {}
    for event in run.of("setting_changed"):
        value = event["after"]
        if event["setting"] == "weight_decay" and value is None:
            value = OPTIMIZERS[run.config.optimizer].weight_decay
        changes.setdefault(event["step"], {})[event["setting"]] = value
    return changes


def _read(run: TrainingRun, name: str) -> bool:
    """Whether any step reads this setting."""
    changed = any(event["setting"] == name for event in run.of("setting_changed"))
    return changed or bool(getattr(run.config, name))


def _group_lines(run: TrainingRun) -> str:
    """What follows a change of settings that the optimiser itself holds."""
    changed = {event["setting"] for event in run.of("setting_changed")} & {"momentum", "weight_decay"}
    line = "group.update({name: SETTINGS[name] for name in group if name in SETTINGS})"
    return f"                {line}\n" if changed else ""


def _forward_lines(learner: SupervisedLearner) -> str:
    if not learner.norms_batches:
        return "            outputs = model(inputs)\n"
    return (
        "            model.train(len(inputs) > 1)  # one sample has no spread to be normalised by\n"
        "            outputs = model(inputs)\n"
        "            model.train()\n"
    )


def _gradient_lines(run: TrainingRun) -> str:
    """What is done to gradients before the optimiser takes them."""
    lines = []
    if _read(run, "clip_norm"):
        lines += [
            'if SETTINGS.get("clip_norm") is not None:',
            '    nn.utils.clip_grad_norm_(model.parameters(), SETTINGS["clip_norm"])',
        ]
    if _read(run, "l1"):
        lines += [
            "for weight in model.parameters():",
            "    if weight.dim() > 1 and weight.grad is not None:",
            '        weight.grad.add_(weight.detach().sign(), alpha=SETTINGS.get("l1", 0.0))',
        ]
    return "".join(f"            {line}\n" for line in lines)


def _head(run: TrainingRun) -> str:
    config = run.config
    return (
        f'"""{MODELS[config.model].name} on {DATASETS[config.data].name}, seed {config.seed}: '
        f"the same training as in the run.\n\n"
        f"Needs torch and numpy, and {DATA} beside this file. Prints a JSON line for each epoch.\n"
        f'"""\n\nfrom __future__ import annotations'
    )


def _import_lines(imports: set[str]) -> str:
    """The standard library's first; names out of one module on one line."""
    plain = {line for line in imports if line.startswith("import ")}
    names: dict[str, set[str]] = {}
    for line in imports - plain:
        module, _, imported = line.removeprefix("from ").partition(" import ")
        names.setdefault(module, set()).update(name.strip() for name in imported.split(","))
    joined = {f"from {module} import {', '.join(sorted(of))}" for module, of in names.items()}
    theirs = {line for line in plain | joined if line.split()[1].split(".")[0] in ("torch", "numpy")}
    return "\n\n".join("\n".join(sorted(group)) for group in ((plain | joined) - theirs, theirs))


def _names(expression: str, name: str) -> bool:
    return any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(ast.parse(expression)))
