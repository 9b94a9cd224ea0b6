"""Which pixels of an image a prediction depends on."""

from __future__ import annotations

import copy
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn

from core.events import Picture
from core.training.learners.supervised import SupervisedLearner
from core.training.snapshots.outputs.confusion import predicted_classes
from core.training.snapshots.sampling import shown_samples

MAX_IMAGES = 12


def saliency(learner: SupervisedLearner) -> Iterator[Picture]:
    """How much each pixel moves the score of the class that the network predicts.

    images uint8 and gradients float32, both (n, height, width), n up to 12 test images; labels and predicted
    int64 (n,). values: classes.
    Source: Simonyan, Vedaldi & Zisserman 2013, "Deep inside convolutional networks".
    """
    shown = shown_samples(learner, MAX_IMAGES)
    inputs = learner.test_inputs[shown]
    labels = learner.test_targets[shown].long().cpu().numpy()
    images = np.rint(inputs[:, 0].cpu().numpy() * 255).astype(np.uint8)
    while True:
        gradients, predicted = input_gradients(learner.network, inputs)
        arrays = {
            "images": images,
            "gradients": gradients[:, 0].float().cpu().numpy(),
            "labels": labels,
            "predicted": predicted.cpu().numpy(),
        }
        yield Picture("saliency", learner.step, arrays, {"classes": list(learner.data.classes)})


def input_gradients(model: nn.Module, inputs: Tensor) -> tuple[Tensor, Tensor]:
    """Gradient of each sample's winning score by its input, of the inputs' shape, and its class (batch,).

    A single output is the score of the second class, and its negative that of the first.
    """
    copied = copy.deepcopy(model).eval()
    with torch.enable_grad():
        inputs = inputs.detach().clone().requires_grad_()
        outputs = copied(inputs)
        predicted = predicted_classes(outputs.detach())
        scores = outputs if outputs.shape[1] > 1 else torch.cat([-outputs, outputs], dim=1)
        (gradients,) = torch.autograd.grad(scores.gather(1, predicted[:, None]).sum(), inputs)
    return gradients, predicted
