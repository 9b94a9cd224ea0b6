"""A recurrent network unrolled over the steps of a sequence, with the gradient that flows back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from core.data.dataset import CLASSIFICATION, NO_TARGET, LoadedDataset
from core.events import Picture
from core.models.cells import CELLS, NAMES, Pass, over_time, passes, weights_of
from core.models.recurrent import SequenceNetwork, SymbolNetwork, lengths
from core.training.learners.supervised import SupervisedLearner
from core.training.snapshots.sampling import spread

MAX_UNITS, MAX_STEPS = 8, 64
MAX_CLASSES = 3  # the likeliest ones of each step
MIN_SEQUENCES, MAX_SEQUENCES = 2, 4
MAX_NUMBERS = 12_000  # of a picture: of long sequences fewer are shown, so that a film has many pictures

Network = SequenceNetwork | SymbolNetwork


def unrolled(learner: SupervisedLearner) -> Iterator[Picture]:
    """The network at each step of some test sequences, the first of which states() shows.

    All arrays have views as their first axis: the sequences, read forwards; of a bidirectional network the
    same sequences read backwards follow. The sequences are the first ones that are as long as the first.

    Of the last layer, in the view's direction, each gate and state float32 (units, time) by its letter, as
    states() has them; of each gate the terms W x, "x_i", and U h of the step that is read before, "h_i",
    (units, time), and the biases bias_x and bias_h (gates, units). below float32 (layers - 1, units, time), h
    of the layers below. At most 8 units, evenly spread, and the last 64 steps.

    gradient float32 (layers, time): norm of the loss's gradient that flows back to this step's h from the
    step that is read next, over all units; NaN at the step that is read last. gradient_c (time,): the same by
    an LSTM's c. loss_gradient (time,): norm of dLoss/dh of the last layer, what the step's own output adds
    included.

    inputs float32 (features, time), none of symbols. Of a classification, by number, best int64 (3, time),
    the likeliest classes, -1 where there is no output; probability float32 (3, time), theirs; target int64
    (time,), NO_TARGET where there is none; target_probability float32 (time,). Otherwise output and target
    float32 (time,), in `unit`, NaN where there is none.

    values: cell (torch's mode), gates, names (the letters' meanings), units (numbers of those shown),
    unit_count, layers, bidirectional, first (number of the first step shown, from 1), features, classes,
    target_name, unit, sequences (of the test split); views, of each its sequence (number, from 1), backwards,
    loss (of this sequence) and steps (symbols read).
    """
    model, data = learner.network, learner.data
    assert isinstance(model, SequenceNetwork | SymbolNetwork)
    numbers = _sequences(learner, model)
    inputs, targets = learner.test_inputs[numbers], learner.test_targets[numbers]
    if inputs.is_floating_point():
        inputs = inputs[:, : int(lengths(inputs[:1])[0])]
    sample = _Sample(numbers, inputs, targets, data)
    while True:
        yield _picture(learner, model, sample)


@dataclass(frozen=True, eq=False)
class _Sample:
    """Sequences of one length: their numbers in the test split, inputs (n, time, ...), targets (n, ...)."""

    numbers: list[int]
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

    def alone(self, n: int) -> _Sample:
        """One of the sequences."""
        return _Sample(self.numbers[n : n + 1], self.inputs[n : n + 1], self.targets[n : n + 1], self.data)


def _sequences(learner: SupervisedLearner, model: Network) -> list[int]:
    """Numbers of the test sequences that are shown, as many as a film has room for."""
    inputs, recurrent = learner.test_inputs, model.recurrent
    steps = int(inputs.shape[1])
    same = torch.arange(len(inputs))
    if inputs.is_floating_point():
        long = lengths(inputs).cpu()
        steps = int(long[0])
        same = (long == steps).nonzero()[:, 0]
    cell = CELLS[recurrent.mode]
    letters = len({*cell.gates, *cell.carried}) + 2 * len(cell.gates)
    directions = 2 if recurrent.bidirectional else 1
    units = min(MAX_UNITS, recurrent.hidden_size)
    room = MAX_NUMBERS // (letters * directions * units * min(MAX_STEPS, steps))
    return same[: max(MIN_SEQUENCES, min(MAX_SEQUENCES, room))].tolist()


def _picture(learner: SupervisedLearner, model: Network, sample: _Sample) -> Picture:
    recurrent, data, count = model.recurrent, sample.data, len(sample.numbers)
    with torch.enable_grad():
        x = sample.inputs if isinstance(model, SequenceNetwork) else model.embedding(sample.inputs)
        layers = passes(recurrent, x)
        outputs = _outputs(model, layers[-1])
        each = zip(outputs.split(1), sample.targets.split(1), strict=True)
        losses = torch.stack([learner.objective.loss(output, target) for output, target in each])
        directions = [[both[n] for both in layers] for n in range(len(layers[-1]))]
        gradients = [_gradients(losses.sum(), of_layers) for of_layers in directions]
    units = spread(range(recurrent.hidden_size), MAX_UNITS)
    alone = [
        _read(outputs[n : n + 1].detach(), sample.alone(n), learner.objective.outputs) for n in range(count)
    ]
    parts = []  # of each direction, arrays over its sequences
    for backwards, (of_layers, norms) in enumerate(zip(directions, gradients, strict=True)):
        arrays = {name: _array(values[..., sample.shown]) for name, values in norms.items()}
        arrays |= _states(recurrent, of_layers, bool(backwards), sample.shown, units)
        parts.append(arrays | {name: np.stack([one[name] for one in alone]) for name in alone[0]})
    numbers = sample.inputs.is_floating_point()
    values = {
        "cell": recurrent.mode,
        "gates": [*CELLS[recurrent.mode].gates],
        "names": {name: NAMES[name] for name in layers[-1][0].steps[0]},
        "units": [*units],
        "unit_count": recurrent.hidden_size,
        "layers": recurrent.num_layers,
        "bidirectional": bool(recurrent.bidirectional),
        "first": sample.shown.start + 1,
        "features": [*data.features],
        "classes": [*map(str, data.classes)],
        "sequences": len(data.test_inputs),
        "views": [
            {
                "sequence": number + 1,
                "backwards": bool(backwards),
                "loss": losses[n].item(),
                "steps": []
                if numbers
                else [data.classes[at] for at in sample.inputs[n, sample.shown].tolist()],
            }
            for backwards in range(len(directions))
            for n, number in enumerate(sample.numbers)
        ],
        **_target_in_words(data),
    }
    joined = {name: np.concatenate([arrays[name] for arrays in parts]) for name in parts[0]}
    return Picture("unrolled", learner.step, joined, values)


def _states(
    recurrent: nn.RNNBase, of_layers: list[Pass], backwards: bool, shown: slice, units: Sequence[int]
) -> dict[str, np.ndarray]:
    """Gates, states, terms and biases of one direction, of each sequence."""
    last = of_layers[-1]
    arrays = {
        name: _array(values[:, shown][:, :, units].transpose(1, 2))
        for name, values in (over_time(last.steps) | _terms(recurrent, last, backwards)).items()
    }
    if len(of_layers) > 1:
        below = [over_time(one.steps)["h"][:, shown][:, :, units].transpose(1, 2) for one in of_layers[:-1]]
        arrays["below"] = _array(torch.stack(below, dim=1))
    gates = CELLS[recurrent.mode].gates
    weights = weights_of(recurrent, recurrent.num_layers - 1, backwards)
    for name, bias in (("bias_x", weights.b), ("bias_h", weights.c)):
        of_units = _array(bias.view(len(gates), -1)[:, units])
        arrays[name] = np.repeat(of_units[None], len(arrays["h"]), axis=0)
    return arrays


def _outputs(model: Network, last: list[Pass]) -> Tensor:
    """What the network puts out, (n, outputs) after the last step or (n, outputs, time) at each."""
    every_h = [states["h"] for states in last[0].steps]
    if isinstance(model, SymbolNetwork):
        return model.output(torch.stack(every_h, dim=1)).transpose(1, 2)
    return model.output(torch.cat([every_h[-1]] + [one.steps[0]["h"] for one in last[1:]], dim=1))


def _gradients(loss: Tensor, of_layers: list[Pass]) -> dict[str, Tensor]:
    """Norms of the loss's gradients over time, of one direction's layers: (n, layers, time), or (n, time).

    loss: the sum of all sequences' losses, so that each sequence has the gradient of its own.
    """
    cells = [states["c"] for states in of_layers[-1].carried if "c" in states]
    wanted = [[states["h"] for states in one.carried] for one in of_layers]
    wanted += [cells, [states["h"] for states in of_layers[-1].steps]]
    flat = [tensor for tensors in wanted for tensor in tensors]
    found = iter(torch.autograd.grad(loss, flat, allow_unused=True, retain_graph=True))
    norms = []
    for tensors in wanted:  # the step that is read last hands to none
        over = [
            tensor.new_full((len(tensor),), torch.nan) if (one := next(found)) is None else one.norm(dim=1)
            for tensor in tensors
        ]
        norms.append(torch.stack(over, dim=1) if over else torch.empty(0))
    *of_each, of_cells, of_loss = norms
    named = {"gradient": torch.stack(of_each, dim=1), "loss_gradient": of_loss.nan_to_num(0.0)}
    return named | ({"gradient_c": of_cells} if cells else {})


def _terms(recurrent: nn.RNNBase, last: Pass, backwards: bool) -> dict[str, Tensor]:
    """W x and U h of the step read before, of each gate of the last layer: (n, time, units) by name."""
    gates, weights = CELLS[recurrent.mode].gates, weights_of(recurrent, recurrent.num_layers - 1, backwards)
    h = torch.stack([states["h"] for states in last.steps], dim=1)
    none = torch.zeros_like(h[:, :1])
    before = torch.cat([h[:, 1:], none] if backwards else [none, h[:, :-1]], dim=1)
    named = {"x": last.inputs @ weights.W.T, "h": before @ weights.U.T}
    return {
        f"{name}_{gate}": part
        for name, terms in named.items()
        for gate, part in zip(gates, terms.chunk(len(gates), dim=2), strict=True)
    }


def _read(outputs: Tensor, sample: _Sample, width: int) -> dict[str, np.ndarray]:
    """What one sequence has at each step: its inputs where these are numbers, and its predictions."""
    numbers = sample.inputs.is_floating_point()
    inputs = {"inputs": _array(sample.inputs[0, sample.shown].T)} if numbers else {}
    return inputs | _predictions(outputs, sample, width)


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
