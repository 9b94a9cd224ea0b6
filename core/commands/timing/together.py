"""The commands that measure several processes or devices together."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace

from core.commands.exit_codes import INTERRUPTED, NOTHING_MEASURED, OK
from core.commands.output import JSON
from core.commands.timing.arguments import add_out, add_settings
from core.commands.timing.entry import Command
from core.commands.timing.following import follow
from core.errors import InvalidRequest
from core.timing.collectives.config import SETTINGS as OF_COLLECTIVES
from core.timing.together.config import SETTINGS as OF_TOGETHER

_MAX_PROCESSES = 1024


def collectives(options: argparse.Namespace) -> int:
    """One process of torchrun; with --processes, torchrun itself. The first process prints and writes."""
    from core.timing.collectives.config import CollectivesConfig
    from core.timing.collectives.job import collectives, under_torchrun
    from core.timing.collectives.summary import sentences
    from core.timing.results import report

    given = {name: value for name in OF_COLLECTIVES if (value := getattr(options, name)) is not None}
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


def _add_collectives(parser: argparse.ArgumentParser) -> None:
    add_settings(parser, OF_COLLECTIVES, OF_COLLECTIVES)
    parser.add_argument(
        "--processes", type=int, metavar="N", help="start so many here; else run this under torchrun"
    )
    add_out(parser)


COLLECTIVES = Command(
    "collectives",
    collectives,
    "what processes pay for talking to each other: all-reduce, broadcast ... against message size",
    _add_collectives,
    formats=(JSON,),
)


def together(options: argparse.Namespace) -> int:
    """Devices alone and together."""
    from core.timing.results import report
    from core.timing.results.conclusions import nothing_measured
    from core.timing.sweeps.suites import all_devices
    from core.timing.together.config import TogetherConfig
    from core.timing.together.job import together

    given = {name: value for name in OF_TOGETHER if (value := getattr(options, name)) is not None}
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


def _add_together(parser: argparse.ArgumentParser) -> None:
    add_settings(parser, OF_TOGETHER, OF_TOGETHER)
    add_out(parser)


TOGETHER = Command(
    "together",
    together,
    "several devices at work at once against one at a time: do they share power or a link?",
    _add_together,
    formats=(JSON,),
)
