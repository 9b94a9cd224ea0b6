"""`python -m core.experiments` or `nablascope experiments`: measure what text-books say."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import fields
from pathlib import Path
from typing import Any, TextIO

from core.commands.exit_codes import INTERRUPTED, OK, UNEXPECTED
from core.commands.job import as_record, event_printer, run_job
from core.commands.output import CSV, JSON, TEXT, add_formats, print_lines, print_rows
from core.commands.parser import Parser, add_set
from core.errors import InvalidRequest
from core.events import Picture
from core.experiments.chapters import CHAPTERS
from core.experiments.overview import results
from core.experiments.overview.config import StatementsConfig
from core.experiments.overview.job import run_statements
from core.experiments.overview.registry import ALL, STATEMENTS, chosen
from core.experiments.overview.results import Result
from core.experiments.registry import EXPERIMENTS
from core.experiments.statement import FULL, QUICK
from core.experiments.verdicts import VERDICTS
from core.settings import from_texts


def command(words: Sequence[str], prog: str = "python -m core.experiments") -> int:
    """Run one command; returns the exit code."""
    options = _parser(prog).parse_args(words)
    code: int = options.act(options)
    return code


def _list(options: argparse.Namespace) -> int:
    """Every statement, in the text's order, and every other experiment with its settings."""
    rows: list[dict[str, Any]] = [
        {
            "name": key,
            "number": entry.number,
            "chapter": CHAPTERS[entry.chapter].title,
            "finds_out": entry.sentence,
            "settings": {name: option.default for name, option in entry.settings.items()},
        }
        for key, entry in STATEMENTS.items()
    ]
    rows += [
        {
            "name": name,
            "number": "",
            "chapter": "",
            "finds_out": experiment.finds_out,
            "settings": {field.name: field.default for field in fields(experiment.config)},
        }
        for name, experiment in EXPERIMENTS.items()
    ]
    print_rows(rows, options.format, _list_lines)
    return OK


def _list_lines(row: Mapping[str, Any]) -> str:
    number = f"{row['number']:>4} " if row["number"] else ""
    lines = [f"{number}{row['name']:<24}{row['finds_out']}"]
    for setting, value in row["settings"].items():
        lines.append(f"    {setting}={','.join(map(str, value)) if isinstance(value, tuple) else value}")
    return "\n".join(lines)


def _run_statements(options: argparse.Namespace) -> int:
    """Test one statement after the other: a verdict with its intervals for each, as it comes."""
    keys = chosen(options.names)
    if options.set and len(keys) > 1:
        raise InvalidRequest("--set changes settings of one statement; name one.")
    configs = [_config(key, options) for key in keys]
    with _new_file(options.out) if options.out else nullcontext() as out:
        return _run_each(configs, options, out)


def _run_each(configs: Sequence[StatementsConfig], options: argparse.Namespace, out: TextIO | None) -> int:
    unexpected = []
    for config in configs:
        result = _test(config, options.format)
        if result is None:
            print("Stopped. What was measured until then is above.", file=sys.stderr)
            return INTERRUPTED
        if out:
            out.write(results.line(result) + "\n")
            out.flush()
        if options.expect and result.verdict not in options.expect:
            unexpected.append(f"{result.statement}: {result.verdict}")
    if unexpected:
        print(f"Expected {' or '.join(options.expect)}; {'; '.join(unexpected)}.", file=sys.stderr)
    return UNEXPECTED if unexpected else OK


def _config(key: str, options: argparse.Namespace) -> StatementsConfig:
    given = from_texts(STATEMENTS[key].settings, options.set, "seeds=8", f" of {key}")
    return StatementsConfig((key,), options.effort, given)


def _test(config: StatementsConfig, format: str) -> Result | None:
    """The result; None where Ctrl-C ended it."""
    from core.devices import environment

    records: list[dict[str, Any]] = []
    pictures: dict[str, Picture] = {}

    def keep(event: Any) -> None:
        if isinstance(event, Picture):
            pictures[event.name] = event
        else:
            records.append(as_record(event))

    if not run_job(run_statements(config), keep, event_printer(format, lambda _event: None)):
        return None
    (result,) = results.from_records(records, time.time(), environment(), pictures.values())
    if format == TEXT:
        print_lines(_result_lines(result))
    return result


