"""A user's CSV file or zip of images on the command line: how it is read, its flags, and predictions."""

from __future__ import annotations

import argparse
import contextlib
import csv
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.commands.exit_codes import BAD_REQUEST, OK
from core.commands.output import CSV, JSON, add_formats, print_lines, print_rows
from core.commands.parser import Parser, add_set
from core.data import DATASETS
from core.data.dataset import CLASSIFICATION, REGRESSION
from core.data.table_columns import OF_COLUMNS
from core.errors import InvalidRequest
from core.options import check_options
from core.settings import from_texts

if TYPE_CHECKING:
    from core.data.table_reading import Preview
    from core.export.run import TrainingRun

# The data sets of a user's table by their task.
OF_TASK = {CLASSIFICATION: "own_csv", REGRESSION: "own_csv_values"}


def add_flags(parser: argparse.ArgumentParser) -> None:
    """--task and --target, of a CSV file."""
    parser.add_argument(
        "--task",
        choices=[*OF_TASK],
        help=f"of a CSV file: whether its target is a class or a number ({CLASSIFICATION})",
    )
    parser.add_argument(
        "--target",
        dest="target_column",
        metavar="COLUMN",
        help="of a CSV file: the column to predict (the last)",
    )


def chosen(data: str, options: argparse.Namespace) -> tuple[str, dict[str, Any]]:
    """The data set that --data, --task and --target name, and its options; a CSV file or a zip is stored."""
    task, of_table = options.task, {}
    if data not in DATASETS and data.lower().endswith(".zip"):
        from core.data.user import image_archive

        data, of_table = "own_images", {"archive": image_archive.add(data)}
    if data not in DATASETS and (data.lower().endswith(".csv") or _is_file(data)):
        from core.data.user import user_csv

        of_table = {"file": user_csv.add(data)}
        data = OF_TASK[task or CLASSIFICATION]
    if data not in DATASETS:
        raise InvalidRequest(
            f"Unknown data {data[:80]!r}; choose from {', '.join(DATASETS)}, or name a file that ends in "
            ".csv or .zip."
        )
    if data in OF_TASK.values():
        data = OF_TASK[task] if task else data
        of_column = {} if options.target_column is None else {"target_column": options.target_column}
        return data, of_table | of_column
    for flag, given in (("--task", task), ("--target", options.target_column)):
        if given is not None:
            raise InvalidRequest(f"{flag} is for a CSV file; {data} has a task and a target of its own.")
    return data, of_table


def print_preview(data: str, options: Mapping[str, Any]) -> None:
    """How a table is read, on stderr, before a training starts.

    Raises InvalidRequest where something has to be decided first.
    """
    from core.data.user import user_csv

    preview = user_csv.preview(task=DATASETS[data].task, **{"target_column": "", **options})
    for line in _lines(preview):
        print(line, file=sys.stderr)
    if preview.problem:
        raise InvalidRequest(with_flags(preview.problem))


def print_images(archive: str) -> None:
    """What a zip of images holds, on stderr, before a training starts."""
    from core.data.user.image_archive import own_images

    print(own_images(archive).summary, file=sys.stderr)


def show(words: Sequence[str], prog: str) -> int:
    """How a CSV file would be read, without a training."""
    from core.data.table_reading import as_rows
    from core.data.user import user_csv

    options = show_parser(prog).parse_args(words)
    data, given = chosen(options.file, options)
    if "file" not in given:
        raise InvalidRequest(f"{options.file!r} is no CSV file.")
    known = DATASETS[data].options
    given |= from_texts(known, options.set, example="missing=drop", of=" of a table")
    check_options(known, given, "a table")
    preview = user_csv.preview(task=DATASETS[data].task, **{"target_column": "", **given})
    if options.format in (JSON, CSV):
        print_rows(as_rows(preview), options.format, str)
    else:
        print_lines(_lines(preview))
    if preview.problem:
        print(with_flags(preview.problem), file=sys.stderr)
    return BAD_REQUEST if preview.problem else OK


def with_flags(problem: str) -> str:
    """What stands in the way, with what to write in place of the names of the options."""
    problem = problem.replace("(missing)", "(--set missing=drop or --set missing=fill)")
    for name in OF_COLUMNS:
        problem = problem.replace(f"({name})", f"(--set {name}=COLUMN)")
    return problem


def _lines(preview: Preview) -> list[str]:
    from core.data.table_reading import as_rows

    head = f"{preview.used_rows:,} of {preview.rows:,} rows, {preview.features} features"
    lines = [*preview.notes, head if preview.problem is None else f"{preview.rows:,} rows"]
    rows = as_rows(preview)
    width = min(24, max(len(row["column"]) for row in rows))
    for row in rows:
        missing = f"{row['missing']:,} missing" if row["missing"] else ""
        facts = "; ".join(filter(None, (row["values"], missing, row["remarks"])))
        lines.append(f"  {row['column']:<{width}}  {row['type']:<16}  {facts}".rstrip())
    return lines


def run_of(name: str) -> TrainingRun:
    """The training in a folder of --out, or at an address on the page."""
    from core.export.run import from_folder, from_store

    if _is_folder(name):
        return from_folder(Path(name))
    from core.runs.databases.opening import store_place
    from core.runs.store import RunStore

    with contextlib.closing(RunStore(store_place())) as store:
        return from_store(store, name)


def _is_folder(name: str) -> bool:
    try:
        return Path(name).is_dir()
    except (OSError, ValueError):  # longer than a path can be
        return False


def _is_file(name: str) -> bool:
    try:
        return Path(name).is_file()
    except (OSError, ValueError):
        return False


def predict(words: Sequence[str], prog: str) -> int:
    """The rows of a CSV file with a run's predictions, as CSV on stdout or in a file."""
    options = predict_parser(prog).parse_args(words)

    from core.export.prediction import predict as predictions

    try:
        content = Path(options.csv).read_bytes()
    except OSError as error:
        raise InvalidRequest(f"{options.csv!r} cannot be read: {error.strerror}.") from None
    rows = [*predictions(run_of(options.run), content)]
    if options.out is None:
        csv.writer(sys.stdout, lineterminator="\n").writerows(rows)
        return OK
    try:
        with options.out.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)
    except OSError as error:
        raise InvalidRequest(f"{str(options.out)!r} cannot be written to: {error.strerror}.") from None
    return OK


def show_parser(prog: str) -> Parser:
    """Of `table`."""
    parser = Parser(
        prog=prog,
        description="How a CSV file is read: each column's type, missing values and what was converted. Exit "
        "code 2 where something has to be decided first.",
    )
    parser.add_argument("file", metavar="FILE", help="a CSV file")
    add_flags(parser)
    add_set(parser, "an option of a table, such as missing=drop, leave_out=name, as_categories=class")
    add_formats(parser, JSON, CSV)
    return parser


def predict_parser(prog: str) -> Parser:
    """Of `predict`."""
    parser = Parser(
        prog=prog,
        description="Predictions of a trained network for the rows of a CSV file, whose columns are those of "
        "the table that it learned from, in any order; the target may be missing.",
    )
    parser.add_argument("run", metavar="RUN", help="the folder of --out, or the address of a run on the page")
    parser.add_argument("--csv", metavar="FILE", required=True, help="the rows")
    parser.add_argument("--out", type=Path, metavar="FILE", help="where to write; left out, stdout")
    return parser
