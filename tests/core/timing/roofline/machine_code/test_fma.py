"""The loop of fused multiply-adds is what it says, and stays apart from everything else."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from core.timing.roofline.machine_code import fma
from core.timing.roofline.machine_code.fma import FmaPeak, fma_peak
from tests.core.timing.simulated import Clock


@pytest.mark.skipif(shutil.which("objdump") is None, reason="binutils are not installed")
@pytest.mark.parametrize(("wide", "sums", "register"), [(False, 12, "ymm"), (True, 24, "zmm")])
def test_the_code_is_what_a_disassembler_reads(wide: bool, sums: int, register: str, tmp_path: Path) -> None:
    (tmp_path / "code").write_bytes(fma._code(wide, sums))
    command = ["objdump", "-D", "-b", "binary", "-m", "i386:x86-64", "-M", "intel", str(tmp_path / "code")]
    answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    lines = [line.split("\t")[-1].split() for line in answer.splitlines() if line.startswith("  ")]
    products = [operands.split(",") for name, operands in (line[:2] for line in lines if len(line) == 2)
                if name == "vfmadd231ps"]  # fmt: skip
    assert len(products) == len({product[0] for product in products}) == sums
    assert {tuple(product[1:]) for product in products} == {(f"{register}14", f"{register}15")}
    names = [line[0] for line in lines]
    assert names[:2] == ["vbroadcastss", "vbroadcastss"]
    assert names[-4:] == ["dec", "jne", "vzeroupper", "ret"]
    assert "(bad)" not in answer


def test_the_peak_is_turns_a_second_times_the_operations_of_a_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock().put_into(monkeypatch)
    turn_s = 24 * 2 * 16 / 100e9  # of 24 sums in 16 lanes, a product and a sum each, at 100 GFLOP/s
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX512")
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    monkeypatch.setattr(fma, "_loaded", lambda code: (None, lambda turns: clock.go_on(turns * turn_s)))
    assert fma_peak(1) == FmaPeak(pytest.approx(100.0), 1, "AVX512")


def test_a_variable_forbids_it_and_no_code_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fma, "_loaded", lambda code: pytest.fail("machine code was loaded"))
    monkeypatch.setenv(fma.FORBIDDEN_BY, "1")
    reason = str(fma_peak(1))
    assert reason.startswith("unknown, because")
    assert fma.FORBIDDEN_BY in reason


@pytest.mark.parametrize(
    "error", [PermissionError("not permitted"), ImportError("no mmap"), AttributeError()]
)
def test_a_system_without_executable_memory_is_a_reason(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(code: bytes) -> None:
        raise error

    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX2")
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    monkeypatch.setattr(fma, "_loaded", refused)
    assert str(fma_peak(1)).startswith("unknown, because the system")


def test_nothing_but_a_running_roofline_loads_it() -> None:
    program = """
import sys
import core.jobs, core.activations, core.data, core.models, core.experiments.registry
import core.timing.roofline.job, core.timing.sweeps.with_roofline, core.timing.sweeps.sweep
import core.timing.activation_cost.job, core.timing.results.report, core.timing.workloads
import dashboard.charts.machine.roofline, dashboard.charts.cost, dashboard.components.results.roofline
import core.runs.worker
from core.timing.roofline.config import RooflineConfig
from core.timing.roofline.points import roofline_points
RooflineConfig(); roofline_points([])
assert not [name for name in sys.modules if "machine_code" in name]
from core.timing.roofline.job import roofline
running = roofline(RooflineConfig(max_seconds=1, dtypes=("float32",), threads=(1,)))
next(event for event in running if type(event).__name__ == "FmaMeasured")
assert "core.timing.roofline.machine_code.fma" in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_processor_without_the_instructions_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "DEFAULT")
    assert "AVX2" in str(fma_peak(1))
    monkeypatch.setattr("platform.machine", lambda: "arm64")
    assert "x86-64" in str(fma_peak(1))


def test_the_narrow_loop_runs_too(monkeypatch: pytest.MonkeyPatch) -> None:
    if torch.backends.cpu.get_cpu_capability() not in ("AVX2", "AVX512"):
        pytest.skip("no AVX2")
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX2")
    peak = fma_peak(1)
    assert isinstance(peak, FmaPeak | str)
    if isinstance(peak, FmaPeak):
        assert peak.gflops > 0
