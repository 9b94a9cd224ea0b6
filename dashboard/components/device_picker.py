"""Controls for the devices of this machine that PyTorch can use."""

from __future__ import annotations

from streamlit.delta_generator import DeltaGenerator

from core import devices
from dashboard.components.address import bound


def device_names() -> dict[str, str]:
    """The name of each device that can be used, by its id; the CPU comes first."""
    return {"cpu": "CPU"} | {device.id: device.name for device in devices.usable() if device.kind != "cpu"}


def pick_device(container: DeltaGenerator) -> str:
    """The id of one device."""
    names = device_names()
    return str(bound(container.pills, "Device", names, "cpu", key="device", names=names, required=True))


def pick_devices(container: DeltaGenerator) -> list[str]:
    """Ids of devices, all of them to begin with."""
    names = device_names()
    return list(
        bound(container.pills, "Devices", names, [*names], key="devices", names=names, selection_mode="multi")
    )
