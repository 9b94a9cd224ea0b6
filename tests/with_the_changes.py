"""What the changes of CONTRIBUTING add is of use; test_docs.py runs this in a copy that has them all."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.paths import VARIABLE
from core.timing.__main__ import main as timing
from core.training.__main__ import main as training

APP = Path(__file__).parents[1] / "dashboard" / "main.py"

Printed = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Printed:
    """printed(main, line): the JSON lines of a command line that ends well."""

    def printed(main: Callable[[list[str]], int], line: str) -> list[dict[str, Any]]:
        assert main([*line.split(), "--json"]) == 0
        return [json.loads(text) for text in capsys.readouterr().out.splitlines()]

    return printed


def test_added_activation_data_set_and_model_train_from_the_command_line(printed: Printed) -> None:
    last = printed(training, "residual --data band --hidden 16,16 --activation squareplus")[-1]
    assert last["value"] > 0.9  # accuracy; a network that learned nothing has 0.5


def test_added_setting_and_snapshot_are_asked_for_from_the_command_line(printed: Printed) -> None:
    asked = "--set patience=2 --set min_delta=100 --set snapshots=weight_norms"
    assert printed(training, f"mlp {asked}")[-1]["reason"] == "plateau"


def test_added_workload_is_timed_from_the_command_line(printed: Printed) -> None:
    records = printed(timing, "run add --sizes 1000 --max-seconds 0.05")
    taken = [record for record in records if record["event"] == "measurement_taken"]
    assert [(record["workload"], record["size"]) for record in taken] == [("add", 1000)]


def test_added_page_opens_and_lists_the_added_activation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()  # in place of the data folder, so that no worker starts for what only reads
    monkeypatch.setenv(VARIABLE, str(tmp_path / "file"))
    page = AppTest.from_file(str(APP), default_timeout=60).run()
    page.switch_page("views/papers.py").run()
    assert not page.exception
    assert page.title[0].value == "Papers"
    assert "Barron" in page.table[0].value.to_string()
