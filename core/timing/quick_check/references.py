"""What other devices were seen to reach, to say whether a machine is normal. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.timing.results.labels import device_label
from core.timing.results.table import Record, environment_of
from core.timing.roofline.vendor_peaks import PEAKS

MEASURED, DATA_SHEET, HERE = "measured", "data sheet", "this machine"


@dataclass(frozen=True)
class Reference:
    """The best products that somebody has measured on a device."""

    gflops: Mapping[str, float]  # GFLOP/s by number format
    source: str


_ENGINEERING = "Bekman, Machine Learning Engineering: best of thousands of shapes"
REFERENCES = {
    "A100 SXM": Reference({"bfloat16": 271e3}, _ENGINEERING),
    "A100 PCIe": Reference({"bfloat16": 253e3}, _ENGINEERING),
    "H100 SXM": Reference({"bfloat16": 794e3}, _ENGINEERING),
    "GH200": Reference({"bfloat16": 821e3}, f"{_ENGINEERING} (pull request 60)"),
    "B200": Reference({"bfloat16": 1745e3}, _ENGINEERING),
    "2 server cores, AVX-512 and AMX": Reference(
        {"float32": 429.0, "bfloat16": 2737.0}, "this program, November 2026"
    ),
}


def beside(records: Sequence[Record], dtype: str) -> list[dict[str, object]]:
    """This machine's devices among the others, fastest first: name, gflops, what it is, and its source."""
    rows: list[dict[str, object]] = [
        {"name": name, "gflops": one.gflops[dtype], "is": MEASURED, "source": one.source}
        for name, one in REFERENCES.items()
        if dtype in one.gflops
    ]
    rows += [
        {"name": name, "gflops": 1e3 * peak.tflops[dtype], "is": DATA_SHEET, "source": peak.source}
        for name, peak in PEAKS.items()
        if dtype in peak.tflops
    ]
    names = _names(records)
    rows += [
        {
            "name": names.get(record["device"], device_label(record)),
            "gflops": record["gflops"],
            "is": HERE,
            "source": f"this result, {device_label(record)}",
        }
        for record in records
        if record["event"] == "peak_found"
        and record["dtype"] == dtype
        and not record.get("not_believed")
        and not record.get("ended_early")
    ]
    return sorted(rows, key=lambda row: -float(str(row["gflops"])))


def _names(records: Sequence[Record]) -> dict[str, str]:
    """The devices by what they are called."""
    environment = environment_of(records)
    gpus = [gpu for gpu in environment.get("gpus") or () if isinstance(gpu, dict)]
    names = {f"cuda:{index}": str(gpu.get("name", "GPU")) for index, gpu in enumerate(gpus)}
    return names | {"cpu": str(environment.get("cpu") or "this CPU")}
