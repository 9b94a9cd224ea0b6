"""The events of trainings, ensembles and classical baselines as lines for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.cluster.texts import node_line
from core.data import DATASETS
from core.events import event_record
from core.models import MODELS
from core.training.ensembles.events import (
    EnsembleEpochCompleted,
    EnsembleFinished,
    EnsembleStarted,
    MembersTrained,
    RankedVariant,
)
from core.training.events import (
    EpochCompleted,
    SettingChanged,
    SettingRefused,
    TrainingDiverged,
    TrainingFinished,
    TrainingResumed,
    TrainingStarted,
)

if TYPE_CHECKING:
    from core.experiments.baselines import ClassicalCompleted


def _branched(event: TrainingStarted) -> str:
    if event.start_from is None:
        return ""
    return f"\nstarts from the weights of step {event.start_step:,} of {event.start_from}; fresh optimizer"


def _engine(event: TrainingStarted) -> str:
    """Why the steps are not the fast ones, where they might have been."""
    if event.engine_reason is None:
        return ""
    return f"\nengine eager, not compiled: {event.engine_reason}"


def training_text(event: Any) -> str | None:
    """A line for an event of core.training.loop.train; None for one that has none."""
    match event:
        case TrainingStarted():
            return (
                f"{MODELS[event.model].name} on {DATASETS[event.data].name}: "
                f"{event.parameters:,} parameters, "
                f"{event.train_samples:,} training and {event.test_samples:,} test samples, "
                f"{event.steps_per_epoch:,} steps an epoch, {event.device}, seed {event.seed}"
                f"{_engine(event)}{_naive(event)}{_branched(event)}"
            )
        case TrainingResumed():
            changed = "".join(f", {name} now {value}" for name, value in event.changed.items())
            return f"resumed after {event.epoch} epochs, at step {event.step:,}{changed}"
        case SettingChanged():
            return f"step {event.step:,}: {event.setting} now {event.after}, was {event.before}"
        case SettingRefused():
            return f"step {event.step:,}: {event.setting} stays: {event.reason}"
        case EpochCompleted():
            return (
                f"epoch {event.epoch:>4}  loss {event.train_loss:.4f} (test {event.test_loss:.4f})  "
                f"metric {event.train_metric:.4f} (test {event.test_metric:.4f})  "
                f"{event.samples_per_s:,.0f}/s  {event.elapsed_s:.1f} s"
            )
        case TrainingDiverged():
            return event.reason
        case TrainingFinished():
            details = "".join(f", {name} {number:.4g}" for name, number in event.details.items())
            early = f" (stopped by {event.reason})" if event.reason not in ("completed", "diverged") else ""
            meaning = " (1 - rmse / baseline_rmse)" if "baseline_rmse" in event.details else ""
            return (
                f"test {event.metric} {_number(event.value)}{meaning}{details} "
                f"after {event.epochs} epochs{early}, "
                f"{event.elapsed_s:.1f} s"
            )
    return None


def _naive(started: TrainingStarted) -> str:
    """What forecasts without a network reach, the best one, which is the baseline, first."""
    errors = sorted(started.naive_rmse.items(), key=lambda naive: naive[1])
    words = (f"{name} {error:.4g} {started.unit}" for name, error in errors)
    return f"\nnaive forecasts, rmse on the test split: {', '.join(words)}" if errors else ""


def ensemble_text(event: Any) -> str | None:
    """Lines for an event of core.training.ensembles.job.train_ensemble; None for one that has none."""
    match event:
        case EnsembleStarted():
            return (
                f"{MODELS[event.model].name} on {DATASETS[event.data].name}: "
                f"{', '.join(event.variants)}; {event.seeds} seeds each"
            )
        case EnsembleEpochCompleted():
            medians = ", ".join(f"{name} {five[2]:.4f}" for name, five in event.test_metric.items())
            return f"epoch {event.epoch:>4}  median test metric {medians}  {event.elapsed_s:.1f} s"
        case EnsembleFinished():
            head = (
                f"median test {event.metric} with its 95% interval, best first; IQM: interquartile mean; "
                "P: probability that a run of the first ends better"
            )
            balanced = event.balanced_accuracy
            lines = [head]
            for number, place in enumerate(event.ranking):
                lines.append(_rank(place, first=not number) + _balanced(balanced.get(place.variant)))
            if event.majority_accuracy is not None:
                lines.append(f"always the most frequent class {event.majority_accuracy:.4f}")
            return "\n".join(lines)
    return None


def node_text(event: Any) -> str | None:
    """A line for what is said of the nodes of a cluster; None for any other event."""
    if isinstance(event, MembersTrained):
        return "\n" + "; ".join(f"{node} trained {count:,}" for node, count in event.nodes.items())
    return node_line(event_record(event))


def _rank(place: RankedVariant, first: bool) -> str:
    return (
        f"{place.variant} {_number(place.median)} ({_number(place.low)} to {_number(place.high)}), "
        f"IQM {_number(place.iqm)} ({_number(place.iqm_low)} to {_number(place.iqm_high)})"
        + ("" if first else f", P {_probability(place)}")
        + (", tied with the first" if place.tied and not first else "")
        + (f", {place.diverged} diverged" if place.diverged else "")
    )


def _probability(place: RankedVariant) -> str:
    improvement, low, high = (
        "unknown" if value is None else f"{value:.2f}"
        for value in (place.improvement, place.improvement_low, place.improvement_high)
    )
    return f"{improvement} ({low} to {high})"


def _balanced(accuracy: float | None) -> str:
    return "" if accuracy is None else f", balanced accuracy {accuracy:.4f}"


def classical_text(event: ClassicalCompleted) -> str:
    """A line for a method of core.experiments.baselines.compare."""
    return (
        f"{event.method:<18} test {event.metric} {event.value:.4f}{_balanced(event.balanced_accuracy)}  "
        f"fitted in {event.fit_s:.3f} s, predicted in {event.predict_s:.3f} s"
    )


def _number(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.4f}"
