"""What operands hold. Speed depends on it: zeros run faster on GPUs, denormals far slower on CPUs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from core.lazy import LazyModule

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = LazyModule("torch")

OPERAND_FILLS = ("random", "zeros", "constant", "denormal", "untouched")


def fill(
    shape: tuple[int, ...],
    dtype: torch.dtype,
    device: str,
    generator: torch.Generator | None = None,
    data: str = "random",
) -> Tensor:
    """A tensor of this shape and torch dtype, filled as DATA names it.

    random: standard normal, and for whole numbers uniform over all of them. constant: ones. denormal: numbers
    below the smallest normal one. untouched: memory as it comes, never written.
    """
    return _FILLS[data](shape, dtype, device, generator)


def _random(
    shape: tuple[int, ...], dtype: torch.dtype, device: str, generator: torch.Generator | None
) -> Tensor:
    if not dtype.is_floating_point:
        span = torch.iinfo(dtype)
        return torch.randint(span.min, span.max + 1, shape, dtype=dtype, device=device, generator=generator)
    if dtype.itemsize == 1:  # torch draws no float8
        return torch.randn(shape, device=device, generator=generator).to(dtype)
    return torch.randn(shape, dtype=dtype, device=device, generator=generator)


def _denormal(
    shape: tuple[int, ...], dtype: torch.dtype, device: str, generator: torch.Generator | None
) -> Tensor:
    if not dtype.is_floating_point:
        raise RuntimeError("whole numbers have no denormal values")
    # One number, made in float64, which not every device has, and laid out as often as needed.
    one = torch.tensor(torch.finfo(dtype).tiny / 2, dtype=torch.float64).to(dtype)
    return one.to(device).expand(shape).clone(memory_format=torch.contiguous_format)


_FILLS: dict[str, Callable[..., Tensor]] = {
    "random": _random,
    "zeros": lambda shape, dtype, device, generator: torch.zeros(shape, dtype=dtype, device=device),
    "constant": lambda shape, dtype, device, generator: torch.ones(shape, dtype=dtype, device=device),
    "denormal": _denormal,
    "untouched": lambda shape, dtype, device, generator: torch.empty(shape, dtype=dtype, device=device),
}
