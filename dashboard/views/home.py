"""Home: what this machine has, live, and the way to the other pages."""

from __future__ import annotations

from datetime import date
from itertools import cycle
from pathlib import Path

import streamlit as st

from core.experiments.overview.registry import STATEMENTS
from dashboard.charts.home import activations_preview, utilisation_preview
from dashboard.components import machine, runs
from dashboard.components.layout import heading
from dashboard.components.machine_cards import draw_machine
from dashboard.live.charts import draw_shared
from dashboard.live.pace import pace
from dashboard.live.part import ask_for_readings
from dashboard.live.readings import mark_of_readings
from dashboard.pages import PAGES

SPIRALS = Path(__file__).parent.parent / "pictures" / "two_spirals.png"
# Statements to begin with, which a few seconds test.
ASKED = ("relu_gradients", "tanh_sigmoid", "linear_network", "dying_relu")
UTILISATION = "Utilisation of each device over the last two minutes"
PREVIEWS = ("curves", "train", "benchmark")


def draw_link(key: str, caption: str) -> None:
    """The way to a page that has a preview here."""
    st.page_link(PAGES[key].file, label=f"**{PAGES[key].title}**", icon=PAGES[key].icon)
    st.caption(caption)


@st.fragment
def draw_utilisation() -> None:
    """The last two minutes of every device, drawn once for all who look."""
    with pace.drawing():
        mark = mark_of_readings()
        draw_shared(
            st.container(),
            "utilisation",
            mark,
            lambda: utilisation_preview(machine.recent_utilisation()),
            UTILISATION,
        )
        ask_for_readings("utilisation", mark)


def draw_last_run(job: str, key: str) -> None:
    """A link to the run that this session started last, if it did."""
    run_id = runs.started_last(job)
    if run_id:
        label, icon = "Back to your last run", ":material/history:"
        st.page_link(PAGES[key].file, label=label, icon=icon, query_params={"run": run_id})


def draw_previews() -> None:
    """Three pages to begin with, each with a picture of what is there."""
    curves, train, benchmark = (column.container(border=True, height="stretch") for column in st.columns(3))
    with curves:
        draw_link("curves", "Curve, slope, formula and source of each activation function.")
        st.altair_chart(activations_preview(), key="activations", alt="Curves of Sigmoid, Tanh and ReLU")
    with train:
        draw_link(
            "train",
            "Networks that learn before your eyes: two moons, handwritten digits, a temperature series.",
        )
        st.image(SPIRALS, width="stretch", alt="The map that a small network learned of two spiral arms")
        draw_last_run("training", "train")
    with benchmark:
        draw_link("benchmark", "How many operations this machine does per second, by size and precision.")
        draw_utilisation()
        draw_last_run("timing", "benchmark")


def draw_statement() -> None:
    """One statement of the overview, another each day, to be answered and tested."""
    key = ASKED[date.today().toordinal() % len(ASKED)]
    with st.container(border=True):
        st.markdown(f"**True, false, or does it depend?** “{STATEMENTS[key].sentence}”")
        page = PAGES["overview"]
        st.page_link(
            page.file,
            label="**Say what you think, and test it**",
            icon=page.icon,
            query_params={"statement": key},
        )


def draw_questions() -> None:
    """Questions, each a link to the page that answers it."""
    st.header("Or find out")
    columns = cycle(st.columns(2))
    for key, page in PAGES.items():
        if key not in (*PREVIEWS, "home"):
            next(columns).page_link(page.file, label=page.question, icon=page.icon)


heading(
    "home",
    "See what deep learning is made of. New here? Open **Curves**, move a slider and watch the slopes; "
    "then let a network learn on **Train**, and see how fast this machine is on **Benchmark**.",
)
cards = st.container()
draw_previews()
draw_statement()
draw_questions()
with cards:
    draw_machine()
