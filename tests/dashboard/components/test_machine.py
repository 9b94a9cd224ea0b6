"""The machine's readings in words, and who reads them."""

from __future__ import annotations

import threading

from core import devices
from core.devices import Device, Reading
from core.monitor.poller import EVERY_S
from dashboard.components import machine
from dashboard.components.machine import (
    facts,
    figures,
    short_name,
    throttled_by,
    unreported,
)


def test_every_device_is_read_by_one_poller_for_all() -> None:
    found = machine.watched()
    assert [state.snapshot.device.id for state in found.values()] == [one.id for one in devices.devices()]
    assert machine.poller() is machine.poller()
    assert machine.poller().every_s == EVERY_S
    assert len([one for one in threading.enumerate() if one.name == "monitor the system"]) == 1


def test_home_shows_the_last_two_minutes() -> None:
    machine.watched()
    points = machine.recent_utilisation()["CPU"]
    assert points
    assert all(-120 <= seconds <= 0 for seconds, _ in points)


READINGS = {
    reading.name: reading
    for reading in (
        Reading("utilisation", 97.4, "%"),
        Reading("memory_used", 1.5 * 2**30, "B"),
        Reading("memory_total", 80 * 2**30, "B"),
        Reading("clock", 1980, "MHz"),
        Reading("temperature", None, "°C", "not reported: Not Supported"),
        Reading("power", None, "W", "not reported: Not Supported"),
        Reading("throttled_by_power", 1, ""),
        Reading("throttled_by_heat", 0, ""),
    )
}


def test_figures_carry_units_and_leave_out_what_is_not_reported() -> None:
    assert figures(READINGS) == [
        ("Utilisation", "97 %", None),
        ("Memory used", "1.5 GiB", "of 80.0 GiB"),
        ("Clock", "1,980 MHz", None),
    ]


def test_what_is_not_reported_is_shown_with_the_reason() -> None:
    assert unreported(READINGS) == "Not reported: temperature, power (Not Supported)."
    assert unreported({}) == ""


def test_a_throttled_by_clock_is_shown_with_its_cause() -> None:
    assert throttled_by(READINGS) == ["power"]


def test_facts_tell_how_many_of_the_cores_may_be_used() -> None:
    part = Device("cpu", "A CPU", "cpu", {"usable_cores": 2, "logical_cores": 64, "memory_bytes": 2**34})
    whole = Device("cpu", "A CPU", "cpu", {"usable_cores": 1, "logical_cores": 1})
    assert facts(part) == "2 cores of 64 · 16.0 GiB memory"
    assert facts(whole) == "1 core"
    why = "a container's CPU quota of 7.65 cores; 8 threads would be stopped now and then"
    limited = Device("cpu", "A CPU", "cpu", {"usable_cores": 7, "logical_cores": 64, "cores_reason": why})
    assert facts(limited) == f"7 cores of 64 ({why})"


def test_short_names_tell_gpus_apart() -> None:
    ids = {"cpu": "cpu", "cuda:1": "cuda", "mps": "mps"}
    assert [short_name(Device(id, "A long name", kind)) for id, kind in ids.items()] == [
        "CPU",
        "GPU 1",
        "GPU",
    ]
