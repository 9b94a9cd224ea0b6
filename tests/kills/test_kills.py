"""A few kills and one end under load; `python -m tests.kills` and `python -m tests.kills.ending` do many."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kills.__main__ import kills, table
from tests.kills.ending import endings

# The commands hold the promised five seconds; a test on a machine that others use asserts no time.
AMPLE_S = 60.0


@pytest.mark.slow
def test_what_is_killed_loses_little_breaks_nothing_and_resumes() -> None:
    found = kills(workers=6, servers=2, seed=1)
    assert not [kill for kill in found if kill.faults], table(found)


@pytest.mark.slow
def test_a_server_under_load_ends_with_all_that_it_started_and_the_next_one_resumes(tmp_path: Path) -> None:
    assert list(endings(tmp_path, people=6, signals=["term", "all"], limit_s=AMPLE_S)) == []
