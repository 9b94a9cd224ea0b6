"""The face that all devices share, on the machine that runs the tests."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import devices
from core.devices import Reading, cpu
from core.devices.cpu import Mark, utilisation
from core.devices.torch_build import torch_build


def test_a_reading_has_either_a_value_or_a_reason() -> None:
    with pytest.raises(ValueError, match="value or a reason"):
        Reading("power", None, "W")
    with pytest.raises(ValueError, match="value or a reason"):
        Reading("power", 1.0, "W", "but why")


def test_the_cpu_comes_first_with_what_the_system_says() -> None:
    first = devices.devices()[0]
    assert (first.id, first.kind) == ("cpu", "cpu")
    assert first.name
    assert first.facts["logical_cores"] == os.cpu_count()
    assert 1 <= int(first.facts["usable_cores"]) <= int(first.facts["logical_cores"])


def test_every_kind_of_accelerator_is_either_there_or_absent_for_a_reason() -> None:
    absent = devices.absent()
    there = {device.kind for device in devices.devices()}
    for kind in set(devices.KINDS) - {"cpu"}:
        assert kind in there or absent[kind]


def test_cpu_readings_are_within_what_is_possible() -> None:
    readings = devices.read("cpu")
    assert 0 <= (readings["utilisation"].value or 0) <= 100
    used, total, free = (readings[f"memory_{what}"].value or 0 for what in ("used", "total", "free"))
    assert used + free == total <= psutil.virtual_memory().total
    for reading in readings.values():
        assert reading.value is not None or (reading.reason or "").startswith("not reported: ")


def test_utilisation_since_a_mark_is_that_of_the_work_in_between() -> None:
    mark = devices.mark()
    end = time.perf_counter() + 0.4
    while time.perf_counter() < end:
        pass
    busy = devices.read("cpu", since=mark)["utilisation"].value
    assert busy is not None
    assert busy >= 0.5 * 100 / (os.cpu_count() or 1)  # one core of all worked


@given(st.just(0.0) | st.floats(0.01, 1e5), st.floats(0, 1), st.floats(0, 1))
def test_utilisation_is_the_busy_fraction_and_never_leaves_its_range(
    total_s: float, busy: float, own: float
) -> None:
    start, end = Mark(0, 0, 0, 0), Mark(1, busy * total_s, total_s, own * busy * total_s)
    all_work, others = utilisation(start, end)
    if all_work.value is None or others.value is None:
        assert total_s == 0
        return
    assert all_work.value == pytest.approx(100 * busy, abs=1e-6)
    assert 0 <= others.value <= all_work.value


def test_a_device_that_is_not_there_cannot_be_read() -> None:
    with pytest.raises(KeyError):
        devices.read("tpu")


def test_usable_cores_follow_the_affinity_of_the_process() -> None:
    if not hasattr(os, "sched_setaffinity"):
        pytest.skip("this system has no CPU affinity")
    script = "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}); from core import devices; print(devices.usable_cores())"  # noqa: E501
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "1"


def test_the_environment_is_json_and_keeps_the_machines_name_to_itself() -> None:
    answer = devices.environment()
    assert json.loads(json.dumps(answer)) == answer
    assert socket.gethostname() not in answer.values()
    assert answer["cpu"] == cpu.model()


def test_torchs_build_is_known_without_importing_it() -> None:
    script = (
        "import sys; from core.devices.torch_build import torch_build; b = torch_build();"
        "assert 'torch' not in sys.modules; import torch;"
        "assert (b.cuda, b.hip, b.xpu) == (torch.version.cuda, torch.version.hip, torch.version.xpu), b;"
        "assert b.version == torch.__version__ or torch.__version__.startswith(b.version), b"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
    assert torch_build().version
