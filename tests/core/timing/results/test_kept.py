"""The result that comes with the program is whole, says that it is simulated, and has what it is to show."""

from __future__ import annotations

from core.timing.results.kept import SIMULATED_GPU, kept_files, read_kept, simulated_in
from core.timing.results.labels import environment_line
from core.timing.results.table import environment_of
from core.timing.sweeps.speedup import speedup_curves


def test_every_kept_result_can_be_read() -> None:
    assert SIMULATED_GPU in kept_files()
    for key in kept_files():
        assert read_kept(key)


def test_the_simulated_one_says_so_wherever_its_machine_is_named() -> None:
    records = read_kept(SIMULATED_GPU)
    assert simulated_in(records)
    assert "(simulated)" in environment_line(environment_of(records))
    assert simulated_in([{"event": "environment_read", "environment": {"cpu": "a real one"}}]) is None


def test_it_shows_a_crossing_with_and_without_transfers() -> None:
    curves = {curve.workload: curve for curve in speedup_curves(read_kept(SIMULATED_GPU))}
    assert {"gemm", "mlp_step"} <= set(curves)
    gemm = curves["gemm"]
    assert gemm.ratios[0] < 1 < gemm.ratios[-1]
    assert all(slower < own for slower, own in zip(gemm.with_transfers, gemm.ratios, strict=True))
