"""A page of the dashboard without a browser, for the tests of views and components.

def test_nothing_chosen_cannot_start(page):     # in test_cost.py: dashboard/views/cost.py, not run yet
    page.query_params["functions"] = "ReLU"
    page.run()

page = partial(open_view, "depth")              # where tests only read: page(layers="10"), already run
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.paths import VARIABLE, data_folder
from dashboard.components import runs

VIEWS = Path(__file__).parents[2] / "dashboard" / "views"
TIMEOUT_S = 120  # for a first run, which imports torch, on a busy machine


def view(name: str) -> AppTest:
    """A view that has not run yet."""
    return AppTest.from_file(str(VIEWS / f"{name}.py"), default_timeout=TIMEOUT_S)


def open_view(name: str, **query: str | list[str]) -> AppTest:
    """A view that was opened with an address and shows no exception."""
    opened = view(name)
    for key, value in query.items():
        opened.query_params[key] = value
    opened.run()
    assert not opened.exception
    return opened


@pytest.fixture
def page(request: pytest.FixtureRequest, own_runner: None) -> AppTest:
    """The view that the test file is named after, not run yet; its runs go to a store of this test's own."""
    return view(request.path.stem.removeprefix("test_"))


@pytest.fixture
def own_runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever starts runs in this test has a data folder and a runner of its own; both end with it."""
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    runs.runner.clear()
    yield
    if (data_folder() / "runs.sqlite").exists():  # else no runner was ever asked for
        runs.runner().close()
    runs.runner.clear()
