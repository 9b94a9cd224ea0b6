"""The GPUs that torch calls cuda, NVIDIA's and AMD's: their driver's list joined with torch's own, by UUID.

Until torch has been asked (core.devices.torch_view) the driver's list stands for both.
"""

from __future__ import annotations

import ctypes
import os
from dataclasses import replace
from functools import cache
from typing import Any

from core.devices import amd, asking, nvidia, torch_view
from core.devices.gpu_processes import GpuProcess
from core.devices.reading import Device, Reading
from core.devices.torch_build import torch_build


def vendor() -> str:
    """Whose GPUs this build of torch calls cuda."""
    return "AMD" if torch_build().hip else "NVIDIA"


def devices() -> list[Device]:
    """The GPUs under torch's names, and after them those that torch cannot use, under their UUIDs."""
    driver = amd.devices() if torch_build().hip else nvidia.devices()
    view = torch_view.known()
    return driver if view is None or view.failure else joined(driver, view.of("cuda"))


def joined(driver: list[Device], torchs: list[Device]) -> list[Device]:
    """torch's devices with what the driver knows of each; then the driver's that torch does not list."""
    left, found = list(driver), []
    for device in torchs:
        card = next((card for card in left if _are_one(device, card)), None)
        if card is None and not _has_identity(device) and len(torchs) == len(driver):
            card = next((card for card in left if card.id == device.id), None)
        if card is not None:
            left.remove(card)
        facts = dict(card.facts) if card else {}
        facts |= {name: fact for name, fact in device.facts.items() if name not in facts}
        name = (card.name if card else "") or device.name or f"{vendor()} GPU"
        found.append(Device(device.id, name, "cuda", facts))
    return found + [replace(card, id=str(card.facts["uuid"])) for card in left if "uuid" in card.facts]


def absent_because() -> str | None:
    """Why torch can use none of these GPUs, or None when it can use one.

    No driver, or a torch without CUDA, or both: each needs another remedy, so both are reported.
    """
    build = torch_build()
    no_driver = amd.absent_because() if build.hip else nvidia.absent_because()
    if not build.hip and not build.cuda:
        return _because_of_the_build(no_driver)
    view = torch_view.known()
    if view is None or view.failure:
        if no_driver is None or build.hip or nvidia.has_library() or not _has_cuda():
            return no_driver
        why = f"PyTorch did not answer: {view.failure}" if view else "PyTorch was not asked yet"
        return f"{no_driver}; {why}"
    if view.of("cuda"):
        return None
    torch_says = f"PyTorch {build.version} finds no {vendor()} GPU that it can use"
    words = view.reasons.get("cuda")
    return no_driver or (f"{torch_says}: {words}" if words else torch_says)


def may_be_there() -> bool:
    """Whether torch is worth asking: it was built for AMD's GPUs, or for NVIDIA's and a driver is there."""
    build = torch_build()
    if build.hip:
        return True
    return bool(build.cuda) and (nvidia.has_library() or _has_cuda())


def read(device_id: str) -> dict[str, Reading]:
    """The readings of a GPU, given by torch's name, its UUID, or its place on the bus."""
    if torch_build().hip:
        return amd.read(_identity(device_id, "pci_bus_id"))
    return nvidia.read(_identity(device_id, "uuid"))


def monitored(device_id: str) -> dict[str, Reading]:
    """Whatever its driver reports that may change from second to second."""
    if torch_build().hip:
        return amd.monitored(_identity(device_id, "pci_bus_id"))
    return nvidia.monitored(_identity(device_id, "uuid"))


def health(device_id: str) -> dict[str, Reading]:
    """What changes rarely or never."""
    if torch_build().hip:
        return amd.health(_identity(device_id, "pci_bus_id"))
    return nvidia.health(_identity(device_id, "uuid"))


def processes(device_id: str) -> list[GpuProcess]:
    """The processes on a GPU. Raises LookupError, with the reason, where they are not reported."""
    if torch_build().hip:
        return amd.processes(_identity(device_id, "pci_bus_id"))
    return nvidia.processes(_identity(device_id, "uuid"))


def counters(device_id: str) -> dict[str, Reading]:
    """What a GPU has counted so far; empty where it counts nothing."""
    if torch_build().hip:
        return {}
    return nvidia.counters(_identity(device_id, "uuid"))


def link(device_id: str) -> dict[str, Reading]:
    """Generation and lanes of a GPU's link to the host now; empty where its driver is not asked for them."""
    return {} if torch_build().hip else nvidia.link(_identity(device_id, "uuid"))


def _because_of_the_build(no_driver: str | None) -> str:
    version = torch_build().version or "not installed"
    no_cuda = f"this torch build ({version}) has no CUDA"
    if no_driver:
        return f"{no_driver}; {no_cuda} either"
    names = ", ".join(device.name for device in nvidia.devices())
    return f"{no_cuda[0].upper()}{no_cuda[1:]}, though the driver lists {names}"


def _identity(device_id: str, fact: str) -> str:
    """What the driver knows a GPU of torch's by, where torch has said it."""
    view = torch_view.known()
    of = {device.id: device for device in view.of("cuda")} if view else {}
    name = device_id if ":" in device_id or device_id != "cuda" else "cuda:0"
    found: Any = of[name].facts.get(fact) if name in of else None
    if found is None:
        return device_id
    return nvidia.with_uuid(str(found)) if fact == "uuid" else str(found)


def _has_identity(device: Device) -> bool:
    return bool({"uuid", "pci_bus_id"} & set(device.facts))


def _are_one(device: Device, card: Device) -> bool:
    """By UUID where both have one: a slice of a GPU lies in the same place as the whole."""
    if "uuid" in device.facts and "uuid" in card.facts:
        bare = [str(one.facts["uuid"]).removeprefix("GPU-").removeprefix("MIG-") for one in (device, card)]
        return bare[0].lower() == bare[1].lower()
    places = [str(one.facts["pci_bus_id"]) for one in (device, card) if "pci_bus_id" in one.facts]
    return len(places) == 2 and amd.same_place(*places)


@cache
def _has_cuda() -> bool:
    """Whether CUDA's own driver library is there, which some containers and boards have without NVML."""
    library = "nvcuda.dll" if os.name == "nt" else "libcuda.so.1"
    return asking.fact(ctypes.CDLL, library) is not None
