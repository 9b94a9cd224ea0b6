"""Without activation functions a deep network is one matrix; with them it is not."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import InvalidRequest
from core.experiments.linear_collapse import collapse, unexplained


def test_network_and_matrix_agree_to_rounding() -> None:
    found = collapse((32,) * 21)
    expected = np.linalg.multi_dot(list(reversed(found.matrices)))
    assert found.matrix == pytest.approx(expected, abs=1e-10 * np.abs(expected).max())
    for name, errors in found.error.items():
        assert errors[0] == 0
        assert 0 < errors[-1] < 50 * found.epsilon[name]
    assert found.error["float64"][-1] < 1e-7 * found.error["float32"][-1]


@pytest.mark.parametrize("narrowest", [1, 3, 8])
def test_no_more_directions_pass_than_the_narrowest_layer_has_units(narrowest: int) -> None:
    found = collapse((16, 16, narrowest, 16, 16))
    assert found.rank == narrowest == np.linalg.matrix_rank(found.matrix)
    assert found.singular_values == pytest.approx(np.linalg.svd(found.matrix, compute_uv=False), abs=1e-12)


def test_the_matrix_of_one_layer_is_its_weight() -> None:
    found = collapse((3, 2))
    assert found.matrix.shape == (2, 3)
    assert (found.matrix == found.matrices[0]).all()
    assert found.rank == 2


def test_a_matrix_explains_the_identity_and_no_other_function() -> None:
    assert unexplained((16,) * 9, "identity") == pytest.approx(0, abs=1e-20)
    for activation in ("relu", "tanh", "gelu"):
        fractions = unexplained((16,) * 9, activation)
        assert fractions[0] == pytest.approx(0, abs=1e-20)
        assert (fractions[1:] > 0.02).all()


def test_what_relu_leaves_of_one_hidden_layer_is_the_closed_form() -> None:
    # relu(z) of standard normal z has variance 1/2 - 1/(2 pi) and covariance 1/2 with z, so the best line
    # leaves (1/4 - 1/(2 pi)) of (1/2 - 1/(2 pi)).
    expected = (0.25 - 1 / (2 * np.pi)) / (0.5 - 1 / (2 * np.pi))
    assert np.mean([unexplained((64, 256, 64), "relu", seed)[1] for seed in range(3)]) == pytest.approx(
        expected, abs=0.02
    )


def test_impossible_sizes_are_said() -> None:
    with pytest.raises(InvalidRequest, match="0 layers were asked for; 1 to 100 are possible"):
        collapse((3,))
    with pytest.raises(InvalidRequest, match="A layer can have 1 to 256 units, not 3, 0, 3"):
        collapse((3, 0, 3))
    with pytest.raises(InvalidRequest, match="There is no activation 'swoosh'"):
        unexplained((3, 3), "swoosh")
