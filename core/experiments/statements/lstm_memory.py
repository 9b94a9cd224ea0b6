"""An LSTM remembers over short and over long times."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from core.events import Progress
from core.experiments.statement import (
    ABOVE,
    BELOW,
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

# A hundredth of the newest input's gradient is the least with which an old input still counts.
KEPT = -2.0
SHORT_LAG = 5  # at which even a network that forgets learns the recall


def measure(settings: Settings) -> Iterator[Any]:
    """Gradients at every lag of untrained networks, then steps of training until the first symbol "
    "is named."""
    biases, repeats = settings["forget_biases"], each_seed(settings)
    groups = [("rnn", (0.0,)), ("lstm", tuple(biases))]
    # A short lag is no test of those that start open: the least open is enough.
    trained = [("lstm", (min(biases),), SHORT_LAG), *((*group, settings["recall_lag"]) for group in groups)]
    trained = trained if settings["recall_steps"] else []
    total = len(groups) + len(trained) * settings["recall_steps"]
    for done, (kind, of) in enumerate(groups):
        yield Progress(done, total, "steps")
        members = [(seed, bias) for bias in of for seed in repeats]
        logs = recurrent_memory.gradients_by_lag(kind, members, settings["lag"] + 1, settings["units"])
        for number, bias in enumerate(of):
            mine = logs[number * len(repeats) : (number + 1) * len(repeats)]
            for seed, log in zip(repeats, mine[:, -1].tolist(), strict=True):
                yield Measured(f"gradient, {_name(kind, bias)}", seed, log)
            yield recurrent_memory.lag_curve(_name(kind, bias), mine)
    done = len(groups)
    for kind, of, lag in trained:
        yield from _recall(kind, of, lag, settings, done, total)
        done += settings["recall_steps"]
    yield Progress(total, total, "steps")


def _name(kind: str, bias: float) -> str:
    return "Plain RNN" if kind == "rnn" else f"LSTM, forget bias {bias:g}"


def _recall(
    kind: str, biases: tuple[float, ...], lag: int, settings: Settings, done: int, total: int
) -> Iterator[Any]:
    repeats, cap = each_seed(settings), settings["recall_steps"]
    members = [(seed, bias) for bias in biases for seed in repeats]
    steps: list[int | None] = []
    training = recurrent_memory.recall(kind, members, lag, cap, settings["units"])
    for latest in training:
        steps, done = latest, done + 1
        yield Progress(done, total, "steps")
    for (seed, bias), needed in zip(members, steps, strict=True):
        observable = f"recall at lag {lag}, {_name(kind, bias)}"
        yield Measured(observable, seed, float(needed or cap), at_least=needed is None)
    for number, bias in enumerate(biases):
        mine = steps[number * len(repeats) : (number + 1) * len(repeats)]
        found = sorted(needed for needed in mine if needed)
        text = f"{len(found)} of {len(mine)} learned it in {cap} steps"
        text += f", the fastest in {found[0]}" if found else ""
        yield Fact(f"First symbol after {lag} steps: {_name(kind, bias)}", text)


def claims(settings: Settings) -> tuple[Claim, ...]:
    """Long: the gradient of the old input arrives, and its symbol can be learned. Short: a lag of 5."""
    biases, lag = settings["forget_biases"], settings["lag"]
    gradients = [
        Claim(
            says=f"the input of {lag} steps ago has more than 1/100 of the newest one's gradient",
            condition=f"forget bias {bias:g}",
            value="log10 of the oldest input's gradient by the newest one's",
            of=f"gradient, {_name('lstm', bias)}",
            true_if=ABOVE,
            threshold=KEPT,
            format=".1f",
        )
        for bias in biases
    ]
    if not settings["recall_steps"]:
        return tuple(gradients)
    long, least = settings["recall_lag"], min(biases)
    recalls = [_recalls("lstm", bias, long, settings) for bias in biases]
    beside = [
        _recalls("lstm", least, SHORT_LAG, settings, counts=False),
        _recalls("rnn", 0.0, long, settings, counts=False),
    ]
    return (*gradients, *recalls, *beside)