def _result_lines(result: Result) -> list[str]:
    entry = STATEMENTS[result.statement]
    lines = [f"{entry.number} {entry.title}: {result.verdict}  ({result.effort}, {result.elapsed_s:.1f} s)"]
    lines.append(f"    {entry.sentence}")
    if result.reason:
        lines.append(f"    {result.reason}")
    for one in result.judgements:
        beside = "" if one.counts else " (beside the verdict)"
        number = results.number_in_words(one)
        lines.append(f"    {one.verdict:<18}{number:<34} {one.condition}: {one.says}{beside}")
    lines += [f"    {fact.name}: {fact.text}" for fact in result.facts]
    return lines


def _report(options: argparse.Namespace) -> int:
    """All statements with verdicts, figures and pictures in one file; of a results file, or of the store."""
    from core.export import report

    suffix = Path(options.out).suffix.removeprefix(".")
    if suffix not in report.WRITERS:
        raise InvalidRequest(
            f"--out {options.out!r} is not possible; its name must end in {', '.join(report.WRITERS)}."
        )
    found = results.read(Path(options.results)) if options.results else _of_store()
    before = results.read(Path(options.against)) if options.against else None
    text = report.written(suffix, found, before)
    with _new_file(options.out) as file:
        file.write(text)
    print(f"{options.out}: {len(found)} of {len(STATEMENTS)} statements.")
    return OK


def _of_store() -> Mapping[str, Result]:
    from core.export.report import of_store
    from core.runs.databases.opening import has_store, store_place
    from core.runs.store import RunStore

    found = of_store(RunStore(store_place())) if has_store() else {}
    if not found:
        raise InvalidRequest(
            "No statement has been tested on the dashboard of this machine; name a file that "
            "`experiments run all --out FILE` has written."
        )
    return found


def _run_experiment(options: argparse.Namespace) -> int:
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


def parsers(prog: str) -> tuple[Parser, ...]:
    """Those of this command line, for the reference."""
    return (_parser(prog),)


def _parser(prog: str) -> Parser:
    parser = Parser(
        prog=prog, description="Measure what text-books say. `list` names the settings of each experiment."
    )
    commands = parser.add_subparsers(dest="name", metavar="NAME", required=True)

    listing = commands.add_parser("list", help="every statement and experiment, with its settings")
    add_formats(listing, JSON, CSV)
    listing.set_defaults(act=_list)

    running = commands.add_parser("run", help="test statements of the overview: a verdict for each")
    running.add_argument(
        "names", nargs="+", metavar="STATEMENT", help=f"a name or number that `list` shows, or {ALL}"
    )
    effort = running.add_mutually_exclusive_group()
    for name, help in ((QUICK, "some seconds each; the default"), (FULL, "up to five minutes each")):
        effort.add_argument(
            f"--{name}", dest="effort", action="store_const", const=name, default=QUICK, help=help
        )
    add_set(running, "any setting of the statement, lists separated by commas, such as gains=1,2")
    running.add_argument(
        "--expect",
        action="append",
        default=[],
        choices=VERDICTS,
        metavar="VERDICT",
        help=f"exit code {UNEXPECTED} unless every verdict is this one, or one of these: "
        f"{', '.join(VERDICTS)}",
    )
    running.add_argument("--out", metavar="FILE", help="write the results there, a line each")
    add_formats(running, JSON)
    running.set_defaults(act=_run_statements)

    reporting = commands.add_parser("report", help="all statements with verdicts and pictures in one file")
    reporting.add_argument(
        "results",
        nargs="?",
        metavar="RESULTS",
        help="what `run --out` wrote; left out, the newest verdicts of this machine's dashboard",
    )
    reporting.add_argument("--out", required=True, metavar="FILE", help="ends in .html, .md or .jsonl")
    reporting.add_argument(
        "--against", metavar="RESULTS", help="earlier results: which verdicts changed, and why"
    )
    reporting.set_defaults(act=_report)

    for name, experiment in EXPERIMENTS.items():
        one = commands.add_parser(name, help=experiment.finds_out)
        add_set(one, "any setting, lists separated by commas, such as biases=0,-1")
        add_formats(one, JSON)
        one.set_defaults(act=_run_experiment)
    return parser


def _new_file(path: str) -> TextIO:
    """A file to write. Raises InvalidRequest where it cannot be written."""
    try:
        return Path(path).open("w", encoding="utf-8")
    except OSError as error:
        raise InvalidRequest(f"{path} cannot be written: {error.strerror}.") from None
