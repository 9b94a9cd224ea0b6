"""What a browser gets of a film: what is new, or all of it where the browser has another film."""

from __future__ import annotations

import json
import math
import re
import struct
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.client import HTTPMessage
from typing import NamedTuple

import numpy as np
import pytest

from core.events import Frame
from core.runs.store import RunStore
from dashboard.film import routes
from dashboard.film.activation_table import table
from dashboard.film.encoding import check_of
from tests.film_server import FilmServer, film_server, frame, short_film
from tests.waiting import wait_until


class Answer(NamedTuple):
    status: int
    body: bytes
    headers: HTTPMessage


class Film(NamedTuple):
    frames: list[Frame]
    from_start: bool
    ended: bool


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FilmServer]:
    store = RunStore(tmp_path_factory.mktemp("films") / "runs.sqlite")
    with film_server(store) as running:
        yield running
    store.close()


def get(server: FilmServer, path: str) -> Answer:
    try:
        with urllib.request.urlopen(f"{server.url}{path}") as answer:
            return Answer(answer.status, answer.read(), answer.headers)
    except urllib.error.HTTPError as error:
        return Answer(error.code, error.read(), error.headers)


def film(server: FilmServer, run: str, query: str = "") -> Film:
    """Read an answer as the format says, by other means than the code that writes it."""
    answer = get(server, f"/film/{run}{query}")
    assert answer.status == 200
    magic, version, values, parameters, count, flags, _ = struct.unpack_from("<4sHHIIII", answer.body)
    assert (magic, version) == (b"NFLM", 1)
    kind = np.dtype([("step", "<f8"), ("values", "<f8", values), ("weights", "<f4", parameters)])
    rows = np.frombuffer(answer.body, kind, count, offset=24)
    assert len(answer.body) == 24 + count * kind.itemsize
    names = ("train_loss", "test_loss", "train_metric", "test_metric")
    frames = [
        Frame(int(row["step"]), dict(zip(names, row["values"], strict=True)), row["weights"]) for row in rows
    ]
    return Film(frames, bool(flags & 1), bool(flags & 2))


def steps(got: Film) -> list[int]:
    return [one.step for one in got.frames]


def last_seen(one: Frame) -> str:
    return f"?after={one.step}&check={check_of(one)}"


def test_a_new_browser_gets_every_frame_whole(server: FilmServer) -> None:
    config, frames = short_film()
    got = film(server, server.add(config, frames))
    assert got.from_start
    assert got.ended
    for ours, theirs in zip(got.frames, frames, strict=True):
        assert ours.step == theirs.step
        assert ours.values == theirs.values
        np.testing.assert_array_equal(ours.weights, theirs.weights)


def test_what_is_not_known_is_nan(server: FilmServer) -> None:
    config, frames = short_film()
    some = Frame(0, {"train_loss": 0.5}, frames[0].weights)
    values = film(server, server.add(config, [some])).frames[0].values
    assert values["train_loss"] == 0.5
    assert np.isnan([values[name] for name in ("test_loss", "train_metric", "test_metric")]).all()


def test_a_browser_gets_what_is_new_alone(server: FilmServer) -> None:
    config, frames = short_film()
    run = server.add(config, frames[:8], ended=False)
    got = film(server, run, last_seen(frames[4]))
    assert (steps(got), got.from_start, got.ended) == ([125, 150, 175], False, False)
    nothing = film(server, run, last_seen(frames[7]))
    assert (steps(nothing), nothing.from_start) == ([], False)


def test_a_film_that_was_resumed_from_an_earlier_step_is_sent_anew(server: FilmServer) -> None:
    config, frames = short_film()
    run = server.add(config, frames, ended=False)
    again = [frame(one.step, one.weights * 1.01) for one in frames[6:]]
    server.store.write(run, frames=again[:2])  # steps 150 and 175; 200 and later are no more
    assert film(server, run, last_seen(frames[9])).from_start
    assert film(server, run, last_seen(frames[6])).from_start  # the same step with other weights
    assert not film(server, run, last_seen(frames[5])).from_start  # before what was resumed
    assert steps(film(server, run, last_seen(frames[9]))) == [25 * n for n in range(8)]


def test_a_run_without_frames_is_an_empty_film(server: FilmServer) -> None:
    config, _ = short_film()
    got = film(server, server.add(config, [], ended=False))
    assert got == Film([], from_start=True, ended=False)


def test_while_the_store_is_gone_a_browser_is_to_ask_again(server: FilmServer) -> None:
    run, file = server.add(*short_film()), server.store.path
    file.rename(file.with_name("aside"))
    try:
        answer = get(server, f"/film/{run}")
        assert answer.status == 503
        assert b"is gone; somebody has moved or deleted it" in answer.body
    finally:
        file.with_name("aside").rename(file)
    wait_until(lambda: get(server, f"/film/{run}").status == 200)  # an answer serves others for a moment
    assert len(film(server, run).frames) == len(short_film()[1])


