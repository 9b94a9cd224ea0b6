"""From the click to a solved task on the screen, in a real browser.

    python benchmarks/time_to_solution.py [--seeds 10]

Opens the Train page in Chromium with settings in its address, clicks Start and waits until the page says
that the run has finished. Solved means a test loss under 0.02 at the end. Ours is the cross-entropy; where
both are small it is larger than half the squared difference of outputs from -1 to 1, which browser
playgrounds show.
"""

from __future__ import annotations

import argparse
import re
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from playwright.sync_api import Browser, expect

from core.runs.store import RunStore
from tests.browser.app import Server, chromium, find_chromium, start_server, wait_until_idle

# Task: what the address says, and the promised seconds.
TASKS = {
    "circles": ("model=MLP&data=Circles&noise=0", 1.3),
    "spiral, sines of x and y too": ("model=MLP&data=Spiral&noise=0&features=sine", 1.0),
    "spiral, x and y alone, 8-8": ("model=MLP&data=Spiral&noise=0", 5.0),
}


def click_to_finished_s(browser: Browser, server: Server, query: str, seed: int) -> tuple[float, bool]:
    """Seconds from the click until the page says "Finished", and whether the task was solved."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.goto(f"{server.url}/train?{query}&seed={seed}")
    wait_until_idle(page)
    clicked_s = time.perf_counter()
    page.get_by_role("button", name="Start").click()
    finished = page.get_by_role("paragraph").filter(has_text=re.compile("Finished$"))
    expect(finished).to_be_visible(timeout=60_000)
    seconds = time.perf_counter() - clicked_s
    run_id = re.search(r"run=([\w-]+)", page.url)
    assert run_id is not None
    store = RunStore(server.home / "runs.sqlite")
    records = [record for _, record in store.events_after(run_id[1]) if record["event"] == "epoch_completed"]
    page.close()
    return seconds, records[-1]["test_loss"] < 0.02


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=10)
    options = parser.parse_args()
    path = find_chromium()
    if path is None:
        print("Chromium is needed and was not found.", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as home, chromium(path) as browser:
        server = start_server(Path(home))
        try:
            for warm_up in TASKS.values():
                click_to_finished_s(browser, server, warm_up[0], 0)
            for task, (query, promised_s) in TASKS.items():
                found = [click_to_finished_s(browser, server, query, seed) for seed in range(options.seeds)]
                seconds = [one for one, _ in found]
                print(
                    f"{task:<30} solved {sum(solved for _, solved in found)} of {len(found)}, "
                    f"median {statistics.median(seconds):.2f} s, slowest {max(seconds):.2f} s "
                    f"(promised {promised_s} s)",
                    flush=True,
                )
        finally:
            server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
