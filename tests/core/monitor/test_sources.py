"""What follows from two readings, and who a process is."""

from __future__ import annotations

import getpass
import os
import subprocess
import sys
import time

import psutil
import pytest

from core.devices import Device, Reading, gpu_processes
from core.devices.gpu_processes import identity
from core.monitor.sources import CpuSource, Rates, key_of


def test_a_counter_becomes_a_rate_and_one_that_begins_anew_none() -> None:
    rates = Rates()

    def rate(value: float | None, now_s: float) -> Reading:
        reading = Reading("sent", value, "B", None if value is not None else "not reported: lost")
        return rates.per_second("sent", reading, now_s, "B/s")

    assert rate(1000, 0).reason == "not reported: it takes two readings"
    assert rate(5000, 2) == Reading("sent_rate", 2000, "B/s")
    assert rate(100, 3).reason == "not reported: the counter began anew"
    assert rate(300, 4).value == 200
    assert rate(None, 5).reason == "not reported: lost"
    assert rate(900, 6).value is None  # there is nothing to compare with


def test_a_card_keeps_its_key_whatever_its_number() -> None:
    assert key_of(Device("cuda:1", "A", "cuda", {"uuid": "GPU-1"})) == "GPU-1"
    assert key_of(Device("cuda:0", "A", "cuda", {"pci_bus_id": "01:00.0"})) == "01:00.0"
    assert key_of(Device("mps", "A", "mps")) == "mps"


def test_each_core_is_between_nothing_and_all_of_it() -> None:
    source = CpuSource()
    time.sleep(0.1)
    (found,) = source.read(1.0)
    assert len(found.cores) == psutil.cpu_count()
    assert all(0 <= core.utilisation <= 100 for core in found.cores)
    assert found.readings["memory_used"].value
    assert all((reading.value is None) == bool(reading.reason) for reading in found.readings.values())


def test_a_process_has_its_name_and_user_where_its_id_is_of_this_system(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gpu_processes, "_in_a_container", lambda: False)
    found = identity(os.getpid())
    assert (found.name, found.user) == (psutil.Process().name(), getpass.getuser())
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert identity(ended.pid).reason == "it has just ended"


def test_in_a_container_an_id_of_the_hosts_is_not_taken_for_one_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gpu_processes, "_in_a_container", lambda: True)
    found = identity(os.getpid())  # which has no GPU open
    assert (found.name, found.reason) == (None, "its id is the host's, which a container does not see")
