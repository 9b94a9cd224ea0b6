"""NVIDIA dominates the hardware of deep learning."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from core import devices
from core.events import Progress
from core.experiments.statement import (
    ABOVE,
    BARS,
    EXACT,
    Claim,
    PageLink,
    Plot,
    Settings,
    Slider,
    Source,
    Statement,
)
from core.experiments.statement_events import Fact, Measured, Series
from core.lazy import LazyModule
from core.options import Option

if TYPE_CHECKING:
    from core.timing.roofline import vendor_peaks
else:
    vendor_peaks = LazyModule("core.timing.roofline.vendor_peaks")

NVIDIA = "NVIDIA"
# The accelerators of the ten fastest systems of three TOP500 lists, in order; "" for a system without any.
TOP_TEN = {
    "2017-06": {
        "Sunway TaihuLight": "",
        "Tianhe-2": "Intel",
        "Piz Daint": NVIDIA,
        "Titan": NVIDIA,
        "Sequoia": "",
        "Cori": "",
        "Oakforest-PACS": "",
        "K computer": "",
        "Mira": "",
        "Trinity": "",
    },
    "2021-06": {
        "Fugaku": "",
        "Summit": NVIDIA,
        "Sierra": NVIDIA,
        "Sunway TaihuLight": "",
        "Perlmutter": NVIDIA,
        "Selene": NVIDIA,
        "Tianhe-2A": "NUDT",
        "JUWELS Booster": NVIDIA,
        "HPC5": NVIDIA,
        "Frontera": "",
    },
    "2024-11": {
        "El Capitan": "AMD",
        "Frontier": "AMD",
        "Aurora": "Intel",
        "Eagle": NVIDIA,
        "HPC6": "AMD",
        "Fugaku": "",
        "Alps": NVIDIA,
        "LUMI": "AMD",
        "Leonardo": NVIDIA,
        "Tuolumne": "AMD",
    },
}
# Makers of the GPUs for which there are binaries of PyTorch's own releases: since which year and version.
PYTORCH = {"NVIDIA": 2017, "AMD": 2021, "Apple": 2022, "Intel": 2024}
NAMED = ("Tesla P4", "V100 SXM2", "V100 PCIe", "TITAN Xp", "TITAN V", "TITAN RTX")
DOMINATES = 0.5  # more than half
MONOPOLY, FOR_LEARNING = "makers", "products"
TIMES = 4.0  # as fast in a short format as in float32: made for it, not merely able


def measure(settings: Settings) -> Iterator[Any]:
    """Counts over lists of systems, and the table of the cards that the text names."""
    yield Progress(0, 1, "count")
    for date in settings["lists"]:
        yield Measured(date, 0, nvidia_share(date))
    last = max(settings["lists"])
    yield Measured(f"{MONOPOLY}, {last}", 0, makers(last))
    yield Measured(FOR_LEARNING, 0, made_for_learning() / len(NAMED))
    for maker in ("NVIDIA", "AMD", "Intel", "NUDT"):
        counts = [float([*systems.values()].count(maker)) for systems in TOP_TEN.values()]
        yield Series(maker, tuple(TOP_TEN), tuple(counts))
    yield from _cards()
    yield Progress(1, 1, "count")


def nvidia_share(date: str) -> float:
    """NVIDIA's share of those of the ten systems that have accelerators."""
    accelerated = [maker for maker in TOP_TEN[date].values() if maker]
    return accelerated.count(NVIDIA) / len(accelerated)


def makers(date: str) -> int:
    """Makers of GPUs on which PyTorch's releases compute, in the year of a list."""
    return sum(since <= int(date[:4]) for since in PYTORCH.values())


def made_for_learning() -> int:
    """How many of the named cards multiply in a short format four times as fast as in float32, or faster."""
    found = [vendor_peaks.PEAKS[name].tflops for name in NAMED]
    return sum(max(of.get("float16", 0), of.get("int8", 0)) >= TIMES * of["float32"] for of in found)


def _cards() -> Iterator[Fact]:
    """The named cards, and those of this machine."""
    for name in NAMED:
        yield Fact(name, _figures(vendor_peaks.PEAKS[name]))
    here = [device for device in devices.devices() if device.kind != "cpu"]
    if not here:
        yield Fact("This machine", f"no GPU: {devices.absent().get('cuda', 'none was found')}")
    for device in here:
        peak = vendor_peaks.peak_of(device.name)
        known = _figures(peak) if peak else "its figures are not in the table"
        yield Fact(f"This machine: {device.name}", known)


