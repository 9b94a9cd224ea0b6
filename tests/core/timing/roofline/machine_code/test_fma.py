"""The loop of fused multiply-adds is what it says, and no matrix product is faster."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path

import pytest
import torch

from core.timing.roofline import fma
from core.timing.roofline.fma import FmaPeak, fma_peak


@pytest.mark.skipif(shutil.which("objdump") is None, reason="binutils are not installed")
@pytest.mark.parametrize(("wide", "sums", "register"), [(False, 12, "ymm"), (True, 24, "zmm")])
def test_the_code_is_what_a_disassembler_reads(wide: bool, sums: int, register: str, tmp_path: Path) -> None:
    (tmp_path / "code").write_bytes(fma._code(wide, sums))
    command = ["objdump", "-D", "-b", "binary", "-m", "i386:x86-64", "-M", "intel", str(tmp_path / "code")]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    lines = [line.split("\t")[-1].split() for line in told.splitlines() if line.startswith("  ")]
    products = [operands.split(",") for name, operands in (line[:2] for line in lines if len(line) == 2)
                if name == "vfmadd231ps"]  # fmt: skip
    assert len(products) == len({product[0] for product in products}) == sums
    assert {tuple(product[1:]) for product in products} == {(f"{register}14", f"{register}15")}
    names = [line[0] for line in lines]
    assert names[:2] == ["vbroadcastss", "vbroadcastss"]
    assert names[-4:] == ["dec", "jne", "vzeroupper", "ret"]
    assert "(bad)" not in told


def test_the_peak_is_above_every_matrix_product_and_not_far_above() -> None:
    peak = fma_peak(1)
    if isinstance(peak, str):
        pytest.skip(peak)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        a = torch.randn(512, 512)
        times = []
        for _ in range(300):
            began = time.perf_counter()
            torch.mm(a, a)
            times.append(time.perf_counter() - began)
    finally:
        torch.set_num_threads(threads)
    share = 2 * 512**3 / min(times) / 1e9 / peak.gflops
    assert 0.3 < share < 1.05  # 0.8 and more when nothing else runs


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
        assert peak.gflops > 5
