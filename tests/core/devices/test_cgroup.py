"""A container's limits are found in both versions of control groups."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.devices import cgroup, cpu


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


@pytest.mark.parametrize(
    ("quota", "threads", "most", "reason"),
    [
        (
            "765000 100000",
            7,
            8,
            "a container's CPU quota of 7.65 cores; 8 threads would be stopped now and then",
        ),
        ("800000 100000", 8, 8, "a container's CPU quota of 8 cores"),
        (
            "50000 100000",
            1,
            1,
            "a container's CPU quota of 0.5 cores; even one thread is stopped now and then",
        ),
        ("max 100000", 16, 16, "the process's CPU set"),
        ("6400000 100000", 16, 16, "the process's CPU set"),
    ],
)
def test_threads_are_no_more_than_a_quota_and_a_cpu_set_let_work_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quota: str, threads: int, most: int, reason: str
) -> None:
    write(tmp_path, {"cgroup/box/cpu.max": quota, "membership": "0::/box"})
    found = cgroup.cpu_limit(tmp_path / "cgroup", tmp_path / "membership")
    monkeypatch.setattr(cgroup, "cpu_limit", lambda: found)
    monkeypatch.setattr("os.sched_getaffinity", lambda _process: set(range(16)), raising=False)
    monkeypatch.setattr("psutil.cpu_count", lambda logical=True: 64)
    assert (cpu.usable_cores(), cpu.max_threads(), cpu.why_fewer_cores()) == (threads, most, reason)


@given(st.floats(0.01, 200), st.integers(1, 128))
def test_no_thread_count_that_is_chosen_is_throttled(quota: float, cores: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cgroup, "cpu_limit", lambda: quota)
        patch.setattr("os.sched_getaffinity", lambda _process: set(range(cores)), raising=False)
        assert 1 <= cpu.usable_cores() <= cpu.max_threads() <= cores
        assert cpu.usable_cores() <= max(1, quota)
        assert cpu.usable_cores() + 1 > min(cores, quota)  # and none that would work is left idle


def test_periods_of_the_quota_are_those_of_the_group_that_was_stopped_most(tmp_path: Path) -> None:
    root, membership = tmp_path / "cgroup", tmp_path / "membership"
    (root / "a" / "b").mkdir(parents=True)
    membership.write_text("0::/a/b\n")
    assert cgroup.periods(root, membership) is None
    (root / "a" / "cpu.stat").write_text("usage_usec 5\nnr_periods 100\nnr_throttled 40\nthrottled_usec 9\n")
    (root / "a" / "b" / "cpu.stat").write_text("usage_usec 5\nnr_periods 90\nnr_throttled 3\n")
    assert cgroup.periods(root, membership) == (100, 40)
