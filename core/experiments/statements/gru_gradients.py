"""A GRU solved the vanishing and exploding gradients of an LSTM."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from core.events import Progress
from core.experiments.statement import (
    ABOVE,
    OUTSIDE,
    Claim,
    PageLink,
    Plot,
    Settings,
    Slider,
    Source,
    Statement,
    each_seed,
    seeds,
)
from core.experiments.statement_events import Fact, Measured
from core.lazy import LazyModule
from core.options import Option

if TYPE_CHECKING:
    from core.experiments import recurrent_memory
else:
    recurrent_memory = LazyModule("core.experiments.recurrent_memory")

LOST = 2.0  # powers of ten from which a gradient has vanished or exploded
BETTER = 1.0  # powers of ten by which a gradient is larger beyond what differs between two networks of a kind

# Solved: the GRU's gradient has not vanished, and the LSTM's is at least ten times smaller. The number is the
# smaller of both distances, in powers of ten; it is positive where both hold.
SOLVED = "by how many powers of ten a GRU's gradient is both not lost and ten times an LSTM's"


def measure(settings: Settings) -> Iterator[Any]:
    """Gradients at every lag of both kinds at each gate bias, from the same seeds; then a recall task."""
    repeats, biases = each_seed(settings), settings["gate_biases"]
    total = 2 + 2 * settings["recall_steps"]
    last: dict[tuple[str, float], list[float]] = {}
    for done, kind in enumerate(("lstm", "gru")):
        yield Progress(done, total, "steps")
        more = settings["gru_more"] if kind == "gru" else 0.0
        members = [(seed, bias + more) for bias in biases for seed in repeats]
        logs = recurrent_memory.gradients_by_lag(kind, members, settings["lag"] + 1, settings["units"])
        for number, bias in enumerate(biases):
            mine = logs[number * len(repeats) : (number + 1) * len(repeats)]
            last[kind, bias] = mine[:, -1].tolist()
            for seed, log in zip(repeats, last[kind, bias], strict=True):
                yield Measured(f"{kind}, {bias:g}", seed, log)
            yield recurrent_memory.lag_curve(f"{kind.upper()}, gate bias {bias + more:g}", mine)
    for of in biases:
        for against in biases:
            pairs = zip(repeats, last["gru", of], last["lstm", against], strict=True)
            for seed, gru, lstm in pairs:
                solved = min(gru + LOST, gru - lstm - BETTER)
                yield Measured(f"solved, {of:g} against {against:g}", seed, solved)
    yield Fact(
        "Weights and biases", "a GRU has 3/4 of those of an LSTM with as many units: 3 gates' worth, not 4"
    )
    done = 2
    for kind in ("lstm", "gru") if settings["recall_steps"] else ():
        yield from _recall(kind, settings, done, total)
        done += settings["recall_steps"]
    yield Progress(total, total, "steps")


def _recall(kind: str, settings: Settings, done: int, total: int) -> Iterator[Any]:
    """Training at the most open gates, at which both learn."""
    repeats, cap, lag = each_seed(settings), settings["recall_steps"], settings["recall_lag"]
    members = [(seed, max(settings["gate_biases"])) for seed in repeats]
    steps: list[int | None] = []
    for latest in recurrent_memory.recall(kind, members, lag, cap, settings["units"]):
        steps, done = latest, done + 1
        yield Progress(done, total, "steps")
    for (seed, _), needed in zip(members, steps, strict=True):
        yield Measured(f"recall, {kind}", seed, float(needed or cap), at_least=needed is None)


def claims(settings: Settings) -> tuple[Claim, ...]:
    """At equal gates a GRU must keep what an LSTM loses; beside it, what each of them does by itself."""
    biases, lag = settings["gate_biases"], settings["lag"]
    solved = [
        Claim(
            says="a GRU's gradient is not lost where an LSTM's is ten times smaller",
            condition=f"gate bias {bias:g} in both",
            value=SOLVED,
            of=f"solved, {bias:g} against {bias:g}",
            true_if=ABOVE,
            format=".1f",
        )
        for bias in biases
    ]
    alone = [
        Claim(
            says=f"{an} {kind.upper()}'s gradient over {lag} steps changes more than 100 times",
            condition=f"gate bias {bias:g}",
            value=f"log10 of the gradient of the input {lag} steps ago by that of the newest",
            of=f"{kind}, {bias:g}",
            true_if=OUTSIDE,
            threshold=LOST,
            counts=False,
            format=".1f",
        )
        for bias in biases
        for kind, an in (("lstm", "an"), ("gru", "a"))
    ]
    unequal = Claim(
        says="a GRU's gradient is not lost where an LSTM's is ten times smaller",
        condition=f"gate bias {max(biases):g} in the GRU and {min(biases):g} in the LSTM",
        value=SOLVED,
        of=f"solved, {max(biases):g} against {min(biases):g}",
        true_if=ABOVE,
        counts=False,
        format=".1f",
    )
    learned = Claim(
        says=f"a GRU needs more steps than an LSTM to learn a recall at lag {settings['recall_lag']}",
        condition=f"gate bias {max(biases):g} in both",
        value="training steps of the GRU less those of the LSTM, from the same seed",
        of="recall, gru",
        minus="recall, lstm",
        true_if=ABOVE,
        counts=False,
        unit="steps",
        format=".0f",
    )
    beside = [unequal] if len(biases) > 1 else []
    return (*solved, *alone, *beside, *([learned] if settings["recall_steps"] else []))


STATEMENT = Statement(
    number="8",
    chapter="recurrent",
    section="GRU, gated recurrent unit",
    section_zh="GRU门控网络",
    title="A GRU mends an LSTM",
    sentence="A GRU is a variant of the LSTM that solves the LSTM's vanishing and exploding gradients.",
    sentence_zh="GRU由LSTM变化而来，它消除了LSTM的梯度消失与爆炸。",
    question="With the same weights' size and the same gate bias: does a GRU keep a gradient that an "
    "LSTM loses?",
    strongest="A GRU with open gates against an LSTM with default ones. What is sure of the GRU is "
    "that it is "
    "smaller: it has 3/4 of the parameters and one state less.",
    condition="the gates' bias: it decides in both alike whether the gradient is kept, so compare at "
    "equal ones",
    why=(
        "The LSTM was itself made against vanishing gradients: its cell, like the GRU's state, is "
        "carried over "
        "by a gate, and a gradient on that path is multiplied by the gate alone.",
        "With the default bias near 0 both gates are near 1/2 and both lose the gradient; opened alike, both "
        "keep it, and the LSTM rather more, as its candidate comes on top while the GRU shares 1 between "
        "old and new.",
        "Explosion is cured in both by clipping the gradient; on tasks, neither has been found "
        "better throughout.",
    ),
    formula=r"\begin{aligned}&\text{LSTM: } c_t = f_t \odot c_{t-1} + i_t \odot g_t \\ "
    r"&\text{GRU: } h_t = z_t \odot h_{t-1} + (1 - z_t) \odot n_t\end{aligned}",
    sources=(
        Source(
            "Hochreiter & Schmidhuber 1997, Long short-term memory",
            "https://doi.org/10.1162/neco.1997.9.8.1735",
        ),
        Source(
            "Cho et al. 2014, Learning phrase representations using RNN encoder-decoder for "
            "statistical machine "
            "translation",
            "https://arxiv.org/abs/1406.1078",
        ),
        Source(
            "Chung, Gulcehre, Cho & Bengio 2014, Empirical evaluation of gated recurrent neural networks on "
            "sequence modeling",
            "https://arxiv.org/abs/1412.3555",
        ),
        Source(
            "Pascanu, Mikolov & Bengio 2013, On the difficulty of training recurrent neural networks",
            "https://arxiv.org/abs/1211.5063",
        ),
    ),
    settings={
        "gate_biases": Option(
            "added to the bias of the gate that keeps the state",
            (0.0, 3.0),
            kind=float,
            many=True,
            min=-6,
            max=8,
            min_values=1,
            max_values=8,
        ),
        "gru_more": Option("added to the GRU's gate bias alone", 0.0, min=-8, max=8),
        "lag": Option("steps between the first input and the output, untrained", 99, min=1, max=400),
        "recall_lag": Option("steps of noise between the symbol and its recall", 20, min=1, max=200),
        "recall_steps": Option("training steps at most; 0 leaves the training out", 120, min=0, max=5000),
        "units": Option("of each network", 32, min=4, max=128),
        **seeds(13),
    },
    full={"seeds": 30, "recall_lag": 40, "recall_steps": 400},
    measure=measure,
    claims=claims,
    plot=Plot(
        title="How much of an input arrives after so many steps",
        look="LSTM and GRU fall alike with default gates, and stay up alike with open ones: the gates' bias "
        "decides, not the kind.",
        x="Steps ago",
        y="Gradient of that input, newest = 1",
        log_y=True,
        rules=((10**-LOST, "1/100"),),
    ),
    slider=Slider(
        "gate_biases",
        "Bias of the gates, in both",
        (-2.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0),
        {"recall_steps": 0},
    ),
    links=(
        PageLink("train", "Train a GRU to copy from memory", {"model": "gru", "data": "copy_memory"}),
        PageLink("train", "The same task for an LSTM", {"model": "lstm", "data": "copy_memory"}),
    ),
)
