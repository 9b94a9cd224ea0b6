"""The list of pages: what the menu, the headings and Home say is the same."""

from __future__ import annotations

from pathlib import Path

import altair as alt
import pytest
from streamlit.testing.v1 import AppTest

import dashboard.charts.theme  # noqa: F401  switches the check of charts off
from dashboard.pages import PAGES

DASHBOARD = Path(__file__).parents[2] / "dashboard"


def test_every_view_is_a_page_and_every_page_a_view() -> None:
    assert {path.stem for path in (DASHBOARD / "views").glob("[a-z]*.py")} == set(PAGES)


def test_titles_questions_and_icons_are_not_used_twice() -> None:
    for field in ("title", "question", "icon"):
        assert len({getattr(page, field) for page in PAGES.values()}) == len(PAGES), field


def test_every_page_opens_without_an_exception_under_its_title(
    own_runner: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(alt.TopLevelMixin, "validate")  # its charts are checked here, which costs pages time
    for page in PAGES.values():
        opened = AppTest.from_file(str(DASHBOARD / "main.py"), default_timeout=120)
        opened.switch_page(page.file).run()
        assert not opened.exception, page.key
        assert [title.value for title in opened.title] == [page.title]
