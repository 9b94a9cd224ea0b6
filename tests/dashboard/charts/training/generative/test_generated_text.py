"""The chart of text shows it as it was written."""

from __future__ import annotations

from core.events import Picture
from dashboard.charts.training.generative.generated_text import generated_text_chart
from tests.dashboard.charts.training.rows import rows


def test_text_is_shown_as_it_was_written_as_far_as_there_is_room() -> None:
    values = {"prompt": "It is a", "text": " text.\n\nOf lines, " + "and of more lines, " * 40}
    shown = rows(generated_text_chart(Picture("generated_text", 0, {}, values)))
    written = "".join(row["text"] for row in shown if not row["given"])
    assert written
    assert values["text"].replace("\n", "⏎").startswith(written)
    assert len(shown) == 12
    assert max(len(row["text"]) for row in shown) <= 44
