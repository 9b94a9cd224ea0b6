"""The player of films as a component of a page."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from dashboard.film import routes
from dashboard.film.description import FilmDescription

# The component's own text travels with every rerun, so it is no more than this; the browser keeps the files.
# The height is that of the player, so that nothing moves when it comes.
LOADER = """
const player = (address) => import(new URL(address, window.location.origin).href);
export default async (component) => (await player(component.data.script)).default(component);
"""
HTML = '<div class="film"><div class="film-room"></div></div>'
CSS = """
.film { container-type: inline-size; }
.film-room { height: 612px; }
@container (max-width: 759px) { .film-room { height: calc(578px + 100cqw); } }
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
