"""The commands that measure several processes or devices together."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace

from core.commands.exit_codes import INTERRUPTED, NOTHING_MEASURED, OK
from core.commands.timing.following import follow
from core.errors import InvalidRequest

_MAX_PROCESSES = 1024


def collectives(options: argparse.Namespace) -> int:
    """One process of torchrun; with --processes, torchrun itself. The first process prints and writes."""
    from core.timing.collectives.config import SETTINGS, CollectivesConfig
    from core.timing.collectives.job import collectives, under_torchrun
    from core.timing.collectives.summary import sentences
    from core.timing.results import report

    given = {name: value for name in SETTINGS if (value := getattr(options, name)) is not None}
    config = CollectivesConfig(**given)
    if options.processes is not None and not under_torchrun():
        return _start(options.processes)
    if under_torchrun() and os.environ["RANK"] != "0":
        for _ in collectives(config):
            pass
        return OK
    form = replace(report.FIGURES, sentences=sentences)
    records, complete = follow(collectives(config), form, options)
    if not complete:
        return INTERRUPTED
    measured = any(record["event"] == "collective_measured" for record in records)
    return OK if measured else NOTHING_MEASURED


def together(options: argparse.Namespace) -> int:
    """Devices alone and together."""
    from core.timing.results import report
    from core.timing.results.conclusions import nothing_measured
    from core.timing.sweeps.suites import all_devices
    from core.timing.together.config import SETTINGS, TogetherConfig
    from core.timing.together.job import together

    given = {name: value for name in SETTINGS if (value := getattr(options, name)) is not None}
    accelerators = tuple(device for device in all_devices() if device != "cpu")
    if "devices" not in given and len(accelerators) < 2:
        raise InvalidRequest(
            f"This machine has {len(accelerators)} accelerators that PyTorch can use; two are needed, or "
            "devices by name, such as --devices cpu,cuda:0."
        )
    config = TogetherConfig(**({"devices": accelerators} | given))
    form = replace(report.FIGURES, sentences=lambda _records: [])
    records, complete = follow(together(config), form, options)
    if not complete:
        return INTERRUPTED
    if not any(record["event"] == "together_measured" for record in records):
        raise InvalidRequest(nothing_measured(records))
    return OK


def _start(processes: int) -> int:
    """The same command under torchrun, in place of this process."""
    if not 2 <= processes <= _MAX_PROCESSES:
        raise InvalidRequest(
            f"processes {processes!r} is not possible; it must be a whole number from 2 to {_MAX_PROCESSES}."
        )
    torchrun = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # what torchrun sets, with a warning for each process
    words = sys.argv[sys.argv.index("collectives") :]  # `nablascope timing` stands before it, or nothing
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, *torchrun, "-m", "core.timing", *words])
