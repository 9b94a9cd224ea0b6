"""`nablascope backup` and `nablascope restore`: a copy of the data folder, and a data folder from a copy."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.commands.exit_codes import OK
from core.commands.parser import Parser
from core.commands.progress_line import ProgressLine
from core.errors import InvalidRequest

if TYPE_CHECKING:
    from core.backup.manifest import Manifest

LOG_EVERY_S = 10.0


def backup_command(words: Sequence[str], prog: str) -> int:
    """Run `backup`; returns the exit code."""
    (parser,) = backup_parsers(prog)
    return int(backup(parser.parse_args(words)))


def backup_parsers(prog: str) -> tuple[Parser, ...]:
    """Of `backup`, for the reference as well."""
    parser = Parser(
        prog=prog,
        description="Copy the data folder, as it is at one moment, into a new folder: runs, checkpoints, "
        "added tables and images. The server may run meanwhile.",
    )
    add_backup(parser)
    return (parser,)


def restore_command(words: Sequence[str], prog: str) -> int:
    """Run `restore`; returns the exit code."""
    (parser,) = restore_parsers(prog)
    return int(restore(parser.parse_args(words)))


def restore_parsers(prog: str) -> tuple[Parser, ...]:
    """Of `restore`, for the reference as well."""
    parser = Parser(
        prog=prog,
        description="Fill the data folder from a backup. Its sums are checked before anything is changed; "
        "the server must not run.",
    )
    add_restore(parser)
    return (parser,)


def add_backup(parser: argparse.ArgumentParser) -> None:
    """The arguments of backup."""
    parser.add_argument("folder", metavar="DIR", type=Path, help="the new folder, outside the data folder")


def add_restore(parser: argparse.ArgumentParser) -> None:
    """The arguments of restore."""
    parser.add_argument("folder", metavar="DIR", type=Path, help="what `backup` made")
    parser.add_argument(
        "--replace",
        action="store_true",
        help="where the data folder is not empty, move what is there into a folder of its own in it",
    )


def backup(options: argparse.Namespace) -> int:
    """Make one and say what is in it."""
    from core.backup.backup import make_backup
    from core.backup.database import database_of
    from core.paths import files_folder
    from core.runs.databases.opening import store_place

    _check_that_one_folder_has_all()
    made = _followed(make_backup(files_folder(), options.folder, database_of(store_place())))
    print(f"{options.folder}: {_in_words(made)}")
    return OK


def restore(options: argparse.Namespace) -> int:
    """Fill the data folder and say with what."""
    from core.backup import restore as restoring
    from core.backup.database import database_of
    from core.paths import files_folder
    from core.runs.databases.opening import store_place

    _check_that_one_folder_has_all()
    if not options.folder.is_dir():
        raise InvalidRequest(f"There is no folder {str(options.folder)!r}.")
    home, database = files_folder(), database_of(store_place())
    had, had_tables = bool(restoring.occupied(home)), database.holds()
    made = _followed(restoring.restore(options.folder, home, options.replace, database))
    print(f"{home}: {_in_words(made)}")
    if had:
        print(
            f"What was there before is now in {home}/{restoring.REPLACED}*; delete it when nobody needs it."
        )
    if had_tables:
        print(
            f"The tables that were there before are now in the schema {restoring.REPLACED}* of the database."
        )
    return OK


def _check_that_one_folder_has_all() -> None:
    """Where the file of runs lies apart from the others, half a backup would be none."""
    from core.operator_settings import operator_settings, variable

    known = operator_settings()
    if known.files and not known.database_url:
        raise InvalidRequest(
            f"A backup is of a folder that holds everything; {variable('files')} is set and "
            f"{variable('database_url')} is not: use a copy of both folders, while no server runs."
        )


def _followed(steps: Iterator[Any]) -> Manifest:
    """Show how far it is; returns the last step."""
    from core.events import Progress

    line, last = ProgressLine(LOG_EVERY_S), None
    for last in steps:
        if isinstance(last, Progress):
            line.show(last)
    line.clear()
    assert last is not None
    return last


def _in_words(manifest: Manifest) -> str:
    counts = manifest.counts
    held = (f"{counts[name]:,} {name}" for name in ("runs", "events", "checkpoints", "tables", "images"))
    return f"{', '.join(held)}; {manifest.bytes / 2**20:,.1f} MiB, made at {manifest.made_at}"
