"""Which pixels of an image a prediction depends on."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from core.events import Picture
from core.training.learners.building import build, weights_seed
from core.training.learners.supervised import SupervisedLearner
from core.training.snapshots.outputs.confusion import predicted_classes
from core.training.snapshots.sampling import as_pixels, shown_samples

MAX_IMAGES = 12
OTHER_SEED = 1  # of the random weights


def saliency(learner: SupervisedLearner) -> Iterator[Picture]:
    """How much each pixel moves the score of the class that the network predicts, and its sanity check.

    images uint8 as of as_pixels(), n up to 12 test images; gradients and randomised float32 (n, height,
    width), of three channels the strongest; labels
    and predicted int64 (n,). randomised: the gradients of the same scores by a network of the same kind with
    random weights. values: classes; rank_correlation, of both maps, a mean over the images: near 1 a map
    shows the image and not what was learnt. None where no map has two sizes of gradients.
    Sources: Simonyan, Vedaldi & Zisserman 2013, "Deep inside convolutional networks"; Adebayo et al. 2018,
    "Sanity checks for saliency maps".
    """
    shown = shown_samples(learner, MAX_IMAGES)
    inputs = learner.test_inputs[shown]
    labels = learner.test_targets[shown].long().cpu().numpy()
    images = as_pixels(inputs)
    untrained = _randomised(learner)
    while True:
        gradients, predicted = input_gradients(learner.network, inputs)
        random_gradients, _ = input_gradients(untrained, inputs, predicted)
        maps = _strongest(gradients)
        random_maps = _strongest(random_gradients)
        arrays = {
            "images": images,
            "gradients": maps,
            "randomised": random_maps,
            "labels": labels,
            "predicted": predicted.cpu().numpy(),
        }
        values = {
            "classes": list(learner.data.classes),
            "rank_correlation": rank_correlation(np.abs(maps), np.abs(random_maps)),
        }
        yield Picture("saliency", learner.step, arrays, values)


def _strongest(gradients: Tensor) -> np.ndarray:
    """Of each pixel's gradients (n, channels, height, width) the largest in absolute value."""
    largest = gradients.abs().argmax(1, keepdim=True)
    return gradients.gather(1, largest)[:, 0].float().cpu().numpy()


def _randomised(learner: SupervisedLearner) -> nn.Module:
    """The network as another seed would begin it."""
    other = OTHER_SEED if weights_seed(learner.config) != OTHER_SEED else 0
    config = replace(learner.config, weights_seed=other)
    network = build(config, learner.data.train_inputs.shape[1:], learner.objective.outputs)
    return network.to(learner.device)


def input_gradients(model: nn.Module, inputs: Tensor, classes: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Gradient of each sample's score by its input, of the inputs' shape, and whose score it is (batch,).

    The score is that of the class given, or else of the one predicted. A single output is the score of the
    second class, and its negative that of the first.
    """
    copied = copy.deepcopy(model).eval()
    with torch.enable_grad():
        inputs = inputs.detach().clone().requires_grad_()
        outputs = copied(inputs)
        classes = predicted_classes(outputs.detach()) if classes is None else classes
        scores = outputs if outputs.shape[1] > 1 else torch.cat([-outputs, outputs], dim=1)
        (gradients,) = torch.autograd.grad(scores.gather(1, classes[:, None]).sum(), inputs)
    return gradients, classes


def rank_correlation(maps: np.ndarray, others: np.ndarray) -> float | None:
    """Spearman's rank correlation of each map with the other one, (n, height, width); the mean over all n.

    Equal values share their mean rank. None where no map has two values.
    """
    found = []
    for one, other in zip(maps, others, strict=True):
        ranks, other_ranks = _ranks(one), _ranks(other)
        if np.ptp(ranks) and np.ptp(other_ranks):
            found.append(np.corrcoef(ranks, other_ranks)[0, 1])
    return float(np.mean(found)) if found else None


def _ranks(values: np.ndarray) -> np.ndarray:
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (counts.cumsum() - (counts - 1) / 2)[places.ravel()]
