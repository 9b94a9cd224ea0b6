"""Stacked classifiers with and without shared weights, against torch.nn's layers."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from core.experiments import shared_weights as sharing

SEEDS, SIDE = [3, 4], 12


def images(count: int = 5) -> Tensor:
    return torch.rand(2, count, SIDE, SIDE, generator=torch.Generator().manual_seed(0))


def test_the_convolution_is_torchs() -> None:
    W, b, V, a = sharing.initial(sharing.CONVOLUTION, SEEDS, SIDE)
    found = sharing.logits(sharing.CONVOLUTION, [W, b, V, a], images())
    for number in range(2):
        kernel = W[number].T.reshape(-1, 1, sharing.KERNEL, sharing.KERNEL)
        h = F.max_pool2d(F.relu(F.conv2d(images()[number][:, None], kernel, b[number, 0])), 4)
        torch.testing.assert_close(found[number], h.flatten(1) @ V[number] + a[number])


def test_the_local_layer_has_weights_of_its_own_at_each_place() -> None:
    weights = sharing.initial(sharing.LOCAL, SEEDS, SIDE)
    before = sharing.logits(sharing.LOCAL, weights, images())
    weights[0][:, 0] = 0  # of the window in the first corner
    corner = images()
    corner[:, :, : sharing.KERNEL, : sharing.KERNEL] = 0
    elsewhere = images()
    elsewhere[:, :, 2 * sharing.KERNEL :] = 0
    after = sharing.logits(sharing.LOCAL, weights, images())
    assert not torch.allclose(before, after)
    outside = images()
    outside[:, :, 0, 0] = 5.0  # a pixel that no other window sees
    torch.testing.assert_close(after, sharing.logits(sharing.LOCAL, weights, outside))


@pytest.mark.parametrize("kind", sharing.KINDS)
@pytest.mark.parametrize("side", [8, 12, 14])
def test_parameters_are_counted_as_they_are_and_the_convolution_has_the_fewest(kind: str, side: int) -> None:
    counted = sharing.parameters(kind, side, sharing.units_of(kind, side))
    assert counted == sum(tensor[0].numel() for tensor in sharing.initial(kind, SEEDS, side))
    least = sharing.parameters(sharing.CONVOLUTION, side, sharing.CHANNELS)
    assert least <= counted <= 1.3 * least


def test_digits_are_shifted_whole_and_permuted_alike_within_a_seed() -> None:
    plain = sharing.shifted_digits([0, 1], 100, shift=0, permuted=False)
    shifted = sharing.shifted_digits([0, 1], 100, shift=2, permuted=False)
    permuted = sharing.shifted_digits([0], 100, shift=2, permuted=True)
    assert plain.train.shape == (2, 100, 8, 8)
    assert shifted.test.shape == (2, 1697, 12, 12)
    torch.testing.assert_close(shifted.train.sum((2, 3)), plain.train.sum((2, 3)))
    assert not torch.equal(plain.train_labels[0], plain.train_labels[1])
    often = (permuted.train[0] > 0).float().mean(0).flatten().sort().values
    torch.testing.assert_close(often, (shifted.train[0] > 0).float().mean(0).flatten().sort().values)
