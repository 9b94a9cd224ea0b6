"""What a browser gets once somebody wants to draw an image: the network's plan, test images, and frames."""

from __future__ import annotations

import base64
import gzip
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from core.data import load
from core.models import MODELS
from core.runs.store import RunStore
from core.training.config import TrainConfig, default_config
from dashboard.film.drawing import MAX_IMAGES
from tests.film_server import FilmServer, film_server, frame

CONVNET = default_config("convnet", "mnist5k")
NUMBERS = 5994  # of ConvNet


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FilmServer]:
    store = RunStore(tmp_path_factory.mktemp("films") / "runs.sqlite")
    with film_server(store) as running:
        yield running
    store.close()


def asked(server: FilmServer, run: str, what: str, **headers: str) -> tuple[int, bytes, dict[str, str]]:
    request = urllib.request.Request(f"{server.url}/film/{run}/{what}", headers=headers)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read(), dict(answer.headers)
    except urllib.error.HTTPError as error:
        return error.code, error.read(), dict(error.headers)


def drawing(server: FilmServer, config: TrainConfig, ended: bool = False) -> dict[str, Any]:
    run = server.add(config, [], ended)
    status, body, _ = asked(server, run, "drawing")
    assert status == 200
    found: dict[str, Any] = json.loads(body)
    return found


def test_a_browser_gets_the_plan_and_images_of_each_class(server: FilmServer) -> None:
    found = drawing(server, CONVNET)
    plan = MODELS["convnet"].plan
    assert plan is not None
    expected = plan((1, 28, 28), 10, ())
    assert found["plan"]["operations"] == [*expected.operations]
    assert found["plan"]["numbers"] == NUMBERS
    assert found["classes"] == [str(digit) for digit in range(10)]
    assert found["ink"]["extent"] == 20 / 28
    assert sorted({*found["labels"]}) == [*range(10)]
    images = np.frombuffer(base64.b64decode(found["images"]), np.uint8).reshape(-1, 28, 28)
    assert len(images) == len(found["labels"]) <= MAX_IMAGES
    data = load("mnist5k", seed=CONVNET.seed, test_fraction=CONVNET.test_fraction)
    first = np.flatnonzero(data.test_targets == found["labels"][0])[0]
    np.testing.assert_array_equal(images[0] / np.float32(255), data.test_inputs[first, 0])


def test_colours_have_no_ink(server: FilmServer) -> None:
    found = drawing(server, default_config("lenet", "own_images", data_options={"colour": "rgb"}))
    assert found["ink"] is None
    assert found["plan"]["input_shape"] == [3, 28, 28]
    assert found["plan"]["operations"][-1]["outgoing"] == len(found["classes"]) == 3


@pytest.mark.parametrize(
    ("config", "ended", "reason"),
    [
        (
            default_config("alexnet", "mnist5k", model_options={"width": 32}),
            False,
            "numbers, so that 8 frames",
        ),
        (CONVNET, True, "it was pruned, or it ended before its start"),
        (default_config("gan", "mnist5k"), False, "does not learn classes of images"),
        (default_config("lenet", "own_images", data_options={"archive": "0" * 64}), False, "images"),
    ],
)
def test_a_sentence_says_why_nothing_can_be_drawn(
    server: FilmServer, config: TrainConfig, ended: bool, reason: str
) -> None:
    found = drawing(server, config, ended)
    assert found.keys() == {"why_not"}
    assert reason in found["why_not"]


def step_of(body: bytes) -> float | None:
    count = int.from_bytes(body[12:16], "little")
    return None if count == 0 else float(np.frombuffer(body, "<f8", 1, 24)[0])


def test_a_frame_is_the_last_one_up_to_a_step_compressed(server: FilmServer) -> None:
    frames = [frame(step, np.full(NUMBERS, step)) for step in (0, 10, 40)]
    run = server.add(CONVNET, frames, ended=False)
    for step, shown in ((0, 0), (39, 10), (40, 40), (1000, 40)):
        status, body, headers = asked(server, run, f"frame?step={step}", **{"accept-encoding": "gzip"})
        assert (status, headers["content-encoding"], headers["cache-control"]) == (200, "gzip", "no-store")
        plain = gzip.decompress(body)
        assert step_of(plain) == shown
        assert len(plain) == 24 + 8 + 4 * 8 + 4 * NUMBERS
    assert asked(server, run, "frame?step=39")[1] == asked(server, run, "frame?step=10")[1]  # as it is


def test_a_run_without_a_frame_yet_gives_none(server: FilmServer) -> None:
    run = server.add(CONVNET, [], ended=False)
    assert step_of(asked(server, run, "frame?step=5")[1]) is None


@pytest.mark.parametrize(
    ("run", "what", "status"),
    [("nobody", "drawing", 404), ("nobody", "frame?step=0", 404), ("", "frame?step=x", 400)],
)
def test_nonsense_is_refused(server: FilmServer, run: str, what: str, status: int) -> None:
    run = run or server.add(CONVNET, [], ended=False)
    assert asked(server, run, what)[0] == status
