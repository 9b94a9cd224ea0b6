"""The machine that a result was measured on, as JSON. Its host name is left out: results are shared."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from typing import Any

from core.devices import cgroup, cpu, gpus, other
from core.devices.torch_build import torch_build

# Whoever simulates devices says so, and what they are, in this variable: then no result can be mistaken for a
# measurement.
SIMULATED = "SIMULATED_DEVICES"


def environment() -> dict[str, Any]:
    """Python, torch, processor, memory, limits and GPUs of this machine; "simulated" where GPUs are none."""
    build = torch_build()
    simulated = os.environ.get(SIMULATED)
    return ({"simulated": simulated} if simulated else {}) | {
        "python": platform.python_version(),
        "torch": build.version,
        "torch_cuda": build.cuda,
        "numpy": importlib.metadata.version("numpy"),
        "platform": f"{platform.system()} {platform.release()} {platform.machine()}",
        "cpu": cpu.model(),
        "cpu_instructions": str(cpu.device().facts.get("instructions", "")),
        "physical_cores": cpu.device().facts.get("physical_cores"),
        "logical_cores": cpu.device().facts.get("logical_cores"),
        "usable_cores": cpu.usable_cores(),
        "container_cpu_limit": cgroup.cpu_limit(),
        "memory_bytes": cpu.memory_total_bytes(),
        # those that torch calls cuda first, in its order
        "gpus": [_gpu(device.name, device.facts) for device in [*gpus.devices(), *other.devices()]],
    }


def _gpu(name: str, facts: dict[str, str | int | float]) -> dict[str, Any]:
    return {"name": name} | {key: fact for key, fact in facts.items() if key != "uuid"}
