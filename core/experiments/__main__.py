"""The command line: `python -m core.experiments dying_units --set learning_rates=0.1,1 --json`."""

from __future__ import annotations

import argparse
import contextlib
import json
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import fields
from typing import Any, NoReturn

from core.errors import InvalidRequest
from core.experiments.registry import EXPERIMENTS
from core.settings import from_texts

OK, BAD_INPUT, INTERRUPTED = 0, 2, 130


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise InvalidRequest(f"{message[0].upper()}{message[1:]}; see {self.prog} --help.")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    try:
        options = _parser().parse_args(arguments)
        if options.name == "list":
            _list(options.json)
            return OK
        experiment = EXPERIMENTS[options.name]
        config = experiment.config(**from_texts(experiment.settings, options.set, "seeds=4"))
        return _run(options.name, config, options.json)
    except InvalidRequest as error:
        print(error, file=sys.stderr)
        return BAD_INPUT


def _list(as_json: bool) -> None:
    """Every experiment with its settings and their usual values."""
    for name, experiment in EXPERIMENTS.items():
        default = {field.name: field.default for field in fields(experiment.config)}
        if as_json:
            record = {"name": name, "finds_out": experiment.finds_out, "settings": default}
            print(json.dumps(record, ensure_ascii=False))
        else:
            print(f"{name:<14}{experiment.finds_out}")
            for setting, value in default.items():
                text = ",".join(map(str, value)) if isinstance(value, tuple) else value
                print(f"    {setting}={text}")


def _run(name: str, config: Any, as_json: bool) -> int:
    """JSON: each event as it comes. Text: a table at the end, also of what came before Ctrl-C."""
    line, records = _ProgressLine(), []
    code = OK
    try:
        from core.events import Progress, event_record

        for event in EXPERIMENTS[name].start(config):
            if isinstance(event, Progress):
                line.show(event)
                continue
            records.append(event_record(event))
            if as_json:
                line.clear()
                print(json.dumps(records[-1], ensure_ascii=False), flush=True)
    except KeyboardInterrupt:
        code = INTERRUPTED
    line.clear()
    if not as_json:
        for text in EXPERIMENTS[name].table(records):
            print(text)
    if code == INTERRUPTED:
        print("Stopped; what was measured until then is above.", file=sys.stderr)
    return code


class _ProgressLine:
    """One line on a terminal's stderr that is written over; nothing where stderr is no terminal."""

    def __init__(self) -> None:
        self._on = sys.stderr.isatty()
        self._began = self._shown = time.perf_counter()

    def show(self, progress: Any) -> None:
        now = time.perf_counter()
        if not self._on or now - self._shown < 0.1:
            return
        self._shown = now
        left_s = (now - self._began) * (progress.total / max(progress.done, 1) - 1)
        told = f"{progress.done:,} of {progress.total:,} {progress.unit}, about {left_s:.0f} s left"
        sys.stderr.write(f"\r\x1b[K{told}")
        sys.stderr.flush()

    def clear(self) -> None:
        if self._on:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m core.experiments",
        description="Measure what text-books say. `list` names the settings of each experiment.",
    )
    told = "; ".join(f"{name}: {experiment.finds_out}" for name, experiment in EXPERIMENTS.items())
    parser.add_argument("name", metavar="NAME", choices=["list", *EXPERIMENTS], help=f"list; {told}")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="any setting, lists parted by commas, such as biases=0,-1; may be repeated",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a line, the verdict last")
    return parser


if __name__ == "__main__":
    # A reader that closes the pipe early (`| head`) is no error.
    with contextlib.suppress(AttributeError, ValueError):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    sys.exit(main())
