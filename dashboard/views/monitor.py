"""Live monitor: what every device of this machine does now, and did in the last hour."""

from __future__ import annotations

import streamlit as st

from dashboard.components.address import bound
from dashboard.components.layout import heading
from dashboard.machine.monitor import live_monitor

WINDOWS = {"2m": "2 minutes", "10m": "10 minutes", "1h": "1 hour"}
SECONDS = {"2m": 120, "10m": 600, "1h": 3600}

heading(
    "monitor",
    "One reading a second of the processor, the memory and every GPU, kept for an hour, for all who look. "
    "Point at a curve to read a moment; what a device does not report has its reason.",
)
window = bound(st.segmented_control, "Window", [*WINDOWS], "10m", key="window", names=WINDOWS, required=True)
live_monitor(SECONDS[window], "live_monitor")
