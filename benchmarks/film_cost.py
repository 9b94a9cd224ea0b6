"""What keeping a film costs a training: its thread's CPU seconds with frames in a run store, and without any.

    python benchmarks/film_cost.py [--repeats 7] [--pictures]

Both ways take turns, in one process; the ratio is that of the shortest times. Pictures are left out, or with
--pictures are those that the training draws by default: they may take as much again, and a quarter of a
second of each run is free (core/training/snapshots/schedule.py), which the ratio leaves out.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from core.records import to_record  # noqa: E402
from core.runs.recorder import Recorder  # noqa: E402
from core.runs.store import RunStore  # noqa: E402
from core.training.config import TrainConfig, default_config  # noqa: E402
from core.training.loop import train  # noqa: E402
from core.training.snapshots.schedule import FREE_S, MAX_TIME_FRACTION  # noqa: E402

TRAININGS: dict[str, Any] = {
    "LeNet-5, digits, 2 epochs": ("lenet", "mnist5k", 2),
    "LSTM, temperatures, 15 epochs": ("lstm", "seattle_weather", 15),
    "GRU both ways, temperatures, 15 epochs": ("gru", "seattle_weather", 15, {"bidirectional": True}),
    "Deep Q-network, cart pole, 30 epochs": ("dqn", "cart_pole", 30),
    "GAN, ring, 20 epochs": ("gan", "ring", 20),
    "RBM, digits, 10 epochs": ("rbm", "digits", 10),
    "GCN, karate club, 200 epochs": ("gcn", "karate_club", 200),
    "MLP, moons, 200 epochs": ("mlp", "moons", 200),
}
PROMISE = 1.03  # of frames


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
    parser.add_argument("--pictures", action="store_true", help="with those that are drawn by default")
    parser.add_argument("--only", default="", help="trainings whose name holds this")
    options = parser.parse_args()
    promise, free_s = PROMISE, 0.0
    if options.pictures:
        promise, free_s = PROMISE + MAX_TIME_FRACTION, FREE_S
    print(f"{'training':38} {'without':>9} {'with':>9} {'ratio':>7} {'frames':>7} {'MiB':>6}")
    with tempfile.TemporaryDirectory() as folder, contextlib.closing(RunStore(Path(folder) / "s")) as store:
        for name, (model, data, epochs, *model_options) in TRAININGS.items():
            if options.only not in name:
                continue
            given = {"epochs": epochs, "model_options": dict(*model_options)}
            config = default_config(model, data, snapshots=None if options.pictures else (), **given)
            without = default_config(model, data, snapshots=(), snapshot_every_s=None, **given)
            cpu_s(store, config)  # imports, compiles
            pairs = [(cpu_s(store, without), cpu_s(store, config)) for _ in range(options.repeats)]
            least, most = (min(pair[way][0] for pair in pairs) for way in (0, 1))
            frames = store.frames(pairs[0][1][1])
            size = sum(frame.weights.nbytes for frame in frames) / 2**20
            ratio = (most - free_s) / least
            print(
                f"{name:38} {least:7.3f} s {most:7.3f} s {ratio:7.3f} {len(frames):7} {size:6.2f}",
                f"(at most {promise:.2f})",
                flush=True,
            )
            if options.pictures:
                drawn = Counter(picture.name for _, picture in store.film_pictures(pairs[0][1][1]))
                print("   ", *(f"{picture} {number}," for picture, number in drawn.items()), flush=True)


if __name__ == "__main__":
    main()
