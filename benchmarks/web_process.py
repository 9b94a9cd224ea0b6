"""What each page asks of the web process beyond drawing: of a visit, of each button, of each file.

    python benchmarks/web_process.py [--page signal_propagation] [--visits-only] [--json]

Each case is a page with an address: its defaults, or the most that its controls allow. A visit where all
results are there already is what drawing takes. `computes` is what came on top: at the first visit, at the
press of a button (with Start, a run is begun), or for making a file that can be downloaded. `waits` is what
the page took to ask whether a worker is done, which grows with how long that takes. Milliseconds of CPU of
the thread that runs the page's script; workers are other processes. The page has run once before, with
another seed, so that imports do not count. Exits 1 where a page computes for longer than 50 ms.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from streamlit import config  # noqa: E402
from streamlit.testing.v1 import AppTest, app_test  # noqa: E402
from streamlit.testing.v1.local_script_runner import LocalScriptRunner  # noqa: E402

from core.paths import VARIABLE  # noqa: E402
from core.runs.status import PAUSED, QUEUED, RUNNING  # noqa: E402
from dashboard.components import downloads, figures, runs  # noqa: E402

PROMISED_MS = 50.0
ENDS_WITHIN_S = 120.0
NESTED = "tanh(" * 24 + "x" + ")" * 24  # as deep as an expression may be
MOST = {"own": NESTED}
CASES: dict[str, list[dict[str, str]]] = {
    "signal_propagation": [{}, {"layers": "100", "width": "512"}, {"layers": "100", "width": "512"} | MOST],
    "surfaces": [{}, {"units": "64", "layers": "3", "reach": "10"}, {"seed": "7"} | MOST],
    "gated_units": [{}, {"reach": "10"}],
    "precision": [{}, {"reach": "all", "show": "ulps"}, MOST],
    "curves": [{}, MOST],
    "linear_collapse": [{}, {"layers": "100", "width": "128"}, {"seed": "7"} | MOST],
    "catalogue": [{}, {"search": "re"}],
    "layers": [{}, {"source": "reference"}],
    "benchmark": [{}, {"measure": "result", "result": "simulated_gpu"}],
    **{key: [{}] for key in ("home", "train", "compare", "cost", "dying_units", "quick_check")},
    **{key: [{}] for key in ("stress", "frameworks", "overview", "runs", "side_by_side", "pre_activations")},
}

Found = dict[str, Any]  # page, address, what, computes_ms, waits_ms, draws_ms
spent_s: list[float] = []  # by each script's thread
waited_s: list[float] = [0.0]  # by all of them together, while a worker was at work
files: dict[str, Callable[[], Any]] = {}  # that the page offers, by name


class TimedRunner(LocalScriptRunner):
    """Notes what the thread of a script has spent; the thread that waits for it spends much as well."""

    def _run_script_thread(self) -> None:
        super()._run_script_thread()
        spent_s.append(time.thread_time())


def count_waits(name: str, module: Any) -> None:
    """Note what the thread spends in this function of a module."""
    inner = getattr(module, name)

    def counted(*given: Any) -> Any:
        before = time.thread_time()
        try:
            return inner(*given)
        finally:
            waited_s[0] += time.thread_time() - before

    setattr(module, name, counted)


def note_files() -> None:
    """Note the files that pages offer, which are made when somebody asks for one."""
    inner = downloads.downloads

    def noted(*offered: Any, **others: Any) -> Any:
        files.update({one.name: one.content for one in offered if callable(one.content)})
        return inner(*offered, **others)

    downloads.downloads = noted  # type: ignore[assignment]


def spent_by(act: Callable[[], AppTest]) -> tuple[float, float]:
    """Milliseconds of CPU of the page's thread, and of these while it waited."""
    waited_s[0] = 0.0
    opened = act()
    assert not opened.exception, opened.exception[0]
    return 1000 * spent_s[-1], 1000 * waited_s[0]


def opened(page: str, address: dict[str, str]) -> AppTest:
    """The page with this address, not run yet."""
    found = AppTest.from_file(str(ROOT / "dashboard" / "views" / f"{page}.py"), default_timeout=300)
    for key, value in address.items():
        found.query_params[key] = value
    return found


def visits(page: str) -> Iterator[Found]:
    """Each case of a page: the first visit, and making each file."""
    opened(page, {"seed": "3"}).run()
    for address in CASES[page]:
        files.clear()
        first_ms, waits_ms = spent_by(opened(page, address).run)
        draws_ms = min(spent_by(opened(page, address).run)[0] for _ in range(2))
        yield row(page, address, "visit", first_ms - draws_ms, waits_ms, draws_ms)
        for name, content in files.items():
            began = time.thread_time()
            content()
            yield row(page, address, f"file {name}", 1000 * (time.thread_time() - began), 0.0, 0.0)


def presses(page: str) -> Iterator[Found]:
    """Each button of a page as it is by default."""
    names = [one.label for one in opened(page, {}).run().button if not one.disabled]
    for number, name in enumerate(names):
        here = opened(page, {}).run()
        button = [one for one in here.button if not one.disabled][number]
        pressed_ms, waits_ms = spent_by(button.click().run)
        draws_ms = min(spent_by(here.run)[0] for _ in range(2))
        yield row(page, {}, f"press {name}", pressed_ms - draws_ms, waits_ms, draws_ms)
        end_runs()


def row(page: str, address: dict[str, str], what: str, computes: float, waits: float, draws: float) -> Found:
    """As it is printed; what a wait took is not counted as computing."""
    times = {"computes_ms": max(0.0, computes - waits), "waits_ms": waits, "draws_ms": draws}
    return {"page": page, "address": address, "what": what, **times}


def end_runs() -> None:
    """Stop what a button has begun."""
    store, until = runs.runner().store, time.monotonic() + ENDS_WITHIN_S
    while left := store.all_with_status(QUEUED, RUNNING, PAUSED):
        assert time.monotonic() < until, f"{left[0].job} did not stop"
        for run in left:
            runs.runner().request(run.id, "stop")
        time.sleep(0.1)


def main() -> int:
    """Print a line for each case."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--page", choices=CASES)
    parser.add_argument("--visits-only", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    app_test.LocalScriptRunner = TimedRunner  # type: ignore[misc]
    count_waits("_waited_for", figures)
    count_waits("_wait_for_first_event", runs)
    note_files()
    slow = []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        os.environ[VARIABLE] = home
        config.set_option("runner.magicEnabled", False)
        print(f"{'page':20}{'address':30}{'':34}{'computes':>9}{'waits':>8}{'draws':>8}  ms")
        try:
            for page in [options.page] if options.page else CASES:
                for one in [*visits(page), *([] if options.visits_only else presses(page))]:
                    slow += [one] if one["computes_ms"] > PROMISED_MS else []
                    times = f"{one['computes_ms']:9.0f}{one['waits_ms']:8.0f}{one['draws_ms']:8.0f}"
                    said = f"{page:20}{json.dumps(one['address'])[:28]:30}{one['what'][:32]:34}{times}"
                    print(json.dumps(one) if options.json else said, flush=True)
        finally:
            runs.runner().close()
    print(f"{len(slow)} above {PROMISED_MS:g} ms.", file=sys.stderr)
    return int(bool(slow))


if __name__ == "__main__":
    raise SystemExit(main())
