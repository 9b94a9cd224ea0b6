"""Everything that a GPU does here, once, into one file. Run: python benchmarks/on_a_gpu.py

The standard suite, the roofs of every format (120 s), speed-ups over the CPU, one training of each way to
learn on CPU and GPU, and two runs of one server in turn with the memory that `nvidia-smi` shows before,
between and after them. Each part is a command or process of its own: one that fails costs that part alone,
with its last words. Prints a summary and writes docs/results/CARD-DATE.json, or the file that --out names.
--quick shortens all parts to try the script itself. Where there is no GPU it says so and ends.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from core import devices
from core.models import MODELS
from core.records import to_record
from core.runs.runners.local import LocalRunner
from core.training.config import default_config

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "docs" / "results"
# The first network of each way to learn that can run on a GPU; q_table keeps its table on the CPU.
LEARNERS = {entry.learner: name for name, entry in reversed(MODELS.items()) if entry.learner != "q_table"}
LIMIT_S = 3600
POLL_S = 0.5


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="", help="torch's name of the GPU (the first one)")
    parser.add_argument("--quick", action="store_true", help="seconds for each part, to try the script")
    parser.add_argument("--out", type=Path, help="the file to write (docs/results/CARD-DATE.json)")
    options = parser.parse_args()
    gpus = [device for device in devices.usable() if device.id != "cpu"]
    chosen = [device for device in gpus if options.device in ("", device.id)]
    if not chosen:
        print(
            "No GPU that PyTorch can use is here; nothing was measured.", *devices.absent().values(), sep="\n"
        )
        return 0
    gpu = chosen[0]
    parts = {
        "suite": lambda: timing("suite", "standard", gpu.id, *(["--within", "20"] if options.quick else [])),
        "roofline": lambda: timing(
            "roofline", "gemm", gpu.id, "--max-seconds", "5" if options.quick else "120"
        ),
        "speedup": lambda: timing("speedup", "gemm", gpu.id, "--within", "20" if options.quick else "600"),
        "trainings": lambda: trainings(gpu.id, epochs=1 if options.quick else None),
        "memory": lambda: two_runs(gpu.id),
    }
    result: dict[str, Any] = {"card": gpu.name, "date": date.today().isoformat(), "quick": options.quick}
    for name, part in parts.items():
        print(f"{name} ...", file=sys.stderr, flush=True)
        start = time.perf_counter()
        result[name] = attempted(part) | {"took_s": round(time.perf_counter() - start, 1)}
    default = RESULTS / f"{re.sub(r'[^a-z0-9]+', '-', gpu.name.lower()).strip('-')}-{result['date']}.json"
    file: Path = options.out or default
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(summary(result), f"Written to {file}.", sep="\n")
    return 1 if any("failed" in result[name] for name in parts) else 0


def attempted(part: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What a part found, or why it failed."""
    try:
        return part()
    except (OSError, RuntimeError, ValueError, subprocess.SubprocessError) as error:
        return {"failed": f"{type(error).__name__}: {error}"}


def command(*words: str) -> list[dict[str, Any]]:
    """The records that a headless command prints.

    Raises RuntimeError with its last words when it has no records.
    """
    done = subprocess.run(
        [sys.executable, "-m", *words, "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    if done.returncode not in (0, 1) or not done.stdout:  # 1: some points failed, and the records say which
        raise RuntimeError(done.stderr.strip()[-2000:] or f"exit code {done.returncode}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def timing(name: str, what: str, gpu: str, *options: str) -> dict[str, Any]:
    """One command of core.timing on CPU and GPU: its events, raw samples included."""
    return {"events": command("core.timing", name, what, "--devices", f"cpu,{gpu}", *options)}


def trainings(gpu: str, epochs: int | None) -> dict[str, Any]:
    """One training of each way to learn on both devices: score, seconds of training, samples a second."""
    found: dict[str, Any] = {}
    for learner, model in LEARNERS.items():
        for device in ("cpu", gpu):
            extra = [] if epochs is None else ["--epochs", str(epochs)]
            start = time.perf_counter()
            last = command("core.training", model, "--device", device, *extra)[-1]
            kept = {name: last[name] for name in ("metric", "value", "reason", "epochs", "samples_per_s")}
            found.setdefault(learner, {"model": model})[device] = kept | {
                "whole_command_s": round(time.perf_counter() - start, 2)
            }
    return {"learners": found}


def two_runs(gpu: str) -> dict[str, Any]:
    """Two trainings of one server in turn: GPU memory that each process holds, before, during and after."""
    seen: list[dict[str, Any]] = [{"moment": "before", "processes": smi()}]
    with tempfile.TemporaryDirectory() as folder:
        runner = LocalRunner(Path(folder) / "runs.sqlite", limit=1)
        try:
            for number in (1, 2):
                config = to_record(default_config("lenet", "mnist5k", device=gpu, epochs=2))
                run_id = runner.submit("training", config)
                while not (run := runner.store.get(run_id)) or not run.ended:
                    time.sleep(POLL_S)
                    seen.append({"moment": f"run {number}", "processes": smi()})
                seen.append({"moment": f"after run {number}", "status": run.status, "processes": smi()})
            time.sleep(5.0)  # what a worker that has ended held is free by then
            seen.append({"moment": "5 s later", "processes": smi()})
        finally:
            runner.close()
    return {"seen": seen}


def smi() -> list[str] | str:
    """What nvidia-smi lists of processes on GPUs: pid and memory; or why it cannot be asked."""
    query = ["nvidia-smi", "--query-compute-apps=pid,used_memory", "--format=csv,noheader"]
    try:
        done = subprocess.run(query, capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.SubprocessError) as error:
        return f"{type(error).__name__}: {error}"
    return done.stdout.splitlines() if done.returncode == 0 else done.stdout.strip() or done.stderr.strip()


def summary(result: dict[str, Any]) -> str:
    """A line for each part."""
    lines = [f"{result['card']}, {result['date']}"]
    for name in ("suite", "roofline", "speedup"):
        part = result[name]
        lines.append(
            f"{name}: {part.get('failed') or str(len(part['events'])) + ' events'}, {part['took_s']} s"
        )
    trained = result["trainings"]
    if "failed" in trained:
        lines.append(f"trainings: {trained['failed']}")
    for learner, row in trained.get("learners", {}).items():
        rates = ", ".join(f"{d} {row[d]['samples_per_s']:,.0f} samples/s" for d in row if d != "model")
        lines.append(f"{learner} ({row['model']}): {rates}")
    memory = result["memory"]
    lines += [f"memory: {memory['failed']}"] if "failed" in memory else []
    lines += [
        f"memory, {look['moment']}: {look['processes']}"
        for look in memory.get("seen", [])
        if not look["moment"].startswith("run")
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
