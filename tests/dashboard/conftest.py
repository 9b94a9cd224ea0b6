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
from streamlit import config
from streamlit.testing.v1 import AppTest

from core.paths import VARIABLE
from core.runs.status import ENDED, PAUSED, QUEUED, RUNNING
from dashboard.components import runs
from tests.waiting import wait_until

VIEWS = Path(__file__).parents[2] / "dashboard" / "views"
TIMEOUT_S = 120  # for a first run, which imports torch, on a busy machine


# Each page here is compiled anew; no page has a bare expression that is to be drawn.
config.set_option("runner.magicEnabled", False)


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
    """The view that the test file is named after, not run yet; its runs go to a store without others."""
    return view(request.path.stem.removeprefix("test_"))


@pytest.fixture(scope="session")
def page_home(_own_data_folder: Path) -> Iterator[Path]:
    """The data folder of all tests of pages, whose runner ends with them.

    It is one for all, since a worker's start costs more than what most tests run; and that of the session,
    since a worker that is started again at any time gets the folder that the environment names then.
    """
    yield _own_data_folder
    if (_own_data_folder / "runs.sqlite").exists():  # else no runner was ever asked for
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(VARIABLE, str(_own_data_folder))
            runs.runner().close()


@pytest.fixture
def own_runner(page_home: Path) -> Iterator[None]:
    """Whatever starts runs in this test finds a store without runs, and leaves it so."""
    yield
    if not (page_home / "runs.sqlite").exists():
        return
    runner = runs.runner()
    for run in runner.store.all_with_status(QUEUED, RUNNING, PAUSED):
        runner.request(run.id, "stop")
        wait_until(lambda run_id=run.id: runner.store.get(run_id).ended)  # type: ignore[misc,union-attr]
    for run in runner.store.all_with_status(*ENDED):
        runner.store.forget(run.id)
