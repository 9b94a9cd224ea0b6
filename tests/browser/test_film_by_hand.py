"""The player's section that follows one point through one unit and back: its numbers are those of torch."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from playwright.sync_api import Page, expect

from core.data.features import inputs_of
from core.training.schedules import learning_rate
from tests.browser.conftest import PHONE, OpenTab
from tests.film_server import FilmServer, data_of, frame, network_of, short_film

FILM = "document.querySelector('.film').film"
STAGE = f"{FILM}.stage('network')"
NETWORKS: dict[str, dict[str, Any]] = {
    "2-4-3-1, tanh": {"gain": 3.0},
    "three classes, ReLU": {
        "data": "gaussians",
        "hidden": (5, 4),
        "data_options": {"classes": 3},
        "activation": "relu",
    },
    "other features, an activation for each layer": {
        "data": "spiral",
        "hidden": (6, 3),
        "data_options": {"features": "x,x_squared,product,sin_y"},
        "model_options": {"activations": "sin(3*x) + sign(x - 0.3), gelu"},
    },
    "an activation that only torch has": {"hidden": (3,), "activation": "mish"},
    "no hidden layer": {"hidden": ()},
}


@pytest.fixture
def tab(open_tab: OpenTab) -> Page:
    return open_tab()


@pytest.fixture(scope="module")
def run(films: FilmServer) -> str:
    """12 frames at steps 0, 25, ..., 275, of epochs of 50 steps, with a learning rate that falls."""
    return films.add(*short_film(schedule="cosine", l1=0.01))


def open_section(tab: Page, address: str) -> None:
    tab.goto(address)
    tab.wait_for_function(f"{FILM}?.frames.length && {FILM}.settled")
    tab.get_by_role("button", name="By hand").click()
    settle(tab)


def settle(tab: Page) -> None:
    tab.wait_for_function(
        f"{FILM}.settled && !document.querySelector('.pass').textContent.includes('Waiting')"
    )


def lines(tab: Page) -> dict[str, str]:
    """What is written, by the name of each line; spaces between parts are one."""
    written = tab.locator(".pass-line").evaluate_all(
        "lines => lines.map(line => [line.children[0].textContent, line.children[1].textContent])"
    )
    return {name: " ".join(text.split()) for name, text in written}


def last_number(text: str) -> float:
    """The number after the last = of a line."""
    found = re.search(r"= (−?[\d.]+(?:e−?\d+)?)(?: \(.*\))?$", text)
    assert found, text
    return float(found[1].replace("−", "-"))


@pytest.mark.parametrize("network", NETWORKS)
def test_loss_and_gradients_are_those_of_autograd(films: FilmServer, tab: Page, network: str) -> None:
    settings = dict(NETWORKS[network])
    gain = settings.pop("gain", 1.0)
    config, frames = short_film(2, **settings)
    weights = (frames[-1].weights * gain).astype(np.float32)
    run = films.add(config, [frame(0, weights)])
    open_section(tab, films.page(run))
    data = data_of(config)
    ours = network_of(config, data).double()
    torch.nn.utils.vector_to_parameters(torch.from_numpy(weights).double(), ours.parameters())
    points = tab.evaluate(f"{STAGE}.description.points.train")
    for index in (0, 7, 123):
        found = tab.evaluate(
            f"""() => {{
                const section = {STAGE}.byHand;
                section.index = {index};
                const {{ loss, probabilities, deltas, gradients }} = section.pass().pass;
                return {{ loss, probabilities, deltas: deltas.map(d => [...d]), gradients: [...gradients] }};
            }}"""
        )
        x, y, label = points[index]
        ours.zero_grad()
        logits = ours(torch.from_numpy(inputs_of(np.float32([[x, y]]), data.features)).double())
        if logits.shape[1] == 1:
            loss = F.binary_cross_entropy_with_logits(logits[:, 0], torch.tensor([float(label)]).double())
            probabilities = torch.sigmoid(logits[0])
        else:
            loss = F.cross_entropy(logits, torch.tensor([label]))
            probabilities = torch.softmax(logits[0], 0)
        loss.backward()
        gradients = [parameter.grad.numpy() for parameter in ours.parameters()]
        every = np.concatenate([gradient.ravel() for gradient in gradients])
        close = {"rtol": 1e-4, "atol": 1e-6 * np.abs(every).max()}
        np.testing.assert_allclose(found["loss"], loss.item(), rtol=1e-4)
        np.testing.assert_allclose(found["probabilities"], probabilities.detach().numpy(), rtol=1e-4)
        np.testing.assert_allclose(found["gradients"], every, **close)
        for delta, bias in zip(found["deltas"], gradients[1::2], strict=True):  # of one sample, they are one
            np.testing.assert_allclose(delta, bias, **close)


def test_the_lines_lead_from_the_inputs_to_the_updated_weight(films: FilmServer, tab: Page, run: str) -> None:
    config, frames = short_film(schedule="cosine", l1=0.01)
    open_section(tab, films.page(run, step=75))
    tab.get_by_role("button", name="Layer 1, unit 2").focus()
    tab.keyboard.press("Enter")
    settle(tab)
    data = data_of(config)
    network = network_of(config, data)
    torch.nn.utils.vector_to_parameters(torch.from_numpy(frames[3].weights), network.parameters())
    x, y, label = tab.evaluate(f"{STAGE}.description.points.train")[0]
    first, second = (layer.weight.detach() for layer in (network.layers[0], network.layers[1]))
    z1 = network.layers[0](torch.tensor([[x, y]])).detach().requires_grad_()
    z2 = network.layers[1](torch.tanh(z1))
    z2.retain_grad()
    logit = network.layers[2](torch.tanh(z2))[0, 0]
    loss = F.binary_cross_entropy_with_logits(logit, torch.tensor(float(label)))
    loss.backward()
    assert z1.grad is not None
    assert z2.grad is not None
    delta, slope = z1.grad[0, 1].item(), 1 - torch.tanh(z1[0, 1]).item() ** 2
    rate = learning_rate(75, config.epochs * 50, "cosine", config.learning_rate)
    weight = first[1, 0].item()
    read = lines(tab)
    for name, value in {
        "z = Σ wᵢ·xᵢ + b": z1[0, 1].item(),
        "a = f(z)": torch.tanh(z1[0, 1]).item(),
        "Output: z = Σ wᵢ·aᵢ + b": logit.item(),
        "p = 1 / (1 + e⁻ᶻ)": torch.sigmoid(logit).item(),
        "L = −ln p" if label else "L = −ln(1 − p)": loss.item(),
        "Output: δ = p − y": torch.sigmoid(logit).item() - label,
        "∂L/∂a = Σₖ wₖ·δₖ": (second[:, 1] @ z2.grad[0]).item(),
        "f′(z)": slope,
        "δ = ∂L/∂a · f′(z)": delta,
        "∂L/∂w₁ = δ·x": delta * x,
        "∂L/∂w₂ = δ·y": delta * y,
        "w₁ − η·∂L/∂w₁": weight - rate * delta * x,
    }.items():
        assert last_number(read[name]) == pytest.approx(value, rel=1e-3), name
    section = tab.locator(".pass")
    expect(section).to_contain_text(f"Learning rate of the step after step 75: η = {rate:.4g}")
    expect(section).to_contain_text("Layer 1, unit 2 at step 75, f = Tanh")
    expect(section).to_contain_text("Adam's, on the mean gradient of a batch of 10, with L1.")
    tab.keyboard.press("Delete")
    settle(tab)
    assert lines(tab)["a"] == lines(tab)["f′(z)"] == "0 (switched off)"
    assert last_number(lines(tab)["∂L/∂w₁ = δ·x"]) == 0


def test_points_and_epochs_are_chosen_by_keyboard(films: FilmServer, tab: Page, run: str) -> None:
    tab.goto(films.page(run, step=0))
    tab.wait_for_function(f"{FILM}?.frames.length && {FILM}.settled")
    toggle = tab.get_by_role("button", name="By hand")
    toggle.focus()
    expect(toggle).to_have_attribute("aria-expanded", "false")
    tab.keyboard.press("Enter")
    expect(toggle).to_have_attribute("aria-expanded", "true")
    settle(tab)
    reached = []
    for key in ("Tab", " ", "Tab", "Enter", "Tab", "Enter", "Tab", "Enter"):
        tab.keyboard.press(key)
        if key == "Tab":
            reached.append(tab.evaluate("document.activeElement.textContent"))
        settle(tab)
        if len(reached) == 1 and key == " ":
            expect(tab.locator(".pass-point")).to_contain_text("Training point 500 of 500")
    assert reached == ["Previous point", "Next point", "Next frame", "Next epoch"]
    expect(tab.locator(".pass-point")).to_contain_text("Training point 1 of 500")
    expect(tab.locator(".status .text")).to_contain_text("Step 50 · epoch 1")
    expect(tab.locator(".pass-unit")).to_have_text("Output at step 50")
    for _ in range(6):
        tab.keyboard.press("Enter")
    expect(tab.locator(".status .text")).to_contain_text("Step 250 · epoch 5")  # no later frame ends an epoch
    expect(tab.get_by_role("button", name="Next epoch")).to_have_attribute("aria-disabled", "true")


@pytest.mark.parametrize("width", [1280, PHONE.width])
def test_a_click_on_the_map_chooses_a_point_and_nothing_above_moves(
    films: FilmServer, tab: Page, run: str, width: int
) -> None:
    tab.set_viewport_size({"width": width, "height": 1000})
    tab.goto(films.page(run))
    tab.wait_for_function(f"{FILM}?.frames.length && {FILM}.settled")
    place = "() => document.querySelector('.stage').getBoundingClientRect().top + scrollY"
    above = tab.evaluate(place)
    tab.get_by_role("button", name="By hand").click()
    settle(tab)
    at = tab.evaluate(
        f"""() => {{
            const {{ layout: {{ map }}, description: {{ points, bounds }} }} = {STAGE};
            const [x, y] = points.train[40];
            const u = (x - bounds.x_min) / (bounds.x_max - bounds.x_min);
            const v = (y - bounds.y_min) / (bounds.y_max - bounds.y_min);
            return {{ x: map.x + u * map.size + 1, y: map.y + (1 - v) * map.size }};
        }}"""
    )
    before = tab.evaluate("document.querySelector('canvas.network').toDataURL()")
    tab.locator(".stage").click(position=at)
    settle(tab)
    expect(tab.locator(".pass-point")).to_contain_text("Training point 41 of 500")
    assert tab.evaluate("document.querySelector('canvas.network').toDataURL()") != before
    assert tab.evaluate(place) == above
    assert tab.evaluate("document.scrollingElement.scrollWidth - innerWidth") <= 0
