"""The player of films as a component of a page."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from dashboard.film import routes
from dashboard.film.description import FilmDescription

# The component's own text travels with every rerun, so it is no more than this; the browser keeps the files.
# The height is that of the player, so that nothing moves when it comes: of the time line, of a network, and
# of as many rows of panels as their number makes.
LOADER = """
const player = (address) => import(new URL(address, window.location.origin).href);
export default async (component) => {
  const { script, network, panels } = component.data;
  const { style } = component.parentElement.querySelector(".film");
  style.setProperty("--network", network ? 1 : 0);
  style.setProperty("--panels", panels.length);
  style.setProperty("--few", panels.length < 3 ? 1 : 0);
  return (await player(script)).default(component);
};
"""
HTML = '<div class="film"><div class="film-room"></div></div>'
CSS = """
.film { container-type: inline-size; }
.film-room {
  --columns: 1;
  --panel: 404px;
  --rows: round(up, var(--panels, 0) / min(var(--columns), max(1, var(--panels, 0))), 1);
  --network-height: 500px;
  --network-room: calc(var(--network, 0) * (var(--network-height) + 16px));
  height: calc(106px + var(--network-room) + var(--rows) * (var(--panel) + 14px));
}
@container (min-width: 688px) { .film-room { --columns: 2; --panel: calc(404px + var(--few) * 96px); } }
@container (min-width: 1032px) { .film-room { --columns: 3; } }
@container (min-width: 1376px) { .film-room { --columns: 4; } }
@container (max-width: 759px) { .film-room { --network-height: calc(404px + 100cqw); } }
"""

_component = st.components.v2.component("film_player", html=HTML, css=CSS, js=LOADER)


def film_player(
    description: FilmDescription, key: str, on_step: Callable[[], None] | None = None
) -> int | None:
    """Show a run's film. Returns the step at which a person has just stopped it, in that one run of the page.

    on_step is called before that run of the page; the step is in st.session_state[key]["step"].
    """
    data = description.data(routes.base(), routes.address("player.css")) | {
        "script": routes.address("main.js")
    }
    shown = _component(key=key, data=data, on_step_change=on_step or (lambda: None))
    step = shown.step
    return None if step is None else int(step)
