"""A record of every kind, as a result file holds it."""

from __future__ import annotations

import json
from typing import Any

from core.devices import Reading
from core.events import event_record
from core.timing.activation_cost.events import CostRanked, FusedCompared, MemorySaved, RankedActivation
from core.timing.collectives.events import CollectiveFailed, CollectiveMeasured, ProcessesJoined
from core.timing.quick_check.events import Finding, MachineChecked
from core.timing.results.events import (
    SCHEMA,
    Concluded,
    DeviceAbsent,
    DeviceSampled,
    EnvironmentRead,
    MeasurementFailed,
    MeasurementTaken,
    NoiseMeasured,
    PointCompared,
    PointNotCompared,
    PointsSkipped,
    RoofMeasured,
    SweepFinished,
)
from core.timing.roofline.events import BandwidthFound, FmaMeasured, FormatAbsent, PeakFound, RooflinePoint
from core.timing.self_comparison.events import SelfCompared, SelfComparisonsCounted
from core.timing.stress.events import StressEnded, StressSampled
from core.timing.sweeps.events import Reached, SpeedupCurve
from core.timing.together.events import TogetherMeasured

TAKEN = MeasurementTaken(
    "gemm", 512, "float32", "cpu", 2, 1e-3, 0.9e-3, 1.1e-3, 6, 268.4, 244.0, 298.2, "target", 1, 0.02,
    0.0, 1.0,
    flops=2 * 512**3, bytes_moved=3 * 512**2 * 4, times_s=(1e-3,) * 6, gbps=3.1, arithmetic_intensity=85.3,
    limit="compute-bound", cold_median_s=2e-3, precision="float32", relative_error=1e-7, joules=0.01,
    joules_interval=(0.0095, 0.0105),
    gflop_per_joule=26.8, energy_source="RAPL", noise_paired=0.01, noise_unpaired=0.1,
    contamination=("other programs used 20% of the CPU",),
)  # fmt: skip
_POINT = ("gemm", "forward", "random", 512, "float32", "cpu", 2)

_EVENTS = (
    EnvironmentRead(SCHEMA, "2026-01-01T00:00:00+00:00", {"cpu": "Abacus 9", "usable_cores": 2}),
    DeviceAbsent("cuda:0", "there is no driver"),
    DeviceSampled("cpu", 1.0, "gemm", {}),
    TAKEN,
    MeasurementFailed("gemm", 512, "float16", "cpu", 2, "no such format"),
    NoiseMeasured("cpu", 2, 0.01, 0.1, 1e-4, 100, 1.0, ("other programs used 20% of the CPU",)),
    RoofMeasured("cpu", 2, {"float32": 300.0}, 10.0, 1e-6),
    PointsSkipped(("gemm", "copy"), "the 1 s for all of them were used up"),
    PointCompared(*_POINT, 1e-3, 1.01e-3, 1.01, 0.99, 1.03, 0.1, "SAME"),
    PointNotCompared(*_POINT, "only the first result has it"),
    Concluded(("All is well.",)),
    FmaMeasured(2, 320.0, "AVX2", None),
    PeakFound("cpu", 2, "float32", 250.0, 512, 512, 512, 30, 1.0, 0.78, "78% of the FMA peak: load"),
    FormatAbsent("cpu", "tf32", "no tensor cores"),
    BandwidthFound("cpu", 2, 10.0, 2**28),
    RooflinePoint(
        "gemm", "forward", "random", "float32", "cpu", 2, 512, 85.3, 268.4, 3.1, 300.0, 89.0, 31.0, None,
        "compute-bound",
    ),
    SpeedupCurve(
        "gemm", "forward", "random", "float32", "cuda:0", "cuda:0 float32", "cpu float32, 2 threads",
        (64, 128), (0.5, 2.0), (Reached(1.0, 90.5), Reached(10.0, None, "never up to 128")),
        transfer_reason="transfers were not measured",
    ),
    FusedCompared("relu", "forward", 1024, "float32", "cpu", 1, 2.0, 1.9, 2.1, 0.01, "FASTER", 1.0),
    MemorySaved("relu", "fused", "float32", 0.0, 4.0, 0.0),
    CostRanked(
        "forward", 0.01,
        (
            RankedActivation("relu", 1e-4, 1.0, 1.0, 1.0, True),
            RankedActivation("gelu", 2e-4, 2.0, 1.9, 2.1, False),
        ),
    ),
    SweepFinished(1, 2.0),
    SelfCompared(1, "cpu", 1, 1.001, 0.998, 1.004, 0.01, "SAME", 0.2),
    SelfComparisonsCounted("cpu", 1, 50, 0, 2, 0.058),
    StressSampled("cpu", 1.0, 300.0, 12, 0, {"temperature": Reading("temperature", 61.0, "°C")}),
    StressEnded("cpu", "good", "It kept its speed.", "time is up", 60.0, 720, 0, 2048, 300.0, 299.0, 71.0),
    ProcessesJoined("gloo", ("cpu", "cpu"), (0, 0)),
    CollectiveMeasured("all_reduce", "gloo", 2, 2**20, 1e-3, 0.9e-3, 1.1e-3, 9, 1.05, 1.05),
    CollectiveFailed("send_recv", "gloo", "no such operation"),
    TogetherMeasured("products", "cuda:0", ("cuda:1",), 60.0, 54.0, 0.9, 0.88, 0.92, "cuda:0 is at 90%."),
    MachineChecked("good", "All is well.", (Finding("Memory", "cpu", "good", "As it should be."),)),
)  # fmt: skip

EXAMPLES: list[dict[str, Any]] = [json.loads(json.dumps(event_record(event))) for event in _EVENTS]
# The count of self-comparisons is the concluding sentence of its command.
WITHOUT_WORDS = ("device_sampled", "sweep_finished", "self_comparisons_counted")
