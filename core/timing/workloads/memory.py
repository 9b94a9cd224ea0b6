"""Moving data: on a device, and between the host's memory and a device's."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from core.lazy import LazyModule
from core.timing.workloads.workload import FLOATS, FORWARD, Built, Draw, Workload, prepare_by, torch_dtype

if TYPE_CHECKING:
    import torch

    from core.timing.workloads import operand_fill
else:
    torch = LazyModule("torch")
    operand_fill = LazyModule("core.timing.workloads.operand_fill")

FAMILY = "Memory"
_SIZES = tuple(4**power for power in range(5, 14))  # 1,024 to 67,108,864


def _copy(size: int, draw: Draw) -> Built:
    source = draw(size)
    # Filled and not left empty: pages that nobody has written are not really there.
    target = draw(size)
    return Built(lambda: target.copy_(source))


def _transfer(to_device: bool, pinned: bool) -> Callable[..., Callable[[], Any]]:
    """prepare() of a copy from the host to a device or back. Pinned memory is read by the device itself."""

    def prepare(
        size: int, dtype: str, device: str, seed: int, step: str = FORWARD, data: str = "random"
    ) -> Callable[[], Any]:
        if torch.device(device).type == "cpu":
            raise RuntimeError("The CPU works in the host's memory, so nothing has to be transferred")
        kind, generator = torch_dtype(dtype), torch.Generator("cpu").manual_seed(seed)
        on_host = operand_fill.fill((size,), kind, "cpu", generator, data)
        if pinned:
            on_host = on_host.pin_memory()
        on_device = on_host.to(device)
        if to_device:
            return lambda: on_device.copy_(on_host, non_blocking=pinned)
        return lambda: on_host.copy_(on_device, non_blocking=pinned)

    return prepare


def _entry(title: str, prepare: Callable[..., Callable[[], Any]], crossings: int) -> Workload:
    return Workload(
        title=title,
        family=FAMILY,
        size_means="elements that are copied",
        sizes=_SIZES,
        dtypes=FLOATS,
        steps=("forward",),
        prepare=prepare,
        flops=lambda n, step="forward": 0,
        bytes_moved=lambda n, element_bytes, step="forward": crossings * n * element_bytes,
        memory_bytes=lambda n, element_bytes, step="forward": 2 * n * element_bytes,
        crosses_link=crossings == 1,
    )


# On one device a byte crosses the memory bus twice, read and written; between two it crosses the link once.
MEMORY = {
    "copy": _entry("Copy on a device", prepare_by(_copy), crossings=2),
    "host_to_device": _entry("Host to device, pageable memory", _transfer(True, False), crossings=1),
    "host_to_device_pinned": _entry("Host to device, pinned memory", _transfer(True, True), crossings=1),
    "device_to_host": _entry("Device to host, pageable memory", _transfer(False, False), crossings=1),
    "device_to_host_pinned": _entry("Device to host, pinned memory", _transfer(False, True), crossings=1),
}
