"""The learning rate of a run: its curve, and the control that changes it on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from core.runs.store import Run
from core.training.schedules import SCHEDULES, learning_rate
from core.training.settings import SETTINGS
from dashboard.charts.training.curves import rate_chart
from dashboard.components import runs

POINTS = 200  # of the curve

Records = Sequence[Mapping[str, Any]]


def draw_rate(
    run: Run,
    started: Mapping[str, Any],
    epochs: Sequence[Mapping[str, Any]],
    changes: Sequence[Mapping[str, Any]],
) -> None:
    """Its curve over all epochs, where it does not stay as it is. changes: "setting_changed" records."""
    schedule = run.config["schedule"]
    if schedule == "constant" and not _of_rate(changes):
        return
    total, steps_per_epoch = started["epochs"], started["steps_per_epoch"]
    steps = sorted({round(total * steps_per_epoch * n / POINTS) for n in range(POINTS + 1)})
    rates = [(step / steps_per_epoch, rate_at(run, started, changes, step)) for step in steps]
    done = epochs[-1]["epoch"] if epochs else 0
    st.altair_chart(rate_chart(rates, done, SCHEDULES[schedule].name), key="rate")


def change_rate(
    run: Run,
    started: Mapping[str, Any],
    epochs: Sequence[Mapping[str, Any]],
    changes: Sequence[Mapping[str, Any]],
) -> None:
    """The control of a running run, which says the rate that is in force as well."""
    asked = next((value for _, value in reversed(_of_rate(changes))), run.config["learning_rate"])
    key = f"learning_rate_now_{run.id}"
    options = sorted({*SETTINGS["learning_rate"].offered, asked, st.session_state.get(key, asked)})
    st.select_slider(
        "Learning rate from now on",
        options,
        asked,
        key=key,
        on_change=runs.change,
        args=(run.id, "learning_rate", key),
        help="Takes effect within half a second.",
    )
    if run.config["schedule"] != "constant":
        step = epochs[-1]["step"] if epochs else 0
        in_force = rate_at(run, started, changes, step)
        st.caption(f"In force at step {step:,}: {in_force:.3g}, by the schedule.")


def rate_at(run: Run, started: Mapping[str, Any], changes: Records, step: int) -> float:
    """The learning rate of the step after this one."""
    config, steps = run.config, started["epochs"] * started["steps_per_epoch"]
    return learning_rate(step, steps, config["schedule"], config["learning_rate"], _of_rate(changes))


def _of_rate(changes: Records) -> list[tuple[int, float]]:
    """After which step it was changed, and to what."""
    return [(change["step"], change["after"]) for change in changes if change["setting"] == "learning_rate"]
