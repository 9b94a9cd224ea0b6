"""The agent that is watched playing does what Gymnasium's environment does, and obeys hands and keys."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from playwright.sync_api import Page, expect

from core.data import load
from core.data.environments import LoadedEnvironment
from core.events import Picture
from core.training.config import TrainConfig, default_config
from core.training.learners.deep_q import DeepQLearner
from core.training.snapshots.data.world import world
from core.training.snapshots.episodes.cart_episode import cart_episode
from core.training.snapshots.episodes.episode import episode
from tests.browser.conftest import OpenTab
from tests.core.training.snapshots.stand_in import stand_in
from tests.film_server import FilmServer

FILM = "document.querySelector('.film').film"
CARD = f"{FILM}.stage('panels').cards.get('episode')"
WALKED = f"!{CARD}.walking && {CARD}.at === {CARD}.length"


class Draws:
    """Numbers of mulberry32 from a seed, in the place of an environment's random generator."""

    def __init__(self, seed: int) -> None:
        self.state = seed

    def random(self) -> float:
        self.state = (self.state + 0x6D2B79F5) % 2**32
        mixed = (self.state ^ self.state >> 15) * (self.state | 1) % 2**32
        mixed ^= (mixed + (mixed ^ mixed >> 7) * (mixed | 61)) % 2**32
        return (mixed ^ mixed >> 14) / 2**32


def of_gymnasium(environment: LoadedEnvironment, policy: np.ndarray, seed: int) -> dict[str, Any]:
    """An episode in the real environment."""
    made = environment.make()
    made.reset(seed=0)
    made.np_random = Draws(seed)
    state, _ = made.reset()
    states, total, ended = [int(state)], 0.0, False
    while not ended and len(states) <= environment.max_steps:
        state, reward, ended, _, _ = made.step(int(policy[state]))
        states.append(int(state))
        total += float(reward)
    return {"states": states, "total": total, "ended": bool(ended)}


def best_values(environment: LoadedEnvironment) -> np.ndarray:
    """Value iteration."""
    assert environment.world is not None
    values = np.zeros(len(environment.world.start))
    for _ in range(500):
        values = environment.world.backup(values, 0.99).max(1)
    return environment.world.backup(values, 0.99)


def film_of(config: TrainConfig) -> tuple[LoadedEnvironment, list[np.ndarray], list[Picture]]:
    """Values of three steps: by chance, half learnt, and the best ones; and their pictures."""
    environment = load(config.data, seed=0, test_fraction=0.25, **config.data_options)
    best = best_values(environment)
    chance = np.random.default_rng(1).normal(size=best.shape) * best.std()
    table = [values.astype(np.float32) for values in (chance, chance + best, best)]
    pictures = []
    for step, values in zip((0, 50, 100), table, strict=True):
        learner = stand_in(environment=environment, world=environment.world, values=values, step=step)
        pictures += [] if step else [next(world(learner))]
        pictures.append(next(episode(learner)))
    return environment, table, pictures


@pytest.fixture
def watch(films: FilmServer, open_tab: OpenTab) -> Callable[..., Page]:
    """watch(config, pictures): the page of their film; no error may occur."""

    def open_page(config: TrainConfig, pictures: list[Picture], card: str = "episode", **media: Any) -> Page:
        page = open_tab(**media)
        page.goto(films.page(films.add_pictures(config, pictures)))
        there = CARD.replace("'episode'", f"'{card}'")
        page.wait_for_function(f"{FILM} && {FILM}.frames.length > 0 && {FILM}.settled && {there}.episode")
        return page

    return open_page


def show(page: Page, index: int) -> None:
    page.get_by_role("slider", name="Frame").fill(str(index))
    page.wait_for_function(f"{FILM}.index === {index} && {FILM}.settled")


@pytest.mark.parametrize(
    ("data", "options"),
    [
        ("frozen_lake", {"slippery": True, "size": "4x4"}),
        ("cliff_walking", {"slippery": False}),
        ("taxi", {}),
    ],
)
def test_an_episode_is_gymnasiums_from_start_to_end(
    watch: Callable[..., Page], data: str, options: dict[str, Any]
) -> None:
    config = default_config("q_table", data, data_options=options)
    environment, table, pictures = film_of(config)
    page = watch(config, pictures)
    another = page.get_by_role("button", name="Another episode")
    for index, values in enumerate(table):
        show(page, index)
        found = page.evaluate(
            f"(({{ states, total, ended }}) => ({{ states, total, ended }}))({CARD}.episode)"
        )
        assert found == of_gymnasium(environment, values.argmax(1), seed=1)
    if data == "cliff_walking":  # every episode is the same one
        expect(another).to_be_hidden()
        expect(page.locator(".panel-now")).to_have_text("13 moves, return −13: ends at G (goal)")
        return
    another.click()
    found = page.evaluate(f"(({{ states, total, ended }}) => ({{ states, total, ended }}))({CARD}.episode)")
    assert found == of_gymnasium(environment, table[-1].argmax(1), seed=2)


