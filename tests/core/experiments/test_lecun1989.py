"""The network of 1989: its size as published, its steps against autograd, its preprocessing."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from core.experiments import lecun1989


def test_it_has_the_published_numbers_of_parameters_and_connections() -> None:
    assert lecun1989.networks((0, 1)).parameters == lecun1989.PARAMETERS == 9760
    h1, h2 = 768 * (25 + 1), 192 * (8 * 25 + 1)
    assert h1 + h2 + 30 * 193 + 10 * 31 == lecun1989.CONNECTIONS
    assert lecun1989.connected().sum(0).tolist() == [8.0] * 12


def in_double(nets: lecun1989.Networks) -> lecun1989.Networks:
    made = lecun1989.Networks([w.double() for w in nets.weights], [b.double() for b in nets.biases])
    made._mask, made._back = made._mask.double(), made._back.double()
    return made


def of_convolutions(image: Tensor, weights: list[Tensor], biases: list[Tensor]) -> Tensor:
    """The same network out of torch's convolutions: (16, 16) -> (10,)."""

    def squashed(x: Tensor) -> Tensor:
        return 1.7159 * torch.tanh(2 / 3 * x)

    def convolved(x: Tensor, kernels: Tensor, bias: Tensor) -> Tensor:
        padded = F.pad(x, (2, 1, 2, 1), value=-1.0)
        side = x.shape[-1] // 2
        return squashed(F.conv2d(padded[None], kernels, stride=2)[0] + bias.T.view(12, side, side))

    h1 = convolved(image[None], weights[0].T.view(12, 1, 5, 5), biases[0])
    # A row of the second weights is a place of the kernel and a map.
    h2 = convolved(h1, weights[1].view(25, 12, 12).permute(2, 1, 0).reshape(12, 12, 5, 5), biases[1])
    h3 = squashed(h2.flatten(1).T.flatten() @ weights[2] + biases[2][0])
    return squashed(h3 @ weights[3] + biases[3][0])


def test_a_step_is_that_of_autograd_on_torchs_convolutions() -> None:
    nets = in_double(lecun1989.networks((3, 4)))
    random = torch.Generator().manual_seed(0)
    images = torch.rand(2, 16, 16, generator=random, dtype=torch.float64) * 2 - 1
    targets = lecun1989.targets_of(torch.tensor([7, 2])).double()
    expected = []
    for n in range(2):
        weights = [w[n].clone().requires_grad_() for w in nets.weights]
        biases = [b[n].clone().requires_grad_() for b in nets.biases]
        outputs = of_convolutions(images[n], weights, biases)
        torch.testing.assert_close(nets.forward(lecun1989.patches(images))[-1][n, 0], outputs)
        (0.5 * (outputs - targets[n, 0]).square().sum()).backward()
        weights[1].grad.mul_(nets._mask)
        expected.append([t.detach() - 0.1 * t.grad for t in (*weights, *biases)])
    nets.step(lecun1989.patches(images), targets, 0.1)
    for n in range(2):
        for tensor, wanted in zip((*nets.weights, *nets.biases), expected[n], strict=True):
            torch.testing.assert_close(tensor[n], wanted)


def test_a_digit_fills_the_image_and_keeps_its_shape() -> None:
    image = np.zeros((1, 1, 28, 28), dtype=np.float32)
    image[0, 0, 4:24, 10:15] = 1.0  # 20 x 5
    (made,) = lecun1989.preprocessed(image)
    assert made.shape == (16, 16)
    inside = (made > 0).nonzero()
    assert (inside.amax(0) - inside.amin(0) + 1).tolist() == [16, 4]
    assert (made.min(), made.max()) == (-1.0, 1.0)


def test_networks_of_different_seeds_learn_apart_from_each_other() -> None:
    random = torch.Generator().manual_seed(0)
    seen = lecun1989.patches(torch.rand(20, 16, 16, generator=random) * 2 - 1)
    labels = torch.arange(20) % 10
    both, alone = lecun1989.networks((0, 1)), lecun1989.networks((1,))
    for nets, seeds in ((both, (0, 1)), (alone, (1,))):
        assert [*lecun1989.train(nets, seen, labels, seeds, 0.01, 2)][-1] == 40
    torch.testing.assert_close(both.weights[1][1], alone.weights[1][0])
    assert both.errors(seen, labels)[1] == alone.errors(seen, labels)[0]
