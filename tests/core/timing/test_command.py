"""The command line: JSON lines, a table, exit codes and one sentence for what is impossible."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from core.timing import __main__ as command
from core.timing.results import files
from core.timing.workloads import WORKLOADS

RESULTS = Path(__file__).parent / "results" / "stored"

SLOW = ["--threads", "1", "--max-seconds", "60", "--target-ci", "0.001"]
QUICK = ["--max-seconds", "0.1", "--target-ci", "0.2"]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "core.timing", *arguments], capture_output=True, text=True, check=False
    )


def records(told: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in told.stdout.splitlines()]


def test_json_lines_carry_the_environment_first_the_absent_device_and_the_figures() -> None:
    told = run(
        "gemm",
        "--sizes",
        "16,32",
        "--dtypes",
        "float32,bfloat16",
        "--devices",
        "cpu,cuda:99",
        "--json",
        *QUICK,
    )
    assert told.returncode == 0
    lines = records(told)
    assert lines[0]["event"] == "environment_read"
    assert {"python", "torch", "cpu", "memory_bytes", "gpus"} <= set(lines[0]["environment"])
    assert [line["device"] for line in lines if line["event"] == "device_absent"] == ["cuda:99"]
    taken = [line for line in lines if line["event"] == "measurement_taken"]
    assert len(taken) == 4
    for line in taken:
        assert line["workload"] == "gemm"
        assert line["ci_low_s"] <= line["median_s"] <= line["ci_high_s"]
        assert {"size", "dtype", "device", "threads", "samples", "gflops"} <= set(line)


def test_a_table_for_people_has_a_row_for_each_point() -> None:
    told = run("gemm", "--sizes", "16,32", *QUICK)
    assert told.returncode == 0
    rows = [line.split() for line in told.stdout.splitlines() if line.startswith("cpu ")]
    assert [(row[1], row[2]) for row in rows] == [("float32", "16"), ("float32", "32")]


def test_when_no_device_is_there_it_fails_with_the_reason() -> None:
    told = run("gemm", "--sizes", "16", "--devices", "cuda:99", "--json")
    assert told.returncode == 1
    assert len(told.stderr.strip().splitlines()) == 1
    absent = next(line for line in records(told) if line["event"] == "device_absent")
    assert absent["reason"] in told.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["gemm", "--sizes", "0"], "size 0"),
        (["gemm", "--sizes", "-8"], "size -8"),
        (["gemm", "--sizes", "1e3"], "whole numbers"),
        (["gemm", "--dtypes", "float8000"], "float32"),
        (["gemm", "--sizes", "900000"], "free"),
        (["gemm", "--devices", "abacus"], "cpu, cuda"),
        (["gemm", "--frobnicate"], "--frobnicate"),
        (["gemn"], "gemm"),
        ([], "COMMAND"),
        (["run"], "WORKLOAD"),
        (["run", "gemn"], "gemm"),
        (["run", "gemm", "--data", "ones"], "random, zeros"),
        (["run", "gemm", "--steps", "training"], "forward"),
        (["run", "gemm", "--json", "--csv"], "--json"),
        (["run", "gemm", "--out", "/none/x.json"], "/none"),
        (["run", "gemm\n", "--sizes", "1"], "gemm\\n"),
        (["run", "host_to_device", "--sizes", "64", "--devices", "cpu"], "Nothing was measured"),
        (["run", "gemm", "--sizes", "64", "--devices", "cuda:99"], "Nothing was measured"),
        (["suite", "quickest"], "quick"),
        (["compare", "none.json", "none.json"], "none.json"),
        (["gate", "none.json"], "none.json"),
        (["report", "none.json"], "none.json"),
    ],
)
def test_bad_input_is_exit_code_2_and_one_sentence(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(arguments) == 2
    out, err = capsys.readouterr()
    assert "Traceback" not in out
    assert said in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    "words", [[], *([name] for name in command.COMMANDS), ["suite", "quick"]], ids=" ".join
)
def test_help_comes_without_torch_or_numpy(words: list[str]) -> None:
    script = (
        f"import sys, runpy; sys.argv = ['core.timing', *{words!r}, '--help']\n"
        "try: runpy.run_module('core.timing', run_name='__main__')\n"
        "except SystemExit as end: assert not end.code\n"
        "assert not {'torch', 'numpy', 'pandas'} & set(sys.modules), 'heavy imports'"
    )
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    assert "--help" in told.stdout


def test_ctrl_c_keeps_what_was_measured() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "core.timing", "gemm", "--sizes", "16,1500", "--json", *SLOW],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["event"] == "environment_read"
    os.kill(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert err.startswith("Stopped.")
    for line in out.splitlines():
        json.loads(line)


def test_ctrl_c_prints_and_writes_what_was_measured(tmp_path: Path) -> None:
    out = tmp_path / "part.json"
    process = subprocess.Popen(
        [sys.executable, "-m", "core.timing", "run", "gemm", "--sizes", "16,1500", "--out", str(out), *SLOW],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    while not process.stdout.readline().startswith("Noise"):
        assert process.poll() is None
    os.kill(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert err.splitlines()[-1].startswith("Stopped")
    assert files.read(out)[0]["event"] == "environment_read"


def test_results_go_to_stdout_and_progress_with_the_time_left_to_stderr(tmp_path: Path) -> None:
    told = run(
        "run", "copy", "softmax", "--sizes", "64,128,1024", "--max-seconds", "0.5", "--target-ci", "0.001"
    )
    assert told.returncode == 0
    assert " of 6 points, about " in told.stderr
    assert " points, about" not in told.stdout
    assert [line.split()[0] for line in told.stdout.splitlines() if line.startswith(("copy", "softmax"))] == [
        "copy", "copy", "copy", "softmax", "softmax", "softmax",
    ]  # fmt: skip


def test_every_form_tells_the_same_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for form, suffix in (("--json", "json"), ("--csv", "csv"), ("--markdown", "md")):
        out = tmp_path / f"result.{suffix}"
        arguments = ["run", "gemm", "--sizes", "16,32", "--devices", "cpu", form, "--out", str(out), *QUICK]
        assert command.main(arguments) == 0
        printed = capsys.readouterr().out
        if form == "--json":
            lines = [json.loads(line) for line in printed.splitlines()]
            assert lines == json.loads(out.read_text())["events"] == files.read(out)
        else:
            assert out.read_text() == printed
            assert [int(size) for size in ("16", "32") if size in printed] == [16, 32]


def test_a_report_of_a_file_is_markdown_with_every_figure(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["report", str(RESULTS / "schema_1.json")]) == 0
    told = capsys.readouterr().out
    assert told.startswith("# ")
    assert sum(line.startswith("| gemm") for line in told.splitlines()) == 8


def test_a_result_compared_with_itself_is_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    path = str(RESULTS / "schema_1.json")
    assert command.main(["compare", path, path, "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    compared = [line for line in lines if line["event"] == "point_compared"]
    assert len(compared) == 8
    assert {line["ratio"] for line in compared} == {1.0}
    assert not {"FASTER", "SLOWER"} & {line["verdict"] for line in compared}


def test_a_roofline_places_workloads_under_peaks_that_were_found(capsys: pytest.CaptureFixture[str]) -> None:
    options = [
        "--dtypes",
        "float32",
        "--devices",
        "cpu",
        "--threads",
        "1",
        "--max-seconds",
        "1",
    ]
    assert command.main(["roofline", "softmax", *options, "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    events = [line["event"] for line in lines]
    assert events[0] == "environment_read"
    assert {
        "fma_measured",
        "peak_found",
        "bandwidth_found",
        "roof_measured",
        "roofline_point",
        "concluded",
    } <= set(events)
    (dot,) = (line for line in lines if line["event"] == "roofline_point")
    assert dot["workload"] == "softmax"
    assert dot["percent_of_bandwidth"] > 0


def test_without_an_accelerator_a_speed_up_still_gives_the_figures_of_the_cpu(
    capsys: pytest.CaptureFixture[str],
) -> None:
    options = ["--sizes", "16,32", "--devices", "cpu,cuda:99", "--threads", "1", *QUICK]
    assert command.main(["speedup", "gemm", *options]) == 0
    told = capsys.readouterr().out
    assert "cuda:99 is absent" in told
    assert sum(line.startswith("gemm ") for line in told.splitlines()) == 2


def test_list_names_every_workload_with_what_its_size_means(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["list"]) == 0
    told = capsys.readouterr().out
    for name, workload in WORKLOADS.items():
        assert name in told
        assert workload.size_means in told
