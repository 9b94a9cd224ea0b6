"""Compiled steps of recurrent networks are torch's: gradients, outputs and trainings."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from core.data.dataset import NO_TARGET
from core.errors import InvalidRequest
from core.models.cells import over_time, passes
from core.models.recurrent import SequenceNetwork, SymbolNetwork, network
from core.training.compiled import mlp, recurrent
from core.training.compiled.learner import CompiledLearner, supervised_learner
from core.training.compiled.recurrent_networks import compiled_data, compiled_recurrent
from core.training.config import default_config
from core.training.events import EpochCompleted, TrainingDiverged
from core.training.loop import train
from core.training.optimizers import OPTIMIZERS

CELLS = st.sampled_from([("rnn", "tanh"), ("rnn", "relu"), ("lstm", "tanh"), ("gru", "tanh")])


def torch_network(cell: tuple[str, str], shape: tuple[int, ...], outputs: int, **options: Any) -> nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(3)
        return network(cell[0], shape, outputs, nonlinearity=cell[1], **options).double()


def assert_torchs_gradient(
    model: SequenceNetwork | SymbolNetwork, inputs: Tensor, targets: Tensor, loss: int, smoothing: float = 0.0
) -> None:
    """Of the mean loss, beside autograd in float64; and the outputs."""
    ours = compiled_recurrent(model, tuple(inputs.shape[1:]))
    theta = torch.cat([p.detach().flatten() for p in model.parameters()]).float().numpy()
    assert ours.parameters == len(theta)
    outputs = model(inputs.double() if inputs.is_floating_point() else inputs)
    expected = {
        mlp.SQUARED: lambda: F.mse_loss(outputs[:, 0], targets),
        mlp.BINARY: lambda: F.binary_cross_entropy_with_logits(
            outputs[:, 0], targets * (1 - smoothing) + smoothing / 2
        ),
        mlp.SOFTMAX: lambda: F.cross_entropy(outputs, targets, label_smoothing=smoothing),
    }[loss]()
    expected.backward()
    gradients = torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None]).numpy()
    value, found = recurrent.gradient(ours, theta, compiled_data(ours, inputs, targets), loss, smoothing)
    assert value == pytest.approx(expected.item(), rel=1e-5, abs=1e-6)
    np.testing.assert_allclose(found, gradients, rtol=1e-4, atol=2e-6 * np.abs(gradients).max() + 1e-9)
    predicted = recurrent.outputs(ours, theta, inputs.flatten(1).numpy())
    np.testing.assert_allclose(predicted, outputs.detach().numpy(), rtol=1e-4, atol=2e-6)


@settings(max_examples=40, deadline=None)
@given(
    cell=CELLS,
    steps=st.integers(1, 9),
    features=st.integers(1, 5),
    units=st.integers(1, 21),
    layers=st.integers(1, 4),
    bidirectional=st.booleans(),
    batch=st.integers(1, 70),
    ends=st.booleans(),
    loss=st.sampled_from([mlp.SQUARED, mlp.BINARY, mlp.SOFTMAX]),
    smoothing=st.sampled_from([0.0, 0.2]),
    seed=st.integers(0, 99),
)
def test_gradients_of_sequences_are_autograds(
    cell: tuple[str, str],
    steps: int,
    features: int,
    units: int,
    layers: int,
    bidirectional: bool,
    batch: int,
    ends: bool,
    loss: int,
    smoothing: float,
    seed: int,
) -> None:
    """Whatever cell, depth and direction, batches of any size, and sequences that end early."""
    random = torch.Generator().manual_seed(seed)
    outputs = 3 if loss == mlp.SOFTMAX else 1
    sizes = {"hidden_size": units, "layers": layers, "bidirectional": bidirectional}
    model = torch_network(cell, (steps, features), outputs, **sizes)
    inputs = torch.randn(batch, steps, features, generator=random)
    if ends:
        lengths = torch.randint(1, steps + 1, (batch, 1), generator=random)
        inputs[torch.arange(steps) >= lengths] = torch.nan
    targets = torch.randn(batch, generator=random).double()
    if loss != mlp.SQUARED:
        targets = torch.randint(0, max(2, outputs), (batch,), generator=random)
    if loss == mlp.BINARY:
        targets = targets.double()
    assert_torchs_gradient(model, inputs, targets, loss, smoothing)


@settings(max_examples=25, deadline=None)
@given(
    cell=CELLS,
    steps=st.integers(1, 9),
    symbols=st.integers(2, 37),
    units=st.integers(1, 21),
    layers=st.integers(1, 4),
    batch=st.integers(1, 40),
    without=st.floats(0, 0.9),
    smoothing=st.sampled_from([0.0, 0.2]),
    seed=st.integers(0, 99),
)
def test_gradients_of_symbols_are_autograds(
    cell: tuple[str, str],
    steps: int,
    symbols: int,
    units: int,
    layers: int,
    batch: int,
    without: float,
    smoothing: float,
    seed: int,
) -> None:
    """Also where some or most steps have no target."""
    random = torch.Generator().manual_seed(seed)
    model = torch_network(cell, (steps,), symbols, hidden_size=units, layers=layers)
    inputs = torch.randint(0, symbols, (batch, steps), generator=random)
    targets = torch.randint(0, symbols, (batch, steps), generator=random)
    targets[torch.rand(batch, steps, generator=random) < without] = NO_TARGET
    targets[batch // 2, steps // 2] = 1
    assert_torchs_gradient(model, inputs, targets, mlp.SOFTMAX, smoothing)


def losses(model: str, data: str | None, engine: str, **changes: Any) -> list[float]:
    some: dict[str, Any] = {"epochs": 2, "batch_size": 48, "snapshot_every_s": None}
    if data is not None:
        some["samples"] = 300
    config = default_config(model, data, engine=engine, **(some | changes))
    events = [event for event in train(config) if isinstance(event, EpochCompleted)]
    return [loss for event in events for loss in (event.train_loss, event.test_loss)]


@pytest.mark.parametrize(
    ("model", "data", "changes"),
    [
        *[("lstm", "adding", {"optimizer": optimizer, "clip_norm": 0.3}) for optimizer in OPTIMIZERS],
        ("rnn", "parity", {"model_options": {"layers": 2, "bidirectional": True}}),
        ("rnn", "adding", {"activation": "relu", "schedule": "cosine"}),
        ("gru", "copy_memory", {"label_smoothing": 0.1, "l1": 1e-4, "clip_norm": 1.0}),
        ("gru", "sines", {"weight_decay": 0.01, "optimizer": "adamw"}),
    ],
)
def test_trainings_are_those_of_the_eager_engine(model: str, data: str, changes: dict[str, Any]) -> None:
    expected = losses(model, data, "eager", **changes)
    assert losses(model, data, "compiled", **changes) == pytest.approx(expected, rel=1e-3)


def test_recurrent_presets_are_compiled_and_larger_networks_say_why_not() -> None:
    for data in ("copy_memory", "adding", "parity", None):
        for model in ("rnn", "lstm", "gru"):
            assert supervised_learner(default_config(model, data)).started().engine == "compiled"
    assert supervised_learner(default_config("lstm", "adding", hidden=(128,))).started().engine == "eager"
    with pytest.raises(InvalidRequest, match="'compiled' cannot be used: beyond 112 units matrix products"):
        supervised_learner(default_config("lstm", "adding", hidden=(128,), engine="compiled"))


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_a_divergence_is_seen(activation: str) -> None:
    """Neither a clamp nor a ReLU turns NaN into a number."""
    config = default_config(
        "rnn",
        "adding",
        **{"activation": activation, "optimizer": "momentum", "learning_rate": 100.0, "samples": 300},
        **{"engine": "compiled", "epochs": 5, "batch_size": 8, "snapshot_every_s": None},
    )
    assert any(isinstance(event, TrainingDiverged) for event in train(config))


def test_a_training_that_an_eager_learner_began_resumes_compiled() -> None:
    """With its optimiser's moments: the checkpoints of versions that knew no compiled recurrent networks."""
    for optimizer in OPTIMIZERS:
        config = default_config("gru", "parity", samples=200, optimizer=optimizer)
        eager = supervised_learner(
            default_config("gru", "parity", samples=200, optimizer=optimizer, engine="eager")
        )
        compiled = supervised_learner(config)
        assert isinstance(compiled, CompiledLearner)
        for batch in eager.batches():
            eager.learn(batch)
        compiled.restore(eager.state())
        for learner in (eager, compiled):
            for batch in learner.batches():
                learner.learn(batch)
        assert compiled.step == eager.step
        for ours, theirs in zip(compiled.network.parameters(), eager.network.parameters(), strict=True):
            torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=2e-5)


