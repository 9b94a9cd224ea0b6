"""About how long a training takes, known before it starts: enough to tell a short one from a long one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.data import DATASETS
from core.data.dataset import CURVE, GRAPH, IMAGES, OWN_IMAGES, POINTS, SMALL_IMAGES, SURFACE, TABLE

# Seconds that an epoch takes on one core of 2024, with the settings that the data get by default; by network,
# and for an MLP by the kind of data. What is not named here takes long.
_OF_MLP = {
    **{POINTS: 0.005, CURVE: 0.003, SURFACE: 0.01, TABLE: 0.01, GRAPH: 0.003},
    **{SMALL_IMAGES: 0.03, IMAGES: 0.2, OWN_IMAGES: 0.2},
}
_OF_OTHERS = {
    **{
        "lenet": 0.15,
        "convnet": 0.15,
        "alexnet": 0.7,
        "vgg": 0.7,
        "resnet": 2.0,
        "rnn": 0.08,
        "lstm": 0.07,
        "gru": 0.1,
        "transformer": 3.0,
    },
    **{"rbm": 0.05, "gan": 0.1, "gcn": 0.003, "graphsage": 0.003, "gat": 0.004},
    **{"q_table": 0.01, "dqn": 0.2},
}
_UNKNOWN = 10.0


def expected_s(config: Mapping[str, Any]) -> float:
    """Seconds for the record of a TrainConfig; of one that is not possible, whatever comes out.

    It decides nothing but who waits for whom, so that being wrong by a factor does little harm.
    """
    data = DATASETS.get(str(config.get("data")))
    model = str(config.get("model"))
    one = _OF_OTHERS.get(model, _UNKNOWN)
    if model == "mlp":
        one = _OF_MLP.get(data.kind, 0.1) if data else _UNKNOWN
    default = data.defaults.get("samples") if data else None
    if default:
        one *= _number(config.get("samples"), default) / default
    seconds = one * _number(config.get("epochs"), 1)
    return min(seconds, _number(config.get("max_seconds"), seconds))


def _number(value: Any, default: float) -> float:
    return float(value) if isinstance(value, int | float) else default
