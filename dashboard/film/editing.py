"""What can be changed at the drawing of a network: as much as the settings of its training allow."""

from __future__ import annotations

from core.data import DATASETS
from core.data.features import FEATURES
from core.models import MODELS
from core.models.layer_activations import NAME as PER_LAYER
from core.training import TrainConfig
from core.training.film.drawn_from_weights import MAX_PARAMETERS
from dashboard.film.description import Editing


def editing_of(ran: TrainConfig, answered: int = 0) -> Editing:
    """The limits for the network of a run; answered: as in Editing."""
    limits = MODELS[ran.model].hidden
    return Editing(
        min_layers=limits.min_layers,
        max_layers=limits.max_layers,
        max_units=limits.max_units,
        max_parameters=MAX_PARAMETERS,
        features=tuple(FEATURES) if "features" in DATASETS[ran.data].options else (),
        activations=MODELS[ran.model].activations if PER_LAYER in MODELS[ran.model].options else (),
        activation=ran.activation,
        answered=answered,
    )
