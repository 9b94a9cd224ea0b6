"""A GPU is 10 to 40 times as fast as a CPU."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from core.errors import InvalidRequest
from core.events import Progress, event_record
from core.experiments.statement import (
    BETWEEN,
    INTERVALS,
    Claim,
    PageLink,
    Plot,
    Settings,
    Slider,
    Source,
    Statement,
)
from core.experiments.statement_events import Fact, Measured, NotMeasured, Series
from core.lazy import LazyModule
from core.options import Option
from core.timing.workloads import WORKLOADS

if TYPE_CHECKING:
    from core.experiments import accelerator, paired_times
    from core.timing.results import files, kept
    from core.timing.sweeps import config, speedup, sweep
else:
    accelerator = LazyModule("core.experiments.accelerator")
    paired_times = LazyModule("core.experiments.paired_times")
    files = LazyModule("core.timing.results.files")
    kept = LazyModule("core.timing.results.kept")
    config = LazyModule("core.timing.sweeps.config")
    speedup = LazyModule("core.timing.sweeps.speedup")
    sweep = LazyModule("core.timing.sweeps.sweep")

LOW, HIGH = 10.0, 40.0  # as the text says
SCALES = ("small", "medium", "large")
# Sizes of each scale, and the step of which they are.
CELLS = {
    "gemm": ((64, 512, 2048), "forward"),
    "conv2d": ((7, 28, 112), "training"),
    "lstm": ((16, 128, 512), "training"),
    "mlp_step": ((1, 64, 1024), "training"),
    "lenet_step": ((1, 64, 1024), "training"),
}
TRANSFERS = ("host_to_device", "device_to_host")
TRANSFER_SIZES = (2**12, 2**18, 2**24)  # numbers
# What is compared with what the CPU takes.
WALL, KERNEL, CARRIED = "wall time", "the GPU's own time", "with transfers"
KINDS = (WALL, KERNEL, CARRIED)


def measure(settings: Settings) -> Iterator[Any]:
    """Speed-ups of the first GPU over all cores of the CPU, of each workload and size, again and again."""
    yield kept_results(kept.FOLDER)
    gpu, reason = accelerator.first_gpu()
    if reason:
        yield NotMeasured(reason)
        return
    found: dict[tuple[str, str], list[float]] = {}
    with paired_times.watched(gpu) as disturbances:
        for repetition in range(settings["repetitions"]):
            records = []
            for event in sweep.sweeps(_configs(gpu, settings)):
                if isinstance(event, Progress):
                    part = event.done / max(event.total, 1)
                    yield Progress(repetition + part, settings["repetitions"], "repetitions")
                else:
                    records.append(event_record(event))
            for kind, cell, ratio in _ratios(records):
                yield Measured(f"{kind}, {cell}", repetition, ratio)
                found.setdefault((kind, cell), []).append(ratio)
            yield from _series(found, settings)
        yield from disturbances()
    for kind in KINDS:
        yield Fact(f"Cells, {kind}", in_the_band([median(v) for (k, _), v in found.items() if k == kind]))


def _configs(gpu: str, settings: Settings) -> list[config.SweepConfig]:
    """Every cell on both devices, and the transfers to the GPU and back."""
    shared = {"dtypes": ("float32",), "max_seconds": settings["seconds"], "seed": settings["seed"]}
    cells = [
        config.SweepConfig(
            name,
            sizes=tuple(CELLS[name][0][SCALES.index(scale)] for scale in settings["scales"]),
            devices=("cpu", gpu),
            steps=(CELLS[name][1],),
            **shared,
        )
        for name in settings["workloads"]
    ]
    return cells + [
        config.SweepConfig(name, sizes=TRANSFER_SIZES, devices=(gpu,), **shared) for name in TRANSFERS
    ]


def _ratios(records: Sequence[dict[str, Any]]) -> Iterator[tuple[str, str, float]]:
    """(kind, cell, speed-up) of every cell of one repetition."""
    for curve in speedup.speedup_curves(records):
        for kind, ratios in (
            (WALL, curve.ratios),
            (KERNEL, curve.kernel_ratios),
            (CARRIED, curve.with_transfers),
        ):
            for size, ratio in zip(curve.sizes, ratios, strict=False):
                yield kind, _cell(curve.workload, size), ratio


def _cell(workload: str, size: int) -> str:
    return f"{WORKLOADS[workload].title}, {size}"


def _cells(settings: Settings) -> list[str]:
    return [
        _cell(name, CELLS[name][0][SCALES.index(scale)])
        for name in settings["workloads"]
        for scale in settings["scales"]
    ]


def _series(found: dict[tuple[str, str], list[float]], settings: Settings) -> Iterator[Series]:
    for kind in KINDS:
        cells = [cell for cell in _cells(settings) if (kind, cell) in found]
        of = [found[kind, cell] for cell in cells]
        yield Series(
            kind,
            tuple(cells),
            tuple(median(values) for values in of),
            tuple(min(values) for values in of),
            tuple(max(values) for values in of),
        )


def in_the_band(ratios: Sequence[float]) -> str:
    """How many speed-ups lie in, below and above what the text says."""
    if not ratios:
        return "none measured"
    below, above = sum(ratio < LOW for ratio in ratios), sum(ratio > HIGH for ratio in ratios)
    inside = len(ratios) - below - above
    return (
        f"{inside} of {len(ratios)} between 10 and 40 times, {below} below, {above} above; "
        f"from {min(ratios):.3g} to {max(ratios):.3g} times"
    )


def kept_results(folder: Path) -> Fact:
    """What the kept result files of real cards say, which `python -m core.timing` wrote on their machines.

    Those of simulated cards say nothing of any card.
    """
    found = {path.stem: said for path in kept.kept_files(folder).values() if (said := _kept(path))}
    if not found:
        return Fact(
            "On a real card",
            "no result file of one is kept in core/timing/results/kept/ yet; python -m core.timing with "
            "--out writes one on a machine with a GPU",
        )
    return Fact("On real cards", "; ".join(f"{name}: {said}" for name, said in found.items()))


def _kept(path: Path) -> str | None:
    """What one file says; None for a simulated card."""
    try:
        records = files.read(path)
    except InvalidRequest as error:
        return str(error)
    if kept.simulated_in(records):
        return None
    return in_the_band([ratio for curve in speedup.speedup_curves(records) for ratio in curve.ratios])


def claims(settings: Settings) -> tuple[Claim, ...]:
    """Each cell by what a program waits, data on the device: the text says 10 to 40."""
    return tuple(
        Claim(
            says="the GPU is 10 to 40 times as fast as all cores of the CPU",
            condition=cell,
            value="time of the CPU by time of the GPU",
            of=f"{WALL}, {cell}",
            true_if=BETWEEN,
            threshold=LOW,
            upper=HIGH,
            format=".3g",
        )
        for cell in _cells(settings)
    )


STATEMENT = Statement(
    number="9",
    chapter="hardware",
    section="Hardware: CPU and GPU",
    section_zh="硬件和软件",
    title="GPUs: 10 to 40 times",
    sentence="Networks are computed much more slowly on a CPU than on a GPU: by a factor of 10 to 40.",
    sentence_zh="用CPU计算网络比用GPU慢得多，相差10至40倍。",
    question="Is a GPU 10 to 40 times as fast as a CPU, whatever it computes?",
    strongest="Large networks in large batches, data already on the card, against a CPU of some ten cores.",
    condition="how much there is to do at once: the size of the work, and whether its data have to be "
    "brought to the card",
    why=(
        "A GPU has some ten times the arithmetic and memory bandwidth of a CPU, so work that fills it gains "
        "tens of times.",
        "Each operation has to be started from the program, which takes microseconds, and data in main "
        "memory first cross a slow link: small work spends its time on that, and may be slower than on a "
        "CPU.",
        "How well the CPU's side is written counts as much: with both sides optimised the gain over 14 "
        "kernels was 2.5 times on average (Lee et al. 2010).",
    ),
    formula=r"\begin{gathered}"
    r"\text{speed-up} = \frac{t_\mathrm{CPU}}{t_\mathrm{launch} + t_\mathrm{transfer} + t} \\ "
    r"t = \max(\mathrm{FLOPs}/\pi,\ \mathrm{bytes}/\beta)\end{gathered}",
    sources=(
        Source(
            "Lee et al. 2010, Debunking the 100X GPU vs. CPU myth",
            "https://doi.org/10.1145/1815961.1816021",
        ),
        Source(
            "Wang, Wei & Brooks 2019, Benchmarking TPU, GPU, and CPU platforms for deep learning",
            "https://arxiv.org/abs/1907.10701",
        ),
    ),
    settings={
        "workloads": Option(
            "what is computed",
            ("gemm", "conv2d", "lstm", "lenet_step"),
            kind=str,
            many=True,
            choices=tuple(CELLS),
            min_values=1,
            max_values=len(CELLS),
        ),
        "scales": Option(
            "at which sizes",
            ("small", "medium"),
            kind=str,
            many=True,
            choices=SCALES,
            min_values=1,
            max_values=len(SCALES),
        ),
        "repetitions": Option("of measuring all of it", 9, min=1, max=256),
        "seconds": Option("for each figure of a repetition", 0.05, min=0.05, max=10),
        "seed": Option("of the numbers", 0, min=0, max=2**31 - 1),
    },
    full={"workloads": tuple(CELLS), "scales": SCALES, "seconds": 0.2, "repetitions": 12},
    measure=measure,
    claims=claims,
    plot=Plot(
        title="How many times as fast the GPU is as the CPU",
        look="Between the two lines the text is right: look how many points lie there, and how the small "
        "works differ from the large.",
        kind=INTERVALS,
        x="Work and its size",
        y="Times as fast as the CPU",
        log_y=True,
        rules=((LOW, "10 times"), (HIGH, "40 times"), (1.0, "equal")),
    ),
    slider=Slider(
        "scales", "Size of the work", SCALES, {"workloads": ("gemm", "lenet_step"), "repetitions": 8}
    ),
    links=(PageLink("benchmark", "Matrix products on the devices of this machine"),),
    times=True,
)
