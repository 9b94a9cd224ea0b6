"""torch.cuda and torch.mps of a process with simulated cards."""

from __future__ import annotations

from ctypes import CDLL
from types import SimpleNamespace
from typing import Any

import torch

from tests.simulated_gpu.cards import Machine

CYCLES_A_SECOND = 1.7e9


class Uuid:
    """Its text has no "GPU-" in front, as torch's own has none."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __str__(self) -> str:
        return self._text


class CudaModule:
    """What the project, and torch itself, ask torch.cuda for."""

    def __init__(self, machine: Machine, library: CDLL) -> None:
        self._machine, self._card = machine, library
        self.emptied = 0  # times that the cache was emptied
        self.initialised = False

    def put_in_place(self) -> None:
        """Over torch.cuda's own."""
        cuda: Any = torch.cuda
        cuda._lazy_init = self._begin
        cuda.is_available = lambda: True
        cuda.device_count = lambda: len(self._machine.cards)
        cuda.is_initialized = lambda: self.initialised
        cuda.current_device = lambda: self._card.simulated_current_device()
        cuda.set_device = lambda device: self._card.simulated_exchange_device(self._index(device))
        cuda.get_device_properties = self._properties
        cuda.get_device_name = lambda device=None: self._machine.cards[self._index(device)].name
        cuda.get_device_capability = lambda device=None: self._machine.cards[self._index(device)].capability
        cuda.get_arch_list = lambda: ["sm_75", "sm_80", "sm_90"]
        cuda.is_bf16_supported = lambda including_emulation=True: True
        cuda.is_current_stream_capturing = lambda: False
        cuda._is_in_bad_fork = lambda: False
        cuda.synchronize = self._synchronise
        cuda.empty_cache = self._empty
        cuda.mem_get_info = self._memory
        cuda.memory_allocated = lambda device=None: self._card.simulated_live_bytes(self._index(device))
        cuda.max_memory_allocated = lambda device=None: self._card.simulated_peak_bytes(self._index(device))
        cuda.reset_peak_memory_stats = lambda device=None: self._card.simulated_reset_peak(
            self._index(device)
        )
        cuda._exchange_device = lambda index: self._card.simulated_exchange_device(index)
        cuda._maybe_exchange_device = cuda._exchange_device
        cuda.default_generators = tuple(self._default_generator(n) for n in range(len(self._machine.cards)))
        cuda._sleep = self._sleep
        cuda.Event = lambda enable_timing=False, **_: Event(self._card)
        for name in ("_lazy_init", "current_device", "device_count", "is_initialized"):
            setattr(torch.cuda.random, name, getattr(cuda, name))  # which has names of its own for them
        torch.backends.cudnn.is_acceptable = lambda tensor: False
        torch.version.cuda = None if self._machine.hip else "13.0"
        torch.version.hip = self._machine.hip

    def _begin(self) -> None:
        if not self.initialised:
            self.initialised = True
            torch.cuda._initialized = True
            for call, _ in [*torch.cuda._queued_calls]:
                call()

    def _index(self, device: Any) -> int:
        if isinstance(device, int):
            return device
        index = None if device is None else torch.device(device).index
        return self._card.simulated_current_device() if index is None else index

    def _properties(self, device: Any = None) -> SimpleNamespace:
        card = self._machine.cards[self._index(device)]
        return SimpleNamespace(
            name=card.name,
            uuid=Uuid(card.uuid),
            L2_cache_size=card.l2_bytes,
            total_memory=card.memory_bytes,
            major=card.capability[0],
            minor=card.capability[1],
            multi_processor_count=40,
            gcnArchName="gfx942",
        )

    def _synchronise(self, device: Any = None) -> None:
        index = self._index(device)
        if message := self._card.simulated_failure(index, b"*"):
            raise RuntimeError(message.decode())
        self._card.simulated_synchronise(index)

    def _memory(self, device: Any = None) -> tuple[int, int]:
        index = self._index(device)
        total = self._machine.cards[index].memory_bytes
        return total - self._card.simulated_live_bytes(index), total

    def _empty(self) -> None:
        self.emptied += 1

    def _sleep(self, cycles: int) -> None:
        self._card.simulated_launch(self._card.simulated_current_device(), cycles / CYCLES_A_SECOND)

    def _default_generator(self, index: int) -> torch.Generator:
        self._card.simulated_default_generator()
        return torch.Generator(f"cuda:{index}")


class Event:
    """A stamp in the queue of the card that is the current one when it is recorded."""

    def __init__(self, library: CDLL) -> None:
        self._card, self._at_s = library, 0.0

    def record(self, stream: Any = None) -> None:
        index = self._card.simulated_current_device()
        if message := self._card.simulated_failure(index, b"*"):
            raise RuntimeError(message.decode())
        self._at_s = self._card.simulated_launch(index, 0.0)

    def query(self) -> bool:
        return self._at_s <= self._card.simulated_now_s()

    def synchronize(self) -> None:
        self._card.simulated_wait_until_s(self._at_s)

    def elapsed_time(self, end: Event) -> float:
        return 1e3 * (end._at_s - self._at_s)


def put_mps_in_place(machine: Machine, card: CDLL) -> None:
    """An Apple GPU."""
    mps: Any = torch.mps
    torch.backends.mps.is_available = lambda: True
    torch.backends.mps.is_built = lambda: True
    mps.device_count = lambda: len(machine.cards)
    mps.synchronize = lambda: card.simulated_synchronise(0)
    mps.empty_cache = lambda: None
    mps.current_allocated_memory = lambda: card.simulated_live_bytes(0)
    mps.driver_allocated_memory = lambda: card.simulated_live_bytes(0)
    card.simulated_default_generator()
    generator = torch.Generator("mps")
    mps._get_default_mps_generator = lambda: generator
    mps._is_in_bad_fork = lambda: False
