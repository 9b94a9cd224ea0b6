"""The loss landscape around the weights of a run that has ended: a button, and its charts."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.events import Picture
from core.models import MODELS
from core.runs.status import FINISHED
from core.runs.store import Run
from dashboard.charts.landscape import landscape_chart, sharpness_chart
from dashboard.components import runs


def ask(run: Run) -> None:
    """A button that starts the job, once the run has ended and where it has a loss and weights."""
    if MODELS[run.config["model"]].learner != "supervised" or run.pruned_at is not None:
        return
    store = runs.runner().store
    asked = st.button(
        "Loss landscape",
        icon=":material/landscape:",
        help="The loss around these weights along two random directions, and how sharp it is: the largest "
        "eigenvalue of its Hessian, beside 2 / learning rate.",
        disabled=not run.ended or not store.can_resume(run.id) or _key(run) in st.session_state,
    )
    if asked:
        config = {"run_id": run.id, "store_file": store.place}
        st.session_state[_key(run)] = runs.submit("landscape", config)
        st.rerun()


def follow(run: Run) -> None:
    """The job's state and charts, where it was asked for."""
    job = st.session_state.get(_key(run))
    job = runs.runner().store.get(job) if job else None
    if job:
        # Done, its charts say all; a second state above the run's own would be taken for that.
        runs.follow(job, _draw, show_state=job.status != FINISHED)


def _draw(_run: Run, records: list[dict[str, Any]], _pictures: dict[str, Picture]) -> None:
    if not records:
        return
    completed = records[-1]
    left, right = st.columns(2)
    with left:
        st.altair_chart(landscape_chart(completed), key="landscape")
    with right:
        if completed["sharpness"] is None:
            st.caption("This network has no second derivative here, so its sharpness is not known.")
        else:
            st.altair_chart(sharpness_chart(completed), key="sharpness")
        st.caption(
            f"Over {completed['samples']:,} samples of the training split, loss {completed['loss']:.4f}; "
            "filter-normalized directions as in [Li et al. 2018](https://arxiv.org/abs/1712.09913), the edge "
            "of stability as in [Cohen et al. 2021](https://arxiv.org/abs/2103.00065)."
        )


def _key(run: Run) -> str:
    return f"landscape_of_{run.id}"
