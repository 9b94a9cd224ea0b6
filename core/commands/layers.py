"""`python -m core.training layers`: what each layer of a network costs."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from core.commands import user_table
from core.commands.exit_codes import INTERRUPTED, OK
from core.commands.job import as_record, run_job
from core.commands.output import CSV, JSON, MARKDOWN, TEXT, add_formats, print_lines, print_rows
from core.commands.parser import Parser, add_flag, add_set
from core.errors import InvalidRequest
from core.layers.config import LayersConfig
from core.layers.events import bytes_text, table, to_csv
from core.layers.references import REFERENCES
from core.models import MODELS
from core.models.registry import default_data
from core.training.config import default_config
from core.training.settings import SETTINGS, from_texts

FLAGS = ("activation", "hidden")


def show(words: Sequence[str], prog: str) -> int:
    """Print a row for each layer, and one with the totals."""
    options = parser(prog).parse_args(words)
    config = _config(options)
    records: list[dict[str, Any]] = []

    from core.layers.job import count_layers

    if not run_job(count_layers(config), lambda event: records.append(as_record(event))):
        print("Stopped.", file=sys.stderr)
        return INTERRUPTED
    counted = records[-1]
    if options.format == TEXT:
        print_lines(_lines(counted))
    elif options.format == CSV:
        print(to_csv(counted), end="")
    else:
        print_rows(table(counted), options.format, str)
    return OK


def _config(options: Any) -> LayersConfig:
    if options.reference is not None:
        given = [
            flag
            for flag, value in (
                *(("--model", options.model), ("--data", options.data), ("--set", options.set)),
                *((f"--{name}", getattr(options, name)) for name in FLAGS),
            )
            if value
        ]
        if given:
            raise InvalidRequest(
                f"{given[0]} is for a network that can be trained; a reference is what it is."
            )
        batch_size = 1 if options.batch_size is None else options.batch_size
        return LayersConfig(reference=options.reference, batch_size=batch_size, timed=options.timed)
    if options.model is None:
        raise InvalidRequest("One of --model and --reference is required.")
    data, of_table = user_table.chosen(options.data or default_data(options.model), options)
    named = {name: value for name in (*FLAGS, "batch_size") if (value := getattr(options, name)) is not None}
    settings = named | from_texts(options.model, data, options.set)
    if of_table:
        settings["data_options"] = of_table | settings.get("data_options", {})
    return LayersConfig(default_config(options.model, data, **settings), timed=options.timed)


def _lines(counted: Mapping[str, Any]) -> list[str]:
    """The table for people, and below it what its figures mean."""
    rows, timed = table(counted), counted["layers"][0]["seconds"] is not None
    heads = ["layer", "module", "kind", "output", "parameters", "FLOPs", "kept for backward"] + [
        "time"
    ] * timed
    cells = [heads] + [_cells(row, timed) for row in rows]
    widths = [max(len(line[column]) for line in cells) for column in range(len(heads))]
    lines = [
        "  ".join(
            text.ljust(width) if column < 4 else text.rjust(width)
            for column, (text, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in cells
    ]
    lines.insert(len(lines) - 1, "-" * len(lines[0]))
    return [*lines, *_notes(counted, rows[-1])]


def _cells(row: Mapping[str, Any], timed: bool) -> list[str]:
    return [
        *(row["layer"], row["module"], row["kind"], row["output"]),
        *(f"{row['parameters']:,}", f"{row['flops_per_sample']:,.0f}"),
        bytes_text(row["kept_bytes_per_batch"]),
        *([f"{row['time_share']:.1%}"] if timed else []),
    ]


def _notes(counted: Mapping[str, Any], total: Mapping[str, Any]) -> list[str]:
    batch = counted["batch_size"]
    samples = "1 sample" if batch == 1 else f"a batch of {batch} samples"
    notes = [
        f"{counted['name']}: weights {bytes_text(total['weight_bytes'])}. FLOPs: forward, of one sample, a "
        f"multiply-add is 2 of them. Kept for backward: of {samples}."
    ]
    if counted["mlp_parameters"] is not None:
        hidden = ", ".join(f"{units:,}" for units in counted["mlp_hidden"])
        notes.append(
            f"An MLP for the same task ({hidden} hidden units): {counted['mlp_parameters']:,} parameters."
        )
    if total["seconds_per_batch"] is not None:
        notes.append(f"Time: forward, of {samples}: {1000 * total['seconds_per_batch']:.3g} ms on this CPU.")
    return notes


def parser(prog: str) -> Parser:
    """Of this command."""
    parser = Parser(
        prog=prog,
        description="What each layer costs: output shape, parameters, FLOPs (forward, a multiply-add is 2), "
        "memory for weights and for the backward pass, and with --timed the share of time.",
    )
    parser.add_argument("--model", choices=[*MODELS], metavar="NAME", help="a network that can be trained")
    parser.add_argument(
        "--reference",
        choices=[*REFERENCES],
        help="a full-size network for 224 x 224 images in its place, of which only shapes are made",
    )
    for name in ("data", "batch_size", *FLAGS):
        add_flag(parser, name, SETTINGS[name], SETTINGS[name].flag)
    user_table.add_flags(parser)
    parser.add_argument("--timed", action="store_true", help="time each layer's forward pass as well")
    add_set(parser, "any setting, or an option of this network or data")
    add_formats(parser, JSON, CSV, MARKDOWN)
    return parser
