"""The command line: JSON lines, a table, exit codes and one sentence for what is impossible."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.timing import __main__ as command

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
        ([], "WORKLOAD"),
    ],
)
def test_bad_input_is_exit_code_2_and_one_sentence(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert len(err.splitlines()) == 1


words = st.sampled_from(
    ["gemm", "--sizes", "--dtypes", "--devices", "--threads", "--json", "--seed", "--max-seconds"]
)
junk = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6) | st.sampled_from(
    ["0", "-1", "16,0", "float31", "cuda,,x", "nan", "1" * 30]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(words | junk, max_size=5))
def test_a_random_command_line_never_ends_in_a_traceback(arguments: list[str]) -> None:
    measured = []
    original = command._run
    command._run = lambda config, show: measured.append(config) or 0  # what would run is not run here
    try:
        code = command.main(arguments)
    except SystemExit as end:  # --help and its abbreviations
        code = int(end.code or 0)
    finally:
        command._run = original
    assert code == 2 or measured or any(word.startswith(("-h", "--h")) for word in arguments)


def test_help_comes_without_torch_or_numpy() -> None:
    script = (
        "import sys, runpy; sys.argv = ['core.timing', 'gemm', '--help']\n"
        "try: runpy.run_module('core.timing', run_name='__main__')\n"
        "except SystemExit as end: assert not end.code\n"
        "assert not {'torch', 'numpy', 'pandas'} & set(sys.modules), 'heavy imports'"
    )
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    assert "--dtypes" in told.stdout


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
