"""What each role may do with the runs of others on a shared server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.operator_settings import variable
from core.runs.quota import Owner, give_runs, open_and_ended
from core.runs.store import RunStore
from dashboard.components.visitor import Visitor

MEMBER = Visitor(Owner("school:mia"))
TEACHER = Visitor(Owner("school:tom"), is_teacher=True)
OPERATOR = Visitor(Owner("school:ada"), is_operator=True)


def test_members_have_their_runs_teachers_can_stop_others_and_operators_have_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(variable("shared"), "1")
    for who, sees, stops, controls in (
        (MEMBER, False, False, False),
        (TEACHER, True, True, False),
        (OPERATOR, True, True, True),
    ):
        for other in ("school:eve", "b" * 16, None):
            assert (who.sees_all(), who.may_stop(other), who.controls(other)) == (sees, stops, controls)
        assert who.owns(who.owner.id)
        assert who.may_stop(who.owner.id)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    opened = RunStore(tmp_path / "runs.sqlite")
    yield opened
    opened.close()


def test_runs_of_the_browser_become_those_of_who_claims_them(store: RunStore) -> None:
    browser, other = Owner("b" * 16), Owner("c" * 16)
    mine, theirs = store.create("training", {}, owner=browser), store.create("training", {}, owner=other)
    with store.writing() as connection:
        assert open_and_ended(connection, str(browser.id)) == 1
        give_runs(connection, str(browser.id), MEMBER.owner)
        assert open_and_ended(connection, str(browser.id)) == 0
    found = [store.get(run) for run in (mine, theirs)]
    assert [run.owner for run in found if run] == ["school:mia", other.id]
