"""Time from starting the server to its first healthy answer: the dashboard against an empty Streamlit app.

    python benchmarks/cold_start.py [--rounds 10]

The two take turns in the same environment, in the order A B B A, so that the ratio holds on a machine whose
speed drifts. Prints both medians and the median of the rounds' ratios; exit code 1 above the limit.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.browser.app import free_port, is_healthy  # noqa: E402

LIMIT = 1.5
GIVE_UP_S = 60


def main() -> None:
    """Measure, print, and fail above the limit."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rounds", type=int, default=10, help="pairs of starts (default 10)")
    rounds = parser.parse_args().rounds

    with tempfile.TemporaryDirectory() as scratch:
        empty = Path(scratch) / "empty.py"
        empty.write_text("import streamlit as st\n\nst.write('empty')\n")
        scripts = {"empty": empty, "dashboard": ROOT / "dashboard" / "app.py"}
        for script in scripts.values():  # fills the disk cache and writes the byte code
            seconds_to_health(script, Path(scratch))
        times_s: dict[str, list[float]] = {"empty": [], "dashboard": []}
        for number in range(rounds):
            order = list(scripts) if number % 2 == 0 else list(reversed(scripts))
            for name in order:
                times_s[name].append(seconds_to_health(scripts[name], Path(scratch)))

    ratio = statistics.median(
        ours / base for ours, base in zip(times_s["dashboard"], times_s["empty"], strict=True)
    )
    result = {
        "empty_median_s": round(statistics.median(times_s["empty"]), 3),
        "dashboard_median_s": round(statistics.median(times_s["dashboard"]), 3),
        "ratio": round(ratio, 3),
        "limit": LIMIT,
        "rounds": rounds,
    }
    print(json.dumps(result))
    sys.exit(ratio > LIMIT)


def seconds_to_health(script: Path, home: Path) -> float:
    """Start `streamlit run` on the script; seconds until /_stcore/health says ok."""
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.port", str(port)]
    started = time.perf_counter()
    process = subprocess.Popen(
        # Both run in the project's folder, so that both read the same config.toml.
        command,
        cwd=ROOT,
        env=os.environ | {"NABLASCOPE_HOME": str(home)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not is_healthy(f"http://127.0.0.1:{port}"):
            if process.poll() is not None or time.perf_counter() - started > GIVE_UP_S:
                raise RuntimeError(f"{script.name} did not become healthy")
            time.sleep(0.005)
        return time.perf_counter() - started
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
