"""Puts simulated cards into a torch that was loaded after them."""

from __future__ import annotations

from ctypes import CDLL
from typing import Any

from tests.simulated_gpu.cards import Machine

_held: list[Any] = []  # what torch would forget without a reference


def furnish(machine: Machine, library: CDLL) -> None:
    """Give this process, for the rest of its life, a machine's cards; library is what build.load() gave."""
    import torch

    from tests.simulated_gpu import cells, clock, cuda_module

    for index, card in enumerate(machine.cards):
        library.simulated_card(
            index,
            card.launch_s,
            card.least_kernel_s,
            card.bytes_a_second,
            card.operations_a_second,
            card.link_bytes_a_second,
            card.memory_bytes,
            machine.kind != "mps",
        )
        for operation, message in card.fails.items():
            library.simulated_fail(index, operation.encode(), message.encode())
    clock.put_in_place(library)
    if machine.driver is not None:
        clock.give_to_driver(library)
    _held.append(cells.register(machine.kind.upper()))
    if machine.kind == "mps":
        cuda_module.put_mps_in_place(machine, library)
    else:
        cuda_module.CudaModule(machine, library).put_in_place()
    torch.UntypedStorage.clone = _clone_of_storage  # type: ignore[method-assign]
    torch.simulated_card = library  # type: ignore[attr-defined]


def _clone_of_storage(self: Any) -> Any:
    """As torch's own, which a build for the CPU has for the CPU alone."""
    import torch

    as_bytes = torch.empty(0, dtype=torch.uint8, device=self.device).set_(self)
    return as_bytes.clone().untyped_storage()
