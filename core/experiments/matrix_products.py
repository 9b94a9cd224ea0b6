"""What of a training step is matrix arithmetic: its products of matrices and convolutions, counted and alone.

One step is watched operator by operator. FLOPs of products are those of torch's own counter; every other
operator counts one FLOP for each number that it reads or writes, whichever are more, which is rather too much
than too little. The products can be run again, alone, on the operands that they had: what they take by what
the whole step takes is their share of its time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import flop_registry, sdpa_backward_flop_count, sdpa_flop_count

from core import torch_optimizers
from core.models.cnn import LeNet5
from core.models.mlp import MLP
from core.models.transformer import Block

# The CPU's kernels of attention, which torch's counter does not know.
ATTENTION = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu
ATTENTION_BACKWARD = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu_backward
# Small, as the same batch comes again and again: learnt by heart, its gradients would become denormal.
LEARNING_RATE, MOMENTUM = 1e-4, 0.9


@dataclass(frozen=True)
class TrainingStep:
    """One training step, and its products alone; both can be called again and again."""

    run: Callable[[], Any]
    run_products: Callable[[], Any]
    product_flops: int
    other_flops: int

    @property
    def flops_share(self) -> float:
        """Of the products in all FLOPs."""
        return self.product_flops / (self.product_flops + self.other_flops)


def mlp(sizes: tuple[int, ...], batch: int, seed: int) -> TrainingStep:
    """An MLP with ReLU, from sizes[0] inputs to sizes[-1] outputs."""
    network = _seeded(lambda: MLP(sizes[:1], sizes[-1], sizes[1:-1], F.relu), seed)
    return _watched(network, *_regression(network, (batch, sizes[0]), seed))


def lenet(batch: int, seed: int) -> TrainingStep:
    """LeNet-5 on images of 28 x 28."""
    network = _seeded(lambda: LeNet5(F.relu), seed)
    return _watched(network, *_regression(network, (batch, 1, 28, 28), seed))


def transformer(batch: int, seed: int, tokens: int = 128, width: int = 256, heads: int = 8) -> TrainingStep:
    """One block of a transformer: attention and a feedforward part."""
    network = _seeded(lambda: Block(width, heads, F.gelu), seed)
    return _watched(network, *_regression(network, (batch, tokens, width), seed))


def _seeded(build: Callable[[], nn.Module], seed: int) -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build()


def _regression(network: nn.Module, shape: tuple[int, ...], seed: int) -> tuple[Tensor, Tensor]:
    """Inputs of normal numbers, and targets of the outputs' shape."""
    random = torch.Generator().manual_seed(seed)
    inputs = torch.randn(shape, generator=random)
    with torch.no_grad():
        outputs = network(inputs)
    return inputs, torch.randn(outputs.shape, generator=random)


def _watched(network: nn.Module, inputs: Tensor, targets: Tensor) -> TrainingStep:
    """Forward, mean squared error, backward, and SGD with momentum."""
    optimizer = torch_optimizers.SGD(network.parameters(), LEARNING_RATE, MOMENTUM)

    def step() -> None:
        optimizer.zero_grad(set_to_none=True)
        F.mse_loss(network(inputs), targets).backward()
        optimizer.step()

    step()  # momentum exists from the second step on
    watch = _Watch()
    with watch:
        step()
    calls = tuple(watch.products)

    def products() -> None:
        with torch.no_grad():
            for function, args, kwargs in calls:
                function(*args, **kwargs)

    return TrainingStep(step, products, watch.product_flops, watch.other_flops)


@dataclass
class _Watch(TorchDispatchMode):
    """Records the products of all that runs inside, and counts FLOPs."""

    products: list[tuple[Any, Any, Any]] = field(default_factory=list)
    product_flops: int = 0
    other_flops: int = 0

    def __post_init__(self) -> None:
        super().__init__()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        out = func(*args, **kwargs)
        flops = product_flops(func, args, kwargs, out)
        if flops is None:
            self.other_flops += _numbers(func, (args, kwargs), out)
        else:
            self.product_flops += flops
            self.products.append((func, args, kwargs))
        return out


def product_flops(func: Any, args: Any, kwargs: Any, out: Any) -> int | None:
    """FLOPs of a product of matrices, a convolution or attention; None for any other operator."""
    packet = func._overloadpacket
    if packet in flop_registry:
        return int(flop_registry[packet](*args, **kwargs, out_val=out))
    if packet is ATTENTION:
        return int(sdpa_flop_count(*(tensor.shape for tensor in args[:3])))
    if packet is ATTENTION_BACKWARD:
        return int(sdpa_backward_flop_count(*(tensor.shape for tensor in args[:4])))
    return None


def _numbers(func: Any, given: Any, out: Any) -> int:
    """Floating-point numbers read or written, whichever are more; none for a mere view."""
    read, written = _floats(given), _floats(out)
    storages = {tensor.untyped_storage()._cdata for tensor in read}
    new = [tensor for tensor in written if tensor.untyped_storage()._cdata not in storages]
    if not new and not func._schema.is_mutable:
        return 0
    return max(sum(tensor.numel() for tensor in read), sum(tensor.numel() for tensor in written))


def _floats(values: Any) -> list[Tensor]:
    return [leaf for leaf in tree_leaves(values) if isinstance(leaf, Tensor) and leaf.is_floating_point()]
