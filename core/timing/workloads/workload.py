"""What a workload is, and how one is made from a function that draws its operands."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.lazy import LazyModule
from core.torch_devices import DEVICE_ERRORS, device_error
from core.torch_precision import float32_of

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from core.timing.workloads import operand_fill
else:
    torch = LazyModule("torch")
    operand_fill = LazyModule("core.timing.workloads.operand_fill")

FORWARD, TRAINING, BACKWARD = "forward", "training", "backward"

# The formats that nearly every operation has; matrix products have more.
FLOATS = ("float32", "bfloat16", "float16", "float64")
FLOATS_AND_TF32 = (*FLOATS, "tf32")

# torch's name of a format where it is another than ours. TF32 is float32 whose products are rounded inside.
_TORCH_NAMES = {"tf32": "float32", "float8": "float8_e4m3fn"}

Operation = Callable[[], Any]


@dataclass(frozen=True)
class Workload:
    """One operation over a range of sizes.

    Steps are "forward"; "training", forward and backward to the gradients of all inputs and weights; and
    "backward", that without the forward pass, which is made beforehand.
    """

    title: str
    family: str
    size_means: str  # what a size counts
    sizes: tuple[int, ...]  # its default axis, small to large
    dtypes: tuple[str, ...]  # formats that make sense, the default first; what a device has, support() tries
    steps: tuple[str, ...]  # those that make sense, the default first
    # prepare(size, dtype, device, seed, step, data) draws the operands, filled as `data` says, and returns
    # the operation, a call without arguments that was not made before. Raises one of DEVICE_ERRORS for what
    # the device cannot do. Run it inside torch_precision.true_float32() and float32_of(dtype, device).
    prepare: Callable[..., Operation]
    # flops(size, step) counts the floating-point operations that the result needs: products and sums of
    # matrix products, convolutions and attention; where there are none, every arithmetic operation,
    # comparison and elementary function. Whole numbers count alike.
    flops: Callable[..., int]
    # bytes_moved(size, element_bytes, step) is the least that must cross the memory bus: operands in, result
    # out, nothing twice.
    bytes_moved: Callable[..., int]
    memory_bytes: Callable[..., int]  # (size, element_bytes, step): what it holds allocated
    # check(size, dtype, device, seed) gives the forward result and the same from float64 (on the CPU), on
    # the same operands; None where that has no meaning.
    check: Callable[[int, str, str, int], tuple[Tensor, Tensor]] | None = None
    # transfer_bytes(size, element_bytes) must reach a device before, and leave it after, when the data live
    # in the host's memory; None for what has none.
    transfer_bytes: Callable[[int, int], tuple[int, int]] | None = None
    crosses_link: bool = False  # between the host's memory and a device's
    least_flops: bool = True  # no algorithm needs fewer FLOPs than are counted; some do for convolutions


@dataclass(frozen=True)
class Draw:
    """Draws operands: draw(3, 4) is a tensor (3, 4) of this format on this device."""

    dtype: str
    device: str
    generator: torch.Generator
    data: str = "random"  # how they are filled, of OPERAND_FILLS
    in_float64: bool = False  # the same values, as float64
    drawn_on: str | None = None  # where they are drawn; None where they are needed

    def __call__(self, *shape: int) -> Tensor:
        return self._drawn(shape, self.data)

    def weights(self, *shape: int, fan_in: int) -> Tensor:
        """Random whatever `data` says, and small enough that layers keep the size of what they are given."""
        return self._drawn(shape, "random") / math.sqrt(fan_in)

    def _drawn(self, shape: tuple[int, ...], data: str) -> Tensor:
        there = self.drawn_on or self.device
        drawn = operand_fill.fill(shape, torch_dtype(self.dtype), there, self.generator, data)
        drawn = drawn.to(self.device)
        return drawn.to(torch.float64) if self.in_float64 else drawn

    def result(self, rows: int, columns: int, dtype: torch.dtype) -> Tensor:
        """Where an operation writes a matrix (rows, columns), again at every call."""
        return torch.empty(rows, columns, dtype=dtype, device=self.device)

    @property
    def kind(self) -> str:
        """The format that the operation computes with."""
        return "float64" if self.in_float64 else self.dtype


@dataclass(frozen=True)
class Built:
    """An operation that is ready to run."""

    call: Callable[[], Tensor]
    inputs: Sequence[Tensor] = ()  # what a training step finds gradients of
    upstream: Tensor | None = None  # gradient of the result, in its shape; None without a training step


Build = Callable[[int, Draw], Built]


def torch_dtype(dtype: str) -> torch.dtype:
    """torch's object for one of our format names."""
    return getattr(torch, _TORCH_NAMES.get(dtype, dtype))


