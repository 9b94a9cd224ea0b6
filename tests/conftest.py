"""What every test gets: a data folder of its own, so that no test touches the person's runs."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import chain, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from core.operator_settings import variable
from core.paths import VARIABLE
from tests.postgresql import Cluster, folder_for_clusters, unavailable_reason

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# Threads of torch that wait for each other sleep: spinning, on cores that are all busy with other tests, they
# would burn up to 30 times what the work takes. Read when torch loads, here and in all that tests start.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

# What an example takes, to be made and to be tried, says how busy the machine is.
settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")

# What is imported for the tests stays: looking for garbage in it, over and over, is a fifth of the imports.
gc.disable()

BROWSER, SIMULATED = (Path(__file__).parent / folder for folder in ("browser", "simulated_gpu"))

# The databases that a test of the run store runs on; see `pytest_itemcollected`.
DATABASES = SQLITE, POSTGRESQL = "sqlite", "postgresql"
FILES = variable("files")

# A suite started in the background inherits an ignored Ctrl-C, and so would every process that it starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    """--screenshots keeps pictures of what the tests in a browser see, in screenshots/."""
    parser.addoption("--screenshots", action="store_true", help="save pictures of pages in screenshots/")


def pytest_itemcollected(item: pytest.Item) -> None:
    """On PostgreSQL `make test` runs what is marked so, and `make slow` all."""
    call = getattr(
        item, "callspec", None
    )  # arrays are among the parameters: no value is compared before its type
    on_postgresql = call and any(isinstance(one, str) and one == POSTGRESQL for one in call.params.values())
    if on_postgresql and not item.get_closest_marker("postgresql"):
        item.add_marker(pytest.mark.slow)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Deal all tests in a browser to one worker of pytest-xdist, and those on simulated GPUs to the others.

    A test in a browser waits half of its time and leaves the cores to the other workers; two browsers at once
    would take them from each other. `--dist worksteal` gives each worker one run of consecutive tests, of the
    same number, to begin with. A test in a browser that fails is run up to twice more, and the summary counts
    it: a browser on a busy machine now and then loses a click.
    """
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    room_of = cache(lambda path: next((room for room in (BROWSER, SIMULATED) if room in path.parents), None))
    in_browser, simulated, others = (
        [item for item in items if room_of(item.path) == room] for room in (BROWSER, SIMULATED, None)
    )
    quick = iter(others)
    for item in in_browser:
        item.add_marker(pytest.mark.flaky(reruns=2))
    if workers > 1:
        first = [in_browser, *(_lot(simulated, n, workers - 1) for n in range(workers - 1))]
        sizes = [len(_lot(items, n, workers)) for n in range(workers)]
        lots = [
            [*long, *islice(quick, max(size - len(long), 0))] for long, size in zip(first, sizes, strict=True)
        ]
        items[:] = [*chain.from_iterable(lots), *quick]


def pytest_collection_finish() -> None:
    """From here on garbage is collected, of what tests make."""
    gc.freeze()
    gc.enable()


def _lot(items: list[pytest.Item], n: int, lots: int) -> list[pytest.Item]:
    """The n-th of so many equal runs of consecutive tests."""
    return items[n * len(items) // lots : (n + 1) * len(items) // lots]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show what a test recorded as its "summary", whichever process ran it."""
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for name, value in report.user_properties:
            if name == "summary" and report.when == "call":
                terminalreporter.write_line(str(value))


@pytest.fixture(scope="session", autouse=True)
def _own_data_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("nablascope")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, str(folder))
        yield folder


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests."""
    from tests.browser.app import chromium, find_chromium

    path = find_chromium()
    if path is None:
        reason = "No Chromium was found (names tried: $CHROMIUM, chromium, chromium-browser, google-chrome)."
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
    with chromium(path) as running:
        yield running


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL server for all tests that want one; they skip where it cannot be started."""
    if reason := unavailable_reason():
        pytest.skip(reason)
    with TemporaryDirectory(prefix="pg", dir=folder_for_clusters()) as folder:
        running = Cluster(Path(folder))
        yield running
        running.stop()


@pytest.fixture(params=DATABASES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path | str]:
    """Where a store of its own may lie: a file, or a PostgreSQL database; other files are in tmp_path."""
    with _place(request, tmp_path) as given:
        yield given


@pytest.fixture(scope="module", params=DATABASES)
def shared_place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path | str]:
    """The same for all tests of a file together."""
    with _place(request, tmp_path_factory.mktemp("runs")) as given:
        yield given


@contextmanager
def _place(request: pytest.FixtureRequest, folder: Path) -> Iterator[Path | str]:
    if request.param == SQLITE:
        yield folder / "runs.sqlite"
        return
    cluster: Cluster = request.getfixturevalue("cluster")
    with pytest.MonkeyPatch.context() as patch, cluster.database() as address:
        patch.setenv(FILES, str(folder))
        yield address
