"""Names and suites become sweeps that this machine can do."""

from __future__ import annotations

import pytest

from core.errors import InvalidRequest
from core.timing.sweeps.suites import SUITES, planned, selected
from core.timing.workloads import WORKLOADS


def test_a_workload_alone_is_measured_over_its_own_axes() -> None:
    (config,) = selected(["softmax"], {})
    assert set(config.sizes) <= set(WORKLOADS["softmax"].sizes)
    assert config.dtypes == WORKLOADS["softmax"].dtypes[:1]
    assert config.thorough


def test_a_family_stands_for_all_its_workloads() -> None:
    family = WORKLOADS["softmax"].family
    names = [config.workload for config in selected([family, "softmax"], {})]
    assert names == [name for name, workload in WORKLOADS.items() if workload.family == family]


def test_given_axes_replace_those_of_every_sweep() -> None:
    axes = {"sizes": (16,), "dtypes": ("float64",), "max_seconds": 0.1}
    for config in (*selected(["gemm", "copy"], axes), *planned(SUITES["quick"], axes)):
        assert (config.sizes, config.dtypes, config.max_seconds) == ((16,), ("float64",), 0.1)


def test_an_unknown_name_is_refused_with_those_that_exist() -> None:
    with pytest.raises(InvalidRequest, match=r"gemmm.*gemm"):
        selected(["gemmm"], {})


@pytest.mark.parametrize("name", list(SUITES))
def test_every_suite_can_be_asked_for_here(name: str) -> None:
    assert planned(SUITES[name], {})


def test_the_full_suite_leaves_no_workload_out() -> None:
    assert {config.workload for config in planned(SUITES["full"], {})} == set(WORKLOADS)


def test_sizes_that_nobody_named_leave_half_of_the_free_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.devices.memory_free_bytes", lambda device: 2**20)
    (config,) = selected(["gemm"], {})
    assert config.sizes == (64, 128)  # 3 * 256**2 * 4 bytes are more than half a MiB
