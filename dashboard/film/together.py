"""Several films in step as a component of a page: one time line drives them all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from dashboard.components.reports import Message, handed_on
from dashboard.film import routes
from dashboard.film.description import FilmDescription
from dashboard.film.player import HTML, LOADER

SEAT_PX = 686  # a film's height and the gap below it, as in player.css


@dataclass(frozen=True)
class Seat:
    """One of the films: its run's name, and the number of its colour among the page's series."""

    film: FilmDescription
    label: str
    color: int


def room_css(around: str, room: str) -> str:
    """The height of the films for two selectors, so that nothing moves when they come."""
    return f"""
{around} {{ container-type: inline-size; }}
{room} {{
  --columns: 1;
  --rows: round(up, var(--films, 1) / min(var(--columns), max(1, var(--films, 1))), 1);
  min-height: calc(118px + var(--rows) * {SEAT_PX}px);
}}
@container (min-width: 640px) {{ {room} {{ --columns: 2; }} }}
@container (min-width: 960px) {{ {room} {{ --columns: 3; }} }}
"""


_component = st.components.v2.component(
    "films_together", html=HTML, css=room_css(".film", ".film-room"), js=LOADER
)


@dataclass(frozen=True)
class Moment:
    """A place on the common time line, which counts steps, shares of each training or its seconds."""

    over: str  # of OVERS
    at: float


OVERS = ("step", "share", "seconds")


def films_together(seats: Sequence[Seat], key: str, on_moment: Message, moment: Moment | None = None) -> None:
    """Show films in step, at a moment where one is given.

    on_moment is called when a person has stopped them, before that run of the page, with a Moment's over and
    at, and steps: the step at which each run is, by its address.
    """
    around = f".st-key-{key}-room"
    sized = room_css(around, f"{around} > .st-key-{key}")  # until the browser has the component's own style
    st.html(f"<style>{around} {{ --films: {len(seats)}; }} {sized}</style>")
    with st.container(key=f"{key}-room"):
        _component(key=key, data=data_of(seats, moment), on_moment_change=handed_on(key, "moment", on_moment))


def data_of(seats: Sequence[Seat], moment: Moment | None = None) -> Mapping[str, Any]:
    """What the component gets; it stays the same while the runs train, so that it is sent once."""
    style = routes.address("player.css")
    films = [
        seat.film.data(routes.base(), style) | {"label": seat.label, "color": seat.color} for seat in seats
    ]
    return {
        "script": routes.address("together.js"),
        "style": style,
        "run": ",".join(film["run"] for film in films),
        "films": films,
        "colors": films[0]["colors"],
        "ended": all(film["ended"] for film in films),
        "planned_steps": 0,
        "step": moment.at if moment else None,
        "over": moment.over if moment else None,
    }
