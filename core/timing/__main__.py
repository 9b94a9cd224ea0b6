"""The command line: `python -m core.timing suite quick`; `python -m core.timing --help` tells the rest."""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NoReturn

from core.devices import KINDS
from core.errors import InvalidRequest
from core.timing.dtypes import DTYPE_BYTES
from core.timing.regimes import DATA
from core.timing.suites import SUITES
from core.timing.workloads import WORKLOADS

OK, NOTHING_RAN, REGRESSION, BAD_INPUT, INTERRUPTED = 0, 1, 1, 2, 130

# Where stderr is no terminal, a line of progress at most this often.
_PROGRESS_EVERY_S = 2.0


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise InvalidRequest(f"{message[0].upper()}{message[1:]}; see {self.prog} --help.")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    try:
        words = list(sys.argv[1:] if arguments is None else arguments)
        options = _parser(words[0] if words else "").parse_args(words)
        return int(options.command(options))
    except InvalidRequest as error:
        print(_on_one_line(str(error)), file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:  # before there was anything to keep
        print("Stopped.", file=sys.stderr)
        return INTERRUPTED


def _gemm(options: argparse.Namespace) -> int:
    """One sweep of matrix multiplications, each row as soon as it is known."""
    from core.timing.config import SweepConfig

    config = SweepConfig(
        workload="gemm",
        sizes=options.sizes,
        dtypes=options.dtypes,
        devices=options.devices,
        threads=options.threads,
        target_ci=options.target_ci,
        max_seconds=options.max_seconds,
        seed=options.seed,
    )
    return _run_gemm(config, _print_json if options.json else _print_gemm)


def _run_gemm(config: Any, show: Callable[[Any], None]) -> int:
    from core.timing.sweep import sweep

    records, stopped = _kept(sweep(config), show, _ProgressLine(lines=False))
    print(*["Stopped."] * stopped, _gemm_conclusion(records), file=sys.stderr)
    if stopped:
        return INTERRUPTED
    return OK if any(record["event"] == "measurement_taken" for record in records) else NOTHING_RAN


def _print_gemm(record: Any) -> None:
    """The table of one workload, narrower than that of many."""
    from core.timing import report

    match record["event"]:
        case "environment_read":
            _print_lines([report.environment_line(record["environment"]), "", report.GEMM_HEADER])
        case "device_absent":
            print(f"{record['device']:<8} absent: {record['reason']}", flush=True)
        case "measurement_failed":
            where = f"{record['device']:<8} {record['dtype']:<9} {record['size']:>6}"
            print(f"{where} failed: {record['reason']}", flush=True)
        case "measurement_taken":
            print(report.gemm_row(record), flush=True)


def _gemm_conclusion(records: list[Any]) -> str:
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


def _list(options: argparse.Namespace) -> int:
    """The workloads, one a line."""
    from core.timing import report

    columns = ("workload", "title", "family", "size means", "steps", "dtypes", "sizes")
    rows = [
        (
            name,
            workload.title,
            workload.family,
            workload.size_means,
            ",".join(workload.steps),
            ",".join(workload.dtypes),
            ",".join(map(str, workload.sizes)),
        )
        for name, workload in WORKLOADS.items()
    ]
    keyed = [dict(zip(columns, row, strict=True)) for row in rows]
    if options.json:
        _print_lines(json.dumps(row, ensure_ascii=False) for row in keyed)
    elif options.csv:
        print(report.csv_table(columns, rows), end="")
    elif options.markdown:
        print(report.markdown_table(columns, rows))
    else:
        _print_lines(f"{name:<24} {title}. Size: {means}." for name, title, _, means, *_ in rows)
    return OK


def _run(options: argparse.Namespace) -> int:
    """Chosen workloads over the axes."""
    from core.timing.suites import chosen
    from core.timing.sweep import sweeps

    return _measured(sweeps(chosen(options.workloads, _axes(options)), _within(options, None)), options)


def _suite(options: argparse.Namespace) -> int:
    """A ready choice of workloads, within a time."""
    from core.timing.suites import planned
    from core.timing.under_roof import under_roof

    suite = SUITES[options.suite]
    axes = _axes(options)
    configs, within_s = planned(suite, axes), _within(options, suite.within_s)
    roofs = _roofs(axes, seconds=max(1.0, 20 * configs[0].max_seconds), dtypes=("float32", "bfloat16"))
    if within_s == 0:
        raise InvalidRequest("Nothing was measured: within 0 seconds there is no time for any point.")
    return _measured(under_roof(roofs, configs, within_s, with_dots=False), options)


def _roofline(options: argparse.Namespace) -> int:
    """The roofs of all devices, and workloads under them."""
    from core.timing.suites import placed
    from core.timing.under_roof import under_it, under_roof

    axes = _axes(options)
    roofs = _roofs(axes, seconds=axes.pop("max_seconds", 60.0), dtypes=tuple(DTYPE_BYTES))
    axes.pop("dtypes", None)
    configs = under_it(options.workloads or placed(), axes)
    return _measured(under_roof(roofs, configs, _within(options, None)), options)


def _roofs(axes: dict[str, Any], seconds: float, dtypes: tuple[str, ...]) -> Any:
    from core.timing.roofline import RooflineConfig
    from core.timing.suites import all_devices

    return RooflineConfig(
        devices=axes.get("devices", all_devices()),
        dtypes=axes.get("dtypes", dtypes),
        threads=axes.get("threads", (0,)),
        max_seconds=seconds,
        seed=axes.get("seed", 0),
    )


def _speedup(options: argparse.Namespace) -> int:
    """Accelerators over the CPU, size by size."""
    from core.timing.suites import all_devices, chosen
    from core.timing.sweep import sweeps
    from core.timing.under_roof import with_speedups

    axes = {"max_seconds": 0.5} | _axes(options)
    transfers = [] if all_devices() == ("cpu",) else ["host_to_device", "device_to_host"]
    configs = chosen(options.workloads or ["gemm"], axes)
    configs += chosen(
        transfers, {name: axes[name] for name in axes if name in ("devices", "max_seconds", "seed")}
    )
    return _measured(with_speedups(sweeps(configs, _within(options, None))), options)


def _compare(options: argparse.Namespace) -> int:
    """Two result files, point by point."""
    from core.timing import files, report
    from core.timing.gate import compare_results

    baseline, candidate = (files.with_measurements(path) for path in (options.baseline, options.candidate))
    records = _followed(compare_results(baseline, candidate), options, report.COMPARISONS)[0]
    if not any(record["event"] == "point_compared" for record in records):
        raise InvalidRequest(f"{options.baseline!r} and {options.candidate!r} have no point in common.")
    return OK


def _gate(options: argparse.Namespace) -> int:
    """Measure a baseline's points again; 1 for a confirmed regression."""
    from core.timing import files, report
    from core.timing.gate import gate

    baseline = files.with_measurements(options.baseline)
    records, stopped = _followed(gate(baseline, _axes(options)), options, report.COMPARISONS)
    if any(record["event"] == "point_compared" and record["regression"] for record in records):
        return REGRESSION
    if not stopped and not any(record["event"] == "point_compared" for record in records):
        raise InvalidRequest(f"No point of {options.baseline!r} can be measured on this machine.")
    return INTERRUPTED if stopped else OK


def _report(options: argparse.Namespace) -> int:
    """A result file in Markdown, or the quick suite measured now."""
    from core.timing import files, report

    if not (options.json or options.csv):
        options.markdown = True
    if options.file is None:
        options.suite = "quick"
        return _suite(options)
    records = files.read(options.file)
    _followed(iter(records), options, report.FIGURES)
    return OK


def _measured(events: Iterator[Any], options: argparse.Namespace) -> int:
    """Follow a measurement to its end; nothing measured at all is a request that cannot be met here."""
    from core.timing import report
    from core.timing.conclusions import nothing_measured
    from core.timing.results import measurements

    records, stopped = _followed(events, options, report.FIGURES)
    if stopped:
        return INTERRUPTED
    if not measurements(records) and not any(record["event"] == "peak_found" for record in records):
        raise InvalidRequest(nothing_measured(records))
    return OK


def _followed(events: Iterator[Any], options: argparse.Namespace, telling: Any) -> tuple[list[Any], bool]:
    """Show records in the chosen form and keep them in --out; Ctrl-C ends the events and loses none.

    Returns the records and whether they were cut short.
    """
    from core.events import to_record
    from core.timing import files
    from core.timing.events import Concluded

    if options.out is not None:
        files.check_writable(options.out)
    show = _print_json if options.json else _shown_as_table(telling)
    if options.csv or options.markdown:
        show = _ignored
    records, stopped = _kept(events, show, _ProgressLine(lines=True))
    records.append(to_record(Concluded(tuple(telling.sentences(records)))))
    show(records[-1])
    if options.out is not None:
        files.write_as(options.out, records, telling.csv, telling.markdown)
    if options.csv:
        print(telling.csv(records), end="")
    elif options.markdown:
        print(telling.markdown(records), end="")
    if stopped:
        print("Stopped; what was measured until then is kept.", file=sys.stderr)
    return records, stopped


def _kept(
    events: Iterator[Any], show: Callable[[Any], None], progress: _ProgressLine
) -> tuple[list[Any], bool]:
    """The records of all events, each shown as it comes, and whether Ctrl-C ended them."""
    from core.events import Progress, to_record

    records: list[Any] = []
    try:
        for event in events:
            if isinstance(event, Progress):
                progress.show(event)
            else:
                progress.clear()
                records.append(event if isinstance(event, dict) else to_record(event))
                show(records[-1])
    except KeyboardInterrupt:
        return records, True
    finally:
        progress.clear()
    return records, False


def _print_json(record: Any) -> None:
    print(json.dumps(record, ensure_ascii=False), flush=True)


def _shown_as_table(telling: Any) -> Callable[[Any], None]:
    """Prints each record's line under a header that comes first."""
    headed = False

    def show(record: Any) -> None:
        nonlocal headed
        line = telling.line(record)
        if line is not None and record["event"] in telling.under_header and not headed:
            headed = True
            _print_lines(["", telling.header])
        if line is not None:
            print(line, flush=True)

    return show


def _ignored(_record: Any) -> None:
    return None


class _ProgressLine:
    """How far it is and the time left, on stderr: one line that is written over on a terminal.

    lines: elsewhere (a file, a CI log) a line every few seconds; without it nothing.
    """

    def __init__(self, lines: bool) -> None:
        self._over = sys.stderr.isatty()
        self._lines = lines and not self._over
        self._began = time.perf_counter()
        self._told_at = self._began

    def show(self, progress: Any) -> None:
        now = time.perf_counter()
        if self._over:
            sys.stderr.write(f"\r\x1b[K{self._words(progress, now)}")
            sys.stderr.flush()
        elif self._lines and 1 <= progress.done < progress.total and now - self._told_at >= _PROGRESS_EVERY_S:
            self._told_at = now
            print(self._words(progress, now), file=sys.stderr)

    def _words(self, progress: Any, now: float) -> str:
        left = ""
        if progress.done >= 1:
            left = f", about {(now - self._began) * (progress.total / progress.done - 1):.0f} s left"
        return f"{int(progress.done)} of {progress.total:.0f} {progress.unit}{left}"

    def clear(self) -> None:
        if self._over:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def _axes(options: argparse.Namespace) -> dict[str, Any]:
    """The options that were given, by the names of a config's fields."""
    names = (
        "sizes", "dtypes", "devices", "threads", "steps", "data", "max_seconds", "target_ci", "quiet_wait_s",
        "seed",
    )  # fmt: skip
    return {name: value for name in names if (value := getattr(options, name, None)) is not None}


def _within(options: argparse.Namespace, usual_s: float | None) -> float | None:
    given = getattr(options, "within", None)
    if given is None:
        return usual_s
    if not 0 <= given < math.inf:
        raise InvalidRequest(f"within {given!r} is not possible; it must be a number of seconds.")
    return float(given)


def _print_lines(lines: Any) -> None:
    for line in lines:
        print(line, flush=True)


def _on_one_line(text: str) -> str:
    """The text with line breaks and control characters written out, as an argument may hold them."""
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)


