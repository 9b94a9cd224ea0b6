"""An image that a person draws or chooses: the browser's probabilities are torch's at each step of a film."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from playwright.sync_api import Page, expect

from core.training import weights
from core.training.config import TrainConfig, default_config
from core.training.learners.building import loaded
from core.training.snapshots.layers.saliency import input_gradients
from tests.browser.conftest import OpenTab
from tests.film_server import FilmServer, frame, network_of

FILM = "document.querySelector('.film').film"
STAGE = f"{FILM}.stage('drawing')"
TOLERANCE = 5e-4
THREE = [(0.3, 0.25), (0.5, 0.2), (0.65, 0.3), (0.5, 0.45), (0.65, 0.6), (0.5, 0.8), (0.3, 0.75)]
# Every kind of layer, and every kind of activation table: bent, smooth, wide, typed.
NETWORKS: dict[str, tuple[str, dict[str, Any]]] = {
    "LeNet-5": ("lenet", {}),
    "ConvNet": ("convnet", {"activation": "gelu"}),
    "AlexNet": ("alexnet", {"activation": "sin(2*x) + x"}),
    "VGG": ("vgg", {}),
    "VGG without normalisation": ("vgg", {"model_options": {"batch_norm": False, "depth": "13", "width": 4}}),
    "ResNet": ("resnet", {"model_options": {"depth": "20"}}),
    "plain ResNet": ("resnet", {"model_options": {"residual": False}, "activation": "tanh"}),
    "MLP": ("mlp", {"hidden": (20, 10)}),
    "MLP of several activations": (
        "mlp",
        {"hidden": (20, 10, 10), "model_options": {"activations": "relu, tanh, relu"}},
    ),
    "MLP with batch norm": ("mlp", {"hidden": (20, 10), "model_options": {"norm": "batch"}}),
    "MLP with layer norm": ("mlp", {"hidden": (20, 10), "model_options": {"norm": "layer"}}),
}
Watch = Callable[[str], Page]


def networks_of(config: TrainConfig) -> list[torch.nn.Module]:
    """Two networks, with other running statistics than 0 and 1, which are sure of some images alone."""
    data = loaded(config)
    found = [network_of(config, data, seed=seed) for seed in (1, 2)]
    with torch.no_grad():
        for network in found:
            for name, tensor in weights.numbers_of(network).items():
                if "running" in name:
                    tensor += torch.rand_like(tensor)
            *_, last = (module for module in network.modules() if isinstance(module, torch.nn.Linear))
            logits = network.eval()(torch.from_numpy(data.test_inputs[:64]))
            scale = 2 / (logits - logits.mean(0)).std()
            last.weight *= scale
            last.bias.copy_((last.bias - logits.mean(0)) * scale)
    return found


def film_of(films: FilmServer, config: TrainConfig, networks: list[torch.nn.Module]) -> str:
    """A run whose frames, at steps 50 and 100, are these networks."""
    run = films.add_pictures(config, [], ended=False)
    arrays = [weights.to_array(weights.numbers_of(network).values()) for network in networks]
    films.store.write(run, frames=[frame(50 * (n + 1), array) for n, array in enumerate(arrays)])
    films.store.end(run, "finished")
    return run


@pytest.fixture
def watch(films: FilmServer, open_tab: OpenTab) -> Watch:
    """watch(run): its page, with the film there; no error may occur."""
    page = open_tab()

    def open_page(run: str) -> Page:
        page.goto(films.page(run))
        settle(page)
        return page

    return open_page


def settle(page: Page) -> None:
    page.wait_for_function(f"{FILM}?.frames.length > 0 && {FILM}.settled")


def open_drawing(page: Page) -> None:
    page.get_by_role("button", name="Draw an image").click()
    settle(page)


def show(page: Page, index: int) -> None:
    page.get_by_role("slider", name="Frame").fill(str(index))
    page.wait_for_function(f"{FILM}.index === {index}")
    settle(page)


def draw(page: Page, places: list[tuple[float, float]]) -> None:
    pad = page.locator(".drawing-pad")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box is not None
    at = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in places]
    page.mouse.move(*at[0])
    page.mouse.down()
    for place in at[1:]:
        page.mouse.move(*place, steps=4)
    page.mouse.up()
    settle(page)


def probabilities(page: Page) -> np.ndarray:
    return np.array(page.evaluate(f"[...{STAGE}.probabilities]"))


def by_torch(network: torch.nn.Module, image: np.ndarray) -> np.ndarray:
    with torch.inference_mode():
        found: np.ndarray = torch.softmax(network.eval()(torch.from_numpy(image)[None]), 1)[0].numpy()
    return found


@pytest.mark.parametrize("name", NETWORKS)
def test_probabilities_are_those_of_torch_at_the_shown_step(
    films: FilmServer, watch: Watch, name: str
) -> None:
    model, settings = NETWORKS[name]
    config = default_config(model, "mnist5k", **settings)
    networks = networks_of(config)
    page = watch(film_of(films, config, networks))
    open_drawing(page)
    page.get_by_role("button", name="Test image: 7").first.click()
    data = loaded(config)
    seven = data.test_inputs[np.flatnonzero(data.test_targets == 7)[0]]
    for index, network in enumerate(networks):
        show(page, index)
        ours = probabilities(page)
        np.testing.assert_allclose(ours, by_torch(network, seven), atol=TOLERANCE, rtol=0)
        gradients, _ = input_gradients(network, torch.from_numpy(seven)[None], torch.tensor([ours.argmax()]))
        saliency = np.array(page.evaluate(f"[...{STAGE}.gradient]")).reshape(seven.shape)
        largest = float(gradients.abs().max())
        np.testing.assert_allclose(saliency, gradients[0].numpy(), atol=0.01 * largest, rtol=0)
        predicted = f"Predicted at step {50 * (index + 1)}: {ours.argmax()}, {ours.max():.1%}"
        expect(page.locator(".drawing-verdict")).to_contain_text(predicted)


def test_a_drawing_is_placed_as_the_digits_of_mnist_are_and_classified(
    films: FilmServer, watch: Watch
) -> None:
    config = default_config("lenet", "mnist5k")
    networks = networks_of(config)
    page = watch(film_of(films, config, networks))
    open_drawing(page)
    expect(page.locator(".drawing-verdict")).to_have_text("Nothing drawn yet")
    seen = []
    for places in (THREE, [(0.1 + x / 4, 0.6 + y / 4) for x, y in THREE]):  # small, in a corner
        draw(page, places)
        image = np.array(page.evaluate(f"[...{STAGE}.input]"), np.float32).reshape(1, 28, 28)
        seen.append(image)
        np.testing.assert_allclose(probabilities(page), by_torch(networks[1], image), atol=TOLERANCE, rtol=0)
        rows, columns = (np.flatnonzero(image[0].any(axis)) for axis in (1, 0))
        assert max(np.ptp(rows), np.ptp(columns)) + 1 in (20, 21)
        y, x = np.indices((28, 28)) + 0.5
        assert (image[0] * x).sum() / image.sum() == pytest.approx(14.5, abs=0.1)
        assert (image[0] * y).sum() / image.sum() == pytest.approx(14.5, abs=0.1)
        page.get_by_role("button", name="Clear").click()
    np.testing.assert_allclose(seen[0], seen[1], atol=0.35)  # wherever and however small it was drawn
    expect(page.locator(".drawing-verdict")).to_have_text("Nothing drawn yet")
    pad = page.get_by_role("application", name="Field to draw in")
    for key in ("Shift+ArrowUp", "Space", *["ArrowDown"] * 8, "Space", "ArrowLeft"):  # a 1, by keys alone
        pad.press(key)
    expect(page.locator(".drawing-column").get_by_role("status").first).to_have_text(
        "Column 13, row 18 of 28, pen up"
    )
    settle(page)
    image = np.array(page.evaluate(f"[...{STAGE}.input]"), np.float32).reshape(1, 28, 28)
    rows, columns = (np.flatnonzero(image[0].any(axis)) for axis in (1, 0))
    assert np.ptp(rows) >= 19
    assert np.ptp(columns) <= 5
    np.testing.assert_allclose(probabilities(page), by_torch(networks[1], image), atol=TOLERANCE, rtol=0)
    pad.press("Delete")
    expect(page.locator(".drawing-verdict")).to_have_text("Nothing drawn yet")


def test_nothing_is_fetched_before_somebody_wants_to_draw(films: FilmServer, watch: Watch) -> None:
    config = default_config("convnet", "mnist5k")
    run = film_of(films, config, networks_of(config))
    page = watch(run)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.split(run)[-1]))
    show(page, 0)
    assert asked == []
    open_drawing(page)
    show(page, 1)
    show(page, 0)
    show(page, 1)
    tables = [f"/activation?reach=32&derivative={derivative}&layer=0" for derivative in (0, 1)]
    assert asked == ["/drawing", *tables, "/frame?step=50", "/frame?step=100"]


def test_images_in_colour_are_chosen_and_cannot_be_drawn(films: FilmServer, watch: Watch) -> None:
    config = default_config("lenet", "own_images", data_options={"colour": "rgb"})
    networks, data = networks_of(config), loaded(config)
    page = watch(film_of(films, config, networks))
    open_drawing(page)
    expect(page.locator(".drawing-notice")).to_contain_text("cannot be drawn here: choose a test image")
    expect(page.get_by_role("button", name="Clear")).to_be_hidden()
    page.get_by_role("button", name=f"Test image: {data.classes[1]}").first.press("Enter")
    settle(page)
    image = data.test_inputs[np.flatnonzero(data.test_targets == 1)[0]]
    np.testing.assert_allclose(probabilities(page), by_torch(networks[1], image), atol=TOLERANCE, rtol=0)


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"model": "alexnet", "model_options": {"width": 32}}, "do not fit into the 6 MiB of a film"),
        ({"model": "lenet"}, "The weights of this run are not kept"),
    ],
)
def test_where_nothing_can_be_drawn_a_sentence_says_why(
    films: FilmServer, watch: Watch, settings: dict[str, Any], reason: str
) -> None:
    page = watch(films.add_pictures(default_config(data="mnist5k", **settings), []))
    open_drawing(page)
    expect(page.locator(".drawing-notice")).to_contain_text(reason)
    expect(page.locator(".drawing-pad")).to_be_hidden()


def test_other_networks_have_no_field_to_draw_in(films: FilmServer, watch: Watch) -> None:
    page = watch(films.add_pictures(default_config("gan", "mnist5k"), []))
    expect(page.get_by_role("button", name="Draw an image")).to_have_count(0)


def test_one_logit_is_the_probability_of_the_second_class(films: FilmServer, watch: Watch) -> None:
    page = watch(films.add_pictures(default_config("lenet", "mnist5k"), []))
    found = page.evaluate(
        """async () => {
            const files = performance.getEntriesByType('resource').map(({ name }) => name);
            const { probabilitiesOf } = await import(
                files.find((name) => name.endsWith('drawing/forward.js')));
            return probabilitiesOf(new Float32Array([0.75]));
        }"""
    )
    second = float(torch.sigmoid(torch.tensor(0.75)))
    assert found == pytest.approx([1 - second, second])
