"""What a worker has computed for one visitor is there for all, and refusals are as well."""

from __future__ import annotations

import pytest

from core.activations.surfaces import network
from core.errors import InvalidRequest
from core.runs.listing import RunQuery
from dashboard.components import figures as module
from dashboard.components import runs
from dashboard.components.figures import JOB, Kept, figures
from tests.dashboard.conftest import open_view

SMALL = {"function": "tanh", "hidden": [3], "gain": 1.5, "seed": 11, "reach": 2.0, "points": 9}


def computed() -> int:
    """How many runs there are of this job."""
    return sum(run.job == JOB for run in runs.runner().store.all_with_status("finished", "stopped", "failed"))


def test_the_same_question_is_computed_once_and_a_refusal_too(own_runner: None) -> None:
    before = computed()
    (first,) = figures("network_surface", [SMALL], "")
    assert first.z.tolist() == network("tanh", (3,), 1.5, 11, 2.0, 9).z.tolist()
    (again,) = figures("network_surface", [SMALL], "")
    assert again is first
    assert computed() == before + 1
    for _ in range(2):
        with pytest.raises(InvalidRequest, match="Hidden layers are 65; 1 to 3 of 1 to 64 units"):
            figures("network_surface", [SMALL | {"hidden": [65]}], "")
    assert computed() == before + 2


def test_what_was_asked_for_longest_ago_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_KEPT_BYTES", 10)
    kept = Kept()
    for name in "ab":
        kept.keep(name, name, 4)
    assert kept.get("a") == "a"  # now b is the one of longest ago
    kept.keep("c", "c", 4)
    assert [kept.get(name) for name in "abc"] == ["a", None, "c"]


def test_a_page_that_has_no_worker_says_so_and_what_it_waits_for_is_no_run_of_the_list(
    own_runner: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> str:
        raise InvalidRequest("You have 12 open runs.")

    monkeypatch.setattr(runs.runner(), "submit", refused)
    page = open_view("signal_propagation", layers="7", width="16")
    assert [one.value for one in page.warning] == ["You have 12 open runs."]
    with pytest.raises(InvalidRequest):
        RunQuery(jobs=(JOB,))
