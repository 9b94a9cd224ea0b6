"""A comparison: what is here is measured, checked and judged; what is not is named with its reason."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.events import Progress, event_record
from core.operator_settings import variable
from core.timing.__main__ import main
from core.timing.frameworks import job, table
from core.timing.frameworks.config import FrameworksConfig
from core.timing.frameworks.environment import CORE, Missing, look
from core.timing.frameworks.gone import GONE
from core.timing.frameworks.process import FrameworkFailed, FrameworkProcess
from core.timing.frameworks.registry import ENTRIES, LIBRARIES
from core.timing.frameworks.report import to_markdown
from core.timing.frameworks.work.catalogue import WORKS
from core.timing.results import files
from core.timing.results.table import to_json
from tests.core.commands.processes import start
from tests.core.timing.frameworks.test_entries import waited

Records = list[dict[str, Any]]
HERE = ("numpy", "pytorch-eager")


@pytest.fixture(scope="module", autouse=True)
def _own_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Without an environment of the frameworks there are those of the tests: NumPy and PyTorch."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(variable("frameworks"), str(tmp_path_factory.mktemp("none")))
        yield


@pytest.fixture(scope="module")
def records() -> Records:
    """All that a short comparison yields, as a stored result holds it; of JAX too, which is not here."""
    config = FrameworksConfig(only=(*HERE, "jax"), work=("matmul", "mlp_step"), max_seconds=0.05)
    events = [event for event in job.compare_frameworks(config) if not isinstance(event, Progress)]
    return [dict(record) for record in files.parse(to_json([event_record(event) for event in events]))]


def test_every_figure_agrees_has_its_interval_and_a_verdict(records: Records) -> None:
    rows = table.figures(records)
    asked = {(key, work) for key in HERE for work in ("matmul", "mlp_step")}
    assert {(row["framework"], row["work"]) for row in rows} == asked
    assert all(row["agrees"] and row["ci_low_s"] <= row["median_s"] <= row["ci_high_s"] for row in rows)
    assert all(row["precision"] == "float32" for row in rows if row["work"] == "matmul")
    assert {row["baseline"] for row in rows if row["framework"] == "numpy"} == {"pytorch-eager"}
    verdicts = {row["verdict"] for row in rows if row["framework"] == "numpy"}
    assert verdicts <= {"FASTER", "SLOWER", "SAME", "UNSURE"}
    assert all(row["verdict"] is None for row in rows if row["framework"] == "pytorch-eager")


def test_every_process_has_the_same_budget_its_versions_and_its_memory(records: Records) -> None:
    rows = table.frameworks(records)
    assert [row["framework"] for row in rows] == ["pytorch-eager", "numpy"]  # the baseline first
    assert {row["threads"] for row in rows} == {1}
    assert len({row["cpus"] for row in rows}) == 1
    assert rows[1]["versions"].startswith("numpy ")
    if sys.platform == "linux":
        # Its process has loaded NumPy and nothing of this program that needs more.
        assert rows[1]["peak_bytes"] < rows[0]["memory_bytes"]
        assert rows[0]["import_s"] > rows[1]["import_s"]


def test_what_is_not_here_is_named_with_its_reason_and_the_way_to_have_it(records: Records) -> None:
    (absent,) = table.of(records, "framework_absent")
    assert absent["framework"] == "jax"
    assert "not installed" in absent["reason"]
    assert "make frameworks" in absent["install"]
    page = to_markdown(records)
    assert all(text in page for text in ("JAX is left out", "Theano", "do not install it", "NumPy"))


def test_csv_has_a_line_for_each_figure(records: Records) -> None:
    lines = table.to_csv(records).splitlines()
    assert len(lines) == 1 + 4
    assert lines[0].startswith("framework,title,work,")


def test_a_result_that_is_not_numpys_gets_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    monkeypatch.setitem(WORKS, "matmul", replace(WORKS["matmul"], tolerance=0.0))
    config = FrameworksConfig(only=HERE, work=("matmul",), max_seconds=0.05)
    events = [event_record(event) for event in job.compare_frameworks(config)]
    taken = table.of(events, "work_measured")
    assert [record["agrees"] for record in taken] == [False, False]
    assert table.of(events, "work_compared") == []


def test_a_process_that_dies_leaves_its_last_words(tmp_path: Path) -> None:
    process = FrameworkProcess("numpy", "", sys.executable, 1, (), tmp_path)
    try:
        waited(process.ready())
        os.kill(process._process.pid, signal.SIGTERM)
        with pytest.raises(FrameworkFailed, match=r"its process ended with code -?\d+"):
            process.block("matmul", 1)
    finally:
        process.end()


def test_the_childs_own_code_needs_no_package_before_it_starts_a_framework() -> None:
    code = (
        f"import sys; sys.path.append({str(CORE.parent)!r}); import core.timing.frameworks.child.__main__\n"
        "print(sorted({name.split('.')[0] for name in sys.modules} - sys.stdlib_module_names))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "['__main__', 'core']"


def test_every_framework_of_the_text_books_is_in_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["frameworks", "--list", "--json"]) == 0
    rows = {row["framework"]: row for row in map(json.loads, capsys.readouterr().out.splitlines())}
    assert set(rows) == {*ENTRIES, *GONE}
    assert {"theano", "caffe", "torch-lua", "mxnet", "cntk"} == set(GONE)
    places = look()
    for key, entry in ENTRIES.items():
        here = not isinstance(places[entry.library], Missing)
        assert rows[key]["state"] == ("here" if here else "not here")
        assert bool(rows[key]["versions"]) == here == (not rows[key]["reason"])
    assert all(gone.heir in {"", *LIBRARIES} for gone in GONE.values())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--only", "theano"], "framework"),
        (["--work", "attention"], "attention"),
        (["--threads", "4096"], "threads 4096"),
        (["--baseline", "caffe"], "baseline"),
        (["--only", "jax,tensorflow", "--baseline", "jax"], "None of"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_measured_is_refused_in_one_sentence(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["frameworks", *words]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no Ctrl-C to one process")
def test_ctrl_c_keeps_what_was_measured_and_leaves_no_process(tmp_path: Path) -> None:
    out = tmp_path / "stopped.json"
    words = ["frameworks", "--only", "numpy", "--baseline", "numpy", "--work", "matmul,activation,mlp_step"]
    running = start("core.timing", *words, "--max-seconds", "2", "--json", "--out", str(out))
    assert running.stdout
    for line in running.stdout:
        if json.loads(line)["event"] == "work_measured":
            running.send_signal(signal.SIGINT)
            break
    _, said = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "What was measured until then is kept" in said
    assert table.of(files.read(out), "work_measured")
