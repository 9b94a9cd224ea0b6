"""Each optimiser takes the step of its paper."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from core.training.optimizers import OPTIMIZERS, build_optimizer

START = torch.tensor([1.0, -2.0, 0.5])
GRADIENTS = [torch.tensor([0.3, -1.0, 2.0]), torch.tensor([-0.1, 0.5, 0.7])]
RATE = 0.1


def after_two_steps(name: str) -> Tensor:
    weight = nn.Parameter(START.clone())
    optimizer = OPTIMIZERS[name].build([weight], RATE)
    for gradient in GRADIENTS:
        weight.grad = gradient.clone()
        optimizer.step()
    return weight.detach()


def sgd(w: Tensor) -> Tensor:
    for g in GRADIENTS:
        w = w - RATE * g
    return w


def momentum(w: Tensor) -> Tensor:
    speed = torch.zeros(3)
    for g in GRADIENTS:
        speed = 0.9 * speed + g
        w = w - RATE * speed
    return w


def nesterov(w: Tensor) -> Tensor:
    speed = torch.zeros(3)
    for g in GRADIENTS:
        speed = 0.9 * speed + g
        w = w - RATE * (g + 0.9 * speed)
    return w


def adam(w: Tensor, decay: float = 0.0) -> Tensor:
    m, v = torch.zeros(3), torch.zeros(3)
    for t, g in enumerate(GRADIENTS, start=1):
        w = w - RATE * decay * w
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        w = w - RATE * (m / (1 - 0.9**t)) / ((v / (1 - 0.999**t)).sqrt() + 1e-8)
    return w


def rmsprop(w: Tensor) -> Tensor:
    v = torch.zeros(3)
    for g in GRADIENTS:
        v = 0.99 * v + 0.01 * g**2
        w = w - RATE * g / (v.sqrt() + 1e-8)
    return w


EQUATIONS = {
    "sgd": sgd,
    "momentum": momentum,
    "nesterov": nesterov,
    "adam": adam,
    "adamw": lambda w: adam(w, decay=0.01),
    "rmsprop": rmsprop,
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_two_steps_follow_the_equations(name: str) -> None:
    torch.testing.assert_close(after_two_steps(name), EQUATIONS[name](START.clone()))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_default_learning_rate_finds_the_minimum_of_a_bowl(name: str) -> None:
    weight = nn.Parameter(START.clone())
    optimizer = OPTIMIZERS[name].build([weight], OPTIMIZERS[name].learning_rate)
    for _ in range(2000):
        optimizer.zero_grad()
        weight.square().sum().backward()
        optimizer.step()
    assert weight.detach().abs().max() < 0.01


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_weight_decay_is_l2_of_the_loss_or_apart_from_the_gradient(name: str) -> None:
    weight, penalised = nn.Parameter(START.clone()), nn.Parameter(START.clone())
    decayed = build_optimizer(name, [weight], RATE, weight_decay=0.3)
    plain = build_optimizer(name, [penalised], RATE, weight_decay=0.0)
    for gradient in GRADIENTS:
        weight.grad = gradient.clone()
        if name == "adamw":
            with torch.no_grad():
                penalised *= 1 - RATE * 0.3
            penalised.grad = gradient.clone()
        else:  # the gradient of 0.3 / 2 times the sum of squares
            penalised.grad = gradient + 0.3 * penalised.detach()
        decayed.step()
        plain.step()
    torch.testing.assert_close(weight, penalised)


@pytest.mark.parametrize("name", ["momentum", "nesterov"])
def test_without_momentum_it_is_sgd(name: str) -> None:
    weight = nn.Parameter(START.clone())
    optimizer = build_optimizer(name, [weight], RATE, momentum=0.0)
    for gradient in GRADIENTS:
        weight.grad = gradient.clone()
        optimizer.step()
    torch.testing.assert_close(weight.detach(), sgd(START.clone()))
