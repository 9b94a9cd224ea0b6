"""The command line of timing: JSON lines, a table, exit codes and one sentence for what is impossible."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from core.timing.__main__ import main
from core.timing.results import files
from core.timing.workloads import WORKLOADS
from tests.core.commands.processes import start

RESULTS = Path(__file__).parents[2] / "timing" / "results" / "stored"

SLOW = ["--threads", "1", "--max-seconds", "60", "--target-ci", "0.001"]
QUICK = ["--max-seconds", "0.1", "--target-ci", "0.2"]


def records(printed: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in printed.splitlines()]


def test_json_lines_carry_the_environment_first_the_absent_device_and_the_figures(
    capsys: pytest.CaptureFixture[str],
) -> None:
    axes = ["--sizes", "16,32", "--dtypes", "float32,bfloat16", "--devices", "cpu,cuda:99"]
    assert main(["gemm", *axes, "--json", *QUICK]) == 0
    lines = records(capsys.readouterr().out)
    assert lines[0]["event"] == "environment_read"
    assert {"python", "torch", "cpu", "memory_bytes", "gpus"} <= set(lines[0]["environment"])
    assert [line["device"] for line in lines if line["event"] == "device_absent"] == ["cuda:99"]
    taken = [line for line in lines if line["event"] == "measurement_taken"]
    assert len(taken) == 4
    for line in taken:
        assert line["workload"] == "gemm"
        assert line["ci_low_s"] <= line["median_s"] <= line["ci_high_s"]
        assert {"size", "dtype", "device", "threads", "samples", "gflops"} <= set(line)


def test_a_table_for_people_has_a_row_for_each_point(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gemm", "--sizes", "16,32", *QUICK]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines() if line.startswith("gemm ")]
    assert [row[1:4] for row in rows] == [["cpu", "float32", "16"], ["cpu", "float32", "32"]]


def test_when_no_device_is_there_it_fails_with_the_reason(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gemm", "--sizes", "16", "--devices", "cuda:99", "--json"]) == 1
    out, err = capsys.readouterr()
    assert len(err.strip().splitlines()) == 1
    absent = next(line for line in records(out) if line["event"] == "device_absent")
    assert absent["reason"].rstrip(".") in err


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
        (["run", "gemm", "--operand-fill", "ones"], "random, zeros"),
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
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert "Traceback" not in out
    assert said in err
    assert len(err.splitlines()) == 1


def test_ctrl_c_keeps_what_was_measured() -> None:
    # Six products of the second size take seconds: it is at work when Ctrl-C comes.
    sizes = ["--sizes", "16,3000", "--threads", "1", "--max-seconds", "60", "--target-ci", "1"]
    with start("core.timing", "gemm", *sizes, "--json") as process:
        assert process.stdout is not None
        lines = [process.stdout.readline()]
        while "measurement_taken" not in lines[-1]:
            assert process.poll() is None
            lines.append(process.stdout.readline())
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate()
    assert process.returncode == 130
    assert errors.splitlines()[-1].startswith("Stopped.")
    kept = records("".join(lines) + rest)
    assert kept[0]["event"] == "environment_read"
    assert [line["size"] for line in kept if line["event"] == "measurement_taken"] == [16]


def test_ctrl_c_prints_and_writes_what_was_measured(tmp_path: Path) -> None:
    out = tmp_path / "part.json"
    with start("core.timing", "run", "gemm", "--sizes", "16,1500", "--out", str(out), *SLOW) as process:
        assert process.stdout is not None
        while not process.stdout.readline().startswith("Noise"):
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate()
    assert process.returncode == 130
    assert errors.splitlines()[-1].startswith("Stopped")
    assert files.read(out)[0]["event"] == "environment_read"


def test_results_go_to_stdout_and_progress_with_the_time_left_to_stderr(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.commands.timing.following.LOG_EVERY_S", 0.0)
    axes = ["copy", "softmax", "--sizes", "64,128", "--max-seconds", "0.1"]
    assert main(["run", *axes]) == 0
    out, err = capsys.readouterr()
    assert " of 4 points, " in err
    assert " s left" in err
    assert " points, " not in out
    rows = [line.split()[0] for line in out.splitlines() if line.startswith(("copy", "softmax"))]
    assert rows == ["copy", "copy", "softmax", "softmax"]


def test_every_format_has_the_same_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for form, suffix in (("--json", "json"), ("--csv", "csv"), ("--markdown", "md")):
        out = tmp_path / f"result.{suffix}"
        arguments = ["run", "gemm", "--sizes", "16,32", "--devices", "cpu", form, "--out", str(out), *QUICK]
        assert main(arguments) == 0
        printed = capsys.readouterr().out
        if form == "--json":
            lines = [json.loads(line) for line in printed.splitlines()]
            assert lines == json.loads(out.read_text())["events"] == files.read(out)
        else:
            assert out.read_text() == printed
            assert [int(size) for size in ("16", "32") if size in printed] == [16, 32]


def test_a_report_of_a_file_is_markdown_with_every_figure(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(RESULTS / "schema_1.json")]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("# ")
    assert sum(line.startswith("| gemm") for line in printed.splitlines()) == 8


def test_a_result_compared_with_itself_is_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    path = str(RESULTS / "schema_1.json")
    assert main(["compare", path, path, "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    compared = [line for line in lines if line["event"] == "point_compared"]
    assert len(compared) == 8
    assert {line["ratio"] for line in compared} == {1.0}
    assert not {"FASTER", "SLOWER"} & {line["verdict"] for line in compared}


def test_a_roofline_places_workloads_under_peaks_that_were_found(capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--dtypes", "float32", "--devices", "cpu", "--threads", "1", "--max-seconds", "1"]
    assert main(["roofline", "softmax", *options, "--json"]) == 0
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
    (point,) = (line for line in lines if line["event"] == "roofline_point")
    assert point["workload"] == "softmax"
    assert point["percent_of_bandwidth"] > 0


def test_without_an_accelerator_a_speed_up_still_gives_the_figures_of_the_cpu(
    capsys: pytest.CaptureFixture[str],
) -> None:
    options = ["--sizes", "16,32", "--devices", "cpu,cuda:99", "--threads", "1", *QUICK]
    assert main(["speedup", "gemm", *options]) == 0
    printed = capsys.readouterr().out
    assert "cuda:99 cannot be used" in printed
    assert sum(line.startswith("gemm ") for line in printed.splitlines()) == 2


def test_list_names_every_workload_with_what_its_size_means(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    printed = capsys.readouterr().out
    for name, workload in WORKLOADS.items():
        assert name in printed
        assert workload.size_means in printed
