"""What torch itself says of the accelerators here. It imports torch and opens them: for a process of its own.

core.devices.torch_view starts that process.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import torch

from core.devices.amd import place_on_bus


def write() -> None:
    """Put the answer on the standard output, as the last line."""
    json.dump(answer(), sys.stdout)


def answer() -> dict[str, Any]:
    """devices: id, kind, name and facts of each that torch can use. reasons: of kinds without one, why.

    A device that torch counts and cannot describe is there all the same.
    """
    devices: list[dict[str, Any]] = []
    reasons: dict[str, str] = {}
    for kind, ask in (("cuda", _cuda), ("mps", _mps), ("xpu", _xpu)):
        try:
            devices += ask()
        except Exception as error:  # of any driver: the others are asked all the same
            reasons[kind] = (str(error).strip() or type(error).__name__).splitlines()[0]
    return {"devices": devices, "reasons": reasons}


def _cuda() -> list[dict[str, Any]]:
    if not torch.cuda.is_available():
        torch.cuda.init()  # raises, and says why
        raise RuntimeError("it finds no GPU that it can use")
    return [
        _card("cuda", index, torch.cuda.get_device_properties) for index in range(torch.cuda.device_count())
    ]


def _xpu() -> list[dict[str, Any]]:
    if not torch.xpu.is_available():
        raise RuntimeError("it finds no GPU that it can use")
    return [_card("xpu", index, torch.xpu.get_device_properties) for index in range(torch.xpu.device_count())]


def _mps() -> list[dict[str, Any]]:
    if not torch.backends.mps.is_available():
        raise RuntimeError("it finds no GPU that it can use")
    return [{"id": "mps", "kind": "mps", "name": "", "facts": {}}]


def _card(kind: str, index: int, describe: Any) -> dict[str, Any]:
    name, facts = "", {}
    try:
        properties = describe(index)
        name = str(properties.name)
        facts["memory_bytes"] = int(properties.total_memory)
        if kind == "cuda":
            facts |= _cuda_facts(properties)
    except Exception:  # counted, and not to be described: still a card
        pass
    return {"id": f"{kind}:{index}", "kind": kind, "name": name, "facts": facts}


def _cuda_facts(properties: Any) -> dict[str, Any]:
    """By which a card is found again in its driver's list, and what it can do."""
    facts: dict[str, Any] = {"uuid": str(properties.uuid)} if getattr(properties, "uuid", None) else {}
    if place := place_on_bus(properties):
        facts["pci_bus_id"] = place
    if not torch.version.hip:  # there these two number an architecture of AMD's
        facts["compute_capability"] = f"{properties.major}.{properties.minor}"
    return facts
