"""Stacked machines against the network of core.models, and their seeds against each other."""

from __future__ import annotations

import torch

from core.experiments.stacked_rbm import Machines
from core.models.rbm import RBM


def single(machines: Machines, n: int) -> RBM:
    _, visible, hidden = machines.weights.shape
    rbm = RBM(visible, hidden)
    rbm.weights.data = machines.weights[n].clone()
    rbm.visible_bias.data = machines.visible_bias[n, 0].clone()
    rbm.hidden_bias.data = machines.hidden_bias[n, 0].clone()
    return rbm


@torch.no_grad()
def log_likelihood(rbm: RBM, data: torch.Tensor) -> float:
    return float(-rbm.free_energy(data).mean()) - rbm.log_partition()


def test_training_makes_the_data_likelier_in_each_machine() -> None:
    data = torch.tensor([[1.0, 1, 0, 0, 1, 0], [0, 0, 1, 1, 0, 1]]).repeat(10, 1)
    machines = Machines((0, 1), visible=6, hidden=4)
    before = [log_likelihood(single(machines, n), data) for n in range(2)]
    assert [*machines.train(data, passes=200, batch_size=5, rate=0.1)][-1] == 200 * 20
    for n in range(2):
        rbm = single(machines, n)
        # Nats an image; two images, each as often, can gain 6 log 2 - log 2 = 3.5.
        assert log_likelihood(rbm, data) > before[n] + 1
        torch.testing.assert_close(machines.hidden(data.expand(2, -1, -1))[n], rbm(data).detach())


def test_both_conditionals_are_those_of_the_joint_distribution() -> None:
    machines = Machines((5,), visible=6, hidden=6)
    machines.weights.normal_(generator=torch.Generator().manual_seed(0))
    assert max(machines.difference_from_enumeration(4)) < 1e-12


def test_a_machine_does_not_depend_on_those_beside_it() -> None:
    data = (torch.rand(20, 6, generator=torch.Generator().manual_seed(0)) > 0.5).float()
    both, alone = Machines((0, 1), 6, 4), Machines((1,), 6, 4)
    for machines in (both, alone):
        for _ in machines.train(data, 3, 5, 0.1):
            pass
    torch.testing.assert_close(both.weights[1], alone.weights[0])
    torch.testing.assert_close(both.gibbs(both.noise(5))[1], alone.gibbs(alone.noise(5))[0])
