"""Why a training failed, in words: the cause that its own numbers show, and what to try."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from core.activations import find
from core.activations.expressions.expression import expression, is_expression
from core.training.config import TrainConfig, activations_of
from core.training.optimizers import OPTIMIZERS

SUSPICIOUS_RATE = 5  # times the rate that an optimiser begins with
DECAYING = ("sgd", "momentum", "nesterov", "adamw")  # weight decay acts on a weight in proportion to it
UNSCALED = 30  # the largest input or target of data that is scaled is some three to ten
LONG_GRADIENT = 100  # an L2 norm at the start, where about one is typical


@dataclass(frozen=True)
class Evidence:
    """Of the weights with which a training began; None where it was not measured."""

    curvature: float | None = None  # the largest |eigenvalue| of the loss's Hessian over a batch
    gradient_norm: float | None = None  # L2, of all parameters together
    input_size: float | None = None  # largest absolute value
    target_size: float | None = None
    bounded: bool | None = None  # the activation


def why_diverged(config: TrainConfig, epoch: int, evidence: Evidence | None = None) -> str:
    """What most likely made the loss infinite or NaN, and what to try.

    It is the first cause that the run's numbers bear out. evidence: of the training's beginning; without it
    only the settings are looked at.
    """
    what = f"The loss is no longer a finite number after epoch {epoch}."
    return f"{what} {next(_causes(config, evidence or Evidence()))}"


def _causes(config: TrainConfig, evidence: Evidence) -> Iterator[str]:
    """Sentences on each cause that the run's numbers show, the surest first, and at last one on none."""
    yield from _weight_decay(config)
    yield from _unscaled(evidence)
    yield from _activation(config)
    long = evidence.gradient_norm is not None and evidence.gradient_norm > LONG_GRADIENT
    if long and not _is_suspicious(config):
        yield (
            f"The gradients explode on their way back: at the start their L2 norm is already "
            f"{evidence.gradient_norm:.3g}; {_remedies(config, evidence)}."
        )
    yield from _learning_rate(config, evidence)
    yield (
        f"No single setting explains it; most often the steps are too large: {_remedies(config, evidence)}."
    )


def _momentum(config: TrainConfig) -> float:
    return config.momentum if OPTIMIZERS[config.optimizer].has_momentum else 0.0


def _weight_decay(config: TrainConfig) -> Iterator[str]:
    """A step multiplies a weight by 1 - rate * decay: below -1 it grows (with momentum m, below -1 - 2 m)."""
    default = OPTIMIZERS[config.optimizer].weight_decay
    decay = default if config.weight_decay is None else config.weight_decay
    product, limit = config.learning_rate * decay, 2 * (1 + _momentum(config))
    if config.optimizer in DECAYING and product > limit:
        yield (
            f"Weight decay makes the weights grow: learning rate × weight decay is {product:.3g}, and above "
            f"{limit:.3g} each step overshoots 0 by more than it began with; try a weight decay of "
            f"{0.1 / config.learning_rate:.1g} or less."
        )


def _unscaled(evidence: Evidence) -> Iterator[str]:
    for name, size in (("inputs", evidence.input_size), ("targets", evidence.target_size)):
        if size is not None and size > UNSCALED:
            yield (
                f"The {name} are not scaled: they reach {size:,.3g}, where about 1 is typical, and gradients "
                f"grow with them; divide them by their standard deviation."
            )


def _activation(config: TrainConfig) -> Iterator[str]:
    """An activation that leaves float32 within reach, or grows faster than x."""
    for name in dict.fromkeys(activations_of(config)):
        leaves = expression(name).leaves_float32 if is_expression(name) else None
        if leaves is not None:
            yield (
                f"The activation {name} is beyond what float32 holds at a pre-activation of {leaves:g}; try "
                f"one that stays finite, such as tanh."
            )
        elif find(name).superlinear:
            yield (
                f"The activation {name} grows faster than its input, so that signals grow from layer to "
                f"layer; try one that does not, such as relu or tanh."
            )


def _is_suspicious(config: TrainConfig) -> bool:
    return config.learning_rate > SUSPICIOUS_RATE * OPTIMIZERS[config.optimizer].learning_rate


def _learning_rate(config: TrainConfig, evidence: Evidence) -> Iterator[str]:
    """Above 2 / curvature the steps of gradient descent grow; other optimisers have a typical size."""
    rate, curvature = config.learning_rate, evidence.curvature
    of_descent = config.optimizer in ("sgd", "momentum", "nesterov")
    limit = 2 * (1 + _momentum(config)) / curvature if of_descent and curvature else None
    if limit is not None and rate > limit:
        yield (
            f"A learning rate of {rate:g} is too large for {config.optimizer} here: at the start the loss "
            f"curves so that steps grow above {limit:.2g}; try {min(rate / 10, limit / 2):.1g}."
        )
    elif _is_suspicious(config):
        its_own = OPTIMIZERS[config.optimizer].learning_rate
        yield (
            f"A learning rate of {rate:g} is probably too large for {config.optimizer}, which begins with "
            f"{its_own:g}; try {min(rate / 10, its_own):.1g}."
        )


def _remedies(config: TrainConfig, evidence: Evidence) -> str:
    """What is not in use already, of what helps against steps that are too large."""
    tries = [f"a tenth of the learning rate ({config.learning_rate / 10:g})"]
    tries += ["a max gradient norm of 1"] if config.clip_norm is None else []
    tries += ["an activation that is bounded, such as tanh"] if evidence.bounded is False else []
    return f"try {', or '.join(tries)}"


def why_out_of_memory(config: TrainConfig, step: int) -> str:
    """Where memory ran out, and what to make smaller."""
    when = "before the first step" if step == 0 else f"after {step:,} steps"
    return (
        f"The memory of {config.device} ran out {when}, at a batch size of {config.batch_size}; "
        f"try {max(1, config.batch_size // 2)}, or a smaller network."
    )
