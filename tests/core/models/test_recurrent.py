"""Recurrent networks: parameter counts of the textbooks, what torch.nn computes, and ends that are seen."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from core.errors import InvalidRequest
from core.models.recurrent import SequenceNetwork, SymbolNetwork, lengths, network


@pytest.mark.parametrize(("cell", "parameters"), [("rnn", 640), ("gru", 1920), ("lstm", 2560)])
def test_layer_of_10_inputs_and_20_units_has_the_known_parameter_count(cell: str, parameters: int) -> None:
    model = network(cell, (50, 10), 1, 20)
    assert sum(p.numel() for p in model.recurrent.parameters()) == parameters
    assert sum(p.numel() for p in model.output.parameters()) == 21


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_one_layer_predicts_from_its_last_hidden_state(cell: str) -> None:
    model = network(cell, (7, 3), 2, 5)
    x = torch.randn(4, 7, 3)
    h, _ = model.recurrent(x)
    torch.testing.assert_close(model(x), model.output(h[:, -1]))


@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_both_directions_predict_from_the_states_that_have_read_all(cell: str, layers: int) -> None:
    model = network(cell, (7, 3), 2, 5, layers=layers, bidirectional=True)
    x = torch.randn(4, 7, 3)
    h, _ = model.recurrent(x)
    both = torch.cat([h[:, -1, :5], h[:, 0, 5:]], dim=1)
    torch.testing.assert_close(model(x), model.output(both))


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_a_sequence_that_ends_early_is_read_to_its_end_and_no_further(cell: str, bidirectional: bool) -> None:
    model = network(cell, (9, 3), 2, 5, layers=2, bidirectional=bidirectional)
    ends = [9, 4, 1, 6]
    x = torch.randn(4, 9, 3)
    alone = [model(x[n : n + 1, :end]) for n, end in enumerate(ends)]
    for n, end in enumerate(ends):
        x[n, end:] = torch.nan
    assert lengths(x).tolist() == ends
    torch.testing.assert_close(model(x), torch.cat(alone))


def test_padding_leaves_no_trace_in_the_gradient() -> None:
    model = network("lstm", (9, 3), 1, 5)
    x = torch.randn(2, 9, 3)
    x[0, 5:] = torch.nan
    model(x).sum().backward()
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in model.parameters())


def test_forget_gates_are_open_at_first() -> None:
    recurrent = network("lstm", (9, 3), 1, 5, layers=2).recurrent
    for layer in (0, 1):
        bias = getattr(recurrent, f"bias_ih_l{layer}") + getattr(recurrent, f"bias_hh_l{layer}")
        torch.testing.assert_close(bias[5:10], torch.ones(5))


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_later_symbols_have_no_effect_on_a_prediction(cell: str) -> None:
    model = network(cell, (12,), 6, 8, layers=2)
    x = torch.randint(6, (3, 12))
    changed = x.clone()
    changed[:, 7:] = (x[:, 7:] + 1) % 6
    assert model(x).shape == (3, 6, 12)
    torch.testing.assert_close(model(x)[..., :7], model(changed)[..., :7])
    assert not torch.allclose(model(x)[..., 7:], model(changed)[..., 7:])


def test_symbols_are_not_read_in_both_directions() -> None:
    with pytest.raises(InvalidRequest, match="bidirectional off"):
        network("gru", (12,), 6, 8, bidirectional=True)


class NextInTheAlphabet(nn.Module):
    """Stands for a recurrent layer whose state is the one-hot symbol after the last one."""

    input_size = hidden_size = 5

    def forward(self, x: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        return 100 * x.roll(1, dims=2), x


def test_generated_symbols_are_sampled_from_the_prediction_of_those_before() -> None:
    model = SymbolNetwork(NextInTheAlphabet(), 5)  # type: ignore[arg-type]
    with torch.no_grad():
        model.embedding.weight.copy_(torch.eye(5))
        model.output.weight.copy_(torch.eye(5))
        model.output.bias.zero_()
    drawn = model.generate(torch.tensor([0, 3]), 6, 1.0, torch.Generator().manual_seed(0))
    assert drawn.tolist() == [4, 0, 1, 2, 3, 4]


def test_generation_repeats_from_the_same_generator_and_carries_the_state_on() -> None:
    model = network("lstm", (12,), 6, 8)
    assert isinstance(model, SymbolNetwork)
    prompt = torch.tensor([1, 2, 3])
    drawn = model.generate(prompt, 20, 0.8, torch.Generator().manual_seed(3))
    assert torch.equal(drawn, model.generate(prompt, 20, 0.8, torch.Generator().manual_seed(3)))
    # A cold temperature takes the likeliest symbol, which the whole sequence read at once gives as well.
    cold = model.generate(prompt, 10, 1e-4, torch.Generator())
    whole = model(torch.cat([prompt, cold])[None])[0].argmax(0)
    assert torch.equal(whole[2:-1], cold)


@pytest.mark.parametrize("nonlinearity", ["tanh", "relu"])
def test_plain_network_has_the_nonlinearity_that_was_asked_for(nonlinearity: str) -> None:
    model = network("rnn", (9, 3), 1, 5, nonlinearity=nonlinearity)
    assert isinstance(model, SequenceNetwork)
    assert model.recurrent.nonlinearity == nonlinearity