def prepare_by(build: Build) -> Callable[..., Operation]:
    """The `prepare` of a workload whose operation build(size, draw) makes."""

    def prepare(
        size: int, dtype: str, device: str, seed: int, step: str = FORWARD, data: str = "random"
    ) -> Operation:
        check_format(dtype, device)
        built = build(size, Draw(dtype, device, torch.Generator(device).manual_seed(seed), data))
        return _STEPS[step](built)

    return prepare


def check_by(build: Build) -> Callable[[int, str, str, int], tuple[Tensor, Tensor]]:
    """The `check` of a workload whose operation build(size, draw) makes."""

    def check(size: int, dtype: str, device: str, seed: int) -> tuple[Tensor, Tensor]:
        check_format(dtype, device)
        generator = torch.Generator(device)
        built = build(size, Draw(dtype, device, generator.manual_seed(seed)))
        # On the CPU, since not every device has float64.
        exact = build(size, Draw(dtype, "cpu", generator.manual_seed(seed), in_float64=True, drawn_on=device))
        with torch.no_grad(), float32_of(dtype, device):
            return built.call(), exact.call()

    return check


def training_step(built: Built) -> Operation:
    """Forward, and backward to the gradients of all inputs. Raises RuntimeError where there are none."""
    upstream = _with_gradients(built)

    def forward_and_backward() -> tuple[Tensor, ...]:
        return torch.autograd.grad(built.call(), built.inputs, upstream)

    return forward_and_backward


def backward_step(built: Built) -> Operation:
    """Backward alone, again and again through one forward pass, which is made here.

    Raises RuntimeError where there are no gradients.
    """
    upstream = _with_gradients(built)
    result = built.call()
    return lambda: torch.autograd.grad(result, built.inputs, upstream, retain_graph=True)


def _with_gradients(built: Built) -> Tensor:
    """Let the inputs have gradients; the gradient of the result."""
    if built.upstream is None:
        raise RuntimeError("this operation has no training step")
    for tensor in built.inputs:
        tensor.requires_grad_()
    return built.upstream


_STEPS: dict[str, Callable[[Built], Operation]] = {
    FORWARD: lambda built: built.call,
    TRAINING: training_step,
    BACKWARD: backward_step,
}


def check_format(dtype: str, device: str) -> None:
    """Raises RuntimeError for TF32 where there is none: elsewhere it would silently be float32."""
    if dtype != "tf32":
        return
    if torch.device(device).type != "cuda" or torch.version.hip:
        raise RuntimeError("TF32 is a format of NVIDIA's tensor cores, and this device has none")
    if torch.cuda.get_device_capability(device) < (8, 0):
        raise RuntimeError("TF32 came with compute capability 8.0 (Ampere), and this GPU is older")


def support(workload: Workload, dtype: str, device: str, step: str = FORWARD) -> str | None:
    """None when a device can run a workload in a format, else the reason; it tries the smallest size."""
    try:
        workload.prepare(workload.sizes[0], dtype, device, 0, step)()
    except DEVICE_ERRORS as error:
        return device_error(error)
    return None


def forward_or_three_times(forward: Callable[[int], int]) -> Callable[..., int]:
    """flops(size, step) where the backward pass costs twice the forward one, as it does for products."""
    passes = {FORWARD: 1, TRAINING: 3, BACKWARD: 2}
    return lambda size, step=FORWARD: forward(size) * passes[step]
