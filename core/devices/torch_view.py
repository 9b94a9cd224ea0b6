"""Which accelerators torch can use, asked once of a process of its own: this one never imports torch.

A driver's list and torch's differ: in a container, with a slice of a GPU, with another vendor's card, with a
card that is too old, lost or forbidden.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.device_order import number_by_bus
from core.devices import asking
from core.devices.reading import Device

# Importing torch takes seconds on a busy machine; a driver that hangs takes for ever.
TIMEOUT_S = 60.0

_PROGRAM = "from core.devices import torch_probe; torch_probe.write()"


@dataclass(frozen=True)
class TorchView:
    """What torch said; `failure` says why it did not, and the rest is empty then."""

    devices: tuple[Device, ...] = ()
    reasons: Mapping[str, str] = field(default_factory=dict)  # of kinds without a device
    failure: str | None = None

    def of(self, kind: str) -> list[Device]:
        """Its devices of one kind."""
        return [device for device in self.devices if device.kind == kind]


_lock = threading.Lock()
_kept: list[TorchView] = []


def known() -> TorchView | None:
    """What torch has said in this process; None while it was not asked, or has not answered yet."""
    return _kept[0] if _kept else None


def ask() -> TorchView:
    """Ask torch, once; whoever asks meanwhile waits for the same answer."""
    with _lock:
        if not _kept:
            _kept.append(_loaded_here() or _from_a_process())
        return _kept[0]


def forget() -> None:
    """Ask anew next time: a card was added or lost."""
    with _lock:
        _kept.clear()


def _loaded_here() -> TorchView | None:
    """Where torch is loaded already (a script, a worker), it need not be loaded once more."""
    if not hasattr(sys.modules.get("torch"), "cuda"):
        return None
    from core.devices.torch_probe import answer

    return _view(answer())


def _from_a_process() -> TorchView:
    environment = dict(os.environ)
    number_by_bus(environment)
    try:
        done = subprocess.run(
            [sys.executable, "-c", _PROGRAM],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        if done.returncode != 0:
            last = done.stderr.decode(errors="replace").strip().splitlines()[-1:] or ["it ended"]
            return TorchView(failure=last[0])
        return _view(json.loads(done.stdout.splitlines()[-1]))
    except subprocess.TimeoutExpired:
        return TorchView(failure=f"no answer within {TIMEOUT_S:.0f} s")
    except (OSError, ValueError, LookupError, TypeError) as error:
        return TorchView(failure=asking.in_words(error))


def _view(answer: Mapping[str, Any]) -> TorchView:
    found = (Device(one["id"], one["name"], one["kind"], one["facts"]) for one in answer["devices"])
    return TorchView(tuple(found), answer["reasons"])
