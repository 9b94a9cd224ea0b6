"""The result that the dashboard shows where there is no GPU: a simulated one against the CPU.

python -m tests.simulated_gpu DEMONSTRATION -m tests.simulated_gpu.kept_result [FILE]

Writes core/timing/results/kept/simulated_gpu.json unless a FILE is named. The CPU's figures are measured, on
one core, so that other programs disturb them less; those of the card come from its model in cards.py.
"""

from __future__ import annotations

import sys

from core.events import Progress, event_record
from core.timing.results import files
from core.timing.results.kept import FOLDER
from core.timing.sweeps.config import SweepConfig
from core.timing.sweeps.sweep import sweeps
from core.timing.sweeps.with_roofline import with_speedups

SIZES = (64, 128, 256, 512, 1024, 2048)
BYTES = (2**10, 2**14, 2**18, 2**22)  # numbers of float32 that are transferred


def configs() -> list[SweepConfig]:
    """Products and training steps on both devices, and the transfers between them."""
    both = {"dtypes": ("float32",), "devices": ("cpu", "cuda:0"), "threads": (1,), "max_seconds": 0.3}
    carried = both | {"devices": ("cuda:0",), "sizes": BYTES}
    return [
        SweepConfig("gemm", SIZES, **both),  # type: ignore[arg-type]
        SweepConfig("mlp_step", (4, 16, 64, 256, 1024), steps=("training",), **both),  # type: ignore[arg-type]
        *(SweepConfig(name, **carried) for name in ("host_to_device", "device_to_host")),  # type: ignore[arg-type]
    ]


def main() -> None:
    records = []
    for event in with_speedups(sweeps(configs())):
        if not isinstance(event, Progress):
            records.append(event_record(event))
            print(
                records[-1]["event"], records[-1].get("size", ""), records[-1].get("device", ""), flush=True
            )
    if not records[0]["environment"].get("simulated"):
        sys.exit("This machine's GPU is not simulated; run it as the first lines of this file say.")
    files.write(sys.argv[1] if len(sys.argv) > 1 else FOLDER / "simulated_gpu.json", records)


if __name__ == "__main__":
    main()
