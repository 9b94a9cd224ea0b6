"""The transformer computes what torch.nn's layers do with the same weights, and never reads ahead."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from core.errors import InvalidRequest
from core.models.transformer import Block, CausalSelfAttention, Transformer, sinusoids, transformer

WIDTH, HEADS, TIME = 12, 3, 9


def small(input_shape: tuple[int, ...] = (TIME,), outputs: int = 6, **options: Any) -> Transformer:
    """A network whose weights are the same each time."""
    torch.manual_seed(0)
    return transformer(input_shape, outputs, (WIDTH,), F.gelu, **({"heads": HEADS} | options))


@torch.no_grad()
def as_in_torch(block: Block) -> nn.TransformerEncoderLayer:
    """torch.nn's layer with the weights of a block."""
    theirs = nn.TransformerEncoderLayer(
        WIDTH, HEADS, 4 * WIDTH, dropout=0, activation=F.gelu, batch_first=True, norm_first=True
    )
    mine = block.attention
    theirs.self_attn.in_proj_weight.copy_(mine.projections.weight)
    theirs.self_attn.in_proj_bias.copy_(mine.projections.bias)
    for name, layer in (
        *(("self_attn.out_proj", mine.output), ("linear1", block.linear1), ("linear2", block.linear2)),
        *(("norm1", block.norm1), ("norm2", block.norm2)),
    ):
        theirs.get_submodule(name).load_state_dict(layer.state_dict())
    return theirs


def mask(steps: int) -> torch.Tensor:
    """True where a step is later, in torch.nn's convention."""
    return torch.ones(steps, steps, dtype=torch.bool).triu(1)


def test_a_block_is_torch_s_encoder_layer_under_a_causal_mask() -> None:
    torch.manual_seed(1)
    block, x = Block(WIDTH, HEADS, F.gelu), torch.randn(4, TIME, WIDTH)
    theirs = as_in_torch(block)(x, src_mask=mask(TIME))
    torch.testing.assert_close(block(x), theirs)
    # And so are its gradients.
    (mine,) = torch.autograd.grad(block(x).square().sum(), block.attention.projections.weight)
    layer = as_in_torch(block)
    loss = layer(x, src_mask=mask(TIME)).square().sum()
    (of_torch,) = torch.autograd.grad(loss, layer.self_attn.in_proj_weight)
    torch.testing.assert_close(mine, of_torch, rtol=1e-4, atol=1e-4)


def test_weights_of_attention_are_those_of_torch_s_for_each_head() -> None:
    torch.manual_seed(2)
    block, x = Block(WIDTH, HEADS, F.gelu), torch.randn(2, TIME, WIDTH)
    attention = as_in_torch(block).self_attn
    _, theirs = attention(x, x, x, attn_mask=mask(TIME), average_attn_weights=False)
    weights = block.attention.weights(x)
    torch.testing.assert_close(weights, theirs)
    torch.testing.assert_close(weights.sum(-1), torch.ones(2, HEADS, TIME))
    assert not weights.triu(1).any()


def test_an_attention_of_equal_scores_is_the_mean_of_the_past() -> None:
    attention = CausalSelfAttention(2, 1)
    with torch.no_grad():
        for weight in attention.parameters():
            weight.zero_()
        attention.projections.weight[4:].copy_(torch.eye(2))  # values are the inputs
        attention.output.weight.copy_(torch.eye(2))
    x = torch.tensor([[[1.0, 0.0], [3.0, 6.0], [5.0, 0.0]]])
    torch.testing.assert_close(attention(x), torch.tensor([[[1.0, 0.0], [2.0, 3.0], [3.0, 2.0]]]))


@pytest.mark.parametrize("positions", ["learned", "sinusoidal"])
def test_later_symbols_have_no_effect_on_a_prediction(positions: str) -> None:
    model = small(positions=positions)
    x = torch.randint(6, (3, TIME))
    changed = x.clone()
    changed[:, 5:] = (x[:, 5:] + 1) % 6
    assert model(x).shape == (3, 6, TIME)
    torch.testing.assert_close(model(x)[..., :5], model(changed)[..., :5], rtol=0, atol=0)
    assert not torch.allclose(model(x)[..., 5:], model(changed)[..., 5:])


@pytest.mark.parametrize("positions", ["learned", "sinusoidal"])
def test_the_same_symbol_elsewhere_is_another_input(positions: str) -> None:
    embedded = small(positions=positions).embedded(torch.zeros(1, TIME, dtype=torch.int64))[0]
    assert all(not torch.allclose(embedded[0], other) for other in embedded[1:])


def test_sinusoids_are_those_of_the_paper() -> None:
    table = sinusoids(torch.arange(7), 6)
    for step in range(7):
        for pair in range(3):
            angle = step / 10_000 ** (2 * pair / 6)
            assert table[step, 2 * pair].item() == pytest.approx(math.sin(angle), abs=1e-6)
            assert table[step, 2 * pair + 1].item() == pytest.approx(math.cos(angle), abs=1e-6)
    assert sinusoids(torch.arange(7), 5).shape == (7, 5)


def test_padding_after_the_end_of_numbers_changes_nothing() -> None:
    model = small((TIME, 2), outputs=1)
    x = torch.randn(3, TIME, 2)
    x[1, 4:] = math.nan
    assert model(x).shape == (3, 1)
    torch.testing.assert_close(model(x)[1:2], model(x[1:2, :4]))
    assert torch.isfinite(model(x)).all()


def test_generation_repeats_and_takes_what_the_whole_text_predicts() -> None:
    model, prompt = small(), torch.tensor([1, 2, 3])
    drawn = model.generate(prompt, 20, 0.8, torch.Generator().manual_seed(3))
    assert drawn.shape == (20,)
    assert torch.equal(drawn, model.generate(prompt, 20, 0.8, torch.Generator().manual_seed(3)))
    cold = model.generate(prompt, 6, 1e-4, torch.Generator())
    whole = model(torch.cat([prompt, cold])[None])[0].argmax(0)
    assert torch.equal(whole[2:-1], cold)


def test_a_width_that_the_heads_cannot_share_is_answered_with_one_that_they_can() -> None:
    with pytest.raises(InvalidRequest, match="such as 63"):
        transformer((9,), 6, (64,), F.gelu, heads=7)


def test_parameters_are_those_of_its_parts() -> None:
    count = sum(weight.numel() for weight in small(layers=2).parameters())
    block = 4 * WIDTH * WIDTH + 4 * WIDTH + 8 * WIDTH * WIDTH + 5 * WIDTH + 4 * WIDTH
    assert count == (6 + TIME) * WIDTH + 2 * block + 2 * WIDTH + 6 * WIDTH + 6