def _parser(wanted: str) -> argparse.ArgumentParser:
    """The parser of all commands; of the wanted one alone with its options, since adding these takes time."""
    parser = _Parser(
        prog="python -m core.timing", description="Measure operations on the devices of this machine."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, (run, says, add_options) in _COMMANDS.items():
        command = commands.add_parser(name, help=says, description=f"{says[0].upper()}{says[1:]}.")
        command.set_defaults(command=run)
        if name == wanted:
            add_options(command)
    return parser


def _list_options(command: argparse.ArgumentParser) -> None:
    _add_forms(command, out=False)


def _run_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("workloads", nargs="+", metavar="WORKLOAD", help="as `list` names them, or a family")
    _add(command, "sizes", "dtypes", "devices", "threads", "steps", "data")
    _add(command, "max-seconds", "within", "target-ci", "quiet-wait", "seed")
    _add_forms(command)


def _suite_options(command: argparse.ArgumentParser) -> None:
    told = "; ".join(f"{name}: {suite.title}" for name, suite in SUITES.items())
    command.add_argument("suite", choices=tuple(SUITES), metavar="SUITE", help=told)
    _add(command, "sizes", "dtypes", "devices", "threads", "data")
    _add(command, "max-seconds", "within", "target-ci", "quiet-wait", "seed")
    _add_forms(command)


def _compare_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("baseline", metavar="A.json", help="the result to compare with")
    command.add_argument("candidate", metavar="B.json", help="the result to judge")
    _add_forms(command)


def _roofline_options(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "workloads", nargs="*", metavar="WORKLOAD", help="to place under the roof (all but activations)"
    )
    _add(command, "dtypes", "devices", "threads", "max-seconds", "within", "target-ci", "quiet-wait", "seed")
    _add_forms(command)


def _speedup_options(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "workloads", nargs="*", metavar="WORKLOAD", help="as `list` names them, or a family (gemm)"
    )
    _add(command, "sizes", "dtypes", "devices", "threads", "steps")
    _add(command, "max-seconds", "within", "target-ci", "quiet-wait", "seed")
    _add_forms(command)


def _gate_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("baseline", metavar="BASELINE.json", help="a result of this machine")
    _add(command, "max-seconds", "target-ci", "quiet-wait", "seed")
    _add_forms(command)


def _report_options(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "file", nargs="?", metavar="FILE.json", help="a result; without one, `suite quick` now"
    )
    _add(command, "devices", "threads", "max-seconds", "within", "target-ci", "quiet-wait", "seed")
    _add_forms(command)


def _gemm_options(command: argparse.ArgumentParser) -> None:
    for option, default, told in (
        ("sizes", (256, 512, 1024), f"{WORKLOADS['gemm'].size_means} (256,512,1024)"),
        ("dtypes", ("float32",), f"of {', '.join(DTYPE_BYTES)} (float32)"),
        ("devices", ("cpu",), f"of {', '.join(KINDS)}, cuda:N (cpu)"),
        ("threads", (0,), "CPU threads; 0 is all usable cores (0)"),
        ("target-ci", 0.01, "relative width of the median's 95%% interval to stop at (0.01)"),
        ("max-seconds", 2.0, "longest a point may take, but for its least six samples (2)"),
        ("seed", 0, "of the random operands (0)"),
    ):
        kind, values, _ = _OPTIONS[option]
        command.add_argument(f"--{option}", type=kind, default=default, metavar=values, help=told)
    command.add_argument("--json", action="store_true", help="one JSON object a line, the environment first")


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _whole_numbers(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(number) for number in text.split(",") if number.strip())
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of whole numbers such as 256,512") from None


# Type, values as the help names them, and meaning. What is not given is the command's own choice.
_OPTIONS: dict[str, tuple[Callable[[str], Any], str, str]] = {
    "sizes": (_whole_numbers, "N,...", "sizes; `list` tells what a workload's size means (its own)"),
    "dtypes": (_names, "NAME,...", f"of {', '.join(DTYPE_BYTES)} (the workload's first)"),
    "devices": (_names, "NAME,...", f"of {', '.join(KINDS)}, cuda:N (all that are here)"),
    "threads": (_whole_numbers, "N,...", "CPU threads; 0 is all usable cores (0)"),
    "steps": (_names, "NAME,...", "forward, training, backward, where the workload has it (its first)"),
    "data": (_names, "NAME,...", f"what operands hold, of {', '.join(DATA)} (random)"),
    "max-seconds": (float, "S", "longest a point may take, but for its least six samples"),
    "within": (float, "S", "time for all points; those that do not fit are left out, and that is told"),
    "target-ci": (float, "SHARE", "relative width of the median's 95%% interval to stop at (0.01)"),
    "quiet-wait": (float, "S", "wait so long for other programs to rest, then retake what they spoilt (0)"),
    "seed": (int, "N", "of the random operands (0)"),
}


def _add(command: argparse.ArgumentParser, *names: str) -> None:
    for name in names:
        kind, values, told = _OPTIONS[name]
        dest = {"quiet-wait": "quiet_wait_s"}.get(name, name.replace("-", "_"))
        command.add_argument(f"--{name}", type=kind, metavar=values, help=told, dest=dest)


def _add_forms(command: argparse.ArgumentParser, out: bool = True) -> None:
    forms = command.add_mutually_exclusive_group()
    forms.add_argument("--json", action="store_true", help="one JSON object a line, the environment first")
    forms.add_argument("--csv", action="store_true", help="comma-separated values at the end")
    forms.add_argument("--markdown", action="store_true", help="a Markdown page at the end")
    if out:
        command.add_argument(
            "--out",
            metavar="FILE",
            help="also keep the result here, raw samples too; .csv or .md for those forms",
        )


_COMMANDS: dict[
    str, tuple[Callable[[argparse.Namespace], int], str, Callable[[argparse.ArgumentParser], None]]
] = {
    "list": (_list, "what can be measured", _list_options),
    "run": (_run, "measure workloads", _run_options),
    "suite": (
        _suite,
        "measure a ready choice of workloads, and say what they tell of the machine",
        _suite_options,
    ),
    "roofline": (
        _roofline,
        "find the best matrix product of each format and the copy bandwidth, and place workloads under them",
        _roofline_options,
    ),
    "speedup": (
        _speedup,
        "measure how many times faster accelerators are, and from which size on",
        _speedup_options,
    ),
    "compare": (
        _compare,
        "set two results against each other, with a verdict for each point",
        _compare_options,
    ),
    "gate": (_gate, "measure a baseline's points again; exits 1 on a confirmed regression", _gate_options),
    "report": (_report, "tell a result in Markdown", _report_options),
    "gemm": (
        _gemm,
        f"{WORKLOADS['gemm'].title.lower()} over sizes, formats, devices and threads",
        _gemm_options,
    ),
}


if __name__ == "__main__":
    # A reader that closes the pipe early (`| head`) is no error.
    with contextlib.suppress(AttributeError, ValueError):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    sys.exit(main())
