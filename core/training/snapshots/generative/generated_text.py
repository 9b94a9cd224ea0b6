"""Text that a network writes."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from core.data.dataset import LoadedDataset
from core.events import Picture
from core.models.recurrent import SymbolNetwork
from core.models.transformer import Transformer
from core.training.learners.supervised import SupervisedLearner

PROMPT_LENGTH, GENERATED_LENGTH = 20, 240
TEMPERATURE = 0.7  # likelier characters are preferred a little


def generated_text(learner: SupervisedLearner) -> Iterator[Picture]:
    """How the network continues a text of the test split; the same step gives the same text.

    values: prompt, text (240 characters), temperature.
    """
    model = learner.network
    assert isinstance(model, SymbolNetwork | Transformer)
    prompt = torch.from_numpy(learner.data.test_inputs[0, :PROMPT_LENGTH]).to(learner.device)
    while True:
        random = torch.Generator().manual_seed(learner.step)  # not one of the training's
        written = model.generate(prompt, GENERATED_LENGTH, TEMPERATURE, random)
        values = {
            "prompt": _characters(prompt, learner.data),
            "text": _characters(written, learner.data),
            "temperature": TEMPERATURE,
        }
        yield Picture("generated_text", learner.step, {}, values)


def _characters(numbers: Tensor, data: LoadedDataset) -> str:
    return "".join(data.classes[number] for number in numbers.tolist())
