"""The layout of pages: the heading, and on a page that starts runs the task and its button on top.

On a phone the results come before the settings, and so just below the button; buttons of one row stay in it.
"""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.runs.store import Run
from dashboard.components import runs
from dashboard.components.visitor import is_shared, visitor
from dashboard.pages import PAGES

ON_A_PHONE = """<style>
@media (max-width: 640px) {
  .st-key-below-task > [data-testid="stLayoutWrapper"] > [data-testid="stHorizontalBlock"] {
    flex-direction: column-reverse;
    > * { width: 100%; }
  }
  .st-key-task [data-testid="stColumn"] :has(> [data-testid="stSpace"]) { display: none; }
  .st-key-one-row {
    flex-wrap: nowrap;
    overflow-x: auto;
    padding: 4px;  /* for the ring of what has the focus */
    margin: -4px;
    > * { flex: none; }
  }
}
</style>"""


@dataclass(frozen=True)
class PageLayout:
    """Empty containers of a page that starts runs."""

    task: list[DeltaGenerator]  # one for each control that says what is to be done
    button: DeltaGenerator
    errors: DeltaGenerator  # right below the task
    settings: DeltaGenerator
    results: DeltaGenerator


def heading(key: str, introduction: str = "") -> None:
    """The page's title, and what it is about."""
    st.title(PAGES[key].title)
    if introduction:
        st.markdown(introduction)
    if key in runs.VIEW_OF_JOB.values():
        say_quota()
    runs.say_refusal()


def say_quota() -> None:
    """On a shared server, how many runs the visitor may have, before one is refused."""
    if is_shared():
        limit = runs.runner().quota.of_owner
        count = runs.runner().store.open_runs_of(visitor().owner)
        st.caption(
            f":material/groups: A shared server: up to {limit} of your runs at once, {count} open now."
        )


def page_layout(controls: int) -> PageLayout:
    """Lay the page out, with room for so many controls beside the button."""
    st.html(ON_A_PHONE)
    with st.container(border=True, key="task"):
        *task, button = st.columns([1] * controls + [0.6], gap="medium")
        errors = st.container()
    with st.container(key="below-task"):
        settings, results = st.columns([1, 2.6], gap="medium")
    return PageLayout(task, button, errors, settings.container(border=True), results)


def one_row() -> DeltaGenerator:
    """Room for buttons in a row, the most used first; on a phone the row is pulled sideways."""
    return st.container(horizontal=True, key="one-row")


def start_button(container: DeltaGenerator, run: Run | None, ready: bool) -> bool:
    """The button that starts a run; True when it was just pressed."""
    container.space("small")  # level with the controls, which have a label above them
    label, icon = "Start again" if run else "Start", ":material/play_arrow:"
    # By its key it stays one button whatever it is called; two would show for a moment, and move the page.
    return container.button(
        label, key="start_button", type="primary", icon=icon, disabled=not ready, width="stretch"
    )
