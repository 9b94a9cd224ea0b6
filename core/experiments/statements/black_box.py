"""A network is a black box."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from core.events import Progress
from core.experiments.statement import (
    BARS,
    BELOW,
    WITHIN,
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
from core.experiments.statement_events import Fact, Measured, Series
from core.lazy import LazyModule
from core.options import Option

if TYPE_CHECKING:
    from core.experiments import known_rule
else:
    known_rule = LazyModule("core.experiments.known_rule")

# A ranking of 0.9: of ten pairs of a true and another input, nine are in the right order.
RANKED = 0.9
# A line that explains half of what a network does is an explanation, if not a good one.
EXPLAINED = 0.5
CHANCE = 0.5
# By which a ranking may differ from chance and still be none.
NEAR_CHANCE = 0.2
LAYERS = 3  # of each network, all of which are randomised in the control
TEST_SEED = 500_000  # added to a network's seed: its test data are others than its training data


def measure(settings: Settings) -> Iterator[Any]:
    """Networks that have learned a rule: the ranking of inputs by gradients, and how far a line "
    "explains them."""
    repeats, true = each_seed(settings), settings["true_inputs"]
    curvatures = settings["curvatures"]
    for number, curvature in enumerate(curvatures):
        yield Progress(number, len(curvatures), "rules")
        training = known_rule.train(repeats, true, curvature, settings["epochs"])
        for share, latest in training:
            stack = latest
            yield Progress(number + share, len(curvatures), "rules")
        others = [seed + TEST_SEED for seed in repeats]
        test = known_rule.drawn(others, true, curvature, known_rule.TEST_SAMPLES)
        scores = known_rule.saliency(stack, test)
        random = known_rule.saliency(known_rule.randomised(stack, repeats, LAYERS), test)
        found = {
            "ranking": known_rule.ranking(scores, true),
            "line": known_rule.explained_by_a_line(stack, test),
            "randomised": [auc - CHANCE for auc in known_rule.ranking(random, true)],
        }
        for name, values in found.items():
            for seed, value in zip(repeats, values, strict=True):
                yield Measured(f"{name}, {_rule(curvature)}", seed, value)
        right = sorted(known_rule.accuracies(stack, test))
        yield Fact(f"Test accuracy, {_rule(curvature)}", f"median {right[len(right) // 2]:.0%}")
        yield _bars("As trained", scores)
        yield _bars("All weights randomised", random)


def _rule(curvature: float) -> str:
    return f"curvature {curvature:g} of the rule"


def _bars(name: str, scores: Any) -> Series:
    """The mean over networks of each input's share of the whole saliency, in percent."""
    shares = (100 * scores / scores.sum(1, keepdim=True)).mean(0).tolist()
    return Series(name, tuple(range(1, len(shares) + 1)), tuple(shares))


def claims(settings: Settings) -> tuple[Claim, ...]:
    """Black in one way: gradients do not say which inputs matter. In another: no line says how."""
    found = []
    for curvature in settings["curvatures"]:
        which = Claim(
            says="its gradients do not show which inputs it uses: they rank them with less than 0.9",
            condition=_rule(curvature),
            value="how often a true input has a larger gradient than another one (AUC)",
            of=f"ranking, {_rule(curvature)}",
            true_if=BELOW,
            threshold=RANKED,
            format=".3f",
        )
        how = Claim(
            says="what it does with them is not seen from weights for each input: a line explains under half",
            condition=_rule(curvature),
            value="R² of the best linear model of the network's outputs",
            of=f"line, {_rule(curvature)}",
            true_if=BELOW,
            threshold=EXPLAINED,
            format=".2f",
        )
        found += [which, how]
    last = settings["curvatures"][-1]
    control = Claim(
        says="with all weights randomised the ranking is within 0.2 of chance",
        condition=_rule(last),
        value="how often a true input has a larger gradient than another one, less 1/2",
        of=f"randomised, {_rule(last)}",
        true_if=WITHIN,
        threshold=NEAR_CHANCE,
        counts=False,
        format="+.3f",
    )
    return (*found, control)


STATEMENT = Statement(
    number="13b",
    chapter="neural_networks",
    section="Neural networks",
    section_zh="神经网络",
    title="A black box",
    sentence="A neural network is a black box: one knows what goes in and what comes out, and not "
    "what happens "
    "between.",
    sentence_zh="神经网络是一个黑箱：看得到进去的和出来的，看不到两者之间发生了什么。",
    question="A network has learned a rule on 4 of 20 inputs. Can one tell from its gradients which "
    "4 they are?",
    strongest="How it combines its inputs cannot be read off as a weight for each, once the rule is curved.",
    condition="what is asked: which inputs matter is plain to see; how they act is so for a straight "
    "rule alone",
    why=(
        "All numbers of a network are known, and its gradient by an input says how much that input "
        "matters at "
        "this point; averaged over many points it ranks the inputs.",
        "The ranking is earned: with the weights randomised, it falls to chance, which is the check "
        "that some "
        "published pictures fail.",
        "An explanation for people has to be short, and a curved rule on several inputs has no short "
        "form as a "
        "weight for each; where that matters, a model that is short by itself is the better choice.",
    ),
    formula=r"\begin{gathered}s_i = \mathbb{E}_x\left|\frac{\partial\,(z_1 - z_0)}{\partial x_i}\right| \\ "
    r"\mathrm{AUC} = P(s_\mathrm{true} > s_\mathrm{other})\end{gathered}",
    sources=(
        Source(
            "Simonyan, Vedaldi & Zisserman 2013, Deep inside convolutional networks",
            "https://arxiv.org/abs/1312.6034",
        ),
        Source("Adebayo et al. 2018, Sanity checks for saliency maps", "https://arxiv.org/abs/1810.03292"),
        Source(
            "Rudin 2019, Stop explaining black box machine learning models for high stakes decisions and use "
            "interpretable models instead",
            "https://arxiv.org/abs/1811.10154",
        ),
    ),
    settings={
        "curvatures": Option(
            "of the rule: 0 a sum of the true inputs, 1 a sum of their squares",
            (0.0, 1.0),
            kind=float,
            many=True,
            min=0,
            max=1,
            min_values=1,
            max_values=6,
        ),
        "true_inputs": Option("inputs that the rule uses, of 20", 4, min=1, max=19),
        "epochs": Option("passes over the training data", 12, min=1, max=200),
        **seeds(24),
    },
    full={"seeds": 60, "epochs": 40, "curvatures": (0.0, 0.25, 0.5, 0.75, 1.0)},
    measure=measure,
    claims=claims,
    plot=Plot(
        title="What the network's gradients say of each input",
        look="The rule uses the first inputs alone: as trained, the bars say so; with randomised "
        "weights, all "
        "are alike.",
        kind=BARS,
        x="Input",
        y="Share of the gradient, %",
    ),
    slider=Slider("curvatures", "Curvature of the rule", (0.0, 0.25, 0.5, 0.75, 1.0), {"seeds": 12}),
    links=(PageLink("train", "Look into a network while it learns", {"model": "mlp", "data": "circles"}),),
)
