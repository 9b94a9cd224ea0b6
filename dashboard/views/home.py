"""Home: what this machine has, live, and the doors to the other pages."""

from __future__ import annotations

from functools import partial
from itertools import cycle
from pathlib import Path

import streamlit as st

from core import devices
from core.devices import Device
from dashboard.charts.home import activations_door, utilisation_door
from dashboard.components import machine
from dashboard.components.machine import REFRESH_S, Gauge, Readings

SPIRALS = Path(__file__).parent.parent / "pictures" / "two_spirals.png"

QUESTIONS = {
    "Why does a signal die out, or blow up, in a deep network?": ("views/depth.py", ":material/layers:"),
    "What is left of a network without an activation function?": (
        "views/without.py",
        ":material/filter_none:",
    ),
    "When does a unit die, and does it ever come back?": ("views/dying.py", ":material/heart_broken:"),
    "Where on its function does a network work while it learns?": (
        "views/inside.py",
        ":material/query_stats:",
    ),
    "Is one setting better than another, or was it luck?": (
        "views/compare.py",
        ":material/stacked_line_chart:",
    ),
    "What becomes of a function in 16 and in 8 bits?": ("views/precision.py", ":material/straighten:"),
    "What does a function cost on this machine?": ("views/cost.py", ":material/payments:"),
    "What can a neuron draw, and what a small network?": ("views/surfaces.py", ":material/landscape:"),
}


@st.cache_resource(show_spinner=False)
def gauge() -> Gauge:
    """The one gauge of this server."""
    return Gauge()


@st.fragment(run_every=REFRESH_S)
def show_machine() -> None:
    """One card a device with its figures now, and the reason where there is no GPU."""
    readings = gauge().look()[-1].readings
    shown = gauge().devices
    cards = [partial(show_device, device, readings[device.id]) for device in shown]
    if len(cards) == 1:
        cards.append(partial(tell_why_no_gpu))
    for start in range(0, len(cards), 2):
        for place, card in zip(st.columns(2), cards[start : start + 2], strict=False):
            with place.container(border=True, height="stretch"):
                card()
    absent = devices.absent()
    for kind in {device.kind for device in shown} & absent.keys():
        st.warning(f"{absent[kind]}, so PyTorch cannot use it.")


def show_device(device: Device, readings: Readings) -> None:
    """Who the device is and what it reports."""
    st.markdown(f"**{device.name}** :gray-badge[{devices.KINDS[device.kind]}]")
    st.caption(machine.facts(device))
    with st.container(horizontal=True, gap="medium"):
        for label, value, remark in machine.figures(readings):
            st.metric(label, value, remark, delta_color="off", delta_arrow="off", width="content")
    for cause in machine.held_down(readings):
        st.badge(f"Slowed down by {cause}", icon=":material/warning:", color="orange")
    st.caption(machine.silent(readings))


def tell_why_no_gpu() -> None:
    """What is missing, why, and what that means."""
    st.markdown("**No GPU** :gray-badge[CPU only]")
    st.caption("Everything works on the CPU; networks of this size train on it in seconds.")
    reasons = [f"{devices.KINDS[kind]}: {reason}." for kind, reason in devices.absent().items()]
    st.caption(reasons[0], help="  \n".join(reasons[1:]))


@st.fragment(run_every=REFRESH_S)
def show_utilisation() -> None:
    """The last two minutes of every device."""
    samples = gauge().look()
    now_s = samples[-1].at_s
    percent = {
        machine.short_name(device): [sample.readings[device.id]["utilisation"].value for sample in samples]
        for device in gauge().devices
    }
    chart = utilisation_door([sample.at_s - now_s for sample in samples], percent)
    st.altair_chart(chart, key="utilisation", alt="Utilisation of each device over the last two minutes")


def show_way_back(job: str, view: str) -> None:
    """A link to the run that this session started last, if it did."""
    run_id = st.session_state.get(f"{job}_run")
    if run_id:
        label, icon = "Back to your last run", ":material/history:"
        st.page_link(view, label=label, icon=icon, query_params={"run": run_id})


def show_questions() -> None:
    """Questions, each a way to the page that answers it by an experiment."""
    st.subheader("Or find out")
    columns = cycle(st.columns(2))
    for question, (view, icon) in QUESTIONS.items():
        next(columns).page_link(view, label=question, icon=icon)


st.title("Nablascope")
st.markdown(
    "See what deep learning is made of. New here? Open **Activations**, move a slider and watch the slopes; "
    "then let a network learn on **Train**, and see how fast this machine is on **Benchmark**."
)

place_for_machine = st.container()
activations, train, benchmark = (column.container(border=True, height="stretch") for column in st.columns(3))

with activations:
    st.page_link("views/activations.py", label="**Activations**", icon=":material/ssid_chart:")
    st.caption("Curve, slope, formula and source of each activation function.")
    st.altair_chart(activations_door(), key="activations", alt="Curves of Sigmoid, Tanh and ReLU")
with train:
    st.page_link("views/train.py", label="**Train**", icon=":material/play_circle:")
    st.caption("Networks that learn before your eyes: two moons, handwritten digits, a temperature series.")
    st.image(SPIRALS, width="stretch", alt="The map that a small network learned of two spiral arms")
    show_way_back("training", "views/train.py")
with benchmark:
    st.page_link("views/benchmark.py", label="**Benchmark**", icon=":material/speed:")
    st.caption("How many operations a second this machine does, by size and precision.")
    show_utilisation()
    show_way_back("timing", "views/benchmark.py")

show_questions()

with place_for_machine:
    show_machine()
