"""Whose layers are counted: checked without torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.checks import integer, one_of
from core.errors import InvalidRequest
from core.layers.references import REFERENCES
from core.models import MODELS
from core.records import from_record
from core.training.config import TrainConfig

MAX_BATCH = 1024


@dataclass(frozen=True)
class LayersConfig:
    """The network of a training, at its batch size, or a full-size reference.

    timed measures each layer's forward pass as well, which a reference, whose weights do not exist, cannot.
    Raises InvalidRequest for what cannot be.
    """

    training: TrainConfig | None = None  # a record of one becomes one
    reference: str | None = None  # a key of REFERENCES
    batch_size: int = 1  # of a reference; a training has its own
    timed: bool = False

    def __post_init__(self) -> None:
        if isinstance(self.training, Mapping):
            object.__setattr__(self, "training", from_record(TrainConfig, self.training))
        if self.training and (self.training.start_from or self.training.resume_from):
            raise InvalidRequest(
                "Layers are counted of new weights, and cost the same with any others: leave start_from and "
                "resume_from out."
            )
        if (self.training is None) == (self.reference is None):
            raise InvalidRequest("One of a training and a reference is required.")
        if self.reference is not None:
            one_of("reference", self.reference, REFERENCES)
        integer("batch_size", self.batch_size, 1, MAX_BATCH)
        if self.timed and self.reference is not None:
            raise InvalidRequest(
                "A reference has shapes alone, no weights, so nothing of it can be timed; choose a network "
                "that can be trained."
            )

    @property
    def name(self) -> str:
        """What a person calls the network."""
        if self.training is not None:
            return MODELS[self.training.model].name
        return REFERENCES[str(self.reference)].name

    @property
    def key(self) -> str:
        """The network's key, for names of files."""
        return str(self.reference) if self.training is None else self.training.model
