"""`python -m core.experiments` or `nablascope experiments`: measure what text-books say."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from core.commands.exit_codes import INTERRUPTED, OK
from core.commands.job import as_record, event_printer, run_job
from core.commands.output import JSON, TEXT, add_formats, print_lines, print_rows
from core.commands.parser import Parser, add_set
from core.experiments.registry import EXPERIMENTS
from core.settings import from_texts


def command(words: Sequence[str], prog: str = "python -m core.experiments") -> int:
    """Run one command; returns the exit code."""
    options = _parser(prog).parse_args(words)
    return _list(options) if options.name == "list" else _run(options)


def _list(options: argparse.Namespace) -> int:
    """Every experiment with its settings and their defaults."""
    rows = [
        {
            "name": name,
            "finds_out": experiment.finds_out,
            "settings": {field.name: field.default for field in fields(experiment.config)},
        }
        for name, experiment in EXPERIMENTS.items()
    ]
    print_rows(rows, options.format, _list_lines)
    return OK


def _list_lines(row: Mapping[str, Any]) -> str:
    lines = [f"{row['name']:<14}{row['finds_out']}"]
    for setting, value in row["settings"].items():
        lines.append(f"    {setting}={','.join(map(str, value)) if isinstance(value, tuple) else value}")
    return "\n".join(lines)


def _run(options: argparse.Namespace) -> int:
    """JSON: each event as it comes. Text: a table at the end, also of what came before Ctrl-C."""
    experiment = EXPERIMENTS[options.name]
    config = experiment.config(**from_texts(experiment.settings, options.set, "seeds=4"))
    records: list[dict[str, Any]] = []
    complete = run_job(
        experiment.start(config),
        lambda event: records.append(as_record(event)),
        event_printer(options.format, lambda _event: None),
    )
    if options.format == TEXT:
        print_lines(experiment.table(records))
    if not complete:
        print("Stopped. What was measured until then is above.", file=sys.stderr)
    return OK if complete else INTERRUPTED


def _parser(prog: str) -> Parser:
    parser = Parser(
        prog=prog, description="Measure what text-books say. `list` names the settings of each experiment."
    )
    found = "; ".join(f"{name}: {experiment.finds_out}" for name, experiment in EXPERIMENTS.items())
    parser.add_argument("name", metavar="NAME", choices=["list", *EXPERIMENTS], help=f"list; {found}")
    add_set(parser, "any setting, lists separated by commas, such as biases=0,-1")
    add_formats(parser, JSON)
    return parser
