"""Devices at work together: what cannot be asked, and what the rates of turns say."""

from __future__ import annotations

import pytest

from core.timing.__main__ import main
from core.timing.together.events import PRODUCTS, TRANSFERS
from core.timing.together.job import _result

ALONE = [100.0, 101.0, 99.0, 100.0, 100.5, 99.5, 100.0, 100.0]
BOTH = ["cuda:0", "cuda:1"]


@pytest.mark.parametrize(
    ("work", "factor", "said"),
    [
        (PRODUCTS, 0.8, "80% of its own rate while cuda:1 does the same: they share power"),
        (TRANSFERS, 0.5, "they share a link"),
        (PRODUCTS, 1.0, "as fast beside cuda:1 as alone"),
    ],
)
def test_the_interval_decides_whether_a_device_shares(work: str, factor: float, said: str) -> None:
    found = _result(work, "cuda:0", BOTH, ALONE, [factor * rate for rate in ALONE])
    assert found.low <= found.ratio <= found.high
    assert found.ratio == pytest.approx(factor)
    assert said in found.says


def test_rates_that_scatter_say_nothing() -> None:
    scattered = [40.0, 160.0, 90.0, 120.0, 60.0, 140.0, 95.0, 105.0]
    assert "unsure" in _result(PRODUCTS, "cuda:0", BOTH, ALONE, scattered).says


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ([], "two are needed"),
        (["--devices", "cpu"], "two different ones"),
        (["--devices", "cpu,cpu"], "two different ones"),
        (["--devices", "cpu,cuda:99"], "Nothing was measured"),
        (["--devices", "cpu,abacus"], "abacus"),
        (["--devices", "cpu,cuda:99", "--seconds", "0"], "seconds 0"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(
    asked: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["together", *asked]) == 2
    assert said in capsys.readouterr().err
