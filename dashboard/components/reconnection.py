"""A page draws itself anew when its connection comes back, perhaps to another server that did not draw it.

Streamlit then waits for a click: until then the page would be old, and nothing would say so.
"""

from __future__ import annotations

import streamlit as st

# All visitors of a server that has ended come to another one at once: their pages take turns.
_JS = """
const STATE = "data-test-connection-state", SPREAD_MS = 1000;
export default function ({ setTriggerValue }) {
  const app = document.querySelector('[data-testid="stApp"]');
  app.drawAnew = () => setTriggerValue("again", true);
  if (app.watched) return;
  app.watched = true;
  let was = app.getAttribute(STATE), soon;
  new MutationObserver(() => {
    const now = app.getAttribute(STATE);
    if (now === was) return;
    was = now;
    clearTimeout(soon);
    if (now === "CONNECTED") soon = setTimeout(() => app.drawAnew(), SPREAD_MS * Math.random());
  }).observe(app, { attributes: true, attributeFilter: [STATE] });
}
"""
CSS = ".st-key-reconnection { display: none; }"

_component = st.components.v2.component("reconnection", js=_JS)


def draw_anew_when_reconnected() -> None:
    """Nothing that is seen; CSS, on the page, keeps it from taking room."""
    _component(key="reconnection", on_again_change=lambda: None)