def _figures(peak: vendor_peaks.Peak) -> str:
    units = {"int8": "TOPS"}
    rates = [f"{rate:g} {units.get(kind, 'TFLOP/s')} in {kind}" for kind, rate in peak.tflops.items()]
    return f"{', '.join(rates)}; {peak.gbps:g} GB/s"


def claims(settings: Settings) -> tuple[Claim, ...]:
    """Dominates is more than half, by date; a monopoly would be every one."""
    by_list = [
        Claim(
            says="more than half of the ten fastest systems that have accelerators have NVIDIA's",
            condition=f"TOP500 of {date}",
            value="share of them",
            of=date,
            true_if=ABOVE,
            threshold=DOMINATES,
            method=EXACT,
            format=".0%",
        )
        for date in settings["lists"]
    ]
    last = max(settings["lists"])
    others = Claim(
        says="PyTorch's releases compute on the GPUs of other makers too",
        condition=last[:4],
        value="makers of whose GPUs there are binaries",
        of=f"{MONOPOLY}, {last}",
        true_if=ABOVE,
        threshold=2,
        counts=False,
        method=EXACT,
        format=".0f",
    )
    cards = Claim(
        says="half of the named cards or more have a short format 4 times as fast as float32",
        condition="Tesla P4, V100, TITAN",
        value="share of the cards",
        of=FOR_LEARNING,
        true_if=ABOVE,
        threshold=0.5,
        counts=False,
        method=EXACT,
        format=".0%",
    )
    return (*by_list, others, cards)


STATEMENT = Statement(
    number="16",
    chapter="hardware",
    section="Hardware: NVIDIA",
    section_zh="硬件和软件",
    title="NVIDIA dominates",
    sentence="The GPUs of deep learning are NVIDIA's, nearly a monopoly: Tesla P4, V100, the TITANs.",
    sentence_zh="深度学习用的GPU都来自NVIDIA，近乎垄断：Tesla P4、V100和各代TITAN。",
    question="Of the ten fastest computers with accelerators, do more than half have NVIDIA's?",
    strongest="In 2021, the year of the text: six of the seven accelerated systems among the ten fastest had "
    "NVIDIA's.",
    condition="the date, and what is counted: among the ten fastest systems AMD's led in November 2024",
    why=(
        "CUDA came in 2007, AlexNet was trained on two GeForce cards in 2012, and the frameworks grew up on "
        "them, so each new card found its software ready.",
        "PyTorch's releases compute on AMD's GPUs since 2021 (version 1.8), on Apple's since 2022 (1.12) and "
        "on Intel's since 2024 (2.5): a lead is not a monopoly.",
        "The ten fastest systems are few and are built for more than learning, so this count is a sign, no "
        "share of a market.",
    ),
    formula=r"\frac{\#\{\text{systems with NVIDIA's accelerators}\}}{\#\{\text{systems with accelerators}\}}",
    sources=(
        Source("TOP500, highlights of June 2017", "https://www.top500.org/lists/top500/2017/06/highlights"),
        Source("TOP500, list of June 2021", "https://www.top500.org/lists/top500/2021/06/"),
        Source("TOP500, list of November 2024", "https://www.top500.org/lists/top500/2024/11/"),
        Source("NVIDIA's data sheets and white papers, as core/timing/roofline/vendor_peaks.py lists them"),
    ),
    settings={
        "lists": Option(
            "TOP500 lists",
            ("2021-06", "2024-11"),
            kind=str,
            many=True,
            choices=tuple(TOP_TEN),
            min_values=1,
            max_values=len(TOP_TEN),
        ),
    },
    measure=measure,
    claims=claims,
    plot=Plot(
        title="Accelerators of the ten fastest systems",
        look="In 2021 NVIDIA's bar towers over the others; in 2024 it does not.",
        kind=BARS,
        x="TOP500 list",
        y="Systems of the ten",
    ),
    slider=Slider("lists", "TOP500 list", tuple(TOP_TEN)),
    links=(
        PageLink("benchmark", "How near this machine comes to what its vendor says", {"measure": "roofline"}),
    ),
)
