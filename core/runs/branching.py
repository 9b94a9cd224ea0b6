"""The weights that a training begins with, where it branches from a frame of another run's film."""

from __future__ import annotations

from core.errors import InvalidRequest
from core.runs.store import RunStore
from core.training.weights import StartWeights

NAMED_STEPS = 6  # of a film, in a message


def start_weights(store: RunStore, run_id: str, step: int | None) -> StartWeights:
    """Those of the frame at this step of a run, or at its last one.

    Raises InvalidRequest where there is no such run or frame.
    """
    run = store.get(run_id)
    if run is None or run.job != "training":
        raise InvalidRequest(f"There is no training with the address {run_id[:40]!r}.")
    steps = store.frame_steps(run_id)
    if not steps:
        pruned = run.pruned_at is not None
        raise InvalidRequest(
            f"The run {run_id!r} has no film to start from"
            f"{': it was pruned' if pruned else '; its network may be too large for one'}."
        )
    frame = store.frame(run_id, steps[-1] if step is None else step)
    if frame is None:
        raise InvalidRequest(
            f"start_step {step} is no frame of the run {run_id!r}; {_near(steps, step or 0)}."
        )
    started = next(
        record for _, record in store.events_after(run_id) if record["event"] == "training_started"
    )
    shapes = {name: tuple(shape) for name, shape in started["shapes"].items()}
    return StartWeights(run_id, frame.step, frame.weights, shapes)


def _near(steps: list[int], step: int) -> str:
    if len(steps) <= NAMED_STEPS:
        return f"its frames are {', '.join(map(str, steps))}"
    near = sorted(sorted(steps, key=lambda known: abs(known - step))[:NAMED_STEPS])
    return f"the nearest of its {len(steps)} frames are {', '.join(map(str, near))}"
