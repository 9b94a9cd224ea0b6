"""The command line: `python -m core.timing suite quick`; `python -m core.timing --help` tells the rest."""

from __future__ import annotations

import argparse
import contextlib
import json
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from typing import Any, NoReturn

from core.commands.timing import BAD_INPUT, COMMANDS, INTERRUPTED, NOTHING_RAN, OK, Command, Plan
from core.commands.timing.options import Option
from core.errors import InvalidRequest
from core.timing.workloads import WORKLOADS

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
        command = COMMANDS[options.command]
        return _follow(command.plan(options), options) if command.plan else _OWN[options.command](options)
    except InvalidRequest as error:
        print(_on_one_line(str(error)), file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:  # before there was anything to keep
        print("Stopped.", file=sys.stderr)
        return INTERRUPTED


def _gemm(options: argparse.Namespace) -> int:
    """One sweep of matrix multiplications, each row as soon as it is known."""
    from core.commands.timing.measuring import gemm

    show = _print_json if options.json else _print_gemm
    records, stopped = _kept(gemm(options), show, _ProgressLine(lines=False))
    print(*["Stopped."] * stopped, _gemm_conclusion(records), file=sys.stderr)
    if stopped:
        return INTERRUPTED
    return OK if any(record["event"] == "measurement_taken" for record in records) else NOTHING_RAN


def _print_gemm(record: Any) -> None:
    """The table of one workload, narrower than that of many."""
    from core.timing.results import labels, lines

    match record["event"]:
        case "environment_read":
            _print_lines([labels.environment_line(record["environment"]), "", lines.GEMM_HEADER])
        case "device_absent":
            print(f"{record['device']:<8} absent: {record['reason']}", flush=True)
        case "measurement_failed":
            where = f"{record['device']:<8} {record['dtype']:<9} {record['size']:>6}"
            print(f"{where} failed: {record['reason']}", flush=True)
        case "measurement_taken":
            print(lines.gemm_row(record), flush=True)


def _gemm_conclusion(records: list[Any]) -> str:
    """What to know about the figures, or why there are none."""
    from core.timing.results.table import NOTABLE_LOAD, measurements, other_load

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
    from core import tables

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
        print(tables.csv_text(columns, rows), end="")
    elif options.markdown:
        print(tables.markdown_table(columns, rows))
    else:
        _print_lines(f"{name:<24} {title}. Size: {means}." for name, title, _, means, *_ in rows)
    return OK


def _follow(plan: Plan, options: argparse.Namespace) -> int:
    """Show records in the chosen form and keep them in --out; Ctrl-C ends the events and loses none.

    Returns the exit code.
    """
    from core.events import event_record
    from core.timing.results import files
    from core.timing.results.events import Concluded

    telling = plan.telling
    if options.out is not None:
        files.check_writable(options.out)
    show = _print_json if options.json else _shown_as_table(telling)
    if options.csv or options.markdown:
        show = _ignored
    records, stopped = _kept(plan.events, show, _ProgressLine(lines=True))
    records.append(event_record(Concluded(tuple(telling.sentences(records)))))
    show(records[-1])
    if options.out is not None:
        files.write_as(options.out, records, telling.csv, telling.markdown)
    if options.csv:
        print(telling.csv(records), end="")
    elif options.markdown:
        print(telling.markdown(records), end="")
    if stopped:
        print("Stopped; what was measured until then is kept.", file=sys.stderr)
    return plan.exit_code(records, stopped)


def _kept(
    events: Iterator[Any], show: Callable[[Any], None], progress: _ProgressLine
) -> tuple[list[Any], bool]:
    """The records of all events, each shown as it comes, and whether Ctrl-C ended them."""
    from core.events import Progress, event_record

    records: list[Any] = []
    try:
        for event in events:
            if isinstance(event, Progress):
                progress.show(event)
            else:
                progress.clear()
                records.append(event if isinstance(event, dict) else event_record(event))
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
    for name, entry in COMMANDS.items():
        told = f"{entry.told[0].upper()}{entry.told[1:]}."
        command = commands.add_parser(name, help=entry.told, description=told)
        command.set_defaults(command=name)
        if name == wanted:
            _add_options(command, entry)
    return parser


def _add_options(command: argparse.ArgumentParser, entry: Command) -> None:
    for option in entry.options:
        command.add_argument(option.name, **_as_argument(option))
    forms = command.add_mutually_exclusive_group()
    for form in entry.forms:
        forms.add_argument(f"--{form}", action="store_true", help=_FORMS[form])


def _as_argument(option: Option) -> dict[str, Any]:
    """The keywords of argparse.add_argument()."""
    keywords = {
        "type": _reading(option.kind),
        "metavar": option.values,
        "help": option.told,
        "default": option.default,
    }
    keywords |= {"nargs": option.many} if option.many else {}
    keywords |= {"choices": option.choices} if option.choices else {}
    # A place is called by its name alone, and may not be told another one.
    return keywords | ({"dest": option.field} if option.name.startswith("--") else {})


def _reading(kind: Callable[[str], Any]) -> Callable[[str], Any]:
    """As argparse wants it: of an error that is a ValueError it would drop the words."""

    @wraps(kind, updated=())
    def read(text: str) -> Any:
        try:
            return kind(text)
        except InvalidRequest as error:
            raise argparse.ArgumentTypeError(str(error).rstrip(".")) from None

    return read


_FORMS = {
    "json": "one JSON object a line, the environment first",
    "csv": "comma-separated values at the end",
    "markdown": "a Markdown page at the end",
}

# The commands that are shown in their own way.
_OWN: dict[str, Callable[[argparse.Namespace], int]] = {"list": _list, "gemm": _gemm}


if __name__ == "__main__":
    # A reader that closes the pipe early (`| head`) is no error.
    with contextlib.suppress(AttributeError, ValueError):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    sys.exit(main())
