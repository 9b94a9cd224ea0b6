"""`python -m core.training landscape RUN`: the loss around a run's last weights."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.commands import user_table
from core.commands.exit_codes import INTERRUPTED, OK
from core.commands.job import Sink, event_printer, run_job
from core.commands.output import CSV, JSON, add_formats
from core.commands.parser import Parser
from core.tables import csv_text

if TYPE_CHECKING:
    from core.landscape.events import LandscapeCompleted

CELLS, SEED = 25, 0


def show(words: Sequence[str], prog: str) -> int:
    """Print the sharpness of a run, or its slice of losses."""
    options = parser(prog).parse_args(words)

    from core.landscape.job import around

    run = user_table.run_of(options.run)
    printer: Sink = print_slice if options.format == CSV else event_printer(options.format, landscape_text)
    if not run_job(around(run, options.cells, options.seed), printer):
        print("Stopped.", file=sys.stderr)
        return INTERRUPTED
    return OK


def landscape_text(event: LandscapeCompleted) -> str:
    """The figures in a line."""
    sharp = "unknown" if event.sharpness is None else f"{event.sharpness:.4g}"
    known = [value for row in event.losses for value in row if value is not None]
    low, high = min(known, default=math.nan), max(known, default=math.nan)
    limit = "" if event.limit is None else f", stable up to {event.limit:.4g} at rate {event.learning_rate:g}"
    return (
        f"loss {event.loss:.4f} over {event.samples:,} training samples, around it {low:.4f} to {high:.4f}; "
        f"sharpness {sharp}{limit}"
    )


def print_slice(event: LandscapeCompleted) -> None:
    """A row for each place of the slice."""
    rows = (
        (first, second, loss)
        for second, losses in zip(event.offsets, event.losses, strict=True)
        for first, loss in zip(event.offsets, losses, strict=True)
    )
    print(csv_text(("first_direction", "second_direction", "loss"), rows), end="")


def parser(prog: str) -> Parser:
    """Of this command."""
    parser = Parser(
        prog=prog,
        description="The loss around the last weights of a run, along two random directions whose filters "
        "are as long as the network's, and its sharpness: the largest eigenvalue of the Hessian.",
    )
    parser.add_argument("run", metavar="RUN", help="the folder of --out, or the address of a run on the page")
    parser.add_argument(
        "--cells", type=int, default=CELLS, metavar="N", help=f"of the slice, along each direction ({CELLS})"
    )
    parser.add_argument("--seed", type=int, default=SEED, metavar="N", help=f"of the directions ({SEED})")
    add_formats(parser, JSON, CSV)
    return parser
