"""Where the data folder cannot be written a page says which one, and what needs no store works."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.paths import VARIABLE

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
    assert str(tmp_path / "file") in opened.warning[0].value
    if page == "curves":
        assert any("Sigmoid" in card.value for card in opened.markdown)
