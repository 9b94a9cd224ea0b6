"""Why a training failed, in words: a likely cause, and what to try."""

from __future__ import annotations

from core.training.config import TrainConfig
from core.training.optimizers import OPTIMIZERS

# Above so many times the rate that an optimiser begins with, the rate is the first suspect.
SUSPICIOUS_RATE = 5


def why_diverged(config: TrainConfig, epoch: int) -> str:
    """What most likely made the loss infinite or NaN, and what to try."""
    default, rate = OPTIMIZERS[config.optimizer].learning_rate, config.learning_rate
    what = f"The loss is no longer a finite number after epoch {epoch}."
    if rate > SUSPICIOUS_RATE * default:
        return (
            f"{what} A learning rate of {rate:g} is probably too large for {config.optimizer} here; "
            f"try {rate / 10:g}."
        )
    return (
        f"{what} The gradients probably exploded on their way back through the layers; try a tenth of the "
        f"learning rate ({rate / 10:g}), or an activation that is bounded, such as tanh."
    )


def why_out_of_memory(config: TrainConfig, step: int) -> str:
    """Where memory ran out, and what to make smaller."""
    when = "before the first step" if step == 0 else f"after {step:,} steps"
    return (
        f"The memory of {config.device} ran out {when}, at a batch size of {config.batch_size}; "
        f"try {max(1, config.batch_size // 2)}, or a smaller network."
    )
