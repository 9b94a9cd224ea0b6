"""What each page asks of the web process: the CPU of a visit whose results nobody has asked for before.

    python benchmarks/web_process.py [--page signal_propagation] [--json]

Each case is a page with an address: its defaults, or the most that its controls allow. `draws` is a visit
where all results are there already; `computes` is what the first visit took beyond that: what the web process
computed. Milliseconds of CPU of the thread that runs the page's script; workers are other processes. The page
has run once before, so that imports do not count. Exits 1 where a page computes for longer than 50 ms.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from streamlit import config  # noqa: E402
from streamlit.testing.v1 import AppTest, app_test  # noqa: E402
from streamlit.testing.v1.local_script_runner import LocalScriptRunner  # noqa: E402

PROMISED_MS = 50.0
NESTED = "tanh(" * 24 + "x" + ")" * 24  # as deep as an expression may be
MOST = {"own": NESTED}
CASES: dict[str, list[dict[str, str]]] = {
    "signal_propagation": [{}, {"layers": "100", "width": "512"}, {"layers": "100", "width": "512"} | MOST],
    "surfaces": [{}, {"units": "64", "layers": "3", "reach": "10"}, {"seed": "7"} | MOST],
    "gated_units": [{}, {"reach": "10"}],
    "precision": [{}, {"reach": "all", "show": "ulps"}, MOST],
    "curves": [{}, MOST],
    "linear_collapse": [{}],
    "catalogue": [{}, {"search": "re"}],
    "layers": [{}, {"source": "reference"}],
    **{key: [{}] for key in ("train", "compare", "cost", "dying_units", "benchmark", "quick_check")},
    **{key: [{}] for key in ("stress", "frameworks", "overview", "runs", "side_by_side", "pre_activations")},
}


spent_s: list[float] = []  # by each script's thread


class TimedRunner(LocalScriptRunner):
    """Notes what the thread of a script has spent; the thread that waits for it spends much as well."""

    def _run_script_thread(self) -> None:
        super()._run_script_thread()
        spent_s.append(time.thread_time())


app_test.LocalScriptRunner = TimedRunner  # type: ignore[misc]


def visit(page: str, address: dict[str, str]) -> float:
    """Open the page with this address; milliseconds of CPU."""
    opened = AppTest.from_file(str(ROOT / "dashboard" / "views" / f"{page}.py"), default_timeout=300)
    for key, value in address.items():
        opened.query_params[key] = value
    opened.run()
    assert not opened.exception, (page, address, opened.exception[0].value)
    return 1000 * spent_s[-1]


def measured(page: str) -> list[dict[str, object]]:
    """Each case of a page."""
    visit(page, {"seed": "3"})
    found: list[dict[str, object]] = []
    for address in CASES[page]:
        first_ms = visit(page, address)
        again_ms = min(visit(page, address) for _ in range(2))
        computes_ms = max(0.0, first_ms - again_ms)
        found.append({"page": page, "address": address, "draws_ms": again_ms, "computes_ms": computes_ms})
    return found


def main() -> int:
    """Print a line for each case."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--page", choices=CASES)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    slow = 0
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        os.environ["NABLASCOPE_HOME"] = home
        config.set_option("runner.magicEnabled", False)
        for page in [options.page] if options.page else CASES:
            for one in measured(page):
                slow += float(str(one["computes_ms"])) > PROMISED_MS
                address = json.dumps(one["address"])[:60]
                line = f"{page:20}{address:62}{one['computes_ms']:8.0f}{one['draws_ms']:8.0f}"
                print(json.dumps(one) if options.json else line, flush=True)
    return int(slow > 0)


if __name__ == "__main__":
    raise SystemExit(main())
