"""Whole networks: one training step (forward, backward, SGD with momentum), or one prediction, of a batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from core.lazy import LazyModule
from core.timing.workloads.workload import (
    FLOATS_AND_TF32,
    TRAINING,
    Built,
    Draw,
    Operation,
    Workload,
    check_by,
    prepare_by,
    torch_dtype,
)

if TYPE_CHECKING:
    import torch
    import torch.nn.functional as F
    from torch import nn

    from core import torch_optimizers
    from core.models import cnn, mlp, resnet
else:
    torch = LazyModule("torch")
    F = LazyModule("torch.nn.functional")
    cnn = LazyModule("core.models.cnn")
    mlp = LazyModule("core.models.mlp")
    resnet = LazyModule("core.models.resnet")
    torch_optimizers = LazyModule("core.torch_optimizers")

# Small, since the same batch comes again and again: learnt by heart, its gradients would become denormal.
_LEARNING_RATE, _MOMENTUM = 1e-4, 0.9


@dataclass(frozen=True)
class CountedNetwork:
    """A network and what is counted of it, for one sample: (batch, *input_shape) -> (batch, classes)."""

    build: Callable[[], nn.Module]
    input_shape: tuple[int, ...]
    classes: int
    parameters: int
    products: Sequence[int]  # multiplications of each convolution and fully connected layer, in order
    activations: int  # elements that a training step saves until the backward pass


def _model(network: CountedNetwork, draw: Draw) -> nn.Module:
    """With weights drawn by the seed; torch's own generator is left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(draw.generator.initial_seed())
        model = network.build()
    model = model.to(draw.device, torch_dtype(draw.dtype))
    return model.double() if draw.in_float64 else model


def _prediction(network: CountedNetwork) -> Callable[[int, Draw], Built]:
    def build(size: int, draw: Draw) -> Built:
        model, x = _model(network, draw).eval().requires_grad_(False), draw(size, *network.input_shape)
        return Built(lambda: model(x))

    return build


def _prepare(network: CountedNetwork) -> Callable[..., Operation]:
    predict = prepare_by(_prediction(network))
    train = prepare_by(lambda size, draw: Built(_training_step(network, size, draw)))

    def prepare(
        size: int, dtype: str, device: str, seed: int, step: str = TRAINING, data: str = "random"
    ) -> Operation:
        # A training step holds its own backward pass, so both are plain calls here.
        return (train if step == TRAINING else predict)(size, dtype, device, seed, "forward", data)

    return prepare


def _training_step(network: CountedNetwork, size: int, draw: Draw) -> Callable[[], Any]:
    model, x = _model(network, draw).train(), draw(size, *network.input_shape)
    labels = torch.arange(size, device=draw.device) % network.classes
    optimizer = torch_optimizers.SGD(model.parameters(), _LEARNING_RATE, _MOMENTUM)

    def step() -> torch.Tensor:
        optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(model(x), labels)
        loss.backward()
        optimizer.step()
        return loss.detach()

    return step


def _entry(title: str, network: CountedNetwork, sizes: tuple[int, ...]) -> Workload:
    inputs = 1
    for length in network.input_shape:
        inputs *= length

    def flops(size: int, step: str = TRAINING) -> int:
        forward = 2 * size * sum(network.products)
        # Twice as much backward, but nobody asks for the gradient of the images.
        return 3 * forward - 2 * size * network.products[0] if step == TRAINING else forward

    def moved(size: int, element_bytes: int, step: str = TRAINING) -> int:
        # Training reads and writes weights and momentum, and writes the gradients.
        times = 5 if step == TRAINING else 1
        return (times * network.parameters + size * (inputs + network.classes)) * element_bytes

    def memory(size: int, element_bytes: int, step: str = TRAINING) -> int:
        # A prediction needs two layers at a time; half of all is more than any two of these networks.
        saved = network.activations if step == TRAINING else network.activations // 2
        copies = 3 if step == TRAINING else 1  # weights, gradients, momentum
        return (copies * network.parameters + size * (inputs + saved)) * element_bytes

    return Workload(
        title=title,
        family="Networks",
        size_means=f"images in a batch, {' × '.join(map(str, network.input_shape))}",
        sizes=sizes,
        dtypes=FLOATS_AND_TF32,
        steps=("training", "forward"),
        prepare=_prepare(network),
        flops=flops,
        bytes_moved=moved,
        memory_bytes=memory,
        check=check_by(_prediction(network)),
        least_flops=False,
        # The weights live on the device; the images and their labels (8 bytes) go there, the loss comes back.
        transfer_bytes=lambda size, element_bytes: (size * (inputs * element_bytes + 8), element_bytes),
    )


def _convolution(incoming: int, outgoing: int, kernel: int, side: int) -> int:
    """Multiplications of a convolution whose result is side x side."""
    return incoming * outgoing * kernel**2 * side**2


_MLP_WIDTHS = (784, 1024, 1024, 10)
_MLP = CountedNetwork(
    build=lambda: mlp.MLP((784,), 10, _MLP_WIDTHS[1:-1], F.relu),
    input_shape=(784,),
    classes=10,
    parameters=sum(fan_in * fan_out + fan_out for fan_in, fan_out in pairwise(_MLP_WIDTHS)),
    products=[fan_in * fan_out for fan_in, fan_out in pairwise(_MLP_WIDTHS)],
    activations=2 * sum(_MLP_WIDTHS[1:]),
)

_LENET = CountedNetwork(
    build=lambda: cnn.LeNet5(F.relu),
    input_shape=(1, 28, 28),
    classes=10,
    parameters=61_706,
    products=[
        _convolution(1, 6, 5, 28),
        _convolution(6, 16, 5, 10),
        16 * 5 * 5 * 120,
        120 * 84,
        84 * 10,
    ],
    # Each map before and after its activation, and pooled with the places of the largest (8 bytes each).
    activations=2 * (6 * 28**2 + 16 * 10**2) + 3 * (6 * 14**2 + 16 * 5**2) + 2 * (120 + 84),
)


def _resnet18_products() -> list[int]:
    products = [_convolution(3, 64, 7, 112)]
    incoming = 64
    for channels, side in ((64, 56), (128, 28), (256, 14), (512, 7)):
        first = [_convolution(incoming, channels, 3, side)]
        shortcut = [_convolution(incoming, channels, 1, side)] if incoming != channels else []
        products += first + shortcut + 3 * [_convolution(channels, channels, 3, side)]
        incoming = channels
    return [*products, 512 * 1000]


_RESNET18 = CountedNetwork(
    build=lambda: resnet.ResNet(18),
    input_shape=(3, 224, 224),
    classes=1000,
    parameters=11_689_512,
    products=_resnet18_products(),
    # What each convolution gives and what its activation gives, and the pooled maps with their places.
    activations=2 * (64 * 112**2 + 5 * (64 * 56**2 + 128 * 28**2 + 256 * 14**2 + 512 * 7**2))
    + 3 * 64 * 56**2,
)

NETWORKS = {
    "mlp_step": _entry("MLP training step", _MLP, (1, 4, 16, 64, 256, 1024, 4096)),
    "lenet_step": _entry("LeNet-5 training step", _LENET, (1, 4, 16, 64, 256, 1024)),
    "resnet18_step": _entry("ResNet-18 training step", _RESNET18, (1, 2, 4, 8, 16, 32, 64, 128)),
}
