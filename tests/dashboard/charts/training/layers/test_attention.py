"""The chart of attention has a panel for each head, and says what each step reads most."""

from __future__ import annotations

import numpy as np

from core.events import Picture
from dashboard.charts.training.layers.attention import attention_chart
from tests.dashboard.charts.training.rows import rows


def picture(heads: int) -> Picture:
    """Two layers whose heads read the step before, all of it."""
    weights = np.zeros((2, heads, 5, 5), np.float32)
    for step in range(5):
        weights[..., step, max(0, step - 1)] = 1
    return Picture("attention", 7, {"weights": weights}, {"steps": [*"ab c\n"], "features": []})


def test_each_head_has_a_panel_of_its_own() -> None:
    panels = [row for row in rows(attention_chart(picture(6))) if "url" in row]
    assert len({panel["name"] for panel in panels}) == len(panels) == 12
    assert len({(panel["left"], panel["top"]) for panel in panels}) == 12
    assert max(panel["right"] for panel in panels) < 4.2  # four beside each other


def test_the_pointer_says_what_a_step_reads() -> None:
    read_out = [row for row in rows(attention_chart(picture(1))) if "reads" in row]
    assert len(read_out) == 2 * 5
    third = next(row for row in read_out if (row["name"], row["step"]) == ("Block 2, head 1", 4))
    assert (third["symbol"], third["reads"]) == ("c", "  at step 3 (100%)")