def test_the_agent_walks_by_hand_and_by_keys_and_says_where_it_stands(watch: Callable[..., Page]) -> None:
    config = default_config("q_table", "frozen_lake", data_options={"slippery": False, "size": "4x4"})
    _, _, pictures = film_of(config)
    page = watch(config, pictures)
    now, panel = page.locator(".panel-now"), page.locator("[data-panel=episode]")
    legend = panel.locator(".panel-legend")
    for words in ("S: start", "G: goal", "H: hole, ends the episode", "agent", "value ≤"):
        expect(legend).to_contain_text(words)
    expect(now).to_have_text("6 moves, return 1: ends at G (goal)")
    expect(panel.locator("canvas")).to_have_attribute(
        "aria-label", re.compile(r"6 moves, return 1: ends at G \(goal\)\.$")
    )
    panel.get_by_role("button", name="Episode: to its start").click()
    expect(now).to_have_text("At the start; 6 moves to come")
    onward = panel.get_by_role("button", name="Episode: one move on")
    onward.focus()
    page.keyboard.press("Space")
    expect(now).to_contain_text("1 of 6: ")
    expect(now).to_contain_text("reward 0 · return 0")
    assert page.evaluate(f"{FILM}.index") == 2  # the film has not moved
    panel.get_by_role("button", name="Play the episode").click()
    expect(panel.get_by_role("button", name="Pause the episode")).to_be_visible()
    page.wait_for_function(WALKED)
    expect(now).to_have_text("6 moves, return 1: ends at G (goal)")
    show(page, 0)  # another step of the training: another way
    assert page.evaluate(f"{CARD}.episode.states") != [0, 4, 8, 9, 13, 14, 15]


def test_after_the_film_the_agent_walks_unless_less_movement_is_asked_for(watch: Callable[..., Page]) -> None:
    config = default_config("q_table", "frozen_lake", data_options={"slippery": False, "size": "4x4"})
    _, _, pictures = film_of(config)
    for reduced in ("no-preference", "reduce"):
        page = watch(config, pictures, reduced_motion=reduced)
        page.evaluate(f"window.walked = 0; {CARD}.walk = () => window.walked++; null")
        page.get_by_role("button", name="Play the film (Space)").click()
        page.wait_for_function(f"{FILM}.settled && {FILM}.index === 2")
        assert page.evaluate("window.walked") == (1 if reduced == "no-preference" else 0)


def cart_film() -> list[Picture]:
    """A network that lets the pole fall, and one that keeps it up."""
    pictures = []
    for step, gain in ((0, -1.0), (50, 1.0)):
        learner = DeepQLearner(default_config("dqn", "cart_pole", hidden=()))
        with torch.no_grad():
            learner.network.layers[0].weight.copy_(torch.tensor([[0.0] * 4, [0.05, 0.2, gain, gain]]))
            learner.network.layers[0].bias.zero_()
        pictures.append(replace(next(cart_episode(learner)), step=step))
    return pictures


def test_a_network_is_watched_balancing_its_pole(watch: Callable[..., Page]) -> None:
    pictures = cart_film()
    page = watch(default_config("dqn", "cart_pole"), pictures, card="cart_episode")
    card = CARD.replace("'episode'", "'cart_episode'")
    panel, now = page.locator("[data-panel=cart_episode]"), page.locator(".panel-now")
    expect(now).to_have_text("500 of 500 steps: the pole is kept up to the end")
    show(page, 0)
    steps = len(pictures[0].arrays["actions"])
    expect(now).to_have_text(f"{steps} of 500 steps: the pole falls")
    expect(panel.locator("canvas")).to_have_attribute("aria-label", re.compile("the pole falls$"))
    panel.get_by_role("button", name="Episode: to its start").focus()
    page.keyboard.press("Enter")
    expect(now).to_have_text(f"At the start; {steps} moves to come")
    onward = panel.get_by_role("button", name="Episode: one move on")
    onward.focus()
    for _ in range(3):
        page.keyboard.press("Space")
    angle = float(np.degrees(pictures[0].arrays["states"][3, 2]))
    action = pictures[0].values["actions"][pictures[0].arrays["actions"][3]]
    side = "left" if angle < 0 else "right"
    expect(now).to_have_text(f"3 of {steps}: pushes {action} · pole {abs(angle):.1f}° to the {side}")
    worth = pictures[0].arrays["action_values"][3]
    lines = page.evaluate(
        f"""(() => {{
            const card = {card};
            const {{ clientWidth, clientHeight }} = card.area;
            for (let x = 0; x < clientWidth; x += 0.25) {{
                const lines = card.hit(x, clientHeight - 60)?.lines ?? [];
                if (lines[0] === "Step 4") return lines;
            }}
        }})()"""
    )
    for name, value in zip(("left", "right"), worth, strict=True):
        text = f"{name}: {value:.3f}".replace("-", "−")
        assert f"{text} (best)" in lines if value == worth.max() else text in lines
    panel.get_by_role("button", name="Play the episode").press("Enter")
    expect(now).to_have_text(f"{steps} of 500 steps: the pole falls")  # at the pole's own speed


def test_the_pole_stands_between_two_states_only_where_motion_is_wanted(watch: Callable[..., Page]) -> None:
    page = watch(
        default_config("dqn", "cart_pole"), cart_film(), card="cart_episode", reduced_motion="reduce"
    )
    card = CARD.replace("'episode'", "'cart_episode'")
    page.evaluate(f"{card}.at = 3.7")
    assert page.evaluate(f"{card}.place") == 3
