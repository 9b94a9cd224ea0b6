"""What is at work when something is killed: trainings, benchmarks, ensembles, uploads, exports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.jobs import JOBS
from core.records import to_record
from core.runs.quota import Owner
from core.runs.store import RunStore
from core.timing.frameworks.config import FrameworksConfig
from core.timing.sweeps.config import SweepConfig
from core.training.config import default_config
from core.training.ensembles.config import EnsembleConfig

TRAINING, BENCHMARK, ENSEMBLE, UPLOAD, EXPORT = "training", "benchmark", "ensemble", "upload", "export"
ACTIVITIES = (TRAINING, BENCHMARK, ENSEMBLE, UPLOAD, EXPORT)
TABLE_ROWS = 20_000


@dataclass(frozen=True, eq=False)
class Work:
    """A run as a page would start it."""

    job: str
    config: Mapping[str, Any]
    owner: str

    def start(self, store: RunStore) -> str:
        """Queue it; returns its id."""
        job = JOBS[self.job]
        return store.create(
            self.job,
            self.config,
            exclusive=job.exclusive,
            resumable=job.resume is not None,
            holdable=job.holdable,
            owner=Owner(self.owner, "127.0.0.1"),
        )


SHORT = to_record(default_config("mlp", "moons", epochs=5))
MLP = to_record(default_config("mlp", "moons", epochs=600, batch_size=200, engine="eager"))
CNN = to_record(default_config("lenet", epochs=200))
WORK: dict[str, tuple[Work, ...]] = {
    TRAINING: (Work("training", MLP, "a"), Work("training", CNN, "b")),
    BENCHMARK: (
        Work("timing", to_record(SweepConfig(sizes=(*range(64, 512, 16),), max_seconds=0.3)), "c"),
        Work(
            "frameworks", to_record(FrameworksConfig(only=("numpy", "pytorch-eager"), max_seconds=0.3)), "d"
        ),
    ),
    ENSEMBLE: (
        Work(
            "ensemble",
            to_record(
                EnsembleConfig(
                    default_config("mlp", "moons", epochs=400, batch_size=200, engine="eager"), seeds=4
                )
            ),
            "e",
        ),
    ),
}


def table(number: int) -> bytes:
    """A table that nobody has brought before."""
    rows = "".join(
        f"{row % 97},{row % 89 / 7:.4f},{'yes' if row % 3 else 'no'}\n" for row in range(TABLE_ROWS)
    )
    return f"a,b{number},answer\n{rows}".encode()
