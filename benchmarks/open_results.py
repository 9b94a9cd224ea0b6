"""How long the Benchmark page takes to open a result file of ten thousand points, and what takes the time.

    python benchmarks/open_results.py [--points 10000] [--gpu] [--json]

The file holds every workload in all its formats, steps and sizes, each point with 20 samples and a reading
of the device, as `python -m core.timing suite full` writes them; with --gpu a GPU has done all of it too.
Seconds are those of this process's CPU, the best of three; of the page also those of the thread that draws
it, which leave out what Streamlit's AppTest does with the answer. Exits 1 where opening takes longer than is
promised: 1 s for 10,000 points; what 45,000 measurements say (`conclusions`), 2 s.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from core.devices import Reading, environment
from core.events import event_record
from core.timing.results.conclusions import conclusions
from core.timing.results.events import (
    SCHEMA,
    DeviceSampled,
    EnvironmentRead,
    MeasurementTaken,
    RoofMeasured,
)
from core.timing.results.files import parse
from core.timing.results.table import measurements, to_json
from core.timing.results.verdicts import compare_results
from core.timing.workloads import WORKLOADS
from dashboard.server.warm import leave_out_of_garbage

OPENED, CONCLUDED = 10_000, 45_000
OPEN_S, CONCLUDE_S = 1.0, 2.0
SAMPLES, REPEATS = 20, 3


def records_of(points: int, gpu: bool) -> list[dict[str, Any]]:
    """A result with so many measurements."""
    devices = [("cpu", threads) for threads in (1, 2, 4, 8)] + ([("cuda:0", None)] if gpu else [])
    every = [
        (name, size, dtype, device, threads, step, data)
        for name, workload in WORKLOADS.items()
        for size in workload.sizes
        for dtype in workload.dtypes
        for step in workload.steps
        for data in ("random", "zeros", "constant")
        for device, threads in devices
    ]
    records = [event_record(EnvironmentRead(SCHEMA, "2026-01-01T00:00:00+00:00", environment()))]
    for device, threads in devices:
        roof = RoofMeasured(device, threads, {"float32": 100.0, "bfloat16": 200.0}, 20.0, 1e-6)
        records.append(event_record(roof))
    repeated = itertools.chain.from_iterable(itertools.repeat(every))
    for number, point in enumerate(itertools.islice(repeated, points)):
        taken = _taken(*point)
        reading = {"utilisation": Reading("utilisation", 50.0, "%"), "others": Reading("others", 3.0, "%")}
        records += [
            event_record(taken),
            event_record(DeviceSampled("cpu", float(number), f"{point[0]}, {point[1]}", reading)),
        ]
    return records


def _taken(
    name: str, size: int, dtype: str, device: str, threads: int | None, step: str, data: str
) -> MeasurementTaken:
    workload = WORKLOADS[name]
    flops, moved = workload.flops(size, step), workload.bytes_moved(size, 4, step)
    median_s = 1e-6 + flops / 50e9 / (threads or 100) + moved / 20e9
    return MeasurementTaken(
        name, size, dtype, device, threads, median_s, 0.99 * median_s, 1.01 * median_s, SAMPLES,
        flops / median_s / 1e9, flops / median_s / 1.01e9, flops / median_s / 0.99e9, "target", 1,
        2 * median_s, 0.0, 1.0, flops, moved, tuple(median_s * (1 + n / 1000) for n in range(SAMPLES)), step,
        data, gbps=moved / median_s / 1e9, limit="compute-bound", precision=dtype,
        wall_s=None if device == "cpu" else 1.1 * median_s,
        conditions={"cpu_shares": {"others": 0.03}, "contamination": []}, noise_paired=0.01,
        noise_unpaired=0.1, energy_reason="not reported",
    )  # fmt: skip


def cpu_s(work: Callable[[], Any]) -> float:
    """CPU seconds of this process, the best of a few."""
    found = []
    for _ in range(REPEATS):
        began = time.process_time()
        work()
        found.append(time.process_time() - began)
    return min(found)


# The page as a script that says how long its thread had the CPU.
_TIMED = """
import runpy, time
import streamlit as st
began = time.thread_time()
try:
    runpy.run_path({view!r})
finally:
    st.session_state["drawn_s"] = time.thread_time() - began
"""


def page_s(content: bytes) -> dict[str, float]:
    """The page with the file: opened for the first time, and drawn again after a click."""
    import streamlit as st
    from streamlit.testing.v1 import AppTest

    view = Path(__file__).resolve().parent.parent / "dashboard" / "views" / "benchmark.py"
    opened, drawn, again = [], [], []
    for number in range(REPEATS + 1):  # the first also imports what the page needs
        page = AppTest.from_string(_TIMED.format(view=str(view)), default_timeout=600)
        page.query_params["measure"] = "result"
        page.run()
        if not number:
            leave_out_of_garbage()  # as the server does
        began = time.process_time()
        page.file_uploader(key="result_file").upload(f"{number}.json", content + b" " * number).run()
        opened.append(time.process_time() - began)
        drawn.append(page.session_state["drawn_s"])
        began = time.process_time()
        page.run()
        again.append(time.process_time() - began)
        assert not page.exception, page.exception
        st.cache_data.clear()
    return {
        "page, opened": min(opened[1:]),
        "page, its thread": min(drawn[1:]),
        "page, drawn again": min(again[1:]),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--points", type=int, default=OPENED)
    parser.add_argument("--gpu", action="store_true", help="a GPU has done all of it too")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of the table")
    options = parser.parse_args()
    records = records_of(options.points, options.gpu)
    content = to_json(records).encode()
    taken = measurements(records)
    found = {
        "file read and checked": cpu_s(lambda: parse(content)),
        "conclusions": cpu_s(lambda: conclusions(records)),
        "compared with itself": cpu_s(lambda: list(compare_results(records, records))),
        **page_s(content),
    }
    large = records_of(CONCLUDED, options.gpu)
    found[f"conclusions of {CONCLUDED:,}"] = cpu_s(lambda: conclusions(large))
    kept = (
        found["page, its thread"] <= OPEN_S * options.points / OPENED
        and found[f"conclusions of {CONCLUDED:,}"] <= CONCLUDE_S
    )
    if options.json:
        print(json.dumps({"points": len(taken), "bytes": len(content), "seconds": found, "kept": kept}))
    else:
        print(f"{len(taken):,} points, {len(content) / 1e6:.0f} MB")
        for name, seconds in found.items():
            print(f"  {name:<24} {seconds:7.2f} s")
        print("Both promises kept." if kept else "A promise was broken.")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
