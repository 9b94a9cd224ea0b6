"""The unrolled network has the numbers of torch.nn's own layers, and autograd's gradients at each cut."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from core.events import Picture
from core.training.config import default_config
from core.training.learners.supervised import SupervisedLearner
from core.training.snapshots.layers.unrolled import MAX_STEPS, unrolled


def learner_of(model: str, data: str, units: int = 10, **options: Any) -> SupervisedLearner:
    settings: dict[str, Any] = {"samples": 60} if data in ("adding", "parity", "copy_memory") else {}
    return SupervisedLearner(
        default_config(model, data, hidden=(units,), model_options=options or None, **settings)
        if options
        else default_config(model, data, hidden=(units,), **settings)
    )


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def read(learner: SupervisedLearner, view: int = 0) -> tuple[Picture, dict[str, np.ndarray], Tensor]:
    """The picture, a view's arrays, and the (1, time, incoming) that the recurrent layers get of it."""
    picture = next(unrolled(learner))
    number = picture.values["views"][view]["sequence"] - 1
    inputs = learner.test_inputs[number : number + 1]
    network: Any = learner.network
    x = inputs if inputs.is_floating_point() else network.embedding(inputs).detach()
    return picture, {name: array[view] for name, array in picture.arrays.items()}, x


def before(h: np.ndarray, backwards: bool) -> np.ndarray:
    none = np.zeros_like(h[:, :1])
    return np.concatenate([h[:, 1:], none] if backwards else [none, h[:, :-1]], axis=1)


@pytest.mark.parametrize("view", [0, 1, 3])  # two sequences forwards, then backwards
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("model", ["rnn", "lstm", "gru"])
def test_every_step_obeys_the_equations_of_torchs_documentation(model: str, layers: int, view: int) -> None:
    learner = learner_of(model, "adding", layers=layers, bidirectional=True)
    picture = next(unrolled(learner))
    shown = len(picture.values["views"]) // 2
    view = {0: 0, 1: 1, 3: shown + 1}[view]
    backwards = picture.values["views"][view]["backwards"]
    picture, arrays, x = read(learner, view)
    recurrent: Any = learner.network.recurrent
    units = picture.values["units"]
    assert (len(units), picture.values["unit_count"]) == (8, 10)
    of_direction = slice(10, None) if backwards else slice(10)
    h = recurrent(x)[0][0, :, of_direction].detach().numpy().T[units]  # of the last layer
    np.testing.assert_allclose(arrays["h"], h, atol=1e-6)
    gates = picture.values["gates"]
    x_terms, h_terms = ({gate: arrays[f"{of}_{gate}"] for gate in gates} for of in "xh")
    x_bias, h_bias = (dict(zip(gates, arrays[f"bias_{of}"][..., None], strict=True)) for of in "xh")
    sums = {gate: x_terms[gate] + x_bias[gate] + h_terms[gate] + h_bias[gate] for gate in gates}
    if model == "rnn":
        np.testing.assert_allclose(h, np.tanh(sums["h"]), atol=1e-6)
    if model == "lstm":
        for gate in "ifo":
            np.testing.assert_allclose(arrays[gate], sigmoid(sums[gate]), atol=1e-6)
        np.testing.assert_allclose(arrays["g"], np.tanh(sums["g"]), atol=1e-6)
        c = arrays["f"] * before(arrays["c"], backwards) + arrays["i"] * arrays["g"]
        np.testing.assert_allclose(arrays["c"], c, atol=1e-6)
        np.testing.assert_allclose(h, arrays["o"] * np.tanh(c), atol=1e-6)
    if model == "gru":
        for gate in "rz":
            np.testing.assert_allclose(arrays[gate], sigmoid(sums[gate]), atol=1e-6)
        n = np.tanh(x_terms["n"] + x_bias["n"] + arrays["r"] * (h_terms["n"] + h_bias["n"]))
        np.testing.assert_allclose(arrays["n"], n, atol=1e-6)
        np.testing.assert_allclose(h, (1 - arrays["z"]) * n + arrays["z"] * before(h, backwards), atol=1e-6)


@pytest.mark.parametrize("model", ["rnn", "lstm", "gru"])
def test_terms_are_rows_of_torchs_weights_times_input_and_state(model: str) -> None:
    learner = learner_of(model, "copy_memory")
    picture, arrays, x = read(learner)
    recurrent: Any = learner.network.recurrent
    units, gates = picture.values["units"], picture.values["gates"]
    h = recurrent(x)[0][0].detach().numpy()
    rows = {name: parameter.detach().numpy() for name, parameter in recurrent.named_parameters()}
    for n, gate in enumerate(gates):
        row = 10 * n + units[3]
        np.testing.assert_allclose(
            arrays[f"x_{gate}"][3], x[0].numpy() @ rows["weight_ih_l0"][row], atol=1e-5
        )
        np.testing.assert_allclose(arrays[f"h_{gate}"][3, 1:], h[:-1] @ rows["weight_hh_l0"][row], atol=1e-5)
        assert [arrays[name][n, 3] for name in ("bias_x", "bias_h")] == [
            rows[f"bias_{of}_l0"][row] for of in ("ih", "hh")
        ]


