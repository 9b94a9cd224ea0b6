"""Every learner on a simulated card: it trains, draws each of its pictures, is saved and continues."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import torch

from core.data import DATASETS
from core.errors import InvalidRequest
from core.events import Picture
from core.models import MODELS
from core.runs.checkpoints import read
from core.training import loop
from core.training.config import TrainConfig, default_config
from core.training.events import TrainingFinished
from core.training.learners.registry import learner_for
from core.training.loop import train
from core.training.snapshots import applicable
from tests.core.training.test_checkpoint import cut_off, outcome

DEVICE = "cuda:0"

# One network of each family on each kind of data that it treats in another way.
PAIRS = [
    ("mlp", "moons"),
    ("mlp", "diabetes"),
    ("mlp", "sine_curve"),
    ("lenet", "own_images"),
    ("rnn", "copy_memory"),
    ("gru", "copy_memory"),
    ("lstm", "python_help"),
    ("lstm", "seattle_temps"),
    ("rbm", "digits"),
    ("gan", "ring"),
    ("gan", "mnist5k"),
    ("gcn", "karate_club"),
    ("graphsage", "karate_club"),
    ("gat", "karate_club"),
    ("dqn", "cart_pole"),
]
EVERY_PAIR = [
    (model, data)
    for model, entry in MODELS.items()
    for kind in entry.kinds
    for data in [key for key, dataset in DATASETS.items() if dataset.kind == kind][:1]
    if (model, data) not in PAIRS and model != "q_table"
] + [("gru", "adding")]


def short(model: str, data: str | None = None, **settings: Any) -> TrainConfig:
    return default_config(model, data, **({"device": DEVICE, "epochs": 1, "max_steps": 2} | settings))


def assert_trains_with_every_picture(model: str, data: str) -> None:
    wanted = applicable(model, data)
    events = list(train(short(model, data, snapshots=wanted)))
    drawn = {event.name for event in events if isinstance(event, Picture)}
    (end,) = [event for event in events if isinstance(event, TrainingFinished)]
    assert end.reason != "diverged"
    assert math.isfinite(end.value)
    assert drawn


@pytest.mark.parametrize(("model", "data"), PAIRS)
def test_it_trains_and_draws_every_picture(model: str, data: str) -> None:
    assert_trains_with_every_picture(model, data)


@pytest.mark.slow
@pytest.mark.parametrize(("model", "data"), EVERY_PAIR)
def test_it_trains_and_draws_every_picture_on_other_data(model: str, data: str) -> None:
    assert_trains_with_every_picture(model, data)


def test_a_learner_that_is_a_table_refuses_a_card_in_words() -> None:
    with pytest.raises(InvalidRequest, match="CPU"):
        list(train(short("q_table")))


def test_a_card_gives_the_losses_of_the_cpu() -> None:
    def losses(device: str) -> list[float]:
        learner = learner_for(short("mlp", "moons", device=device, engine="eager", epochs=3))
        return [learner.learn(batch).item() for batch in learner.batches()]

    assert losses(DEVICE) == pytest.approx(losses("cpu"), rel=1e-5)


@pytest.mark.parametrize(
    ("model", "settings"),
    [
        ("mlp", {"data": "moons", "model_options": {"dropout": 0.3}}),
        ("gru", {"data": "copy_memory"}),
        ("rbm", {}),
        ("gan", {"data": "ring"}),
        ("gcn", {}),
        ("dqn", {}),
    ],
)
def test_one_that_was_cut_off_ends_like_one_that_was_not(
    model: str, settings: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "CHECKPOINT_FRACTION", math.inf)
    config = short(model, **{"epochs": 3, "max_steps": 12, "snapshot_every_s": None} | settings)
    whole = outcome(list(train(config)))
    torch.rand(7, device=DEVICE)  # other work on the card
    cut_off(config, tmp_path / "kept.pt", 2)
    torch.rand(7, device=DEVICE)
    again = outcome(list(train(config, read(tmp_path / "kept.pt"))))
    assert again == whole[len(whole) - len(again) :]


def masked_losses(seed: int) -> list[float]:
    learner = learner_for(short("mlp", "moons", seed=seed, model_options={"dropout": 0.5}))
    losses = []
    for batch in learner.batches():
        losses.append(learner.learn(batch).item())
        torch.rand(3, device=DEVICE)  # other work on the card
    return losses


def test_dropout_is_the_seeds_whatever_else_the_card_does() -> None:
    torch.cuda.manual_seed_all(1)
    first = masked_losses(seed=3)
    torch.cuda.manual_seed_all(2)
    assert masked_losses(seed=3) == first
    assert masked_losses(seed=4) != first


def test_dropout_leaves_the_cards_own_generator_as_it_was() -> None:
    torch.cuda.manual_seed_all(1)
    expected = torch.rand(3, device=DEVICE)
    torch.cuda.manual_seed_all(1)
    learner = learner_for(short("mlp", "moons", model_options={"dropout": 0.5}))
    learner.learn(next(iter(learner.batches())))
    assert torch.equal(torch.rand(3, device=DEVICE), expected)


def test_a_checkpoint_of_version_0_1_opens_with_the_masks_of_the_seed() -> None:
    config = short("mlp", "moons", model_options={"dropout": 0.5})
    new, old = learner_for(config), learner_for(config)
    state = old.state() | {"chance": torch.Generator().manual_seed(0).get_state()}  # the CPU's, as it was
    old.restore(state)
    batches = [next(iter(learner.batches())) for learner in (new, old)]
    losses = [learner.learn(batch).item() for learner, batch in zip((new, old), batches, strict=True)]
    assert losses[0] == losses[1]
