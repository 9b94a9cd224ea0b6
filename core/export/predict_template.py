"""Predictions of the network for the rows of a CSV file, with torch alone: python predict.py FILE

Prints the rows with their predictions as CSV. Reads the files beside it: encoding.json (how a row becomes
inputs, and outputs become predictions), weights.safetensors, model.py, csv_cells.py and row_encoding.py.
"""

from __future__ import annotations

import csv
import json
import math
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from core.data.csv_cells import read_sheet
from core.data.row_encoding import encoded

FOLDER = Path(__file__).resolve().parent
BATCH = 500
TYPES = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "I64": torch.int64}


def main() -> int:
    """Print the predictions for the file that the command line names; 2 where that is not possible."""
    if len(sys.argv) != 2:
        print("Usage: python predict.py FILE, where FILE is a CSV file.", file=sys.stderr)
        return 2
    from model import build

    network = build()
    network.load_state_dict(weights(FOLDER / "weights.safetensors"))
    encoding = json.loads((FOLDER / "encoding.json").read_text(encoding="utf-8"))
    try:
        rows = [*predictions(network.eval(), encoding, Path(sys.argv[1]).read_bytes())]
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    sys.stdout.reconfigure(encoding="utf-8", newline="")  # type: ignore[union-attr]
    csv.writer(sys.stdout, lineterminator="\n").writerows(rows)
    return 0


def predictions(network: nn.Module, encoding: Mapping[str, Any], content: bytes) -> Iterator[list[str]]:
    """The header and the rows of a CSV file, each with its prediction, and the probability of each class."""
    sheet, target = read_sheet(content), encoding["target"]
    inputs = torch.tensor(encoded(sheet, encoding), dtype=torch.float32)
    classes = target.get("classes", [])
    yield [*sheet.header, f"predicted {target['name']}", *(f"probability of {name}" for name in classes)]
    if not sheet.rows:
        return
    with torch.no_grad():
        outputs = torch.cat([network(batch) for batch in inputs.split(BATCH)]).double()
    answers = of_classes(outputs, classes) if classes else of_values(outputs, target)
    for row, answer in zip(sheet.rows, answers, strict=True):
        yield [*row, *answer]


def of_classes(outputs: Tensor, classes: list[str]) -> Iterator[list[str]]:
    """The most probable class of each row, and the probability of each class."""
    if outputs.shape[1] == 1:  # the logit of the second of two classes
        second = torch.sigmoid(outputs)
        probabilities = torch.cat([1 - second, second], dim=1)
        chosen = (outputs[:, 0] > 0).long()
    else:
        probabilities, chosen = outputs.softmax(1), outputs.argmax(1)
    for row, place in zip(probabilities.tolist(), chosen.tolist(), strict=True):
        yield [classes[place], *(f"{value:.6g}" for value in row)]


def of_values(outputs: Tensor, target: Mapping[str, Any]) -> Iterator[list[str]]:
    """The value of each row, in the unit of its column."""
    for value in outputs[:, 0].tolist():
        yield [f"{value * target['scale'] + target['mean']:.7g}"]


def weights(path: Path) -> dict[str, Tensor]:
    """The tensors of a safetensors file: the length of its header, the header in JSON, and their bytes."""
    content = bytearray(path.read_bytes())
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            start, shape = 8 + length + entry["data_offsets"][0], entry["shape"]
            kind, count = TYPES[entry["dtype"]], math.prod(shape)
            tensors[name] = torch.frombuffer(content, dtype=kind, count=count, offset=start).reshape(shape)
    return tensors


if __name__ == "__main__":
    sys.exit(main())
