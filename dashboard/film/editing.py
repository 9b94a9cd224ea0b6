"""What can be changed at the drawing of a network: as much as the settings of its training allow."""

from __future__ import annotations

from core.data import DATASETS
from core.data.points import features_of
from core.models import MODELS
from core.training import TrainConfig
from core.training.film.drawn_from_weights import MAX_PARAMETERS
from dashboard.film.description import FEATURES, Editing


def editing_of(ran: TrainConfig, count: int = 0) -> Editing:
    """The limits for the network of a run; count: of changes so far, as in Editing."""
    limits, option = MODELS[ran.model].hidden, DATASETS[ran.data].options.get("features")
    choices = {key: names_of(key) for key in option.choices or ()} if option else {}
    return Editing(
        min_layers=limits.min_layers,
        max_layers=limits.max_layers,
        max_units=limits.max_units,
        max_parameters=MAX_PARAMETERS,
        features=choices,
        chosen=ran.data_options.get("features", option.default) if option else "",
        count=count,
    )


def names_of(features: str) -> str:
    """The features of a choice, as the drawing calls them."""
    return ", ".join(FEATURES[name][1] for name in features_of(features))
