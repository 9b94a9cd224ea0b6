"""Predictions of a run's network for the rows of a CSV file, and what makes them without us: predict.py."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from typing import Any

from core.data import DATASETS, csv_cells, row_encoding
from core.data.dataset import CURVE, POINTS, SURFACE, TABLE
from core.errors import InvalidRequest
from core.export import predict_template
from core.export.run import TrainingRun, on_cpu, why_no_checkpoint
from core.models import MODELS
from core.training.learners.building import loaded

KINDS = (TABLE, POINTS, CURVE, SURFACE)  # of data, whose samples are rows of a file

_IMPORTS = "from core.data.csv_cells import read_sheet\nfrom core.data.row_encoding import encoded\n"
_IMPORTS_THERE = (
    "sys.path.insert(0, str(Path(__file__).resolve().parent))  # also with python -I\n\n"
    "from csv_cells import read_sheet\nfrom row_encoding import encoded\n"
)


def why_no_prediction(run: TrainingRun) -> str | None:
    """Why the run cannot predict rows of a CSV file, within a sentence; None when it can."""
    if DATASETS[run.config.data].kind not in KINDS or MODELS[run.config.model].learner != "supervised":
        return (
            "rows of a CSV file are for networks of tables, points, curves and surfaces, and this one "
            f"learned from {run.config.data}"
        )
    return why_no_checkpoint(run)


def predict(run: TrainingRun, content: bytes) -> Iterator[list[str]]:
    """The header and the rows of a CSV file, each with its prediction behind.

    Raises InvalidRequest for a run that cannot, and for a file whose columns or cells do not fit.
    """
    why_not = why_no_prediction(run)
    if why_not is not None:
        raise InvalidRequest(f"There are no predictions: {why_not}.")
    return predict_template.predictions(run.network, encoding(run), content)


def encoding(run: TrainingRun) -> dict[str, Any]:
    """How new rows become inputs, and outputs become predictions; see core/data/row_encoding.py."""
    found: dict[str, Any] = loaded(on_cpu(run.config)).encoding
    return found


def encoding_json(run: TrainingRun) -> str:
    """encoding.json."""
    return json.dumps(encoding(run), indent=2) + "\n"


def predict_script() -> str:
    """predict.py: core/export/predict_template.py with its imports beside it."""
    source = inspect.getsource(predict_template)
    assert _IMPORTS in source
    return source.replace(_IMPORTS, _IMPORTS_THERE)


def cells_script() -> str:
    """csv_cells.py, unchanged but for the error that it raises."""
    return _source(csv_cells)


def encoding_script() -> str:
    """row_encoding.py, unchanged but for its imports and the error that it raises."""
    return _source(row_encoding)


def _source(file: Any) -> str:
    source = inspect.getsource(file)
    source = source.replace("from core.errors import InvalidRequest", "InvalidRequest = ValueError")
    return source.replace("from core.data.csv_cells import", "from csv_cells import")
