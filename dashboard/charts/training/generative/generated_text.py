"""Text that a network writes."""

from __future__ import annotations

import textwrap

import altair as alt
import numpy as np
import pandas as pd

from core.events import Picture
from dashboard.charts.pixels import ORANGE

CHARACTERS_IN_A_ROW, TEXT_ROWS = 44, 12  # fits a phone
_ORANGE = f"rgb{ORANGE}"


def generated_text_chart(picture: Picture) -> alt.LayerChart:
    """Text that the network wrote, after the text of the test split that it was given to continue."""
    given, written = (_rows(picture.values[name]) for name in ("prompt", "text"))
    table = pd.DataFrame({"text": [*given, *written][:TEXT_ROWS]})
    table["row"] = np.arange(len(table))
    table["given"] = table["row"] < len(given)
    chart = (
        alt.Chart(table)
        .mark_text(align="left", font="monospace", fontSize=13)
        .encode(
            x=alt.value(0),
            y=alt.Y("row:O", axis=None, scale=alt.Scale(domain=list(range(TEXT_ROWS)))),
            text="text:N",
            color=alt.when(alt.datum.given).then(alt.value("gray")).otherwise(alt.value(_ORANGE)),
        )
    )
    subtitle = "Gray was given; the network wrote the rest, a character at a time."
    title = alt.Title("Generated text", subtitle=subtitle, subtitleColor="gray")
    return alt.LayerChart(layer=[chart], title=title, height=20 * TEXT_ROWS + 60)


def _rows(text: str) -> list[str]:
    """Rows of at most 44 characters, a new one after each line end."""
    lines = visible(text).replace("⏎", "⏎\n").split("\n")
    wrap = textwrap.TextWrapper(CHARACTERS_IN_A_ROW, drop_whitespace=False, break_on_hyphens=False)
    return [row for line in lines for row in wrap.wrap(line)]


def visible(text: str) -> str:
    """Line ends as a sign, so that a text keeps its length."""
    return text.replace("\n", "⏎")
