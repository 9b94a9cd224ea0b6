"""The player of films as a component of a page."""

from __future__ import annotations

import streamlit as st

from dashboard.components.reports import Message, handed_on
from dashboard.film import routes
from dashboard.film.description import FilmDescription

# The component's own text travels with every rerun, so it is no more than this; the browser keeps the files.
LOADER = """
const player = (address) => import(new URL(address, window.location.origin).href);
export default async (component) => (await player(component.data.script)).default(component);
"""
HTML = '<div class="film"><div class="film-room"></div></div>'


def room_css(around: str, room: str) -> str:
    """The height of the player for two selectors, so that nothing moves when it comes.

    It is that of the time line, of a network, of the head of the field to draw in, of wide panels, and of as
    many rows of the others as their number makes, which room() says.
    """
    return f"""
{around} {{ container-type: inline-size; }}
{room} {{
  --columns: 1;
  --panel: 404px;
  --wide-panel: 580px;
  --rows: round(up, var(--panels, 0) / min(var(--columns), max(1, var(--panels, 0))), 1);
  --network-height: 540px;
  --network-room: calc(var(--network, 0) * (var(--network-height) + var(--editing, 0) * 30px + 16px));
  --wide-room: calc(var(--wide, 0) * (var(--wide-panel) + 14px));
  --panels-room: calc(var(--wide-room) + var(--rows) * (var(--panel) + 14px) - 8px * min(1, var(--rows)));
  --drawing-room: calc(var(--drawing, 0) * var(--drawing-height, 40px));
  min-height: calc(106px + var(--network-room) + var(--drawing-room) + var(--panels-room));
}}
@container (min-width: 688px) {{ {room} {{ --columns: 2; --panel: calc(404px + var(--few, 0) * 96px); }} }}
@container (min-width: 1032px) {{ {room} {{ --columns: 3; }} }}
@container (min-width: 1376px) {{ {room} {{ --columns: 4; }} }}
@container (max-width: 759px) {{
  {room} {{ --network-height: calc(480px + 100cqw); --drawing-height: 50px; --wide-panel: 900px; }}
}}
"""


CSS = room_css(".film", ".film-room")
_component = st.components.v2.component("film_player", html=HTML, css=CSS, js=LOADER)


def film_player(
    description: FilmDescription,
    key: str,
    on_step: Message | None = None,
    on_network: Message | None = None,
) -> int | None:
    """Show a run's film. Returns the step at which a person has just stopped it, in that one run of the page.

    on_step is called with it before that run of the page; on_network likewise, when a person has changed the
    network at its drawing, with its hidden layers, their activations, its features and the change's number.
    """
    around = f".st-key-{key}-room"
    sized = room_css(around, f"{around} > .st-key-{key}")  # until the browser has the component's own style
    st.html(f"<style>{around} {{ {room(description)} }} {sized}</style>")
    data = description.data(routes.base(), routes.address("player.css")) | {
        "script": routes.address("main.js")
    }
    with st.container(key=f"{key}-room"):
        shown = _component(
            key=key,
            data=data,
            on_step_change=handed_on(key, "step", on_step),
            on_network_change=handed_on(key, "network", on_network),
        )
    step = shown.step
    return None if step is None else int(step)


def room(description: FilmDescription) -> str:
    """What the player's height depends on, as custom properties of an element around it."""
    wide = sum(bool(panel["wide"]) for panel in description.panels)
    panels = len(description.panels) - wide
    network, few = int(description.network is not None), int(panels < 3)
    editing = int(description.network is not None and description.network.editing is not None)
    drawing = int(description.drawing)
    return (
        f"--network: {network}; --editing: {editing}; --drawing: {drawing}; --wide: {wide}; "
        f"--panels: {panels}; --few: {few};"
    )
