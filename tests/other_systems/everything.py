"""What a person does with the package, in one process: run as `python -m tests.other_systems.everything`.

Prints one JSON object: what each part gave.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import pkgutil
import sys
from typing import Any


def modules() -> list[str]:
    """Imports every module of core, and of dashboard all but the pages, which are scripts."""
    found = []
    for package in (importlib.import_module("core"), importlib.import_module("dashboard")):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if module.name.endswith("__main__") or module.name.startswith(
                ("dashboard.views.", "dashboard.app")
            ):
                continue
            if module.name in ("core.export.template", "core.runs.worker"):  # scripts as well
                continue
            if module.name.startswith("core.export.templates."):  # of frameworks that are not installed
                continue
            importlib.import_module(module.name)
            found.append(module.name)
    return found


def command(*words: str) -> dict[str, Any]:
    """Exit code and lines of JSON of one command line."""
    from core.commands.main import main

    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        code = main([*words, "--json"])
    return {"code": code, "lines": [json.loads(line) for line in printed.getvalue().splitlines()]}


def processor() -> dict[str, Any]:
    """What Home shows of it: values, or reasons."""
    from core import devices
    from core.devices import cache, cpu
    from core.devices.interruptions import interruptions

    return {
        "model": cpu.model(),
        "cores": cpu.usable_cores(),
        "cache": cache.last_level_bytes(),
        "interruptions": interruptions(),
        "readings": {name: reading.value is not None for name, reading in devices.read("cpu").items()},
    }


def machine_code() -> str:
    """The FMA peak, or why it is not known."""
    from core.timing.roofline.machine_code.fma import fma_peak

    return str(fma_peak(1))


def runner() -> dict[str, Any]:
    """A run in a worker process to its end, one that is stopped, and one that is left running."""
    from core.paths import data_folder
    from core.records import to_record
    from core.runs.runners.local import LocalRunner
    from core.training.config import default_config
    from tests.waiting import wait_until

    long = to_record(default_config("mlp", "moons", epochs=10_000, engine="eager", snapshot_every_s=None))
    folder = data_folder()
    local = LocalRunner(folder / "runs.sqlite", limit=1)
    stopped = local.submit("training", long)
    wait_until(lambda: len(local.store.events_after(stopped)) > 2)
    local.request(stopped, "stop")
    wait_until(lambda: (run := local.store.get(stopped)) and run.ended)
    left = local.submit("training", long)
    wait_until(lambda: len(local.store.events_after(left)) > 2)
    run = local.store.get(stopped)
    assert run is not None
    return {
        "stopped": run.status,
        "left": left,
        "workers": [worker.pid for worker in local._workers.values()],
    }


if __name__ == "__main__":
    given = {
        "modules": len(modules()),
        "processor": processor(),
        "machine_code": machine_code(),
        "training": command("training", "mlp", "--data", "moons", "--set", "epochs=2", "--out", sys.argv[1]),
        "timing": command(
            "timing",
            "gemm",
            "--sizes",
            "16",
            "--dtypes",
            "float32",
            "--max-seconds",
            "0.1",
            "--target-ci",
            "0.2",
        ),
        "runner": runner(),
    }
    sys.stdout.write(json.dumps(given))
    sys.stdout.flush()
    os._exit(0)  # without a word to its workers: they must end by themselves
