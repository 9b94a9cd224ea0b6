"""The device that a training runs on, and the CPU threads that it takes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from core.errors import InvalidRequest
from core.timing.present import why_absent


def present_device(name: str) -> torch.device:
    """torch's device of this name. Raises InvalidRequest with the reason when it cannot be used here."""
    reason = why_absent(name)
    if reason:
        raise InvalidRequest(f"The device {name!r} cannot be used: {reason}.")
    return torch.device(name)


@contextmanager
def cpu_threads(count: int) -> Iterator[None]:
    """torch's CPU threads while this lasts; the number before comes back after."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
