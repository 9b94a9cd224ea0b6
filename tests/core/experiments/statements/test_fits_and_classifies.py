"""Statement 12: networks fit data and classify."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.data import points
from core.experiments.statement_events import Series
from core.experiments.statements.fits_and_classifies import SMALL_ERROR, band
from core.experiments.statements.fits_and_classifies import _beyond as beyond
from core.experiments.verdicts import DEPENDS, REFUTED, SUPPORTED
from tests.core.experiments.statements.running import run, verdicts

SMALL = {"seeds": 7, "steps": 400, "width": 24}


def test_where_they_were_trained_networks_fit_and_classify() -> None:
    events = run("fits_and_classifies", distances=(0.0,), **SMALL)
    assert set(verdicts(events).values()) == {SUPPORTED}
    drawn = {event.name: event for event in events if isinstance(event, Series)}
    x, fitted = (np.array(drawn["Networks"].__dict__[name]) for name in "xy")
    within = np.abs(x) <= 1
    assert np.abs(fitted - np.sin(2 * np.pi * x))[within].max() < SMALL_ERROR
    assert np.abs(fitted - np.sin(2 * np.pi * x))[~within].max() > SMALL_ERROR


def test_far_outside_they_do_not() -> None:
    assert set(verdicts(run("fits_and_classifies", distances=(1.0,), **SMALL)).values()) == {REFUTED}


def test_points_outside_begin_where_the_data_end() -> None:
    outside = band(0.5)
    assert outside.abs().min() == 1
    assert outside.abs().max() == 1.5
    data = points.spiral(200, 0.0, 0, 0.5, "xy", 2, 1.75)
    x = np.concatenate([data.train_inputs, data.test_inputs])
    targets = np.concatenate([data.train_targets, data.test_targets])
    further, classes = beyond(0.5, range(1))
    for arm in (0, 1):
        end = max(x[targets == arm], key=np.linalg.norm)
        begin = further[0][classes[0, :, 0] == arm][0]
        torch.testing.assert_close(begin, torch.tensor(end), rtol=0, atol=1e-5)


@pytest.mark.slow
def test_a_quick_test_supports_it_inside_and_refutes_it_outside() -> None:
    found = verdicts(run("fits_and_classifies"))
    assert found.pop("") == DEPENDS
    assert [*found.values()] == [SUPPORTED, SUPPORTED, REFUTED, REFUTED]
