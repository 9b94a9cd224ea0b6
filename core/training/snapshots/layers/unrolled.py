"""A recurrent network unrolled over the steps of one sequence, with the gradient that flows back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from core.data.dataset import CLASSIFICATION, NO_TARGET, LoadedDataset
from core.events import Picture
from core.models.cells import CELLS, NAMES, Pass, over_time, passes, weights_of
from core.models.recurrent import SequenceNetwork, SymbolNetwork, lengths
from core.training.learners.supervised import SupervisedLearner
from core.training.snapshots.sampling import spread

MAX_UNITS, MAX_STEPS = 8, 64
MAX_CLASSES = 3  # the likeliest ones of each step

Network = SequenceNetwork | SymbolNetwork


def unrolled(learner: SupervisedLearner) -> Iterator[Picture]:
    """The network at each step of the first test sequence, which is the one that states() shows.

    Of the last layer, reading forwards, each gate and state float32 (units, time) by its letter, as states()
    has them; of each gate the terms W x, "x_i", and U h of the step before, "h_i", (units, time), and the
    biases bias_x and bias_h (gates, units). below float32 (layers - 1, units, time), h of the layers below.
    At most 8 units, evenly spread, and the last 64 steps.

    gradient float32 (layers, time): norm of the loss's gradient that flows back from the next step to this
    step's h, over all units; NaN at the last step. gradient_c (time,): the same by an LSTM's c. loss_gradient
    (time,): norm of dLoss/dh of the last layer, what the step's own output adds included.

    inputs float32 (features, time), none of symbols. Of a classification, by number, best int64 (3, time),
    the likeliest classes, -1 where there is no output; probability float32 (3, time), theirs; target int64
    (time,), NO_TARGET where there is none; target_probability float32 (time,). Otherwise output and target
    float32 (time,), in `unit`, NaN where there is none.

    values: cell (torch's mode), gates, names (the letters' meanings), units (numbers of those shown),
    unit_count, layers, bidirectional, first (number of the first step shown, from 1), features, steps
    (symbols read), classes, target_name, unit, loss (of this sequence), sequences (of the test split).
    """
    model, data = learner.network, learner.data
    assert isinstance(model, SequenceNetwork | SymbolNetwork)
    inputs, targets = learner.test_inputs[:1], learner.test_targets[:1]
    if inputs.is_floating_point():
        inputs = inputs[:, : int(lengths(inputs)[0])]
    sample = _Sample(inputs, targets, data)
    while True:
        yield _picture(learner, model, sample)


@dataclass(frozen=True, eq=False)
class _Sample:
    """One sequence: inputs (1, time, ...), targets (1, ...)."""

    inputs: Tensor
    targets: Tensor
    data: LoadedDataset

    @property
    def steps(self) -> int:
        return int(self.inputs.shape[1])

    @property
    def shown(self) -> slice:
        """The last steps, as many as are shown."""
        return slice(max(0, self.steps - MAX_STEPS), None)


def _picture(learner: SupervisedLearner, model: Network, sample: _Sample) -> Picture:
    recurrent, shown = model.recurrent, sample.shown
    with torch.enable_grad():
        x = sample.inputs if isinstance(model, SequenceNetwork) else model.embedding(sample.inputs)
        layers = passes(recurrent, x)
        outputs = _outputs(model, layers[-1])
        loss = learner.objective.loss(outputs, sample.targets)
        forwards = [directions[0] for directions in layers]
        gradients = _gradients(loss, forwards)
    units = spread(range(recurrent.hidden_size), MAX_UNITS)
    arrays = {name: _array(values[..., shown]) for name, values in gradients.items()} | {
        name: _array(values[0, shown][:, units].T)
        for name, values in (over_time(forwards[-1].steps) | _terms(recurrent, forwards[-1])).items()
    }
    if len(forwards) > 1:
        below = [over_time(one.steps)["h"][0, shown][:, units].T for one in forwards[:-1]]
        arrays["below"] = _array(torch.stack(below))
    gates = CELLS[recurrent.mode].gates
    weights = weights_of(recurrent, recurrent.num_layers - 1)
    for name, bias in (("bias_x", weights.b), ("bias_h", weights.c)):
        arrays[name] = _array(bias.view(len(gates), -1)[:, units])
    numbers = sample.inputs.is_floating_point()
    if numbers:
        arrays["inputs"] = _array(sample.inputs[0, shown].T)
    arrays |= _predictions(outputs.detach(), sample, learner.objective.outputs)
    values = {
        "cell": recurrent.mode,
        "gates": [*gates],
        "names": {name: NAMES[name] for name in forwards[-1].steps[0]},
        "units": [*units],
        "unit_count": recurrent.hidden_size,
        "layers": recurrent.num_layers,
        "bidirectional": bool(recurrent.bidirectional),
        "first": sample.shown.start + 1,
        "features": [*sample.data.features],
        "steps": [] if numbers else [sample.data.classes[n] for n in sample.inputs[0, shown].tolist()],
        "classes": [*map(str, sample.data.classes)],
        "loss": loss.item(),
        "sequences": len(sample.data.test_inputs),
        **_target_in_words(sample.data),
    }
    return Picture("unrolled", learner.step, arrays, values)


def _outputs(model: Network, last: list[Pass]) -> Tensor:
    """What the network puts out, (1, outputs) after the last step or (1, outputs, time) at each."""
    every_h = [states["h"] for states in last[0].steps]
    if isinstance(model, SymbolNetwork):
        return model.output(torch.stack(every_h, dim=1)).transpose(1, 2)
    return model.output(torch.cat([every_h[-1]] + [one.steps[0]["h"] for one in last[1:]], dim=1))


def _gradients(loss: Tensor, forwards: list[Pass]) -> dict[str, Tensor]:
    """Norms of the loss's gradients over time, of the layers that read forwards."""
    cells = [states["c"] for states in forwards[-1].carried if "c" in states]
    wanted = [[states["h"] for states in one.carried] for one in forwards]
    wanted += [cells, [states["h"] for states in forwards[-1].steps]]
    flat = [tensor for tensors in wanted for tensor in tensors]
    found = iter(torch.autograd.grad(loss, flat, allow_unused=True))  # the last step hands to none
    norms = [
        torch.tensor([torch.nan if (one := next(found)) is None else one.norm().item() for _ in tensors])
        for tensors in wanted
    ]
    *of_layers, of_cells, of_loss = norms
    named = {"gradient": torch.stack(of_layers), "loss_gradient": of_loss.nan_to_num(0.0)}
    return named | ({"gradient_c": of_cells} if cells else {})


