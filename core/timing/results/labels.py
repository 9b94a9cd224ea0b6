"""What a record is about, named for people: the machine, the workload, the device. Records in, text out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.timing.results.table import Record
from core.timing.results.units import counted, in_bytes


def environment_line(environment: Mapping[str, Any]) -> str:
    """The machine in one line; what an old or foreign record does not hold is left out."""
    if nodes := environment.get("nodes"):
        return f"{environment.get('cluster', 'a cluster')}, {counted(len(nodes), 'node')}: {', '.join(nodes)}"
    forms = {"usable_cores": "{} usable cores", "torch": "torch {}", "python": "Python {}", "platform": "{}"}
    known = {name: form.format(environment[name]) for name, form in forms.items() if environment.get(name)}
    memory = environment.get("memory_bytes")
    machine = [str(environment.get("cpu", "an unknown CPU")), known.pop("usable_cores", "")]
    machine.append(in_bytes(memory) if isinstance(memory, int | float) else "")
    parts = [", ".join(filter(None, machine)), accelerators_label(environment), ", ".join(known.values())]
    return "; ".join(filter(None, parts))


def accelerators_label(environment: Mapping[str, Any]) -> str:
    """Those that a driver or torch has listed, whatever torch was built for: CUDA, ROCm, Metal or a CPU."""
    gpus = environment.get("gpus")
    if not isinstance(gpus, list):
        return ""
    names = [str(gpu.get("name", "GPU")) for gpu in gpus if isinstance(gpu, dict)]
    mark = " (simulated)" if environment.get("simulated") else ""
    return ", ".join(f"{name}{mark}" for name in names) or "no GPU listed"


def workload_label(record: Record) -> str:
    """The workload with its step and operand fill where they are not the default ones."""
    parts = [record["workload"]]
    parts += [record["step"]] if record.get("step", "forward") != "forward" else []
    parts += [record["data"]] if record.get("data", "random") != "random" else []
    return " ".join(map(str, parts))


def device_label(record: Record) -> str:
    """The device, with its CPU threads where these play a part: "cpu, 2 threads"."""
    if record["threads"] is None:
        return str(record["device"])
    return f"{record['device']}, {counted(record['threads'], 'thread')}"


def threads_label(record: Record) -> str:
    """CPU threads as a cell of a table: "2", or a dash."""
    return "-" if record["threads"] is None else str(record["threads"])


def precision_label(record: Record) -> str:
    """The precision that ran; what was asked for as well where that is another."""
    ran = record["precision"] or record["dtype"]
    return ran if ran == record["dtype"] else f"{record['dtype']} that really ran as {ran}"
