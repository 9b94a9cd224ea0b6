"""Charts that these tests make are checked against Vega-Lite's schema, which pages leave out."""

from __future__ import annotations

import altair as alt
import pytest

import dashboard.charts.theme  # noqa: F401  switches the check off


@pytest.fixture(autouse=True)
def checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library's own check."""
    monkeypatch.delattr(alt.TopLevelMixin, "validate")