def _terms(recurrent: torch.nn.RNNBase, last: Pass) -> dict[str, Tensor]:
    """W x and U h of the step before, of each gate of the last layer: (1, time, units) by name."""
    gates, weights = CELLS[recurrent.mode].gates, weights_of(recurrent, recurrent.num_layers - 1)
    h = torch.stack([states["h"] for states in last.steps], dim=1)
    before = torch.cat([torch.zeros_like(h[:, :1]), h[:, :-1]], dim=1)
    named = {"x": last.inputs @ weights.W.T, "h": before @ weights.U.T}
    return {
        f"{name}_{gate}": part
        for name, terms in named.items()
        for gate, part in zip(gates, terms.chunk(len(gates), dim=2), strict=True)
    }


def _predictions(outputs: Tensor, sample: _Sample, width: int) -> dict[str, np.ndarray]:
    """What the network says at each step, and what would be right."""
    steps, data = sample.steps, sample.data
    if data.task != CLASSIFICATION:
        scale, mean = _scale_of(data)
        values = {"output": outputs[:, 0], "target": sample.targets}
        return {
            name: _array(_at_the_end(value * scale + mean, steps)[sample.shown])
            for name, value in values.items()
        }
    if width == 1:  # one logit, of the second of two classes
        outputs = torch.cat([torch.zeros_like(outputs), outputs], dim=1)
    probabilities = outputs.softmax(1)[0]  # (classes,) or (classes, time)
    targets = sample.targets[0].long()
    if probabilities.dim() == 1:
        ended = probabilities.new_full((len(probabilities), steps), torch.nan)
        ended[:, -1] = probabilities
        every = targets.new_full((steps,), NO_TARGET)
        every[-1] = targets
        probabilities, targets = ended, every
    probabilities, targets = probabilities[:, sample.shown], targets[sample.shown]
    best = probabilities.nan_to_num(-1.0).topk(min(MAX_CLASSES, len(probabilities)), dim=0)
    there = best.values >= 0
    of_target = probabilities.gather(0, targets.clamp(min=0)[None])[0]
    return {
        "best": torch.where(there, best.indices, -1).cpu().numpy(),
        "probability": _array(torch.where(there, best.values, torch.nan)),
        "target": targets.cpu().numpy(),
        "target_probability": _array(torch.where(targets == NO_TARGET, torch.nan, of_target)),
    }


def _at_the_end(value: Tensor, steps: int) -> Tensor:
    """(steps,), NaN but for the last, which is the value (1,)."""
    return torch.cat([value.new_full((steps - 1,), torch.nan), value])


def _scale_of(data: LoadedDataset) -> tuple[float, float]:
    """What a target is multiplied by, and what is added, to have it in its unit."""
    return (data.series.change_scale, 0.0) if data.series else (data.target_scale, data.target_mean)


def _target_in_words(data: LoadedDataset) -> dict[str, Any]:
    if data.series:
        return {"target_name": f"change in {data.series.horizon}", "unit": data.series.error_unit}
    return {"target_name": data.target_name, "unit": ""}


def _array(values: Tensor) -> np.ndarray:
    return values.detach().float().cpu().numpy().copy()
