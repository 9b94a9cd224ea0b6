"""The machine's readings in words, and how often they are read."""

from __future__ import annotations

from core.devices import Device, Reading
from dashboard.components.machine import (
    REFRESH_S,
    Gauge,
    facts,
    figures,
    short_name,
    throttled_by,
    unreported,
)


class Clock:
    """A clock that stands until it is moved."""

    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_many_viewers_cause_one_reading() -> None:
    gauge = Gauge(Clock())
    first = gauge.samples()
    assert [gauge.samples() for _ in range(20)] == [first] * 20


def test_each_refresh_adds_a_sample_and_two_minutes_are_stored() -> None:
    clock = Clock()
    gauge = Gauge(clock)
    for _ in range(70):
        samples = gauge.samples()
        clock.now_s += REFRESH_S
    assert 119 <= samples[-1].at_s - samples[0].at_s <= 121


def test_after_a_time_without_viewers_history_starts_anew() -> None:
    clock = Clock()
    gauge = Gauge(clock)
    gauge.samples()
    clock.now_s += 600
    assert [sample.at_s for sample in gauge.samples()] == [clock.now_s]


def test_every_device_is_read() -> None:
    gauge = Gauge()
    assert set(gauge.samples()[-1].readings) == {device.id for device in gauge.devices}


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
