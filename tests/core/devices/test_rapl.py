"""The processor's energy counters add up to what it used, whichever way Linux shows them."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.devices import rapl


def zone(root: Path, folder: str, name: str, energy_uj: int | None) -> None:
    path = root / folder
    path.mkdir(parents=True, exist_ok=True)
    (path / "name").write_text(name + "\n")
    (path / "max_energy_range_uj").write_text("262143328850\n")
    if energy_uj is not None:
        (path / "energy_uj").write_text(f"{energy_uj}\n")


def two_packages(root: Path, energy_uj: int | None) -> Path:
    zone(root, "intel-rapl:0", "package-0", energy_uj)
    zone(root, "intel-rapl:0:0", "core", energy_uj)  # inside its package
    zone(root, "intel-rapl:0:1", "dram", energy_uj)
    zone(root, "intel-rapl:1", "package-1", energy_uj)
    zone(root, "intel-rapl:2", "psys", energy_uj)  # contains all
    zone(root, "intel-rapl-mmio:0", "package-0", energy_uj)  # the same package again
    return root


def test_packages_and_memory_add_up_and_nothing_counts_twice(tmp_path: Path) -> None:
    before = rapl.counters(two_packages(tmp_path, 5_000_000))
    after = rapl.counters(two_packages(tmp_path, 7_000_000))
    assert sorted(counter.name for counter in after.values()) == ["dram", "package-0", "package-1"]
    assert rapl.joules_between(before, after) == pytest.approx(3 * 2.0)


def test_a_counter_that_started_again_from_zero_still_rises(tmp_path: Path) -> None:
    before = rapl.counters(two_packages(tmp_path, 262_143_000_000))
    after = rapl.counters(two_packages(tmp_path, 1_000_000))
    assert rapl.joules_between(before, after) == pytest.approx(3 * (262_143.32885 - 262_143 + 1))


def test_no_counters_and_hidden_counters_are_two_reasons(tmp_path: Path) -> None:
    with pytest.raises(LookupError, match="not shown"):
        rapl.counters(tmp_path / "nothing")
    with pytest.raises(LookupError, match="only an administrator"):
        rapl.counters(two_packages(tmp_path, None))
