"""What keeping a film costs a training: its thread's CPU seconds with frames in a run store, and without any.

    python benchmarks/film_cost.py [--repeats 7]

Both ways take turns, in one process; the ratio is that of the shortest times. Pictures are left out: how much
of the time they may take is said in core/training/snapshots/schedule.py.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from core.records import to_record  # noqa: E402
from core.runs.recorder import Recorder  # noqa: E402
from core.runs.store import RunStore  # noqa: E402
from core.training.config import TrainConfig, default_config  # noqa: E402
from core.training.loop import train  # noqa: E402

TRAININGS = {
    "LeNet-5, digits, 2 epochs": ("lenet", "mnist5k", 2),
    "LSTM, temperatures, 15 epochs": ("lstm", "seattle_weather", 15),
    "GAN, ring, 20 epochs": ("gan", "ring", 20),
    "RBM, digits, 10 epochs": ("rbm", "digits", 10),
    "GCN, karate club, 200 epochs": ("gcn", "karate_club", 200),
    "MLP, moons, 200 epochs": ("mlp", "moons", 200),
}
PROMISE = 1.03


def cpu_s(store: RunStore, config: TrainConfig) -> tuple[float, str]:
    """CPU seconds of a recorded training, and the address of its run."""
    run_id = store.create("training", to_record(config))
    recorder, began_s = Recorder(store, run_id), time.thread_time()
    for event in train(config):
        recorder.add(event)
    recorder.flush()
    return time.thread_time() - began_s, run_id


def main() -> None:
    """Print a line for each training."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeats", type=int, default=7)
    options = parser.parse_args()
    print(f"{'training':32} {'without':>9} {'with':>9} {'ratio':>7} {'frames':>7} {'MiB':>6}")
    with tempfile.TemporaryDirectory() as folder, contextlib.closing(RunStore(Path(folder) / "s")) as store:
        for name, (model, data, epochs) in TRAININGS.items():
            config = default_config(model, data, epochs=epochs, snapshots=())
            without = default_config(model, data, epochs=epochs, snapshots=(), snapshot_every_s=None)
            cpu_s(store, config)  # imports, compiles
            pairs = [(cpu_s(store, without), cpu_s(store, config)) for _ in range(options.repeats)]
            least, most = (min(pair[way][0] for pair in pairs) for way in (0, 1))
            frames = store.frames(pairs[0][1][1])
            size = sum(frame.weights.nbytes for frame in frames) / 2**20
            print(
                f"{name:32} {least:7.3f} s {most:7.3f} s {most / least:7.3f} {len(frames):7} {size:6.2f}",
                f"(at most {PROMISE})",
                flush=True,
            )


if __name__ == "__main__":
    main()
