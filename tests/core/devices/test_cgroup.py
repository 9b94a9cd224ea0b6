"""A container's limits are found in both versions of control groups."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.devices import cgroup


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")


@pytest.fixture
def version_2(tmp_path: Path) -> tuple[Path, Path]:
    root, membership = tmp_path / "cgroup", tmp_path / "membership"
    write(
        root,
        {
            "docker/cpu.max": "150000 100000",
            "docker/memory.max": str(4 << 30),
            "docker/memory.current": str(3 << 30),
            "docker/memory.stat": f"anon 1\ninactive_file {1 << 30}",
            "docker/inner/cpu.max": "max 100000",
            "docker/inner/memory.max": "max",
        },
    )
    membership.write_text("0::/docker/inner\n")
    return root, membership


def test_a_limit_on_an_outer_group_holds_for_an_inner_one(version_2: tuple[Path, Path]) -> None:
    assert cgroup.cpu_limit(*version_2) == 1.5
    assert cgroup.memory_limit_bytes(*version_2) == 4 << 30


def test_file_cache_that_can_be_dropped_counts_as_free(version_2: tuple[Path, Path]) -> None:
    assert cgroup.memory_free_bytes(*version_2) == 2 << 30


def test_version_1_is_understood(tmp_path: Path) -> None:
    root, membership = tmp_path / "cgroup", tmp_path / "membership"
    write(
        root,
        {
            "cpu/box/cpu.cfs_quota_us": "50000",
            "cpu/box/cpu.cfs_period_us": "100000",
            "cpu/cpu.cfs_quota_us": "-1",
            "cpu/cpu.cfs_period_us": "100000",
            "memory/box/memory.limit_in_bytes": str(1 << 30),
            "memory/box/memory.usage_in_bytes": str(1 << 29),
            "memory/memory.limit_in_bytes": "9223372036854771712",
        },
    )
    membership.write_text("4:memory:/box\n1:cpu,cpuacct:/box\n")
    assert cgroup.cpu_limit(root, membership) == 0.5
    assert cgroup.memory_limit_bytes(root, membership) == 1 << 30
    assert cgroup.memory_free_bytes(root, membership) == 1 << 29


def test_without_control_groups_there_is_no_limit(tmp_path: Path) -> None:
    nowhere = (tmp_path / "none", tmp_path / "none")
    assert cgroup.cpu_limit(*nowhere) is None
    assert cgroup.memory_limit_bytes(*nowhere) is None
    assert cgroup.memory_free_bytes(*nowhere) is None


def test_the_time_that_a_quota_took_is_that_of_the_group_that_had_most(version_2: tuple[Path, Path]) -> None:
    root, membership = version_2
    assert cgroup.throttled_s(root, membership) is None
    write(root, {"docker/cpu.stat": "usage_usec 9\nnr_throttled 4\nthrottled_usec 2500000"})
    write(root, {"docker/inner/cpu.stat": "usage_usec 9\nnr_throttled 0\nthrottled_usec 0"})
    assert cgroup.throttled_s(root, membership) == pytest.approx(2.5)


def test_version_1_counts_the_time_in_nanoseconds(tmp_path: Path) -> None:
    root, membership = tmp_path / "cgroup", tmp_path / "membership"
    write(root, {"cpu/box/cpu.stat": "nr_periods 3\nnr_throttled 1\nthrottled_time 1500000000"})
    membership.write_text("4:memory:/box\n3:cpu,cpuacct:/box\n")
    assert cgroup.throttled_s(root, membership) == pytest.approx(1.5)
