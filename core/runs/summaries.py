"""What a list says of each run: network, data, the settings that differ, and what it reached.

A row of the table `summaries` is written once when a run is new and once when it has ended, by whoever asks
for a list; so runs of an earlier version, whose file has no such rows, get theirs at the first list.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, fields
from functools import cache
from typing import Any

import sqlalchemy as sa

from core.data import DATASETS
from core.experiments.dying_units.config import DyingUnitsConfig
from core.experiments.overview.config import StatementsConfig
from core.models import MODELS
from core.options import filled_in
from core.records import plain
from core.runs.store import RunStore
from core.runs.tables import events, runs, summaries
from core.runs.upgrades import upgrade_config, upgrade_job
from core.timing.activation_cost.config import CostConfig
from core.timing.frameworks.config import FrameworksConfig
from core.timing.quick_check.config import QuickCheckConfig
from core.timing.roofline.config import RooflineConfig
from core.timing.self_comparison.config import SelfComparisonConfig
from core.timing.stress.config import StressConfig
from core.timing.sweeps.config import SweepConfig
from core.timing.sweeps.suites import SuiteConfig
from core.training.config import TrainConfig
from core.training.ensembles.config import EnsembleConfig
from core.training.presets import preset

VERSION = 1  # of these rules; rows of earlier ones are written anew
ROWS_A_TRANSACTION = 200  # a worker that wants to write waits some 50 ms

# The kinds of job that a list has; the others serve a run of one of these.
CONFIGS: dict[str, type] = {
    "training": TrainConfig,
    "ensemble": EnsembleConfig,
    "cost": CostConfig,
    "timing": SweepConfig,
    "suite": SuiteConfig,
    "roofline": RooflineConfig,
    "quick_check": QuickCheckConfig,
    "frameworks": FrameworksConfig,
    "self_comparison": SelfComparisonConfig,
    "stress": StressConfig,
    "dying_units": DyingUnitsConfig,
    "statements": StatementsConfig,
    "timed_statements": StatementsConfig,
}
LISTED = tuple(CONFIGS)

_OPTIONS: dict[str, tuple[str, Mapping[str, Any]]] = {
    "model_options": ("model", MODELS),
    "data_options": ("data", DATASETS),
}
# What changes no number of a training, or has a column of its own.
_LEFT_OUT = ("version", "model", "data", "snapshot_every_s", "threads", "training")
_LAST_EVENTS = 5  # a training's last epoch is among them

_RECORDS = sa.select(events.c.record).where(events.c.run_id == sa.bindparam("run"))
_FIRST = _RECORDS.order_by(events.c.sequence).limit(1)
_LAST = _RECORDS.order_by(events.c.sequence.desc()).limit(_LAST_EVENTS)


def bring_up_to_date(store: RunStore) -> None:
    """Write the summaries that are missing, or of a run that has ended or was resumed since."""
    due = (
        sa.select(runs.c.id)
        .outerjoin(summaries, summaries.c.run_id == runs.c.id)
        .where(
            ~runs.c.immediate,
            (sa.func.coalesce(summaries.c.version, 0) < VERSION)
            | summaries.c.of_end.is_distinct_from(runs.c.ended_at),
        )
    )
    with store.reading() as connection:
        ids = connection.execute(due).scalars().all()
    for first in range(0, len(ids), ROWS_A_TRANSACTION):
        with store.writing() as connection:
            _write_all(connection, ids[first : first + ROWS_A_TRANSACTION])


def _write_all(connection: sa.Connection, ids: Sequence[str]) -> None:
    columns = (runs.c.id, runs.c.job, runs.c.config, runs.c.version, runs.c.ended_at)
    rows = connection.execute(sa.select(*columns).where(runs.c.id.in_(ids))).all()
    there = connection.execute(sa.select(summaries.c.run_id).where(summaries.c.run_id.in_(ids))).scalars()
    known = set(there)
    for row in rows:
        if row.id in known:
            write(connection, row.id, _summary(connection, row))
    new = [{"run_id": row.id, **_summary(connection, row)} for row in rows if row.id not in known]
    if new:
        connection.execute(summaries.insert(), new)


def write(connection: sa.Connection, run_id: str, values: Mapping[str, Any]) -> None:
    """Change some columns of a run's summary, which is made if there is none."""
    mine = summaries.c.run_id == run_id
    if not connection.execute(summaries.update().where(mine).values(values)).rowcount:
        connection.execute(summaries.insert().values({"run_id": run_id, **values}))


