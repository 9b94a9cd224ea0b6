"""The pages that use a GPU, where the only card is a slice of one (MIG) or AMD's."""

from __future__ import annotations

import sys

import pytest

from core import devices
from tests.dashboard.conftest import open_view, own_runner, page_home  # noqa: F401
from tests.simulated_gpu.inside.test_pages import assert_measured_on, assert_trained_on

pytestmark = pytest.mark.usefixtures("own_runner")


def card() -> devices.Device:
    (_cpu, found) = devices.usable()
    return found


def test_home_names_the_card_and_imports_no_torch() -> None:
    assert card().id == "cuda:0"
    opened = open_view("../main")
    assert card().name in " ".join(element.value for element in opened.markdown)
    assert "torch" not in sys.modules


def test_a_click_on_benchmark_measures_it() -> None:
    assert_measured_on("cpu", "cuda:0")


def test_a_click_on_train_trains_on_it() -> None:
    assert_trained_on("cuda:0")
