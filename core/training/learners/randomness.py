"""The random numbers that a network's own layers draw (dropout), kept by learner and not by process.

Such a layer draws from its device's default generator. A learner has a state for that generator: it is put
there for a pass and taken back after it, so that neither other work in the process nor a resume changes what
the learner draws.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor


class LayerRandomness:
    """What a device's default generator is to draw from, for one learner. Copies draw by themselves."""

    def __init__(self, device: torch.device, seed: int) -> None:
        self._device = device
        self._state = torch.Generator(device).manual_seed(seed).get_state()

    @contextmanager
    def drawing(self) -> Iterator[None]:
        """While this lasts, layers draw this learner's numbers; the generator is as before afterwards."""
        before = _get(self._device)
        _set(self._device, self._state)
        try:
            yield
            self._state = _get(self._device)
        finally:
            _set(self._device, before)

    def state(self) -> Tensor | dict[str, Any]:
        """All that restore() needs: the generator's state, with the kind of device where that is no CPU."""
        kind = self._device.type
        return self._state if kind == "cpu" else {"kind": kind, "state": self._state}

    def restore(self, kept: dict[str, Any] | Tensor) -> None:
        """Return to a state().

        The numbers of another kind of device cannot be continued: there it stays as the seed made it, as
        with checkpoints of version 0.1, which had the CPU's state for every device.
        """
        kind, state = ("cpu", kept) if isinstance(kept, Tensor) else (kept["kind"], kept["state"])
        if kind == self._device.type:
            self._state = state


def _get(device: torch.device) -> Tensor:
    module = _module(device)
    return module.get_rng_state(device) if device.type in ("cuda", "xpu") else module.get_rng_state()


def _set(device: torch.device, state: Tensor) -> None:
    module = _module(device)
    if device.type in ("cuda", "xpu"):
        module.set_rng_state(state, device)
    else:
        module.set_rng_state(state)


def _module(device: torch.device) -> Any:
    return torch.random if device.type == "cpu" else torch.get_device_module(device)
