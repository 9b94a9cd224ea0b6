"""What the Benchmark page is to measure: a workload over its axes, a suite, or the machine's roofline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import devices
from core.errors import InvalidRequest
from core.timing.results.units import counted, in_time
from core.timing.roofline.config import RooflineConfig
from core.timing.self_comparison.config import SelfComparisonConfig
from core.timing.sweeps.config import SETTINGS, SweepConfig
from core.timing.sweeps.estimate import Estimate, estimate
from core.timing.sweeps.suites import SUITES, SuiteConfig, all_devices
from core.timing.sweeps.with_roofline import estimate_roofline, estimate_suite
from core.timing.workloads import WORKLOADS
from core.timing.workloads.dtypes import DTYPE_BYTES
from core.timing.workloads.operand_fill import OPERAND_FILLS
from dashboard.components.address import bound
from dashboard.components.device_picker import device_names, pick_devices
from dashboard.components.markdown import escaped

MATMUL = "gemm"  # what is offered first
MATMUL_SIZES = tuple(2**power for power in range(5, 15))  # finer than its default axis, and wider
POINT_SECONDS = 1.0
ROOF_SECONDS = 20.0
TARGET_CI, THOROUGH_CI = 0.02, 0.01


def choose_workload() -> SweepConfig | None:
    """A sweep, from the controls; None, with the reason on the page, when it cannot be measured."""
    name_column, device_column = st.columns([2.2, 1])
    names = {key: f"{one.family}: {one.title}" for key, one in WORKLOADS.items()}
    name = bound(
        name_column.selectbox,
        "Workload",
        WORKLOADS,
        MATMUL,
        key="workload",
        names=names,
    )
    chosen_devices = pick_devices(device_column)
    axes = _axes_of(name)
    thorough = st.toggle(
        "Thorough",
        key="thorough",
        bind="query-params",
        help=f"Measure {SETTINGS['thorough'].help}; each point takes about twice as long.",
    )
    try:
        return SweepConfig(
            workload=name,
            devices=tuple(chosen_devices),
            max_seconds=POINT_SECONDS,
            target_ci=THOROUGH_CI if thorough else TARGET_CI,
            thorough=thorough,
            **axes,
        )
    except InvalidRequest as error:
        st.error(escaped(str(error)))
        return None


def _axes_of(name: str) -> dict[str, Any]:
    """The axes of one workload, as far as it has a choice.

    Another one has other sizes, formats and steps, so these controls are its own, in the address too.
    """
    workload, suffix = WORKLOADS[name], "" if name == MATMUL else f"_{name}"
    every = MATMUL_SIZES if name == MATMUL else workload.sizes
    has_accelerator = len(device_names()) > 1
    sizes, dtypes, threads = st.columns([1.5, 2.2, 1])
    smallest, largest = sizes.select_slider(
        "Sizes",
        every,
        _default_sizes(name, every, has_accelerator),
        format_func=lambda size: f"{size:,}",
        key=f"sizes{suffix}",
        bind="query-params",
        help=f"{workload.size_means[0].upper()}{workload.size_means[1:]}",
    )
    chosen_dtypes = dtypes.pills(
        "Precisions",
        workload.dtypes,
        selection_mode="multi",
        default=[one for one in ("float32", "bfloat16") if one in workload.dtypes],
        key=f"dtypes{suffix}",
        bind="query-params",
        help="A format that a device has no arithmetic for is converted, and far slower than float32.",
    )
    chosen_threads = choose_threads(threads, has_accelerator)
    steps, data = st.columns([1, 2]) if len(workload.steps) > 1 else (None, st.container())
    chosen_steps = list(workload.steps[:1])
    if steps:
        chosen_steps = steps.pills(
            "Steps",
            workload.steps,
            selection_mode="multi",
            default=list(workload.steps[:1]),
            key=f"steps{suffix}",
            bind="query-params",
            help="Training is forward and backward, to the gradients of all inputs and weights.",
        )
    return {
        "sizes": tuple(size for size in every if smallest <= size <= largest),
        "dtypes": tuple(chosen_dtypes),
        "threads": tuple(chosen_threads),
        "steps": tuple(chosen_steps),
        "data": tuple(choose_operand_fill(data)),
    }


def _default_sizes(name: str, every: tuple[int, ...], has_accelerator: bool) -> tuple[int, int]:
    """Those that take a second a point: of products more where there is a GPU, else all but the largest."""
    if name == MATMUL:
        return 64, 4096 if has_accelerator else 2048
    return every[0], every[-1 if has_accelerator or len(every) < 3 else -3]


def choose_threads(container: DeltaGenerator, has_accelerator: bool) -> list[int]:
    """Counts of CPU threads; beside an accelerator all cores alone."""
    cores = devices.usable_cores()
    counts = sorted({1, cores, *(2**power for power in range(cores.bit_length()))})
    return list(
        container.pills(
            "CPU threads",
            counts,
            selection_mode="multi",
            default=[cores] if has_accelerator else sorted({1, cores}),
            key="threads",
            bind="query-params",
        )
    )


def choose_operand_fill(container: DeltaGenerator) -> list[str]:
    """What the operands hold."""
    return list(
        container.pills(
            "Operands",
            OPERAND_FILLS,
            selection_mode="multi",
            default=["random"],
            key="data",
            bind="query-params",
            help="What the operands hold. On some devices zeros look faster than real data, and denormal "
            "numbers slower: choose random and another to see by how much.",
        )
    )


def choose_suite() -> SuiteConfig | None:
    """A suite; None, with the reason on the page, when it cannot be measured."""
    suite_column, device_column = st.columns([2.2, 1])
    suite = bound(suite_column.selectbox, "Suite", SUITES, "quick", key="suite", names=dict(_suite_names()))
    chosen_devices = pick_devices(device_column)
    dtypes, threads = st.columns([2.2, 1])
    chosen_dtypes = dtypes.pills(
        "Precisions",
        DTYPE_BYTES,
        selection_mode="multi",
        key="suite_dtypes",
        bind="query-params",
        help="None chosen: those of the suite. A point in a format that a device lacks says so.",
    )
    cores = devices.usable_cores()
    chosen_threads = threads.pills(
        "CPU threads",
        sorted({1, cores}),
        selection_mode="multi",
        key="suite_threads",
        bind="query-params",
        help="None chosen: those of the suite, mostly all cores.",
    )
    try:
        return SuiteConfig(
            suite, devices=tuple(chosen_devices), dtypes=tuple(chosen_dtypes), threads=tuple(chosen_threads)
        )
    except InvalidRequest as error:
        st.error(escaped(str(error)))
        return None


def _suite_names() -> Iterator[tuple[str, str]]:
    for key, suite in SUITES.items():
        yield key, f"{key.capitalize()}: {suite.title}"


def roofline_config() -> RooflineConfig:
    """All devices, in every precision."""
    return RooflineConfig(devices=all_devices(), max_seconds=ROOF_SECONDS)


def expected(config: SweepConfig | SuiteConfig | RooflineConfig) -> Estimate:
    """How many points there are, and about how long they take."""
    if isinstance(config, SuiteConfig):
        return estimate_suite(config)
    if isinstance(config, RooflineConfig):
        return estimate_roofline(config)
    return estimate([config])


def in_words(config: Any) -> str:
    """An estimate as a line beside the button."""
    if isinstance(config, SelfComparisonConfig):
        return f"{counted(config.comparisons, 'comparison')}, at most about {in_time(config.expected_s())}."
    estimated = expected(config)
    words = f"{counted(estimated.points, 'point')}, about {in_time(estimated.seconds)}"
    if isinstance(config, SuiteConfig) and config.limit_s() is not None:
        words += "; what does not fit into its time is left out"
    return f"{words}."


def sizes_of(config: Mapping[str, Any], workload: str) -> list[int]:
    """The sizes that a run is to measure of a workload, from its stored config; none of a suite."""
    return list(config.get("sizes", ())) if config.get("workload") == workload else []
