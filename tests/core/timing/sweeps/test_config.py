"""What cannot be measured is refused in one sentence, before anything allocates and without torch."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.devices import usable_cores
from core.errors import InvalidRequest
from core.records import from_record, to_record
from core.timing.sweeps.config import SweepConfig


@pytest.mark.parametrize(
    ("given_settings", "said"),
    [
        ({"sizes": (0,)}, "size 0"),
        ({"sizes": (256, -4)}, "size -4"),
        ({"sizes": (2.5,)}, "size 2.5"),
        ({"sizes": (True,)}, "size True"),
        ({"sizes": ()}, "No sizes"),
        ({"dtypes": ("float31",)}, "float64, float32, bfloat16, float16"),
        ({"devices": ("tpu",)}, "cpu, cuda"),
        ({"devices": ("cpu:1",)}, "Unknown device 'cpu:1'"),
        ({"devices": ("cuda:x",)}, "Unknown device"),
        ({"devices": ("cuda:007",)}, "Unknown device"),
        ({"threads": (usable_cores() + 1,)}, f"from 0 to {usable_cores()}"),
        ({"workload": "conv"}, "gemm"),
        ({"target_ci": float("nan")}, "0.001 to 1"),
        ({"max_seconds": 0}, "0.05 to 600"),
        ({"seed": -1}, "seed -1"),
    ],
)
def test_the_impossible_is_refused_with_what_was_given_and_what_is_allowed(
    given_settings: dict[str, Any], said: str
) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        SweepConfig(**given_settings)
    assert said in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_more_memory_than_is_free_is_refused_with_both_figures() -> None:
    with pytest.raises(InvalidRequest) as refusal:
        SweepConfig(sizes=(16, 10**6), dtypes=("bfloat16", "float64"))
    assert "size 1000000 in float64 needs about 21.8 TiB" in str(refusal.value)  # 3 * 1e12 * 8 bytes
    assert re.search(r", and cpu has [\d.]+ [MGT]iB free\.$", str(refusal.value))


def test_a_device_that_this_machine_may_lack_is_not_refused() -> None:
    assert SweepConfig(devices=("cpu", "cuda:7", "mps")).devices == ("cpu", "cuda:7", "mps")


def test_cuda_alone_is_the_first_gpu_from_the_beginning() -> None:
    assert SweepConfig(devices=("cuda",)).devices == ("cuda:0",)


def test_a_config_survives_the_store() -> None:
    config = SweepConfig(sizes=(8, 16), threads=(1,), seed=7)
    assert from_record(SweepConfig, json.loads(json.dumps(to_record(config)))) == config


anything = st.one_of(
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.none(),
    st.booleans(),
    st.tuples(),
    st.binary(max_size=4),
)


@given(
    st.dictionaries(
        st.sampled_from(
            ["workload", "sizes", "dtypes", "devices", "threads", "target_ci", "max_seconds", "seed"]
        ),
        anything | st.lists(anything, max_size=3).map(tuple),
        min_size=1,
        max_size=4,
    )
)
def test_whatever_is_asked_for_gives_a_config_or_one_sentence(settings: dict[str, Any]) -> None:
    refusal = ""
    try:
        SweepConfig(**settings)
    except InvalidRequest as error:
        refusal = str(error)
    assert len(refusal.splitlines()) <= 1
