"""`nablascope monitor`: what the devices of this machine do now."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from core.commands.exit_codes import OK
from core.commands.output import CSV, JSON, TEXT, add_formats, print_json, print_lines
from core.commands.parser import Parser
from core.errors import InvalidRequest
from core.monitor.figures import FIGURES, in_words
from core.monitor.poller import Poller
from core.monitor.records import state_record
from core.tables import csv_of_records

MIN_EVERY_S, MAX_EVERY_S = 0.2, 3600.0
FIRST_S = 0.3  # a load and a rate take two readings, so far apart at least


def command(words: Sequence[str], prog: str = "nablascope monitor") -> int:
    """One reading of every device, or one each second with --watch until Ctrl-C or --count."""
    options = _parser(prog).parse_args(words)
    every_s, count = _checked(options)
    poller = Poller()
    poller.poll()
    time.sleep(min(every_s, FIRST_S))
    _known(options.device, poller)
    for n in _turns(every_s, count):
        poller.poll()
        records = [
            {"time": datetime.now().astimezone().isoformat(timespec="milliseconds")}
            | state_record(key, state)
            for key, state in poller.states().items()
            if options.device in (None, state.snapshot.device.id)
        ]
        _print(records, options.format, header=n == 0)
        if options.format == TEXT:
            print_lines([*poller.silences(), *poller.notices()])
    return OK


def _turns(every_s: float, count: int | None) -> Iterator[int]:
    """0, 1, 2, ... at even times."""
    began = time.monotonic()
    n = 0
    while count is None or n < count:
        time.sleep(max(0.0, began + n * every_s - time.monotonic()))
        yield n
        n += 1


def _checked(options: Any) -> tuple[float, int | None]:
    every_s = 1.0 if options.every is None else options.every
    if not MIN_EVERY_S <= every_s <= MAX_EVERY_S:
        raise InvalidRequest(
            f"--every is {every_s:g}; it must be from {MIN_EVERY_S:g} to {MAX_EVERY_S:g} seconds."
        )
    if options.count is not None and options.count < 1:
        raise InvalidRequest(f"--count is {options.count}; it must be at least 1.")
    if options.every is not None and not options.watch and options.count is None:
        raise InvalidRequest("--every is for --watch or --count.")
    return every_s, options.count if options.count is not None or options.watch else 1


def _known(device: str | None, poller: Poller) -> None:
    ids = [state.snapshot.device.id for state in poller.states().values()]
    if device is not None and device not in ids:
        why = " ".join(["", *poller.notices()])
        raise InvalidRequest(f"--device is {device!r}; it must be one of {', '.join(ids)}.{why}")


def _print(records: Sequence[Mapping[str, Any]], format: str, header: bool) -> None:
    for record in records:
        if format == JSON:
            print_json(record)
        elif format == TEXT:
            print_lines(_lines(record))
    if format == CSV:
        text = csv_of_records([_row(record) for record in records])
        print_lines(text.splitlines()[0 if header else 1 :])


def _row(record: Mapping[str, Any]) -> dict[str, Any]:
    """A line of CSV: every figure of the registry, so that all lines have the same columns."""
    figures = {name: record["readings"].get(name, "") for name in FIGURES}
    return {name: record[name] for name in ("time", "id", "name")} | figures


def _lines(record: Mapping[str, Any]) -> Iterator[str]:
    yield f"{record['name']} ({record['id']}), {record['time'][11:19]}"
    if record["lost_s"] is not None:
        yield "  lost: the driver no longer lists it"
    shown = record["readings"]
    limits = {FIGURES[name].limit for name in shown}  # each stands behind what it limits
    for name, value in shown.items():
        if name in limits:
            continue
        limit = FIGURES[name].limit
        of = shown.get(limit) if limit else None
        against = "" if of is None or limit is None else f" of {in_words(limit, of)}"
        yield f"  {FIGURES[name].label + ':':<34}{in_words(name, value)}{against}"
    if record["cores"]:
        yield f"  {'Cores:':<34}{' '.join(f'{used:.0f}' for used, _ in record['cores'])} %"
    if record["clock_limited_by"]:
        yield f"  {'Clock limited by:':<34}{'; '.join(record['clock_limited_by'])}"
    yield from _processes(record["processes"])
    for reason, names in record["missing"].items():
        yield f"  not reported: {', '.join(FIGURES[name].label for name in names)} ({reason})"


def _processes(processes: str | Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if isinstance(processes, str):
        yield f"  processes {processes}"
        return
    for one in processes:
        memory = "memory not reported" if one["memory"] is None else in_words("memory_used", one["memory"])
        used = "" if one["utilisation"] is None else f", {one['utilisation']} % of its cores"
        who = one["name"] or one["reason"]
        yield f"  process {one['pid']}: {who}{f' ({user})' if (user := one['user']) else ''}, {memory}{used}"


def parsers(prog: str) -> tuple[Parser, ...]:
    """Those of this command line, for the reference."""
    return (_parser(prog),)


def _parser(prog: str) -> Parser:
    parser = Parser(
        prog=prog,
        description="What the processor, the memory and every GPU of this machine do now, each figure or the "
        "reason why there is none.",
    )
    parser.add_argument("--watch", action="store_true", help="one reading after the other, until Ctrl-C")
    parser.add_argument("--every", type=float, metavar="S", help="seconds between two readings (default 1)")
    parser.add_argument("--count", type=int, metavar="N", help="end after so many readings")
    parser.add_argument("--device", metavar="ID", help="this device alone, such as cpu or cuda:0")
    add_formats(parser, JSON, CSV)
    return parser
