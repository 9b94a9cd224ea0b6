"""States of recurrent networks are those that torch.nn's layers hold."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from core.data.sequences import adding_problem, parity
from core.data.text import python_help
from core.models.recurrent import SequenceNetwork, network
from core.training.snapshots.layers.states import states
from tests.core.training.snapshots.stand_in import stand_in

ADDING = adding_problem(100, 20, 0, 0.2)


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_states_are_those_of_the_last_layer_reading_forwards(
    cell: str, layers: int, bidirectional: bool
) -> None:
    model = network(cell, (20, 2), 1, 6, layers=layers, bidirectional=bidirectional)
    picture = next(states(stand_in(model, ADDING, step=3)))
    theirs, _ = model.recurrent(torch.from_numpy(ADDING.test_inputs[:1]))
    np.testing.assert_allclose(picture.arrays["h"], theirs[0, :, :6].detach().T, atol=1e-6)
    np.testing.assert_array_equal(picture.arrays["inputs"], ADDING.test_inputs[0].T)
    assert set(picture.values["names"]) == {"rnn": {*"h"}, "lstm": {*"cifgoh"}, "gru": {*"hrzn"}}[cell]
    assert picture.step == 3


def test_memory_of_one_unit_shrinks_by_its_own_weight_at_each_step() -> None:
    recurrent = nn.RNN(2, 1, batch_first=True)
    model = SequenceNetwork(recurrent, 1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
        recurrent.weight_hh_l0.fill_(0.8)
        model.output.weight.fill_(2.0)
    memory = next(states(stand_in(model, ADDING))).arrays["memory"]
    np.testing.assert_allclose(memory, 2 * 0.8 ** np.arange(19, -1, -1), rtol=1e-5)


def test_sequence_that_ends_early_is_shown_to_its_end() -> None:
    data = parity(100, 20, 0, 0.2)
    steps = int((~np.isnan(data.test_inputs[0, :, 0])).sum())
    assert steps < 20
    picture = next(states(stand_in(network("gru", (20, 1), 1, 6), data)))
    assert picture.arrays["h"].shape == (6, steps)
    assert np.isfinite(picture.arrays["memory"]).all()


def test_characters_are_those_of_the_text() -> None:
    data = python_help(20_000, 50, 0, 0.2)
    picture = next(states(stand_in(network("gru", (50,), len(data.classes), 6), data)))
    assert "".join(picture.values["steps"]) == "".join(data.classes[n] for n in data.test_inputs[0])


def test_drawing_leaves_no_gradient_behind() -> None:
    model = network("lstm", (20, 2), 1, 6)
    next(states(stand_in(model, ADDING)))
    assert all(parameter.grad is None for parameter in model.parameters())
