"""`python -m core.runs` or `nablascope runs`: list the dashboard's runs, rename, delete and back them up."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from core.commands import backup
from core.commands.exit_codes import OK
from core.commands.output import CSV, JSON, add_formats, cell, print_rows
from core.commands.parser import Parser, names
from core.errors import InvalidRequest

if TYPE_CHECKING:
    from core.runs.listing import ListedRun
    from core.runs.store import RunStore

DEFAULT_LIMIT = 25


def command(words: Sequence[str], prog: str = "python -m core.runs") -> int:
    """Run one command; returns the exit code."""
    options = _parser(prog).parse_args(words)
    if options.run in (backup.backup, backup.restore):  # a store that is open could not be replaced
        return int(options.run(options))
    with _store() as store:
        return int(options.run(store, options))


@contextlib.contextmanager
def _store() -> Iterator[RunStore]:
    """The run store of the data folder."""
    from core.runs.databases.opening import store_place
    from core.runs.store import RunStore

    with contextlib.closing(RunStore(store_place())) as store:
        yield store


def _list(store: RunStore, options: argparse.Namespace) -> int:
    """One run a line."""
    from core.runs.listing import RunQuery, listed

    query = RunQuery(
        text=" ".join(options.words),
        jobs=options.kind,
        statuses=options.status,
        models=options.network,
        datasets=options.data,
        metrics=options.metric,
        min_value=options.min_value,
        max_value=options.max_value,
        min_seconds=options.min_seconds,
        max_seconds=options.max_seconds,
        since=_seconds(options.since),
        until=_seconds(options.until),
        sort=options.sort,
        descending=not options.ascending,
        offset=options.offset,
        limit=options.limit,
    )
    found = listed(store, query)
    rows = [_row(run) for run in found.runs]
    if options.format == CSV:
        rows = [row | {"settings": _settings_text(row["settings"])} for row in rows]
    print_rows(rows, options.format, _line)
    if len(found.runs) < found.total:  # on stderr, so that a file has rows alone
        print(
            f"{len(found.runs)} of {found.total:,} runs; --limit and --offset show others.", file=sys.stderr
        )
    return OK


def _show(store: RunStore, options: argparse.Namespace) -> int:
    """All that a list knows of one run, and its config."""
    from core.runs.listing import find

    listed = find(store, options.id)
    run = store.get(options.id)
    assert run is not None
    row = _row(listed) | {"message": run.message, "pruned": run.pruned_at is not None, "config": run.config}
    print_rows([row], options.format, _one_a_line)
    return OK


def _rename(store: RunStore, options: argparse.Namespace) -> int:
    """Give a run a name, a note, or both."""
    from core.runs.listing import rename

    if options.name is None and options.note is None:
        raise InvalidRequest("Nothing to change: write a NAME, or --note TEXT.")
    rename(store, options.id, options.name, options.note)
    return OK


def _delete(store: RunStore, options: argparse.Namespace) -> int:
    """Delete runs; --yes says that this is meant."""
    from core.runs.listing import delete, find

    for run_id in options.ids:
        find(store, run_id)  # all or none
    if not options.yes:
        raise InvalidRequest(f"This deletes {len(options.ids)} run(s) for good; add --yes to do so.")
    for run_id in options.ids:
        delete(store, run_id)
    return OK


def _row(run: ListedRun) -> dict[str, Any]:
    return {
        "id": run.id,
        "name": run.name,
        "note": run.note,
        "kind": run.job,
        "network": run.model,
        "data": run.data,
        "settings": dict(run.settings),
        "metric": run.metric,
        "value": run.value,
        "seconds": run.seconds,
        "status": run.status,
        "created": datetime.fromtimestamp(run.created).astimezone().isoformat(timespec="seconds"),
    }


def _settings_text(settings: Mapping[str, Any]) -> str:
    from core.runs.summaries import setting_text

    return " ".join(f"{name}={setting_text(value)}" for name, value in settings.items())


def _line(row: Mapping[str, Any]) -> str:
    of = " on ".join(filter(None, (row["network"], row["data"])))
    reached = "" if row["value"] is None else f"{row['metric']} {row['value']:.4g}"
    took = "" if row["seconds"] is None else f"{row['seconds']:.1f} s"
    parts = (row["name"] and f"“{row['name']}”", of, _settings_text(row["settings"]), row["note"])
    facts = "  ".join(filter(None, parts))
    when = row["created"][:16].replace("T", " ")
    state = f"{row['status']:<11} {row['kind']:<11} {reached:<16} {took:>9}"
    return f"{row['id']}  {when}  {state}  {facts}".rstrip()


def _one_a_line(row: Mapping[str, Any]) -> str:
    shown = dict(row) | {name: _settings_text(row[name]) for name in ("settings", "config")}
    return "\n".join(f"{name:<10}{cell(value)}" for name, value in shown.items())


def _seconds(text: str | None) -> float | None:
    """A date or a time of this machine, such as 2026-01-31 or 2026-01-31T12:00, in seconds since 1970."""
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError, OSError):  # the last two: of a year that no clock here knows
        raise InvalidRequest(
            f"{text[:40]!r} is no date; write one such as 2026-01-31 or 2026-01-31T12:00."
        ) from None


def parsers(prog: str) -> tuple[Parser, ...]:
    """Those of this command line, for the reference."""
    return (_parser(prog),)


def _parser(prog: str) -> Parser:
    parser = Parser(prog=prog, description="The runs that the dashboard keeps in its data folder.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_list(commands.add_parser("list", help="one run a line, the newest first"))
    show = commands.add_parser("show", help="all that is known of one run, with its config")
    show.add_argument("id", metavar="RUN", help="its address")
    add_formats(show, JSON)
    show.set_defaults(run=_show)
    rename = commands.add_parser("rename", help="give a run a name or a note")
    rename.add_argument("id", metavar="RUN", help="its address")
    rename.add_argument("name", metavar="NAME", nargs="?", help="its new name; '' takes the old one off")
    rename.add_argument("--note", metavar="TEXT", help="its new note")
    rename.set_defaults(run=_rename)
    delete = commands.add_parser("delete", help="delete runs with all that they recorded")
    delete.add_argument("ids", metavar="RUN", nargs="+", help="their addresses")
    delete.add_argument("--yes", action="store_true", help="they are to be deleted for good")
    delete.set_defaults(run=_delete)
    copy = commands.add_parser("backup", help="copy the data folder, while a server runs")
    backup.add_backup(copy)
    copy.set_defaults(run=backup.backup)
    fill = commands.add_parser("restore", help="fill the data folder from a backup")
    backup.add_restore(fill)
    fill.set_defaults(run=backup.restore)
    return parser


def _add_list(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "words",
        metavar="WORD",
        nargs="*",
        help="that its name, note, network, data or settings must contain, such as learning_rate=0.1",
    )
    lists = {
        "kind": "of job: training, ensemble, cost, timing, roofline, dying_units",
        "status": "queued, running, paused, finished, stopped, failed, interrupted",
        "network": "keys of networks, such as mlp",
        "data": "keys of data sets, such as moons",
        "metric": "such as accuracy",
    }
    for flag, help in lists.items():
        parser.add_argument(f"--{flag}", type=names, default=(), metavar="X,X", help=help)
    for flag, help in {"value": "of the metric", "seconds": "that it took"}.items():
        for bound, what in {"min": "the least", "max": "the greatest"}.items():
            parser.add_argument(f"--{bound}-{flag}", type=float, metavar="X", help=f"{what} {help}")
    parser.add_argument("--since", metavar="DATE", help="asked for on this day or later")
    parser.add_argument("--until", metavar="DATE", help="asked for before this day")
    parser.add_argument(
        "--sort",
        default="created",
        metavar="COLUMN",
        help="created, name, note, job, model, data, settings, value, seconds or status (created)",
    )
    parser.add_argument("--ascending", action="store_true", help="the least first")
    parser.add_argument(
        "--limit", type=int, default=DEFAULT_LIMIT, metavar="N", help=f"so many ({DEFAULT_LIMIT})"
    )
    parser.add_argument("--offset", type=int, default=0, metavar="N", help="after so many (0)")
    add_formats(parser, JSON, CSV)
    parser.set_defaults(run=_list)