@pytest.mark.parametrize("data", ["adding", "copy_memory"])
@pytest.mark.parametrize("model", ["rnn", "lstm", "gru"])
def test_the_gradient_between_two_steps_is_autograds_where_the_network_is_cut(model: str, data: str) -> None:
    learner = learner_of(model, data)
    _, arrays, x = read(learner)
    network: Any = learner.network
    steps, cut = x.shape[1], x.shape[1] - 4
    _, state = network.recurrent(x[:, :cut])
    parts = [part.detach().requires_grad_() for part in (state if model == "lstm" else [state])]
    out, _ = network.recurrent(x[:, cut:], tuple(parts) if model == "lstm" else parts[0])
    targets = learner.test_targets[:1]
    if data == "adding":
        loss = nn.functional.mse_loss(network.output(out[:, -1])[:, 0], targets)
    else:  # of the loss's mean over all targets, what lies after the cut
        after = nn.functional.cross_entropy(network.output(out[0]), targets[0, cut:], reduction="sum")
        loss = after / (targets >= 0).sum()
    gradients = torch.autograd.grad(loss, parts)
    assert arrays["gradient"].shape == (1, steps)
    assert arrays["gradient"][0, cut - 1] == pytest.approx(gradients[0].norm().item(), rel=1e-4)
    assert np.isnan(arrays["gradient"][0, -1])  # there is no next step
    if model == "lstm":
        assert arrays["gradient_c"][cut - 1] == pytest.approx(gradients[1].norm().item(), rel=1e-4)


def test_a_layer_below_has_its_own_states_and_gradients() -> None:
    learner = learner_of("gru", "adding", layers=2)
    picture, arrays, x = read(learner)
    recurrent: Any = learner.network.recurrent
    lower = nn.GRU(2, 10, batch_first=True)
    lower.load_state_dict({name: recurrent.state_dict()[name] for name in lower.state_dict()})
    h = lower(x)[0][0].detach().numpy().T
    np.testing.assert_allclose(arrays["below"][0], h[picture.values["units"]], atol=1e-6)
    assert arrays["gradient"].shape == (2, 50)
    _, state = recurrent(x[:, :45])
    state = state.detach().requires_grad_()
    out, _ = recurrent(x[:, 45:], state)
    network: Any = learner.network
    loss = nn.functional.mse_loss(network.output(out[:, -1])[:, 0], learner.test_targets[:1])
    (gradient,) = torch.autograd.grad(loss, state)
    np.testing.assert_allclose(arrays["gradient"][:, 44], gradient[:, 0].norm(dim=1).numpy(), rtol=1e-4)


def test_symbols_have_their_probabilities_at_each_step_and_their_targets() -> None:
    learner = learner_of("lstm", "copy_memory")
    picture, arrays, _ = read(learner)
    inputs, targets = learner.test_inputs[:1], learner.test_targets[0].numpy()
    probabilities = learner.network(inputs)[0].softmax(0).detach().numpy()  # (classes, time)
    np.testing.assert_array_equal(arrays["best"], np.argsort(-probabilities, axis=0)[:3])
    np.testing.assert_allclose(arrays["probability"], -np.sort(-probabilities, axis=0)[:3], rtol=1e-5)
    np.testing.assert_array_equal(arrays["target"], targets)
    asked = targets >= 0
    of_targets = probabilities[targets[asked], np.flatnonzero(asked)]
    np.testing.assert_allclose(arrays["target_probability"][asked], of_targets, rtol=1e-5)
    assert np.isnan(arrays["target_probability"][~asked]).all()
    assert picture.values["views"][0]["loss"] == pytest.approx(-np.log(of_targets).mean(), rel=1e-5)
    read_symbols = [learner.data.classes[n] for n in inputs[0].tolist()]
    assert picture.values["views"][0]["steps"] == read_symbols