@pytest.mark.parametrize("path", ["/film/nobody", "/film/nobody/activation?reach=32", "/film/nobody/clock"])
def test_an_unknown_run_is_not_found(server: FilmServer, path: str) -> None:
    answer = get(server, path)
    assert (answer.status, answer.body) == (404, b"There is no run of this address.")


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("?after=x&check=1", "after is 'x'; it must be a whole number."),
        ("?after=5", "check is ''; it must be a whole number."),
        ("?after=-1&check=1", "after is '-1'; it must be a whole number."),
        ("?after=1e9&check=1", "after is '1e9'; it must be a whole number."),
        ("?after=%D9%A3&check=1", "after is '٣'; it must be a whole number."),
        (f"?after={10**30}&check=1", f"after is '{10**30}'; it must be a whole number."),
        ("/activation", "reach is ''; it must be a whole number."),
        ("/activation?reach=33", "reach is 33; it must be one of 32, 64, 128, 256, 512, 1024."),
        ("/activation?reach=2048", "reach is 2048; it must be one of 32, 64, 128, 256, 512, 1024."),
        ("/activation?reach=32&derivative=2", "derivative is 2; it must be 0 or 1."),
        ("/rates?steps=&planned=9", "steps is ''; it must be a whole number."),
        ("/rates?steps=1,x&planned=9", "steps is 'x'; it must be a whole number."),
        ("/rates?steps=0&planned=0", "planned is 0; it must be at least 1 and the largest of the steps."),
        ("/rates?steps=7,3&planned=6", "planned is 6; it must be at least 1 and the largest of the steps."),
    ],
)
def test_nonsense_is_refused_in_a_sentence(server: FilmServer, query: str, sentence: str) -> None:
    config, frames = short_film()
    answer = get(server, f"/film/{server.add(config, frames)}{query}")
    assert (answer.status, answer.body.decode()) == (400, sentence)


@pytest.mark.parametrize("activation", ["relu", "x*tanh(x)"])
def test_the_activation_is_that_of_the_run(server: FilmServer, activation: str) -> None:
    run = server.add(short_film(activation=activation)[0], [])
    answer = get(server, f"/film/{run}/activation?reach=64")
    assert answer.body == table(activation, 64)
    assert len(answer.body) == 4 * (2 * 64 * 256 + 1)
    derivative = get(server, f"/film/{run}/activation?reach=64&derivative=1")
    assert derivative.body == table(activation, 64, derivative=True)


def test_each_layer_has_the_table_of_its_activation(server: FilmServer) -> None:
    options = {"activations": "relu, x*tanh(x)"}
    run = server.add(short_film(hidden=(3, 2), model_options=options)[0], [])
    for layer, activation in enumerate(("relu", "x*tanh(x)")):
        answer = get(server, f"/film/{run}/activation?reach=64&layer={layer}")
        assert answer.body == table(activation, 64)
    refused = get(server, f"/film/{run}/activation?reach=64&layer=2")
    assert (refused.status, refused.body.decode()) == (400, "layer is 2; it must be from 0 to 1.")


def test_the_rates_are_those_that_were_in_force(server: FilmServer) -> None:
    config, frames = short_film(schedule="cosine", learning_rate=0.04)
    run = server.add(config, frames, ended=False)
    changed = {
        "event": "setting_changed",
        "step": 50,
        "setting": "learning_rate",
        "before": 0.04,
        "after": 0.01,
    }
    server.store.write(run, [(1, 0.0, changed)])
    rates = json.loads(get(server, f"/film/{run}/rates?steps=0,25,50,100&planned=100").body)
    half = math.sqrt(0.5)
    np.testing.assert_allclose(rates, [0.04, 0.04 * (1 + half) / 2, 0.01 / 2, 0], atol=1e-12)


def test_the_clock_has_the_seconds_of_every_epoch(server: FilmServer) -> None:
    run = server.add(*short_film(), ended=False)
    epochs = [{"event": "epoch_completed", "step": 25 * n, "elapsed_s": n / 8} for n in (1, 2, 3)]
    server.store.write(run, [(n, 0.0, record) for n, record in enumerate(epochs, 1)])
    assert json.loads(get(server, f"/film/{run}/clock").body) == [[25, 0.125], [50, 0.25], [75, 0.375]]


def test_films_are_neither_kept_nor_compressed_by_anything_between(server: FilmServer) -> None:
    config, frames = short_film()
    answer = get(server, f"/film/{server.add(config, frames)}")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-encoding"] == "identity"
    assert answer.headers["content-type"] == "application/octet-stream"


@pytest.mark.parametrize(
    ("name", "media_type"),
    [("main.js", "text/javascript"), ("network/stage.js", "text/javascript"), ("player.css", "text/css")],
)
def test_the_players_files_are_kept_for_ever_under_an_address_of_their_content(
    server: FilmServer, name: str, media_type: str
) -> None:
    answer = get(server, routes.address(name))
    assert answer.body == (routes.WEB / name).read_bytes()
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-type"].startswith(media_type)


def test_what_is_none_of_the_players_files_is_not_found(server: FilmServer) -> None:
    for name in ("routes.py", "../routes.py", "%2e%2e/routes.py", "network", ""):
        assert get(server, routes.address(name)).status == 404


def test_every_file_that_the_player_imports_is_there() -> None:
    sources = {path: path.read_text() for path in routes.WEB.rglob("*.js")}
    imports = {
        (path.parent / name).resolve()
        for path, text in sources.items()
        for name in re.findall(r'from "(\..*?)"', text)
    }
    mounted = {(routes.WEB / name).resolve() for name in ("main.js", "together.js")}
    assert imports | mounted == {path.resolve() for path in sources}
