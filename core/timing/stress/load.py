"""Products on one device, one after the other, each compared with the first, in a thread of their own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from core.lazy import LazyModule
from core.timing.workloads.dtypes import DTYPE_BYTES
from core.timing.workloads.matmul import product
from core.timing.workloads.workload import Draw
from core.torch_devices import DEVICE_ERRORS, device_error
from core.torch_precision import float32_of

if TYPE_CHECKING:
    import torch
else:
    torch = LazyModule("torch")

# A product is at least so long where memory allows it: the comparison must not take what heats the device.
_PRODUCT_S = 0.02
_LOOKS = 4  # at how long a product takes, of which the shortest counts: a busy machine holds some up
_SIDES = (1024, 2048, 4096, 8192)
# Two operands, the result, the first result and the comparison, in this fraction of the free memory.
_MATRICES, _MEMORY_FRACTION = 5, 0.5
# Products between two looks at what they gave, together so long; a device is waited for only then.
_BLOCK_S = 0.2
# Rows of the first product that are compared with float64.
_ROWS = 8
# Whoever watches is gone or paused when nothing was heard of it for so long: then the load rests.
PATIENCE_S = 3.0


class Load:
    """start() begins; products, wrong, gflop and failure say how it goes; stop() ends it and waits.

    renew() has to be called again and again: a load that nobody watches rests.
    """

    def __init__(
        self,
        device: str,
        dtype: str,
        free_bytes: int | None,
        seed: int = 0,
        make: Callable[[int, Draw], Callable[[], torch.Tensor]] | None = None,
    ) -> None:
        self.device, self.size = device, 0
        self.products, self.wrong, self.gflop = 0, 0, 0.0
        self.relative_error: float | None = None
        self.failure: str | None = None  # why it ended by itself
        self._dtype, self._seed, self._free = dtype, seed, free_bytes
        self._make = make or _square
        self._heard_at, self._over = time.monotonic(), threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name=f"load of {device}")

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def renew(self) -> None:
        """Somebody watches."""
        self._heard_at = time.monotonic()

    def stop(self) -> None:
        """End, and wait until the device rests."""
        self._over.set()
        self._thread.join()

    @property
    def ended(self) -> bool:
        """Whether it works no more."""
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            with float32_of(self._dtype, self.device):
                self._work()
        except DEVICE_ERRORS as error:
            self.failure = device_error(error)

    def _work(self) -> None:
        call, call_s = self._largest()
        flop = 2 * self.size**3 / 1e9
        first = call().clone()
        self.relative_error = self._error_of(first)
        differing = torch.zeros((), dtype=torch.int64, device=self.device)
        calls = max(1, round(_BLOCK_S / max(call_s, 1e-9)))
        began = time.perf_counter()
        while not self._over.is_set():
            if time.monotonic() - self._heard_at > PATIENCE_S:
                self._over.wait(0.1)
                began = time.perf_counter()
                continue
            for _ in range(calls):
                differing += torch.count_nonzero(call().ne(first))  # NaN differs from itself as well
            self.wrong = int(differing)  # waits for the device
            self.products += calls
            self.gflop += calls * flop
            began, taken_s = time.perf_counter(), time.perf_counter() - began
            calls = max(1, min(2 * calls, round(calls * _BLOCK_S / taken_s)))  # it slows down when it is hot

    def _largest(self) -> tuple[Callable[[], torch.Tensor], float]:
        """A product that takes long enough, as far as memory goes, and the seconds of a call."""
        room = None if self._free is None else _MEMORY_FRACTION * self._free / _MATRICES
        width = max(DTYPE_BYTES[self._dtype], 4)
        call, call_s = None, 0.0
        for side in _SIDES:
            if self._over.is_set() or (call and room is not None and side * side * width > room):
                break
            draw = Draw(self._dtype, self.device, torch.Generator(self.device).manual_seed(self._seed))
            call, self.size = self._make(side, draw), side
            _wait_for(call())
            call_s = min(map(_seconds_of, [call] * _LOOKS))
            if call_s >= _PRODUCT_S:
                break
        assert call is not None
        return call, call_s

    def _error_of(self, first: torch.Tensor) -> float:
        """The largest error of some rows of the first product against float64, relative to their largest."""
        draw = Draw(self._dtype, self.device, torch.Generator(self.device).manual_seed(self._seed))
        a, b = (draw(self.size, self.size).cpu().double() for _ in range(2))
        exact, found = a[:_ROWS] @ b, first[:_ROWS].cpu().double()
        return float((found - exact).abs().max() / exact.abs().max())


def _square(side: int, draw: Draw) -> Callable[[], torch.Tensor]:
    return product(side, side, side, draw).call


def _seconds_of(call: Callable[[], torch.Tensor]) -> float:
    began = time.perf_counter()
    _wait_for(call())
    return time.perf_counter() - began


def _wait_for(result: torch.Tensor) -> None:
    """Until a device has made it."""
    result[:1, :1].cpu()
