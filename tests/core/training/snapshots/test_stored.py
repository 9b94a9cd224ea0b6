"""Pictures of a training can be stored: small, and without pickle."""

from __future__ import annotations

import io

import numpy as np
import pytest

from core.events import Picture
from core.training.config import default_config
from core.training.loop import train


def pictures(model: str, data: str | None = None) -> dict[str, Picture]:
    """The pictures of a short training, by name."""
    config = default_config(model, data, epochs=1, snapshot_every_s=None)
    return {event.name: event for event in train(config) if isinstance(event, Picture)}


@pytest.mark.parametrize("model", ["mlp", "lenet", "rnn"])
def test_arrays_can_be_stored_without_pickle(model: str) -> None:
    for picture in pictures(model).values():
        buffer = io.BytesIO()
        np.savez(buffer, allow_pickle=False, **dict(picture.arrays))
        assert len(buffer.getvalue()) < 100_000 * (1 + 2 * (picture.name == "filters"))
        buffer.seek(0)
        with np.load(buffer, allow_pickle=False) as archive:
            for name, array in picture.arrays.items():
                np.testing.assert_array_equal(archive[name], array)