def _recalls(kind: str, bias: float, lag: int, settings: Settings, counts: bool = True) -> Claim:
    cap = settings["recall_steps"]
    return Claim(
        says=f"it learns to name the first symbol after {lag} steps of noise, within {cap} training steps",
        condition=_name(kind, bias) if kind == "rnn" else f"forget bias {bias:g}",
        value="training steps until 95% of the symbols are right",
        of=f"recall at lag {lag}, {_name(kind, bias)}",
        true_if=BELOW,
        # Steps are whole and a capped run is "the cap or more", so that the cap itself must be refuted.
        threshold=cap - 0.5,
        counts=counts,
        unit="steps",
        format=".0f",
    )


STATEMENT = Statement(
    number="7",
    chapter="recurrent",
    section="LSTM, long short-term memory",
    section_zh="LSTM长短时记忆模型",
    title="An LSTM remembers long",
    sentence="An LSTM remembers what has just been, and also keeps what is useful for a long time.",
    sentence_zh="LSTM既记得刚刚看到的内容，也能把有用的内容保留很久。",
    question="Does an LSTM that has not been trained keep more of the first of 100 inputs than a plain RNN?",
    strongest="An LSTM whose forget gates start open (a bias of about 3) keeps the first of 100 inputs, and "
    "learns in some 40 steps to name it after 20 steps of noise.",
    condition="the bias of the forget gate: with PyTorch's default near 0 it forgets half of its cell at "
    "each step",
    why=(
        "The cell's state is multiplied at each step by the forget gate, a sigmoid of its inputs and a bias.",
        "With a bias near 0 the gate is near 1/2, so that after 100 steps about 2 to the power of "
        "-100 is left: "
        "hardly more than in a plain RNN; with a bias of 3 it is 0.95, and the cell's path stays open.",
        "What no gradient reaches cannot be learned: a network that starts open learns to recall early, and "
        "one that starts closed has to discover first that there is something to keep.",
    ),
    formula=r"\begin{gathered}c_t = f_t \odot c_{t-1} + i_t \odot g_t \\ "
    r"\frac{\partial c_T}{\partial c_1} \approx \prod_{t=2}^{T} f_t \\ "
    r"\sigma(0)^{99} \approx 10^{-30}, \quad \sigma(3)^{99} \approx 10^{-2}\end{gathered}",
    sources=(
        Source(
            "Hochreiter & Schmidhuber 1997, Long short-term memory",
            "https://doi.org/10.1162/neco.1997.9.8.1735",
        ),
        Source(
            "Gers, Schmidhuber & Cummins 2000, Learning to forget: continual prediction with LSTM",
            "https://doi.org/10.1162/089976600300015015",
        ),
        Source(
            "Jozefowicz, Zaremba & Sutskever 2015, An empirical exploration of recurrent network "
            "architectures",
            "https://proceedings.mlr.press/v37/jozefowicz15.html",
        ),
    ),
    settings={
        "forget_biases": Option(
            "added to the forget gate's bias",
            (0.0, 1.0, 3.0),
            kind=float,
            many=True,
            min=-6,
            max=8,
            min_values=1,
            max_values=8,
        ),
        "lag": Option("steps between the first input and the output, untrained", 99, min=1, max=400),
        "recall_lag": Option("steps of noise between the symbol and its recall", 20, min=1, max=200),
        "recall_steps": Option("training steps at most; 0 leaves the training out", 120, min=0, max=5000),
        "units": Option("of each network", 32, min=4, max=128),
        **seeds(13),
    },
    full={"seeds": 20, "forget_biases": (0.0, 1.0, 2.0, 3.0), "recall_lag": 40, "recall_steps": 300},
    measure=measure,
    claims=claims,
    plot=Plot(
        title="How much of an input arrives after so many steps",
        look="The line that falls slowest remembers longest: only an open forget gate keeps it up.",
        x="Steps ago",
        y="Gradient of that input, newest = 1",
        log_y=True,
        rules=((10**KEPT, "1/100"),),
    ),
    slider=Slider(
        "forget_biases",
        "Bias of the forget gate",
        (-1.0, 0.0, 1.0, 2.0, 2.5, 3.0, 4.0, 5.0),
        {"recall_steps": 0},
    ),
    links=(
        PageLink("train", "Train an LSTM to copy from memory", {"model": "lstm", "data": "copy_memory"}),
        PageLink("train", "The same task for a plain RNN", {"model": "rnn", "data": "copy_memory"}),
    ),
)
