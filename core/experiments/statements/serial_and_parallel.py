"""A CPU computes serially, with a few cores; a GPU in parallel, with thousands."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from core.devices import cpu
from core.events import Progress
from core.experiments.statement import (
    ABOVE,
    BELOW,
    EXACT,
    LINES,
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

if TYPE_CHECKING:
    import torch

    from core import torch_devices
    from core.experiments import accelerator, paired_times
else:
    torch = LazyModule("torch")
    torch_devices = LazyModule("core.torch_devices")
    accelerator = LazyModule("core.experiments.accelerator")
    paired_times = LazyModule("core.experiments.paired_times")

WIDTH = 64  # numbers of each sequence's state
# A second core could make it 2 times as fast: a fifth of that is no parallel work.
NO_GAIN = 1.2
THOUSANDS = 1000
# An operation lasts so many multiplications, or steps at most: some milliseconds, so that waking threads up
# takes no part of it.
PRODUCTS, MAX_STEPS = 1 << 27, 500
# float32 numbers in one register of each instruction set that torch names.
LANES = {"AVX2": 8, "AVX512": 16}

THREADS, GPU = "all threads, {} sequences", "GPU, {} sequences"


def measure(settings: Settings) -> Iterator[Any]:
    """How many times faster all threads are than one, and the GPU than these, at dependent steps.

    Each step multiplies the states of so many independent sequences, (sequences, 64), by one matrix.
    """
    cores = cpu.usable_cores()
    yield Measured("cores", 0, cores)
    yield _lanes(cores)
    gpu, why_no_gpu = accelerator.first_gpu()
    if why_no_gpu:
        yield NotMeasured(why_no_gpu, tuple(GPU.format(n) for n in settings["sequences"]))
    if cores == 1:
        yield NotMeasured(
            "This process may use one core only", tuple(THREADS.format(n) for n in settings["sequences"])
        )
    comparisons: list[tuple[str, str, Callable[..., Any]]] = []
    if cores > 1:
        comparisons.append(("all threads over one", THREADS, partial(_threads, cores)))
    if gpu:
        comparisons.append(("GPU over all threads", GPU, partial(_gpu, cores, gpu)))
    total = len(comparisons) * len(settings["sequences"])
    done = 0
    with torch_devices.threads(cores), paired_times.watched(gpu or "cpu") as disturbances:
        for name, observable, speedups in comparisons:
            medians: list[float] = []
            for sequences in settings["sequences"]:
                found = yield from speedups(sequences, settings, Progress(done, total, "measurements"))
                for round_, speedup in enumerate(found):
                    yield Measured(observable.format(sequences), round_, speedup)
                done += 1
                medians.append(sorted(found)[len(found) // 2])
                x = tuple(float(n) for n in settings["sequences"][: len(medians)])
                yield Series(name, x, tuple(medians))
        yield from disturbances()


def _lanes(cores: int) -> Fact:
    capability = torch.backends.cpu.get_cpu_capability()
    lanes = LANES.get(capability, 4)
    return Fact(
        "Count lanes, not cores",
        f"{cores} cores here, each of which computes {lanes} float32 numbers in one instruction "
        f"({capability}): {cores * lanes} lanes. The 5,120 “cores” of a V100 are lanes too: 64 in each of 80 "
        "multiprocessors.",
    )


Speedups = Generator[Progress, None, list[float]]


def _threads(cores: int, sequences: int, settings: Settings, progress: Progress) -> Speedups:
    """All threads over one."""
    steps = _steps(sequences, "cpu", settings["seed"])
    return paired_times.paired_ratios(
        partial(_on_threads, cores, steps), partial(_on_threads, 1, steps), settings["seconds"], progress
    )


def _gpu(cores: int, gpu: str, sequences: int, settings: Settings, progress: Progress) -> Speedups:
    """The GPU over all threads of the CPU."""
    torch.set_num_threads(cores)
    on_gpu, on_cpu = (_steps(sequences, device, settings["seed"]) for device in (gpu, "cpu"))
    return paired_times.paired_ratios(on_gpu, on_cpu, settings["seconds"], progress, gpu)


def _on_threads(count: int, operation: Callable[[], Any]) -> None:
    torch.set_num_threads(count)
    operation()


def _steps(sequences: int, device: str, seed: int) -> Callable[[], Any]:
    """Steps of which each needs the result of the one before. The matrix is a rotation: no state grows."""
    random = torch.Generator().manual_seed(seed)
    rotation = torch.linalg.qr(torch.randn(WIDTH, WIDTH, generator=random))[0].to(device)
    states = [torch.randn(sequences, WIDTH, generator=random).to(device) for _ in range(2)]
    count = max(2, min(MAX_STEPS, PRODUCTS // (sequences * WIDTH**2)))

    def run() -> None:
        for step in range(count):
            torch.mm(states[step % 2], rotation, out=states[1 - step % 2])

    return run


def claims(settings: Settings) -> tuple[Claim, ...]:
    """A CPU is serial where its other cores bring nothing; a GPU is not where it loses at one sequence."""
    of_threads = [
        Claim(
            says="all cores of the CPU together are less than 1.2 times as fast as one",
            condition=_sequences(n),
            value="speed with all threads by speed with one",
            of=THREADS.format(n),
            true_if=BELOW,
            threshold=NO_GAIN,
            format=".2f",
        )
        for n in settings["sequences"]
    ]
    few, many = min(settings["sequences"]), max(settings["sequences"])
    of_gpu = [
        Claim(
            says=f"the GPU is {'slower' if side == BELOW else 'faster'} than the CPU",
            condition=_sequences(n),
            value="speed of the GPU by speed of all CPU threads",
            of=GPU.format(n),
            true_if=side,
            threshold=1.0,
            format=".2f",
        )
        for n, side in ((few, BELOW), (many, ABOVE))
        if few != many
    ]
    cores = Claim(
        says="the CPU has fewer than a thousand cores",
        condition="cores that this process may use",
        value="cores",
        of="cores",
        true_if=BELOW,
        threshold=THOUSANDS,
        counts=False,
        method=EXACT,
        format=".0f",
    )
    return (*of_threads, *of_gpu, cores)


def _sequences(count: int) -> str:
    return f"{count:,} sequence{'s' * (count != 1)} at a time"


STATEMENT = Statement(
    number="10",
    chapter="hardware",
    section="Hardware: CPU and GPU",
    section_zh="硬件和软件",
    title="CPUs are serial",
    sentence="A CPU is at its best where work is serial, with its few cores; a GPU, with thousands of cores, "
    "where work is parallel.",
    sentence_zh="CPU核心少，擅长串行的工作；GPU有上千个核心，擅长并行的工作。",
    question="Do a CPU's other cores help when each step waits for the one before?",
    strongest="As a direction: work that waits for itself gains nothing from more cores, on either of them, "
    "and a GPU needs far more independent work than a CPU before it pays.",
    condition="how much of the work is independent: it is the work that is serial, not the CPU",
    why=(
        "Steps that each need the result of the one before cannot be shared out, so one core does them and "
        "the others wait.",
        "With many sequences at a time each step is a large product of matrices, and its rows are shared "
        "out over the cores: a CPU is a parallel machine too, and each of its cores computes 8 or 16 "
        "numbers at once.",
        "What the makers of GPUs call a core is one such lane, so a CPU of 64 cores has a thousand of them "
        "as well; a GPU has some ten times more, and pays for each start with microseconds.",
    ),
    formula=r"\begin{gathered}\text{speed-up} \le \frac{1}{(1-p) + p/n} \\ "
    r"p: \text{parallel part},\ n: \text{cores}\end{gathered}",
    sources=(
        Source("Amdahl 1967, Validity of the single processor approach to achieving large scale computing"),
        Source("NVIDIA 2017, Tesla V100 GPU architecture (white paper): 80 multiprocessors of 64 lanes"),
    ),
    settings={
        "sequences": Option(
            "independent sequences, of which a step computes one step each",
            (1, 64, 1024, 16384),
            kind=int,
            many=True,
            min=1,
            max=1 << 18,
            min_values=1,
            max_values=12,
        ),
        "seconds": Option("of measuring, for each number of sequences", 1.5, min=0.05, max=60),
        "seed": Option("of the numbers", 0, min=0, max=2**31 - 1),
    },
    full={"seconds": 12.0, "sequences": (1, 4, 16, 64, 256, 1024, 4096, 16384, 65536)},
    measure=measure,
    claims=claims,
    plot=Plot(
        title="Speed-up of steps that wait for each other",
        look="At the left all work is serial and more cores bring nothing; to the right the curves rise.",
        kind=LINES,
        x="Independent sequences at a time",
        y="Times as fast",
        log_x=True,
        log_y=True,
        rules=((1.0, "no gain"),),
    ),
    slider=Slider("sequences", "Sequences at a time", (1, 16, 64, 256, 1024, 4096, 16384), {"seconds": 0.5}),
    links=(PageLink("benchmark", "Matrix products on one thread and on all"),),
    times=True,
)
