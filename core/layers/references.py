"""Full-size networks for ImageNet, whose layers are counted without their memory; none of them is trained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.activations.activation import Paper
from core.lazy import LazyModule
from core.models import MODELS

if TYPE_CHECKING:
    from torch import nn

    from core.models import alexnet, resnet, vgg
else:
    alexnet = LazyModule("core.models.alexnet")
    resnet = LazyModule("core.models.resnet")
    vgg = LazyModule("core.models.vgg")

INPUT_SHAPE, CLASSES = (3, 224, 224), 1000


@dataclass(frozen=True)
class Reference:
    """One network for images of INPUT_SHAPE in CLASSES; build() makes it with weights of no meaning."""

    name: str
    paper: Paper
    build: Callable[[], nn.Module]


REFERENCES: dict[str, Reference] = {
    "alexnet": Reference("AlexNet", MODELS["alexnet"].paper, lambda: alexnet.AlexNet()),
    "vgg16": Reference("VGG-16", MODELS["vgg"].paper, lambda: vgg.VGG(16)),
    "resnet18": Reference("ResNet-18", MODELS["resnet"].paper, lambda: resnet.ResNet(18)),
    "resnet34": Reference("ResNet-34", MODELS["resnet"].paper, lambda: resnet.ResNet(34)),
    "resnet50": Reference("ResNet-50", MODELS["resnet"].paper, lambda: resnet.ResNet(50)),
}
