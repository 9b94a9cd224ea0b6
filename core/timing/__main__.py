"""The command line: `python -m core.timing gemm --sizes 256,512,1024 --dtypes float32,bfloat16`."""

from __future__ import annotations

import argparse
import contextlib
import json
import signal
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from core.devices import KINDS
from core.errors import InvalidRequest
from core.timing.dtypes import DTYPE_BYTES
from core.timing.workloads import WORKLOADS

OK, NOTHING_RAN, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise InvalidRequest(f"{message[0].upper()}{message[1:]}; see {self.prog} --help.")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    try:
        options = _parser().parse_args(arguments)
        from core.timing.config import SweepConfig

        config = SweepConfig(
            workload=options.workload,
            sizes=options.sizes,
            dtypes=options.dtypes,
            devices=options.devices,
            threads=options.threads,
            target_ci=options.target_ci,
            max_seconds=options.max_seconds,
            seed=options.seed,
        )
    except InvalidRequest as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    return _run(config, _print_json if options.json else _print_row)


def _run(config: Any, show: Callable[[Any], None]) -> int:
    """Print each event as it comes; Ctrl-C keeps what was printed."""
    records: list[dict[str, Any]] = []
    progress = _ProgressLine()
    try:
        from core.events import Progress, to_record
        from core.timing.sweep import sweep

        for event in sweep(config):
            if isinstance(event, Progress):
                progress.show(event)
            else:
                progress.clear()
                show(event)
                records.append(to_record(event))
    except KeyboardInterrupt:
        progress.clear()
        print("Stopped.", _conclusion(records), file=sys.stderr)
        return INTERRUPTED
    progress.clear()
    print(_conclusion(records), file=sys.stderr)
    return OK if any(record["event"] == "measurement_taken" for record in records) else NOTHING_RAN


def _conclusion(records: list[dict[str, Any]]) -> str:
    """What to know about the figures, or why there are none."""
    from core.timing.results import NOTABLE_LOAD, measurements, other_load

    taken = len(measurements(records))
    if not taken:
        reasons = [f"{record['device']}: {record['reason']}" for record in records if "reason" in record]
        return " ".join(["Nothing was measured.", *(f"{reason}." for reason in dict.fromkeys(reasons))])
    said = f"{taken} {'points' if taken > 1 else 'point'} measured."
    load = other_load(records) or 0.0
    if load < NOTABLE_LOAD:
        return said
    return f"{said} Other programs used up to {load:.0f}% of the CPU meanwhile, so the figures may be low."


def _print_json(event: Any) -> None:
    from core.events import to_record

    print(json.dumps(to_record(event), ensure_ascii=False), flush=True)


_HEADER = (
    f"{'device':<8} {'dtype':<9} {'size':>6} {'threads':>7} {'median':>10} {'95% CI':>7} {'GFLOP/s':>9} "
    f"{'samples':>7}  stopped by"
)


def _print_row(event: Any) -> None:
    """The table, a row as soon as it is known."""
    from core.timing.events import DeviceAbsent, EnvironmentRead, MeasurementFailed, MeasurementTaken

    match event:
        case EnvironmentRead():
            print(_environment_line(event.environment), _HEADER, sep="\n\n", flush=True)
        case DeviceAbsent():
            print(f"{event.device:<8} absent: {event.reason}", flush=True)
        case MeasurementFailed():
            print(f"{event.device:<8} {event.dtype:<9} {event.size:>6} failed: {event.reason}", flush=True)
        case MeasurementTaken():
            print(_row(event), flush=True)


def _row(taken: Any) -> str:
    median = _duration(taken.median_s)
    half_width = f"±{50 * (taken.ci_high_s - taken.ci_low_s) / taken.median_s:.1f}%"
    threads = "-" if taken.threads is None else taken.threads
    return (
        f"{taken.device:<8} {taken.dtype:<9} {taken.size:>6} {threads:>7} {median:>10} {half_width:>7} "
        f"{taken.gflops:>9,.1f} {taken.samples:>7}  {taken.stopped_by}"
    )


def _environment_line(environment: Any) -> str:
    from core.timing.config import in_bytes

    gpus = ", ".join(gpu["name"] for gpu in environment["gpus"]) or "no NVIDIA GPU"
    return (
        f"{environment['cpu']}, {environment['usable_cores']} usable cores, "
        f"{in_bytes(environment['memory_bytes'])}; {gpus}; "
        f"torch {environment['torch']}, Python {environment['python']}, {environment['platform']}"
    )


def _duration(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.4g} {unit}"
    return f"{seconds * 1e9:.4g} ns"


class _ProgressLine:
    """One line on a terminal's stderr that is written over; nothing where stderr is no terminal."""

    def __init__(self) -> None:
        self._on = sys.stderr.isatty()
        self._began = time.perf_counter()

    def show(self, progress: Any) -> None:
        if not self._on:
            return
        left = ""
        if progress.done > 0:
            spent = time.perf_counter() - self._began
            left = f", about {spent * (progress.total / progress.done - 1):.0f} s left"
        sys.stderr.write(f"\r\x1b[K{int(progress.done)} of {progress.total:.0f} {progress.unit}{left}")
        sys.stderr.flush()

    def clear(self) -> None:
        if self._on:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m core.timing", description="Measure operations on the devices of this machine."
    )
    commands = parser.add_subparsers(dest="workload", required=True, metavar="WORKLOAD")
    for name, workload in WORKLOADS.items():
        command = commands.add_parser(
            name,
            help=workload.title.lower(),
            description=f"{workload.title} over sizes, number formats, devices and CPU threads.",
        )
        _add_options(command, workload.size_means)
    return parser


def _add_options(command: argparse.ArgumentParser, size_means: str) -> None:
    for option, kind, default, values, meaning in (
        ("--sizes", _whole_numbers, (256, 512, 1024), "N,...", f"{size_means} (256,512,1024)"),
        ("--dtypes", _names, ("float32",), "NAME,...", f"of {', '.join(DTYPE_BYTES)} (float32)"),
        ("--devices", _names, ("cpu",), "NAME,...", f"of {', '.join(KINDS)}, cuda:N (cpu)"),
        ("--threads", _whole_numbers, (0,), "N,...", "CPU threads; 0 is all usable cores (0)"),
        (
            "--target-ci",
            float,
            0.01,
            "SHARE",
            "relative width of the median's 95%% interval to stop at (0.01)",
        ),
        ("--max-seconds", float, 2.0, "S", "longest a point may take, but for its least six samples (2)"),
        ("--seed", int, 0, "N", "of the random operands (0)"),
    ):
        command.add_argument(option, type=kind, default=default, metavar=values, help=meaning)
    command.add_argument("--json", action="store_true", help="one JSON object a line, the environment first")


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _whole_numbers(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(number) for number in text.split(",") if number.strip())
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of whole numbers such as 256,512") from None


if __name__ == "__main__":
    # A reader that closes the pipe early (`| head`) is no error.
    with contextlib.suppress(AttributeError, ValueError):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    sys.exit(main())
