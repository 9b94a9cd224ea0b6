"""What is too much to compute in the web process: a worker computes it, and everybody's pages share it."""

from __future__ import annotations

import json
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from core.errors import InvalidRequest
from core.page_figures.job import FiguresConfig, result_in
from core.records import to_record
from core.runs.store import Run
from dashboard.components import runs
from dashboard.components.markdown import escaped
from dashboard.components.visitor import owner_of_new_run
from dashboard.live.turns import turns

JOB = "page_figures"
MAX_KEPT_BYTES = 64 * 2**20  # of the results of all pages together
LEAST_BYTES = 4096  # of a result with no arrays, about
FIRST_POLL_S, LAST_POLL_S = 0.01, 0.2  # what takes long may be seen a little later
SAY_EVERY_S = 0.6
OFFER_AFTER_S = 1.0  # what is done sooner shows no progress, which would flicker


class Kept:
    """The results that were asked for last, by what was asked; refusals too."""

    def __init__(self) -> None:
        self._results: OrderedDict[str, tuple[Any, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str) -> Any | None:
        """A result, which is now the one that was asked for last."""
        with self._lock:
            if key in self._results:
                self._results.move_to_end(key)
            return self._results.get(key, (None, 0))[0]

    def keep(self, key: str, result: Any, count: int) -> None:
        """Keep one more, of so many bytes; those that were asked for longest ago make room."""
        with self._lock:
            self._results[key] = result, count
            while sum(size for _, size in self._results.values()) > MAX_KEPT_BYTES:
                self._results.popitem(last=False)


@st.cache_resource(show_spinner=False)
def kept() -> Kept:
    """One for all visitors: the same question has the same answer."""
    return Kept()


def figures(kind: str, asked: Sequence[Mapping[str, Any]], words: str) -> list[Any]:
    """The result of each, computed by a worker where nobody has asked for it before.

    words: said while it is computed. A control that moves meanwhile ends the wait and what was asked for.
    Raises InvalidRequest where one is refused.
    """
    keys = [json.dumps([kind, one], sort_keys=True) for one in asked]
    found = {key: kept().get(key) for key in keys}
    missing = {key: one for key, one in zip(keys, asked, strict=True) if found[key] is None}
    if missing:
        found |= _computed(kind, missing, words)
    for result in found.values():
        if isinstance(result, InvalidRequest):
            raise result
    return [found[key] for key in keys]


def _computed(kind: str, missing: Mapping[str, Mapping[str, Any]], words: str) -> dict[str, Any]:
    config = to_record(FiguresConfig(kind, tuple(missing.values())))
    run_id = runs.runner().submit(JOB, config, owner_of_new_run())
    try:
        run = _waited_for(run_id, words)
        if run is None or run.message:
            raise InvalidRequest(run.message if run and run.message else "It was not computed.")
        pictures = runs.runner().store.pictures(run_id)
    finally:  # a control has moved, or the tab is gone
        runs.runner().request(run_id, "stop")
    found = {}
    for number, key in enumerate(missing):
        picture = pictures[str(number)]
        found[key] = result_in(kind, picture)
        count = LEAST_BYTES + sum(array.nbytes for array in picture.arrays.values())
        kept().keep(key, found[key], count)
    return found


def _waited_for(run_id: str, words: str) -> Run | None:
    """The run once it has ended. What is drawn meanwhile lets a control that has moved end this pass."""
    turns.give_up()
    store = runs.runner().store
    said, began = st.empty(), time.monotonic()
    say_at, pause_s = began + OFFER_AFTER_S, FIRST_POLL_S
    while not store.has_ended(run_id):
        now = time.monotonic()
        if now >= say_at and (run := store.get(run_id)):
            progress = run.progress or {"done": 0.0, "total": 1.0}
            said.progress(progress["done"] / progress["total"], f"{escaped(words)} {now - began:.0f} s")
            say_at = now + SAY_EVERY_S
        time.sleep(pause_s)
        pause_s = min(1.2 * pause_s, LAST_POLL_S)
    said.empty()
    return store.get(run_id)
