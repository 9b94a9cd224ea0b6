"""When a training ends before its last epoch."""

from __future__ import annotations

from core.training.checkpoint import Position
from core.training.config import TrainConfig
from core.training.stopwatch import Stopwatch

# A lower loss counts as progress from this share on, so that noise in the last digits is none.
MIN_GAIN = 1e-4


def within_epoch(config: TrainConfig, step: int, watch: Stopwatch) -> str | None:
    """ "steps" or "seconds" when as many are over as were given, else None."""
    if config.max_steps is not None and step >= config.max_steps:
        return "steps"
    if config.max_seconds is not None and watch.elapsed_s() >= config.max_seconds:
        return "seconds"
    return None


def after_epoch(config: TrainConfig, position: Position) -> str | None:
    """ "target" when the test metric has reached it, "plateau" when the test loss has stood still for
    `patience` epochs, else None. Takes note of the best loss in the position.
    """
    last = position.last
    assert last is not None
    best = position.best_loss
    if best is None or last.test_loss < best - MIN_GAIN * abs(best):
        position.best_loss, position.waited = last.test_loss, 0
    else:
        position.waited += 1
    if config.target is not None and last.test_metric >= config.target:
        return "target"
    if config.patience is not None and position.waited >= config.patience:
        return "plateau"
    return None
