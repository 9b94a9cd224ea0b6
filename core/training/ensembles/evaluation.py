"""The scores of an ensemble's members: of a stack together, of others one by one."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from core.training.compiled.learner import CompiledLearner
from core.training.learners.learner import Learner, Scores
from core.training.learners.supervised import PROGRESS, finished

TEST = 1  # where evaluated_splits() has the test split


def scores_of(learners: Sequence[Learner]) -> list[Scores]:
    """The scores of each learner at its step."""
    if len(learners) > 1:
        compiled = [learner for learner in learners if isinstance(learner, CompiledLearner)]
        together = _together(compiled) if len(compiled) == len(learners) else None
        if together is not None:
            return together
    return [finished(learner.evaluate(PROGRESS)) for learner in learners]


def _together(learners: Sequence[CompiledLearner]) -> list[Scores] | None:
    """Those of networks of one shape; None where their splits or their task do not allow it."""
    splits = [*zip(*(learner.evaluated_splits() for learner in learners), strict=True)]
    scored: list[list[tuple[float, float]]] = []
    outputs: list[Tensor] = []
    for split in splits:
        if len({inputs.shape for inputs, _ in split}) > 1:
            return None
        pairs = zip(learners, split, strict=True)
        some = torch.stack([learner.outputs_of(inputs) for learner, (inputs, _) in pairs])
        both = learners[0].objective.scores_together(some, torch.stack([targets for _, targets in split]))
        if both is None:
            return None
        scored.append([*zip(*(each.tolist() for each in both), strict=True)])
        outputs.append(some)
    each = zip(learners, zip(*scored, strict=True), outputs[TEST], strict=True)
    return [learner.scores_of(of_splits, of_test) for learner, of_splits, of_test in each]
