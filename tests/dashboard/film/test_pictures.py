"""What a browser gets of a run's pictures: all at first, then what is new; all again after a resumption."""

from __future__ import annotations

import gzip
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.events import FRAME_VALUES, Frame, Picture
from core.runs.store import RunStore
from dashboard.film import pictures
from tests.dashboard.film.test_panels import BOUNDS, decoded
from tests.film_server import film_server

RNG = np.random.default_rng(0)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    opened = RunStore(tmp_path / "runs.sqlite")
    yield opened
    opened.close()


def policy(step: int, cells: int = 4) -> Picture:
    """A picture of this many cells along each axis."""
    values = RNG.random((cells, cells), dtype=np.float32)
    return Picture("policy_map", step, {"preference": values}, BOUNDS)


def epoch(step: int) -> dict[str, Any]:
    return {"event": "epoch_completed", "step": step} | dict.fromkeys(FRAME_VALUES, step / 100)


class Browser:
    """Asks as the player does, with what it has."""

    def __init__(self, store: RunStore, run: str) -> None:
        self.store, self.run, self.scores = store, run, pictures.Scores()
        self.known: dict[str, Any] = {}
        self.after = 0

    def ask(self) -> dict[str, Any]:
        body = pictures.answer(self.store, self.scores, self.run, self.known, self.after)
        header: dict[str, Any] = json.loads(body[12 : 12 + int.from_bytes(body[8:12], "little")])
        self.known = {"stamp": header["stamp"], "scores": str(header["count"])}
        self.after = header["after"]
        return header

    def steps(self) -> list[int]:
        return [panel["step"] for panel in self.ask()["panels"]]


def test_what_is_new_comes_once(store: RunStore) -> None:
    run = store.create("training", {})
    store.write(run, [(1, 0.0, epoch(10))], film_pictures=[policy(0), policy(5)])
    browser = Browser(store, run)
    first = browser.ask()
    assert (first["from_start"], first["ended"], first["scores"]) == (True, False, [[10, *[0.1] * 4]])
    assert [panel["step"] for panel in first["panels"]] == [0, 5]
    again = browser.ask()
    assert (again["from_start"], again["panels"], again["scores"]) == (False, [], None)
    store.write(run, [(2, 0.0, epoch(20))], film_pictures=[policy(20)])
    new = browser.ask()
    assert [row[0] for row in new["scores"]] == [10, 20]
    assert [panel["step"] for panel in new["panels"]] == [20]
    store.end(run, "finished")
    assert browser.ask()["ended"]


def test_a_picture_drawn_afterwards_comes_too(store: RunStore) -> None:
    run = store.create("training", {})
    store.write(run, film_pictures=[policy(0), policy(9)])
    browser = Browser(store, run)
    assert browser.steps() == [0, 9]
    store.add_film_pictures(run, [policy(3)])
    assert browser.steps() == [3]


def test_a_run_that_resumes_is_sent_anew(store: RunStore) -> None:
    run = store.create("training", {})
    store.claim("nobody", limit=1)
    store.write(run, [(1, 0.0, epoch(10))], film_pictures=[policy(0), policy(9)])
    browser = Browser(store, run)
    assert browser.steps() == [0, 9]
    store.end(run, "stopped")
    store.resume(run)
    store.delete_events_after(run, 0)
    store.write(run, [(1, 0.0, epoch(5))], film_pictures=[policy(5)])
    anew = browser.ask()
    assert anew["from_start"]
    assert [panel["step"] for panel in anew["panels"]] == [0, 5]
    assert [row[0] for row in anew["scores"]] == [5]


def test_frames_within_an_epoch_have_scores_too_where_they_are_known(store: RunStore) -> None:
    run = store.create("training", {})
    weights = np.zeros(3, np.float32)
    frames = [Frame(0, dict.fromkeys(FRAME_VALUES, 0.7), weights), Frame(4, {}, weights)]
    store.write(run, [(1, 0.0, epoch(10))], frames=frames)
    browser = Browser(store, run)
    assert [row[:2] for row in browser.ask()["scores"]] == [[0, 0.7], [10, 0.1]]


def test_a_run_from_before_films_shows_its_newest_pictures(store: RunStore) -> None:
    run = store.create("training", {})
    store.write(run, pictures=[policy(7)])
    browser = Browser(store, run)
    assert browser.steps() == [7]
    assert browser.steps() == []


def test_an_answer_is_bounded_and_says_that_more_is_to_come(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "MAX_ANSWER_BYTES", 5000)
    run = store.create("training", {})
    store.write(run, film_pictures=[policy(step, 40) for step in range(5)])
    browser = Browser(store, run)
    seen, more = [], True
    while more:
        answer = browser.ask()
        seen.append([panel["step"] for panel in answer["panels"]])
        more = answer["more"]
    assert seen == [[0, 1], [2, 3], [4]]


def test_a_long_training_has_no_more_scores_than_a_screen_shows(store: RunStore) -> None:
    run = store.create("training", {})
    store.write(run, [(n, 0.0, epoch(n)) for n in range(1, 1002)])
    rows = Browser(store, run).ask()["scores"]
    assert 300 < len(rows) <= pictures.MAX_SCORES
    assert (rows[0][0], rows[-1][0]) == (1, 1001)


def test_the_route_answers_in_bytes_or_in_a_sentence(store: RunStore) -> None:
    run = store.create("training", {})
    store.write(run, film_pictures=[policy(0, 40)])
    with film_server(store) as films:

        def get(path: str, **headers: str) -> tuple[int, bytes, str]:
            try:
                with urllib.request.urlopen(
                    urllib.request.Request(films.url + path, headers=headers)
                ) as found:
                    return found.status, found.read(), found.headers["content-encoding"]
            except urllib.error.HTTPError as error:
                return error.code, error.read(), ""

        status, plain, encoding = get(f"/film/{run}/pictures")
        assert (status, encoding, [*decoded(plain)]) == (200, "identity", ["policy_map"])
        _, packed, encoding = get(f"/film/{run}/pictures", **{"accept-encoding": "gzip, br"})
        assert encoding == "gzip"
        assert gzip.decompress(packed) == plain
        assert get("/film/nobody/pictures")[:2] == (404, b"There is no run of this address.")
        refused = get(f"/film/{run}/pictures?after=-1")
        assert refused[:2] == (400, b"after is '-1'; it must be a whole number.")