def test_a_sequence_with_one_target_has_its_prediction_after_its_last_step() -> None:
    learner = learner_of("gru", "parity")
    _, arrays, x = read(learner)
    steps = int((~torch.isnan(x[0, :, 0])).sum())
    assert arrays["h"].shape == (8, steps)  # shorter than the longest
    p = torch.sigmoid(learner.network(learner.test_inputs[:1]))[0, 0].item()
    odd = int(learner.test_targets[0])
    assert (arrays["best"][:, :-1] == -1).all()
    assert arrays["best"][:, -1].tolist() == ([1, 0] if p > 0.5 else [0, 1])
    assert arrays["target_probability"][-1] == pytest.approx(p if odd else 1 - p, rel=1e-5)
    assert arrays["target"][-1] == odd


def test_a_forecast_is_in_the_unit_of_its_series() -> None:
    learner = learner_of("rnn", "seattle_temps", units=4)
    picture, arrays, _ = read(learner)
    series = learner.data.series
    assert series is not None
    change = series.test_truth[0] - series.test_now[0]
    assert arrays["target"][-1] == pytest.approx(change, rel=1e-3)
    output = learner.network(learner.test_inputs[:1])[0, 0].item()
    assert arrays["output"][-1] == pytest.approx(output * series.change_scale, rel=1e-5)
    assert np.isnan(arrays["output"][:-1]).all()
    assert picture.values["unit"] == series.error_unit


def test_of_a_network_of_both_directions_the_gradient_flows_back_against_the_reading() -> None:
    learner = learner_of("lstm", "adding", bidirectional=True)
    picture = next(unrolled(learner))
    views = picture.values["views"]
    count = len(views) // 2
    assert [view["backwards"] for view in views] == [False] * count + [True] * count
    _, arrays, x = read(learner, count + 1)  # the second sequence, backwards
    network: Any = learner.network
    backwards = nn.LSTM(2, 10, batch_first=True)  # which reads the sequence from its end
    weights = learner.network.state_dict()
    backwards.load_state_dict({name: weights[f"recurrent.{name}_reverse"] for name in backwards.state_dict()})
    forwards = network.recurrent(x)[0][0, -1, :10].detach()
    turned, cut = x.flip(1), 40
    _, state = backwards(turned[:, :cut])
    h, c = (one.detach().requires_grad_() for one in state)
    last = backwards(turned[:, cut:], (h, c))[0][0, -1]
    number = views[count + 1]["sequence"] - 1
    target = learner.test_targets[number : number + 1]
    loss = nn.functional.mse_loss(network.output(torch.cat([forwards, last])), target)
    by_h, by_c = torch.autograd.grad(loss, (h, c))
    at = 50 - cut  # the step that was read just before the cut
    assert arrays["gradient"][0, at] == pytest.approx(by_h.norm().item(), rel=1e-4)
    assert arrays["gradient_c"][at] == pytest.approx(by_c.norm().item(), rel=1e-4)
    assert np.isnan(arrays["gradient"][0, 0])  # which is read last
    assert views[count + 1]["loss"] == pytest.approx(loss.item(), rel=1e-5)


def test_the_sequences_are_the_first_ones_of_one_length_each_with_its_own_loss_and_gradient() -> None:
    learner = learner_of("gru", "parity")
    picture = next(unrolled(learner))
    steps = (~torch.isnan(learner.test_inputs[..., 0])).sum(1)
    same = (steps == steps[0]).nonzero()[:4, 0]
    assert [view["sequence"] for view in picture.values["views"]] == (same + 1).tolist()
    for view, number in enumerate(same.tolist()):
        x = learner.test_inputs[number : number + 1, : int(steps[0])]
        np.testing.assert_array_equal(picture.arrays["inputs"][view], x[0].T)
        logit = learner.network(x)[0]
        target = learner.test_targets[number : number + 1].float()
        loss = nn.functional.binary_cross_entropy_with_logits(logit, target)
        assert picture.values["views"][view]["loss"] == pytest.approx(loss.item(), rel=1e-4)
    learner.test_inputs = learner.test_inputs[same]
    learner.test_targets = learner.test_targets[same]
    alone = next(unrolled(learner))
    for view in range(len(same)):
        learner.test_inputs = learner.test_inputs.roll(-1, 0) if view else learner.test_inputs
        learner.test_targets = learner.test_targets.roll(-1, 0) if view else learner.test_targets
        first = next(unrolled(learner)).arrays["gradient"][0]
        np.testing.assert_allclose(first, alone.arrays["gradient"][view], rtol=1e-4, atol=1e-7)


def test_of_a_long_sequence_the_last_steps_are_shown_and_it_leaves_no_gradient() -> None:
    learner = learner_of("rnn", "adding", units=2)
    learner.test_inputs = learner.test_inputs.repeat(1, 3, 1)
    picture, arrays, _ = read(learner)
    assert arrays["h"].shape == (2, MAX_STEPS)
    assert picture.values["first"] == 150 - MAX_STEPS + 1
    assert all(parameter.grad is None for parameter in learner.network.parameters())
