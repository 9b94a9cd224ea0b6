"""When a training ends before its last epoch, and which weights it ends with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from torch import Tensor, nn

from core.training.config import TrainConfig
from core.training.events import EpochCompleted
from core.training.stopwatch import Stopwatch

# A lower loss counts as progress from this fraction on, so that noise in the last digits is none.
MIN_GAIN = 1e-4


def within_epoch(config: TrainConfig, step: int, watch: Stopwatch) -> str | None:
    """Return "steps" or "seconds" when the limit of either is reached, else None."""
    if config.max_steps is not None and step >= config.max_steps:
        return "steps"
    if config.max_seconds is not None and watch.elapsed_s() >= config.max_seconds:
        return "seconds"
    return None


class EarlyStopping:
    """The rules that watch the validation split, target and patience, and the counters of the latter.

    With patience it keeps the weights of the epoch with the lowest validation loss, to be restored at the
    end: those of the last epochs are by then past their best (Prechelt 1998, "Early stopping - but when?").
    """

    def __init__(self) -> None:
        self.best: EpochCompleted | None = None  # the epoch with the lowest validation loss
        self.best_weights: dict[str, Tensor] = {}  # of the network after it
        self.epochs_waited = 0  # since that epoch

    def after_epoch(self, config: TrainConfig, epoch: EpochCompleted, network: nn.Module) -> str | None:
        """Return "target" when the validation metric has reached it, "plateau" when the validation loss has
        not fallen for `patience` epochs, else None.
        """
        if epoch.validation_loss is None or epoch.validation_metric is None:
            return None
        if config.patience is not None:
            self._watch(epoch, epoch.validation_loss, network)
        if config.target is not None and epoch.validation_metric >= config.target:
            return "target"
        if config.patience is not None and self.epochs_waited >= config.patience:
            return "plateau"
        return None

    def _watch(self, epoch: EpochCompleted, loss: float, network: nn.Module) -> None:
        lowest = self.best.validation_loss if self.best else None
        if lowest is None or loss < lowest - MIN_GAIN * abs(lowest):
            self.best, self.epochs_waited = epoch, 0
            self.best_weights = {name: value.clone() for name, value in network.state_dict().items()}
        else:
            self.epochs_waited += 1

    def restore_best(self, config: TrainConfig, network: nn.Module, reason: str) -> EpochCompleted | None:
        """Give the network its best weights; the epoch that they are of, None where the last ones stay."""
        if config.patience is None or self.best is None or reason in ("target", "diverged"):
            return None
        network.load_state_dict(self.best_weights)
        return self.best

    def state(self) -> dict[str, Any]:
        """All that restore() needs, as plain values and tensors."""
        return {
            "best": asdict(self.best) if self.best else None,
            "best_weights": self.best_weights,
            "epochs_waited": self.epochs_waited,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Return to a state()."""
        self.best = EpochCompleted(**state["best"]) if state["best"] else None
        self.best_weights, self.epochs_waited = dict(state["best_weights"]), state["epochs_waited"]
