"""GPUs are numbered as their driver numbers them, unless another order is set."""

from __future__ import annotations

import subprocess
import sys

import pytest

from core.device_order import VARIABLE, number_by_bus


def test_an_order_that_is_set_stays() -> None:
    environment = {VARIABLE: "FASTEST_FIRST"}
    number_by_bus(environment)
    assert environment[VARIABLE] == "FASTEST_FIRST"


def test_a_command_line_numbers_gpus_by_their_place_on_the_bus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    program = (
        "import os, sys; from core.commands.command_line import run_command;"
        f"run_command(lambda words: print(os.environ[{VARIABLE!r}]) or 0, None);"
        "assert 'torch' not in sys.modules"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "PCI_BUS_ID"
