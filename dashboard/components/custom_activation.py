"""The text field for a function of one's own, which is the same on every page."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.activations import ACTIVATIONS
from core.activations.expressions.expression import expression
from core.activations.expressions.grammar import MAX_CHARACTERS
from core.activations.expressions.operations import TYPEABLE
from core.errors import InvalidRequest

OWN = "Your own"  # the name of a typed function, whatever it says: its colour and place stay


def choose_own(place: DeltaGenerator, label: str = "Your own f(x)") -> list[str]:
    """The typed function, where one is typed that can be used; what it lacks is said on the page."""
    typed = own_field(place, label)
    try:
        return [expression(typed).text] if typed else []
    except InvalidRequest as error:
        st.warning(str(error))
        return []


def own_field(place: DeltaGenerator, label: str) -> str:
    """The field; gives what is typed, which need not be a function."""
    typed = place.text_input(
        label,
        key="own",
        bind="query-params",
        max_chars=MAX_CHARACTERS,
        placeholder="x*tanh(log(1+exp(x)))",
        help=f"With x, numbers, pi, e, + - * / ^ ( ) and {', '.join(TYPEABLE)}. Write 2*x for a product.",
    )
    return typed.strip()


def name_of(key: str) -> str:
    """What charts and controls call a function: a key of the registry, or a typed one."""
    return ACTIVATIONS[key].name if key in ACTIVATIONS else OWN
