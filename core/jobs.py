"""Every kind of job by name: how a stored config becomes a running generator of events."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.records import from_record

if TYPE_CHECKING:
    from core.training.weights import StartWeights

CHECKPOINT_EVERY_S = 3.0  # the most that a killed worker can lose
ENSEMBLE_CHECKPOINT_EVERY_S = 20.0  # it holds all networks


@dataclass(frozen=True)
class Job:
    """One kind of job."""

    start: Callable[[Mapping[str, Any]], Iterator[Any]]  # start(config record) yields events
    exclusive: bool = False  # runs alone, since other work would falsify its measurements
    # Without checkpoints, it gives way to others where it stands, and waits in its worker: an exclusive one
    # where its Progress says that nothing is being measured, others at any event.
    holdable: bool = False
    immediate: bool = False  # takes about a second while a user waits: it skips the queue and its limit
    # How long it is expected to take, in seconds on a CPU, inf where that is not known: decides who waits for
    # whom, and whether it is too long for a server that limits it.
    expected_s: Callable[[Mapping[str, Any]], float] = lambda record: math.inf
    # What it takes of the machine's memory on top of a worker with nothing to do, and of the disk when it has
    # ended, in bytes; None where that is not known.
    memory_bytes: Callable[[Mapping[str, Any]], int | None] = lambda record: None
    disk_bytes: Callable[[Mapping[str, Any]], int | None] = lambda record: None
    # resume(config record, state of a Checkpoint) continues from there; None for a job without checkpoints.
    resume: Callable[[Mapping[str, Any], Mapping[str, Any]], Iterator[Any]] | None = None
    # branch(config record, StartWeights) starts with these; None for a job without weights.
    branch: Callable[[Mapping[str, Any], StartWeights], Iterator[Any]] | None = None


def _training(record: Mapping[str, Any], start: Mapping[str, Any] | None = None) -> Iterator[Any]:
    from core.training.config import TrainConfig
    from core.training.loop import train

    return train(from_record(TrainConfig, record), start, CHECKPOINT_EVERY_S)


def _expected_of_training(record: Mapping[str, Any]) -> float:
    from core.training.expected_time import expected_s

    return expected_s(record)


def _memory_of_training(record: Mapping[str, Any]) -> int | None:
    from core.training.expected_size import memory_bytes

    return memory_bytes(record)


def _disk_of_training(record: Mapping[str, Any]) -> int | None:
    from core.training.expected_size import disk_bytes

    return disk_bytes(record)


def _members(record: Mapping[str, Any]) -> int:
    combinations = math.prod(len(values) for values in record.get("vary", {}).values())
    return combinations * int(record.get("seeds", 1))


def _memory_of_ensemble(record: Mapping[str, Any]) -> int | None:
    from core.training.expected_size import memory_bytes

    return memory_bytes(record["training"], _members(record))


def _expected_of_ensemble(record: Mapping[str, Any]) -> float:
    return _members(record) * _expected_of_training(record["training"]) / record.get("threads", 1)


def _branch(record: Mapping[str, Any], weights: StartWeights) -> Iterator[Any]:
    from core.training.config import TrainConfig
    from core.training.loop import train

    return train(from_record(TrainConfig, record), None, CHECKPOINT_EVERY_S, weights)


def _ensemble(record: Mapping[str, Any], start: Mapping[str, Any] | None = None) -> Iterator[Any]:
    from core.training.ensembles.config import EnsembleConfig
    from core.training.ensembles.job import train_ensemble

    return train_ensemble(from_record(EnsembleConfig, record), start, ENSEMBLE_CHECKPOINT_EVERY_S)


def _classical(record: Mapping[str, Any]) -> Iterator[Any]:
    from core.experiments.baselines import compare
    from core.training.config import TrainConfig

    return compare(from_record(TrainConfig, record))


def _timing(record: Mapping[str, Any]) -> Iterator[Any]:
    from core.timing.sweeps.config import SweepConfig
    from core.timing.sweeps.sweep import sweep

    return sweep(from_record(SweepConfig, record))


def _expected_of_timing(record: Mapping[str, Any]) -> float:
    from core.timing.sweeps.config import SweepConfig
    from core.timing.sweeps.estimate import estimate

    return estimate([from_record(SweepConfig, record)]).seconds


def _memory_of_timing(record: Mapping[str, Any]) -> int | None:
    from core.timing.sweeps.config import SweepConfig
    from core.timing.sweeps.estimate import host_memory_bytes

    return host_memory_bytes([from_record(SweepConfig, record)])


def _expected_of_suite(record: Mapping[str, Any]) -> float:
    from core.timing.sweeps.suites import SuiteConfig
    from core.timing.sweeps.with_roofline import estimate_suite

    return estimate_suite(from_record(SuiteConfig, record)).seconds


def _memory_of_suite(record: Mapping[str, Any]) -> int | None:
    from core.timing.sweeps.estimate import host_memory_bytes
    from core.timing.sweeps.suites import SuiteConfig

    return host_memory_bytes(from_record(SuiteConfig, record).sweeps())


def _suite(record: Mapping[str, Any]) -> Iterator[Any]:
    from core.timing.sweeps.suites import SuiteConfig
    from core.timing.sweeps.with_roofline import measured_suite

    return measured_suite(from_record(SuiteConfig, record))


def _roofline(record: Mapping[str, Any]) -> Iterator[Any]:
    from core.timing.roofline.config import RooflineConfig
    from core.timing.sweeps.with_roofline import machine_roofline

    return machine_roofline(from_record(RooflineConfig, record))


def _expected_of_roofline(record: Mapping[str, Any]) -> float:
    from core.timing.roofline.config import RooflineConfig
    from core.timing.sweeps.with_roofline import estimate_roofline

    return estimate_roofline(from_record(RooflineConfig, record)).seconds


def _quick_check(record: Mapping[str, Any]) -> Iterator[Any]:
    from core.timing.quick_check.config import QuickCheckConfig
    from core.timing.quick_check.job import quick_check

    return quick_check(from_record(QuickCheckConfig, record))


def _stress(record: Mapping[str, Any]) -> Iterator[Any]:
    from core.timing.stress.config import StressConfig
    from core.timing.stress.job import stress

    return stress(from_record(StressConfig, record))


def _self_comparison(record: Mapping[str, Any]) -> Iterator[Any]:
    from core.timing.self_comparison.config import SelfComparisonConfig
    from core.timing.self_comparison.job import compare_with_itself

    return compare_with_itself(from_record(SelfComparisonConfig, record))


def _expected_of_self_comparison(record: Mapping[str, Any]) -> float:
    from core.timing.self_comparison.config import SelfComparisonConfig

    return from_record(SelfComparisonConfig, record).expected_s()


def _expected_of_cost(record: Mapping[str, Any]) -> float:
    from core.timing.activation_cost.config import CostConfig, sweeps_of
    from core.timing.sweeps.estimate import estimate

    return estimate(sweeps_of(from_record(CostConfig, record))).seconds


def _memory_of_cost(record: Mapping[str, Any]) -> int | None:
    from core.timing.activation_cost.config import CostConfig

    config = from_record(CostConfig, record)
    return config.memory_bytes() if config.device == "cpu" else None


def _cost(record: Mapping[str, Any]) -> Iterator[Any]:
    from core.timing.activation_cost.config import CostConfig
    from core.timing.activation_cost.job import cost

    return cost(from_record(CostConfig, record))


def _frameworks(record: Mapping[str, Any]) -> Iterator[Any]:
    from core.timing.frameworks.config import FrameworksConfig
    from core.timing.frameworks.job import compare_frameworks

    return compare_frameworks(from_record(FrameworksConfig, record))


def _dying_units(record: Mapping[str, Any]) -> Iterator[Any]:
    from core.experiments.dying_units.config import DyingUnitsConfig
    from core.experiments.dying_units.job import dying_units

    return dying_units(from_record(DyingUnitsConfig, record))


def _statements(record: Mapping[str, Any]) -> Iterator[Any]:
    from core.experiments.overview.config import StatementsConfig
    from core.experiments.overview.job import run_statements

    return run_statements(from_record(StatementsConfig, record))


def _export(record: Mapping[str, Any]) -> Iterator[Any]:
    from core.export.job import ExportConfig, export_run

    return export_run(from_record(ExportConfig, record))


def _report(record: Mapping[str, Any]) -> Iterator[Any]:
    from core.export.report import ReportConfig, write_report

    return write_report(from_record(ReportConfig, record))


def _film(record: Mapping[str, Any]) -> Iterator[Any]:
    from core.runs.redrawing import RedrawConfig, redraw_run

    return redraw_run(from_record(RedrawConfig, record))


def _landscape(record: Mapping[str, Any]) -> Iterator[Any]:
    from core.landscape.job import LandscapeConfig, landscape

    return landscape(from_record(LandscapeConfig, record))


def _layers(record: Mapping[str, Any]) -> Iterator[Any]:
    from core.layers.config import LayersConfig
    from core.layers.job import count_layers

    return count_layers(from_record(LayersConfig, record))


def _page_figures(record: Mapping[str, Any]) -> Iterator[Any]:
    from core.page_figures.job import FiguresConfig, figures

    return figures(from_record(FiguresConfig, record))


JOBS = {
    "training": Job(
        _training,
        expected_s=_expected_of_training,
        memory_bytes=_memory_of_training,
        disk_bytes=_disk_of_training,
        resume=_training,
        branch=_branch,
    ),
    "ensemble": Job(
        _ensemble, expected_s=_expected_of_ensemble, memory_bytes=_memory_of_ensemble, resume=_ensemble
    ),
    "classical": Job(_classical, holdable=True),
    "timing": Job(
        _timing, exclusive=True, holdable=True, expected_s=_expected_of_timing, memory_bytes=_memory_of_timing
    ),
    "suite": Job(
        _suite, exclusive=True, holdable=True, expected_s=_expected_of_suite, memory_bytes=_memory_of_suite
    ),
    "roofline": Job(_roofline, exclusive=True, holdable=True, expected_s=_expected_of_roofline),
    "quick_check": Job(_quick_check, exclusive=True, expected_s=lambda record: record["max_seconds"]),
    "self_comparison": Job(
        _self_comparison, exclusive=True, holdable=True, expected_s=_expected_of_self_comparison
    ),
    "stress": Job(_stress, exclusive=True, expected_s=lambda record: 60 * record["minutes"]),
    "cost": Job(
        _cost, exclusive=True, holdable=True, expected_s=_expected_of_cost, memory_bytes=_memory_of_cost
    ),
    "frameworks": Job(_frameworks, exclusive=True, holdable=True),
    "dying_units": Job(_dying_units, holdable=True),
    "statements": Job(_statements, holdable=True),
    "statement_value": Job(_statements, immediate=True),  # another value of the setting on which it turns
    "timed_statements": Job(_statements, exclusive=True, holdable=True),
    "export": Job(_export, immediate=True),
    "report": Job(_report, immediate=True),
    "film": Job(_film, immediate=True),
    "landscape": Job(_landscape, holdable=True),
    "layers": Job(_layers, immediate=True),
    "page_figures": Job(_page_figures, immediate=True),
    "layer_times": Job(_layers, exclusive=True),
}