@pytest.mark.parametrize("cell", [("rnn", "tanh"), ("lstm", "tanh"), ("gru", "tanh")])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_gates_and_gradient_through_time_are_recorded_from_the_same_pass(
    cell: tuple[str, str], bidirectional: bool
) -> None:
    """Beside the equations of core.models.cells, step by step under autograd."""
    model = torch_network(cell, (7, 2), 1, hidden_size=5, layers=2, bidirectional=bidirectional)
    assert isinstance(model, SequenceNetwork)
    inputs, targets = torch.randn(6, 7, 2), torch.randn(6).double()
    ours = compiled_recurrent(model, (7, 2))
    theta = torch.cat([p.detach().flatten() for p in model.parameters()]).float().numpy()
    data = compiled_data(ours, inputs, targets)
    recorded = iter(recurrent.unroll(ours, theta, data, mlp.SQUARED))
    layers = passes(model.recurrent, inputs.double())
    last = [layers[-1][0].steps[-1]["h"]] + [one.steps[0]["h"] for one in layers[-1][1:]]
    loss = F.mse_loss(model.output(torch.cat(last, dim=1))[:, 0], targets)
    for one in (direction for layer in layers for direction in layer):
        found = next(recorded)
        for letter, values in over_time(one.steps).items():
            np.testing.assert_allclose(found.states[letter], values.detach().numpy(), rtol=1e-4, atol=1e-6)
        carried = [states["h"] for states in one.carried]
        gradients = torch.autograd.grad(loss, carried, retain_graph=True, allow_unused=True)
        norms = [np.zeros(6) if g is None else g.norm(dim=1).numpy() for g in gradients]
        np.testing.assert_allclose(found.back, np.stack(norms, axis=1), rtol=1e-4, atol=1e-7)
