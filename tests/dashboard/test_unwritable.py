"""Where the data folder cannot be written a page says which one, and what needs no store works."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.paths import VARIABLE
from dashboard.components.markdown import escaped

APP = Path(__file__).parents[2] / "dashboard" / "main.py"


@pytest.mark.parametrize("page", ["curves", "train"])
def test_the_folder_is_named_and_functions_can_be_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    (tmp_path / "file").write_text("in its place")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "file"))
    opened = AppTest.from_file(str(APP), default_timeout=120).run()
    opened = opened.switch_page(f"views/{page}.py").run()
    assert not opened.exception
    assert escaped(str(tmp_path / "file")) in opened.warning[0].value
    if page == "curves":
        assert any("Sigmoid" in card.value for card in opened.markdown)


@pytest.mark.usefixtures("own_runner")
def test_a_click_while_the_folder_cannot_be_written_says_so_and_leaves_the_settings(
    page_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = AppTest.from_file(str(APP), default_timeout=120).run()
    opened = opened.switch_page("views/train.py").run()
    opened.number_input(key="epochs").set_value(7).run()
    (tmp_path / "file").write_text("in the place of the folder that was there")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "file"))
    opened.button[0].click().run()
    assert not opened.exception
    assert escaped(f"The data folder '{tmp_path / 'file'}' cannot be written") in opened.warning[0].value
    monkeypatch.setenv(VARIABLE, str(page_home))
    opened.run()
    assert opened.number_input(key="epochs").value == 7
