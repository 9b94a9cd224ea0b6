"""Which films are drawn from their weights alone: the network, what each unit computes, and its map."""

from __future__ import annotations

from core.data import DATASETS
from core.data.dataset import POINTS
from core.training.config import TrainConfig

MAX_PARAMETERS = 16_000  # more units than these make are no drawing
MAP = "decision_map"  # the snapshot that is then part of the drawing


def drawn_from_weights(config: TrainConfig, parameters: int) -> bool:
    """Whether a film is of a small plain MLP on points of the plane."""
    plain = config.model_options.get("norm", "none") == "none"
    return DATASETS[config.data].kind == POINTS and plain and parameters <= MAX_PARAMETERS
