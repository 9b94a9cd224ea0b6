"""What of a training step is products of matrices: counted against the layer counter, and timed."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from core.experiments import matrix_products
from core.experiments.verdicts import REFUTED, SUPPORTED
from core.models.cnn import LeNet5
from tests.core.experiments.statements.running import counting, judged, run


def test_products_of_an_mlp_are_those_of_pen_and_paper() -> None:
    # Forward and the gradient of weights in each layer, the gradient of inputs in all but the first.
    products = [2 * 8, 8 * 8, 8 * 1]
    step = matrix_products.mlp((2, 8, 8, 1), batch=16, seed=0)
    assert step.product_flops == 2 * 16 * (3 * sum(products) - products[0])


def test_products_of_lenet_are_those_of_torchs_own_counter() -> None:
    network, images = LeNet5(F.relu), torch.zeros(4, 1, 28, 28)
    with FlopCounterMode(display=False) as counter:
        network(images).sum().backward()
    assert matrix_products.lenet(4, seed=0).product_flops == counter.get_total_flops()


def test_other_operators_count_each_number_once() -> None:
    watch = matrix_products._Watch()
    with watch:
        x = torch.ones(10, 10)
        y = x.view(100).relu()  # a view is free
        y.add_(1.0)
        y.sum()
    ones = 100  # filling counts too: numbers are written
    assert watch.other_flops - ones == 3 * 100
    assert watch.product_flops == 0


def test_products_alone_give_what_they_gave_in_the_step() -> None:
    step = matrix_products.transformer(1, seed=0, tokens=8, width=16, heads=2)
    assert step.product_flops > step.other_flops
    step.run_products()
    step.run()


def test_a_small_network_spends_its_time_elsewhere_and_a_large_one_on_products() -> None:
    events = run("matrix_arithmetic", networks=("mlp_8", "transformer"), seconds=0.05)
    small, large = counting(events)
    assert small.verdict == REFUTED
    assert large.estimate is not None
    assert small.estimate is not None
    assert large.estimate > 3 * small.estimate
    flops = [one for one in judged(events).judgements if not one.counts]
    assert {one.verdict for one in flops} == {SUPPORTED}


@pytest.mark.slow
def test_the_time_of_a_wide_network_goes_into_products() -> None:
    (claim,) = counting(run("matrix_arithmetic", networks=("transformer",), batch_size=256))
    assert claim.verdict == SUPPORTED
