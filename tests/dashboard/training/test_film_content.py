"""What the film of a training shows."""

from __future__ import annotations

from core.training.snapshots import applicable, defaults
from dashboard.training.film_content import main_snapshot


def test_the_main_panel_is_of_one_step_and_not_of_the_data() -> None:
    assert main_snapshot(defaults("gan", "ring")) == "generated"
    assert main_snapshot(applicable("q_table", "frozen_lake")) == "episode"
    assert main_snapshot(["layer_norms", "confusion"]) == "confusion"
    assert main_snapshot(["points", "layer_norms"]) == "layer_norms"
    assert main_snapshot(["points"]) is None