def _summary(connection: sa.Connection, row: Any) -> dict[str, Any]:
    job = upgrade_job(row.job, row.version)
    config = upgrade_config(job, row.config, row.version)
    of = config.get("training", config)  # an ensemble's network and data are those of its training
    model, data = (of.get(name) if isinstance(of.get(name), str) else None for name in ("model", "data"))
    settings = differing(job, config)
    texts = [row.id, job, *_names(MODELS, model), *_names(DATASETS, data)]
    texts += [f"{name}={setting_text(value)}" for name, value in settings.items()]
    found = {"metric": None, "value": None, "seconds": None}
    if row.ended_at is not None:
        found |= result(connection, row.id)
    return found | {
        "version": VERSION,
        "of_end": row.ended_at,
        "model": model,
        "data": data,
        "settings": settings,
        "words": " ".join(texts).casefold(),
    }


def _names(registry: Mapping[str, Any], key: str | None) -> list[str]:
    """A key, and the name that a person knows it by."""
    return [] if key is None else [key, registry[key].name if key in registry else ""]


def setting_text(value: Any) -> str:
    """A value as `--set` takes it: 0.1, or 8,8."""
    if isinstance(value, list | tuple):
        return ",".join(map(setting_text, value)) or "none"
    if isinstance(value, Mapping):
        return ";".join(f"{name}={setting_text(part)}" for name, part in value.items()) or "none"
    return f"{value:g}" if isinstance(value, float) else str("none" if value is None else value)


def differing(job: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a config's record that are not what the job takes when nobody chooses them.

    Of a training that is what suits its network and its data; the options of both stand beside the rest.
    """
    if job not in CONFIGS:
        return {}
    found = _unlike(config, _defaults(job))
    if job == "training":
        found = _unlike_preset(config)
    elif job == "ensemble" and isinstance(config.get("training"), Mapping):
        found = _unlike_preset(config["training"]) | found
    return {name: value for name, value in found.items() if name not in _LEFT_OUT}


def _unlike_preset(config: Mapping[str, Any]) -> dict[str, Any]:
    model, data = str(config.get("model")), str(config.get("data"))
    base = _defaults("training") | _preset(model, data)
    found = {name: value for name, value in _unlike(config, base).items() if name not in _OPTIONS}
    for field, (key, registry) in _OPTIONS.items():
        entry = registry.get(str(config.get(key)))
        suiting = filled_in(entry.options, base.get(field) or {}) if entry else {}
        found |= _unlike(config.get(field) or {}, suiting)
    return found


def _unlike(given: Mapping[str, Any], base: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if name not in base or base[name] != value}


@cache
def _defaults(job: str) -> dict[str, Any]:
    """The defaults of a config's fields as its record has them."""
    known = {field.name: _default(field) for field in fields(CONFIGS[job])}
    return {name: plain(value) for name, value in known.items() if value is not MISSING}


def _default(field: Field[Any]) -> Any:
    return field.default_factory() if field.default_factory is not MISSING else field.default


@cache
def _preset(model: str, data: str) -> dict[str, Any]:
    if model not in MODELS or data not in DATASETS:  # of another version
        return {}
    return {name: plain(value) for name, value in preset(model, data).items()}


def result(connection: sa.Connection, run_id: str) -> dict[str, Any]:
    """metric, value and seconds as far as a run has come; a run of no metric has none of them."""
    for record in connection.execute(_LAST, {"run": run_id}).scalars():
        if record["event"] == "training_finished":
            return _found(record["metric"], record["value"], record["elapsed_s"])
        if record["event"] == "ensemble_finished":
            best = record["ranking"][0]["median"] if record["ranking"] else None
            return _found(record["metric"], best, record["elapsed_s"])
        if record["event"] == "statement_judged":
            return _found(record["verdict"], None, record["elapsed_s"])
        if record["event"] == "epoch_completed":
            started = connection.execute(_FIRST, {"run": run_id}).scalar() or {}
            return _found(started.get("metric"), record["test_metric"], record["elapsed_s"])
    return {}


def _found(metric: str | None, value: float | None, seconds: float | None) -> dict[str, Any]:
    return {"metric": metric, "value": value, "seconds": seconds}
