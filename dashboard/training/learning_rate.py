"""The learning rate of a run: its curve, and the control that changes it on the way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.runs.store import Run
from core.training.schedules import SCHEDULES
from core.training.settings import SETTINGS
from dashboard.charts.drawing import Drawing
from dashboard.charts.training.curves import rate_drawing
from dashboard.components import runs
from dashboard.components.learning_rates import Records, changes_of_rate, rate_at
from dashboard.live.charts import draw_shared

POINTS = 200  # of the curve


def draw_rate(
    run: Run,
    started: Mapping[str, Any],
    epochs: Records,
    changes: Records,
) -> None:
    """Its curve over all epochs, where it does not stay as it is. changes: "setting_changed" records."""
    schedule = run.config["schedule"]
    if schedule == "constant" and not changes_of_rate(changes):
        return
    total, steps_per_epoch = started["epochs"], started["steps_per_epoch"]
    done = epochs[-1]["epoch"] if epochs else 0

    def drawing() -> Drawing:
        steps = sorted({round(total * steps_per_epoch * n / POINTS) for n in range(POINTS + 1)})
        rates = [
            (step / steps_per_epoch, rate_at(run.config, total * steps_per_epoch, changes, step))
            for step in steps
        ]
        return rate_drawing(rates, done, SCHEDULES[schedule].name)

    draw_shared(st.container(), "rate", (run.id, len(changes), done), drawing)


def change_rate(
    run: Run,
    started: Mapping[str, Any],
    epochs: Records,
    changes: Records,
) -> None:
    """The control of a running run, which says the rate that is in force as well."""
    asked = next((value for _, value in reversed(changes_of_rate(changes))), run.config["learning_rate"])
    key = f"learning_rate_now_{run.id}"
    options = sorted({*SETTINGS["learning_rate"].offered, asked, st.session_state.get(key, asked)})
    st.select_slider(
        "Learning rate from now on",
        options,
        asked,
        key=key,
        on_change=runs.change,
        args=(run.id, "learning_rate", key, asked),
        help="Takes effect within half a second.",
    )
    if run.config["schedule"] != "constant":
        step = epochs[-1]["step"] if epochs else 0
        planned = started["epochs"] * started["steps_per_epoch"]
        in_force = rate_at(run.config, planned, changes, step)
        st.caption(f"In force at step {step:,}: {in_force:.3g}, by the schedule.")
