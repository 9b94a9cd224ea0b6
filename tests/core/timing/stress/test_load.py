"""A load computes, sees every result that differs, rests when nobody watches, and ends when it is stopped."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from core.timing.stress import load
from core.timing.stress.load import Load
from core.timing.workloads.matmul import product
from core.timing.workloads.workload import Draw
from tests.waiting import wait_until


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "_SIDES", (64,))
    monkeypatch.setattr(load, "_BLOCK_S", 0.01)


def started(dtype: str = "float32", make: Callable[..., Callable[[], torch.Tensor]] | None = None) -> Load:
    one = Load("cpu", dtype, None, make=make)
    one.start()
    return one


@pytest.mark.parametrize("dtype", ["float32", "float64", "bfloat16", "float16"])
def test_products_of_a_sound_device_are_right_and_alike(dtype: str) -> None:
    one = started(dtype)
    wait_until(lambda: one.products > 3 or one.ended)
    one.stop()
    assert one.failure is None
    assert one.wrong == 0
    assert one.relative_error is not None
    assert one.relative_error < {"float64": 1e-14, "float32": 1e-6}.get(dtype, 2e-2)
    assert one.gflop == pytest.approx(one.products * 2 * 64**3 / 1e9)


def test_one_flipped_bit_is_seen() -> None:
    calls = 0

    def unsound(side: int, draw: Draw) -> Callable[[], torch.Tensor]:
        right = product(side, side, side, draw).call

        def call() -> torch.Tensor:
            nonlocal calls
            calls += 1
            result = right()
            if calls == 20:
                result.view(torch.int32)[3, 5] ^= 1
            return result

        return call

    one = started(make=unsound)
    wait_until(lambda: calls > 30)
    one.stop()
    assert one.wrong == 1


def test_a_device_that_is_wrong_from_the_first_product_on_is_seen() -> None:
    def wrong(side: int, draw: Draw) -> Callable[[], torch.Tensor]:
        right = product(side, side, side, draw).call
        return lambda: right().mul(1.01)

    one = started(make=wrong)
    wait_until(lambda: one.products > 0)
    one.stop()
    assert one.relative_error == pytest.approx(0.01, rel=0.1)


def test_a_device_that_fails_says_why() -> None:
    def failing(side: int, draw: Draw) -> Callable[[], torch.Tensor]:
        def call() -> torch.Tensor:
            raise RuntimeError("CUDA error: an illegal instruction was encountered\nmore lines")

        return call

    one = started(make=failing)
    wait_until(lambda: one.ended)
    assert one.failure == "CUDA error: an illegal instruction was encountered"


def test_it_rests_while_nobody_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "PATIENCE_S", 0.2)
    calls = 0

    def counted(side: int, draw: Draw) -> Callable[[], torch.Tensor]:
        right = product(side, side, side, draw).call

        def call() -> torch.Tensor:
            nonlocal calls
            calls += 1
            return right()

        return call

    one = started(make=counted)
    seen = [-1]

    def stands_still() -> bool:
        seen.append(calls)
        return seen[-1] == seen[-2] and calls > 0

    wait_until(stands_still)
    before = calls
    one.renew()
    wait_until(lambda: calls > before)
    one.stop()
