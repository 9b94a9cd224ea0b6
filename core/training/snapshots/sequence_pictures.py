"""What a recurrent network shows beside its curves: gates and states over time, recall, text that it writes.

Drawing draws no random number that training uses.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn

from core.data.dataset import CLASSIFICATION, LoadedDataset
from core.events import Picture
from core.models.cells import NAMES, over_time, unroll
from core.models.recurrent import SequenceNetwork, SymbolNetwork, lengths

MAX_UNITS, MAX_STEPS = 32, 100  # of the states that are shown
MAX_ANSWERS = 300
RECALLED_ROWS = 8
PROMPT_LENGTH, GENERATED_LENGTH = 20, 240
TEMPERATURE = 0.7  # of generated text: likelier characters are preferred a little


def sequences(model: nn.Module, data: LoadedDataset, device: torch.device, step: int) -> Iterator[Picture]:
    """ "answers" of a regression (see answers), and "states"."""
    if data.task != CLASSIFICATION:
        yield answers(model, data, device, step)
    yield states(model, data, device, step)


def symbols(model: nn.Module, data: LoadedDataset, device: torch.device, step: int) -> Iterator[Picture]:
    """ "recall": held-back rows with what the network answered; and "states".

    recall: inputs, targets and answers int64 (rows, time); targets are -100 where no answer was asked.
    values: classes.
    """
    inputs = torch.from_numpy(data.test_inputs[:RECALLED_ROWS]).to(device)
    with torch.inference_mode():
        answered = model(inputs).argmax(dim=1)
    arrays = {
        "inputs": data.test_inputs[:RECALLED_ROWS],
        "targets": data.test_targets[:RECALLED_ROWS],
        "answers": answered.cpu().numpy(),
    }
    yield Picture("recall", step, arrays, {"classes": list(data.classes)})
    yield states(model, data, device, step)


def text(model: nn.Module, data: LoadedDataset, device: torch.device, step: int) -> Iterator[Picture]:
    """ "generated_text": how the network goes on from held-back text; and "states" while it reads that text.

    values: prompt, text (240 characters), temperature. The same step gives the same text.
    """
    assert isinstance(model, SymbolNetwork)
    prompt = torch.from_numpy(data.test_inputs[0, :PROMPT_LENGTH]).to(device)
    drawing = torch.Generator().manual_seed(step)
    written = model.generate(prompt, GENERATED_LENGTH, TEMPERATURE, drawing)
    values = {
        "prompt": _characters(prompt, data),
        "text": _characters(written, data),
        "temperature": TEMPERATURE,
    }
    yield Picture("generated_text", step, {}, values)
    yield states(model, data, device, step)


def answers(model: nn.Module, data: LoadedDataset, device: torch.device, step: int) -> Picture:
    """ "answers": truth and answer, float32 (n,), of up to 300 held-back samples. values: answer, a name."""
    inputs = torch.from_numpy(data.test_inputs[:MAX_ANSWERS]).to(device)
    with torch.inference_mode():
        answered = model(inputs)[:, 0].cpu().numpy()
    arrays = {"truth": data.test_targets[:MAX_ANSWERS], "answer": answered}
    return Picture("answers", step, arrays, {"answer": data.answer})


def states(model: nn.Module, data: LoadedDataset, device: torch.device, step: int) -> Picture:
    """ "states": what the last layer, reading forwards, holds at each step of the first held-back sample.

    Each gate and state float32 (units, time) by its letter: h; c i f g o of an LSTM; r z n of a GRU. At most
    32 units and the last 100 steps. inputs: float32 (features, time), none of symbols. memory: float32
    (time,), the gradient's norm of the last answer by each step's h: what a change there would still do.
    values: names, the letters' meanings; features; steps, what stands at each step of symbols.
    """
    assert isinstance(model, SequenceNetwork | SymbolNetwork)
    sample = torch.from_numpy(data.test_inputs[:1]).to(device)
    numbers = sample.is_floating_point()
    if numbers:
        sample = sample[:, : int(lengths(sample)[0])]
    over_steps, memory = _read(model, sample)
    shown = slice(-MAX_STEPS, None)
    arrays = {name: _array(state[0, shown, :MAX_UNITS].T) for name, state in over_steps.items()}
    arrays["memory"] = _array(memory[shown])
    if numbers:
        arrays["inputs"] = _array(sample[0, shown].T)
    values = {
        "names": {name: NAMES[name] for name in over_steps},
        "features": list(data.features),
        "steps": [] if numbers else [data.classes[symbol] for symbol in sample[0, shown].tolist()],
    }
    return Picture("states", step, arrays, values)


def _read(model: SequenceNetwork | SymbolNetwork, sample: Tensor) -> tuple[dict[str, Tensor], Tensor]:
    """States (1, time, units) of the last layer reading forwards, and the memory (time,) of each step."""
    with torch.enable_grad():
        x = sample if isinstance(model, SequenceNetwork) else model.embedding(sample)
        directions = unroll(model.recurrent, x)[-1]
        read = [directions[0][-1]["h"]] + [steps[0]["h"] for steps in directions[1:]]
        answer = model.output(torch.cat(read, dim=1))
        # Of the largest output alone: the sum over logits would be moved by what moves them all alike.
        every_h = [states["h"] for states in directions[0]]
        gradients = torch.autograd.grad(answer.max(), every_h)
    memory = torch.stack([gradient.norm() for gradient in gradients])
    return {name: state.detach() for name, state in over_time(directions[0]).items()}, memory


def _array(values: Tensor) -> np.ndarray:
    return values.detach().float().cpu().numpy().copy()


def _characters(numbers: Tensor, data: LoadedDataset) -> str:
    return "".join(data.classes[number] for number in numbers.tolist())
