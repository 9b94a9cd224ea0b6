"""What follows a run that has ended, out of its film: a branch from any step, and panels drawn afterwards."""

from __future__ import annotations

import secrets
from dataclasses import replace

import streamlit as st

from core.errors import InvalidRequest
from core.records import from_record
from core.runs.status import FAILED
from core.runs.store import Run
from core.training import TrainConfig
from core.training.drawn_from_weights import MAP, drawn_from_weights
from core.training.settings import applies
from core.training.snapshots import SNAPSHOTS, redrawable
from dashboard.components import runs

# What decides the shapes of a network's layers, beside its options and its data, which the training checks.
SHAPES = ("model", "hidden")


def branch(run: Run, config: TrainConfig, step: int | None) -> None:
    """A training with the settings chosen now that starts from the frame at this step of the film."""
    frame = runs.runner().store.frame_step(run.id, step)
    ran = config_of(run)
    if frame is None or ran is None:
        return
    others = [name for name in SHAPES if getattr(config, name) != getattr(ran, name)]
    help_text = (
        "A new run that starts from the weights of the step at which the film stands, with the settings "
        "chosen now and a fresh optimizer."
    )
    if others:
        help_text = f"Its weights fit no network with another setting of {others[0].replace('_', ' ')}."
    if st.button(
        "Branch from the film's step", icon=":material/call_split:", disabled=bool(others), help=help_text
    ):
        start(replace(config, start_from=run.id, start_step=frame, resume_from=None))


def same_weights(run: Run, config: TrainConfig) -> None:
    """A training with the settings chosen now and the first weights of this run."""
    ran = config_of(run)
    if ran is None or not applies("weights_seed", config.model, config.data):
        return
    if st.button(
        "Same weights again",
        icon=":material/replay:",
        help="A new run with the settings chosen now, from the same first weights and on the same data.",
    ):
        start(
            replace(
                config,
                seed=ran.seed,
                weights_seed=ran.weights_seed,
                start_from=ran.start_from,
                start_step=ran.start_step,
            )
        )


def new_weights(run: Run, config: TrainConfig) -> None:
    """A training with the settings chosen now and other first weights."""
    ran = config_of(run)
    if ran is None or not applies("weights_seed", config.model, config.data):
        return
    if st.button(
        "New weights",
        icon=":material/casino:",
        help="A new run with the settings chosen now, from other random weights, on the same data.",
    ):
        start(replace(config, seed=ran.seed, weights_seed=secrets.randbelow(2**31)))


def start(config: TrainConfig) -> None:
    """Start the training, and show it."""
    runs.start("training", config)
    st.rerun()


def more_panels(run: Run) -> None:
    """A choice of snapshots to be drawn at each of the film's frames."""
    keys = drawable(run)
    if not keys or runs.runner().store.frame_step(run.id) is None:
        return
    recorded = runs.runner().store.pictures(run.id)
    with st.popover(
        "More panels", icon=":material/add_photo_alternate:", help="Draw snapshots of each step of the film."
    ):
        chosen = st.multiselect(
            "Snapshots",
            keys,
            [key for key in keys if key not in recorded],
            format_func=lambda key: SNAPSHOTS[key].label,
            key=f"more_panels_of_{run.id}",
            help="Those that were not recorded are chosen; others have then a picture of every frame.",
        )
        running = drawing_key(run) in st.session_state
        if st.button("Draw them", icon=":material/brush:", disabled=not chosen or running):
            draw_film(run, chosen)


def draw_film(run: Run, keys: list[str]) -> None:
    """Ask a worker for these snapshots of each frame; follow_drawing() shows how far it is."""
    asked = {"run_id": run.id, "store_file": str(runs.runner().store.path), "snapshots": keys}
    st.session_state[drawing_key(run)] = runs.runner().submit("film", asked)
    st.rerun()


def follow_drawing(run: Run) -> None:
    """How far the drawing is that was asked for, or why it failed."""
    job_id = st.session_state.get(drawing_key(run))
    job = runs.runner().store.get(job_id) if job_id else None
    if job is None:
        return
    if not job.ended:
        st.caption("Drawing the film’s steps:")
        runs.follow(job, lambda _run, _events, _pictures: None)
        return
    del st.session_state[drawing_key(run)]
    if job.status == FAILED:
        st.error(job.message or "The film could not be drawn.")


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
