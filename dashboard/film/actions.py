"""What follows a run that has ended: another one from weights of its film, and panels drawn afterwards."""

from __future__ import annotations

import secrets
from dataclasses import replace

import streamlit as st

from core.errors import InvalidRequest
from core.records import from_record
from core.runs.store import Run
from core.training import TrainConfig
from core.training.film.drawn_from_weights import MAP, drawn_from_weights
from core.training.settings import applies
from core.training.snapshots import SNAPSHOTS, redrawable
from dashboard.components import runs

WHEN_ENDED = "When the run has ended."
NOT_POSSIBLE = "The settings chosen now are not possible."

# What decides the shapes of a network's layers, beside its options and its data, which the training checks.
SHAPES = ("model", "hidden")


def start_from(run: Run, config: TrainConfig | None, step: int | None) -> None:
    """New runs with the settings chosen now, from weights that this run had or from others.

    step: at which the film stands; None for its end.
    """
    with st.popover(
        "Branch",
        icon=":material/call_split:",
        disabled=not run.ended,
        help=None if run.ended else WHEN_ENDED,
    ):
        ran = config_of(run)
        if config is None or ran is None:
            st.caption(NOT_POSSIBLE)
            return
        st.caption("A new run with the settings chosen now, which starts from:")
        _from_a_frame(run, ran, config, step)
        if applies("weights_seed", config.model, config.data):
            _from_the_same_weights(ran, config)
            _from_new_weights(ran, config)


def _from_a_frame(run: Run, ran: TrainConfig, config: TrainConfig, step: int | None) -> None:
    frame = runs.runner().store.frame_step(run.id, step)
    others = [name for name in SHAPES if getattr(config, name) != getattr(ran, name)]
    help_text = "Choose the step in the film. The optimizer starts fresh, and steps count from 0 again."
    if frame is None:
        help_text = "This run has no film: its network is too large for one, or it was pruned."
    elif others:
        help_text = f"Its weights fit no network with another setting of {others[0].replace('_', ' ')}."
    impossible = frame is None or bool(others)
    if st.button(
        "The film’s step", icon=":material/movie:", disabled=impossible, help=help_text, width="stretch"
    ):
        start(replace(config, start_from=run.id, start_step=frame, resume_from=None))


def _from_the_same_weights(ran: TrainConfig, config: TrainConfig) -> None:
    help_text = "On the same data; with the same settings it is the same run again."
    if st.button("Same weights again", icon=":material/replay:", help=help_text, width="stretch"):
        start(
            replace(
                config,
                seed=ran.seed,
                weights_seed=ran.weights_seed,
                start_from=ran.start_from,
                start_step=ran.start_step,
            )
        )


def _from_new_weights(ran: TrainConfig, config: TrainConfig) -> None:
    help_text = "Other random weights, on the same data in the same order."
    if st.button("New weights", icon=":material/casino:", help=help_text, width="stretch"):
        start(replace(config, seed=ran.seed, weights_seed=secrets.randbelow(2**31)))


def start(config: TrainConfig) -> None:
    """Start the training, and show it."""
    runs.start("training", config)
    st.rerun()


def more_panels(run: Run) -> None:
    """A choice of snapshots to be drawn at each of the film's frames."""
    help_text = "Draws snapshots at each step of the film, also those that were not recorded."
    with st.popover(
        "More panels",
        icon=":material/add_photo_alternate:",
        disabled=not run.ended,
        help=help_text if run.ended else WHEN_ENDED,
    ):
        keys = drawable(run)
        if not keys or runs.runner().store.frame_step(run.id) is None:
            st.caption("This run has no film to draw: its network is too large for one, or it was pruned.")
            return
        recorded = runs.runner().store.pictures(run.id)
        chosen = st.multiselect(
            "Snapshots",
            keys,
            [key for key in keys if key not in recorded],
            format_func=lambda key: SNAPSHOTS[key].label,
            key=f"more_panels_of_{run.id}",
            help="Those that were not recorded are chosen; others get a picture of every frame.",
        )
        job = drawing_job(run)
        drawing = job is not None and not job.ended
        if st.button("Draw them", icon=":material/brush:", disabled=not chosen or drawing):
            draw_film(run, chosen)
        follow_drawing(run)


def draw_film(run: Run, keys: list[str]) -> None:
    """Ask a worker for these snapshots of each frame; follow_drawing() shows how far it is."""
    asked = {"run_id": run.id, "store_file": runs.runner().store.place, "snapshots": keys}
    st.session_state[drawing_key(run)] = runs.submit("film", asked)
    st.rerun()


def follow_drawing(run: Run) -> None:
    """How far the drawing is that was asked for, or why it failed."""
    job = drawing_job(run)
    if job is None:
        return
    runs.follow(job, lambda _run, _events, _pictures: None)
    if job.ended:  # the next drawing may begin
        del st.session_state[drawing_key(run)]


def drawing_job(run: Run) -> Run | None:
    """The job that was asked to draw this run's film."""
    job_id = st.session_state.get(drawing_key(run))
    return runs.runner().store.get(job_id) if job_id else None


def drawing_key(run: Run) -> str:
    """Under which the session knows the job that draws this run's film."""
    return f"drawing_of_{run.id}"


def drawable(run: Run) -> list[str]:
    """The snapshots of a run that its frames can be drawn as, without what the player draws itself."""
    ran = config_of(run)
    if ran is None:
        return []
    keys = [key for key in redrawable(ran.model, ran.data) if not SNAPSHOTS[key].once]
    return [key for key in keys if key != MAP or not drawn_from_weights(ran, 0)]


def config_of(run: Run) -> TrainConfig | None:
    """What the run was asked to do; None of a run of another version, with settings that are none here."""
    try:
        return from_record(TrainConfig, run.config)
    except InvalidRequest:
        return None


def say_start(ran: TrainConfig) -> None:
    """Where the first weights of a run came from, if not out of its seed."""
    if ran.start_from:
        step = "the last step" if ran.start_step is None else f"step {ran.start_step:,}"
        st.caption(
            f"It started from the weights of {step} of [another run](?run={ran.start_from}), with a fresh "
            "optimizer; its steps count from 0."
        )
