"""Cards of this machine's devices with their live readings."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core import devices
from core.devices import Device
from dashboard.components import machine
from dashboard.components.machine import Readings
from dashboard.live.pace import pace
from dashboard.live.part import ask_for_readings
from dashboard.live.readings import mark_of_readings, poller


@st.fragment
def draw_machine() -> None:
    """A card for each device with its figures now, and the reason where there is no GPU."""
    with pace.drawing():
        mark = mark_of_readings()
        _draw_cards()
        ask_for_readings("machine", mark)


def _draw_cards() -> None:
    here = [state.snapshot for state in machine.watched().values() if state.lost_s is None]
    cards = [partial(draw_device, found.device, found.readings) for found in here]
    if len(cards) == 1:
        cards.append(partial(explain_missing_gpu))
    for start in range(0, len(cards), 2):
        for column, card in zip(st.columns(2), cards[start : start + 2], strict=False):
            with column.container(border=True, height="stretch"):
                card()
    for sentence in [*devices.warnings(), *poller().silences()]:
        st.warning(sentence)


def draw_device(device: Device, readings: Readings) -> None:
    """Who the device is and what it reports."""
    st.markdown(f"**{device.name}** :gray-badge[{devices.kind_name(device.kind)}]")
    st.caption(machine.facts(device))
    with st.container(horizontal=True, gap="medium"):
        for label, value, remark in machine.figures(readings):
            st.metric(label, value, remark, delta_color="off", delta_arrow="off", width="content")
    for cause in machine.throttled_by(readings):
        st.badge(f"Throttled by {cause}", icon=":material/warning:", color="orange")
    st.caption(machine.unreported(readings))


def explain_missing_gpu() -> None:
    """What is missing, why, and what that means."""
    st.markdown("**No GPU** :gray-badge[CPU only]")
    st.caption("Everything works on the CPU; networks of this size train on it in seconds.")
    reasons = [f"{devices.kind_name(kind)}: {reason}." for kind, reason in devices.absent().items()]
    st.caption(reasons[0], help="  \n".join(reasons[1:]))
