"""The controls for activation functions: those of the registry, and a typed one."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.activations import ACTIVATIONS
from core.activations.expressions.expression import expression
from core.activations.expressions.grammar import MAX_CHARACTERS
from core.activations.expressions.operations import TYPEABLE
from core.errors import InvalidRequest
from dashboard.components.address import bound
from dashboard.components.markdown import escaped

CUSTOM = "Custom"  # the name of a typed function, whatever it says: its colour stays
NAMES = {key: activation.name for key, activation in ACTIVATIONS.items()}
EVERY_NAME = (*NAMES.values(), CUSTOM)  # in the order in which charts give out colours


def pick_activations(
    container: DeltaGenerator,
    default: Iterable[str],
    *,
    among: Iterable[str] = ACTIVATIONS,
    max_selections: int | None = None,
    label: str = "Functions",
    key: str = "functions",
    as_chosen: bool = False,
) -> list[str]:
    """Keys of the chosen activations, in the order of the registry, or in that in which they were chosen."""
    chosen = bound(
        container.multiselect,
        label,
        among,
        [*default],
        key=key,
        names=NAMES,
        max_selections=max_selections,
        wrap=True,
    )
    if as_chosen:
        return list(chosen)
    return [activation for activation in ACTIVATIONS if activation in chosen]


def pick_custom(container: DeltaGenerator, label: str = "Custom f(x)") -> list[str]:
    """The typed function, if one is typed that can be used; a warning on the page if it cannot."""
    typed = custom_field(container, label)
    try:
        return [expression(typed).text] if typed else []
    except InvalidRequest as error:
        st.warning(escaped(str(error)))
        return []


def custom_field(container: DeltaGenerator, label: str = "Custom f(x)") -> str:
    """The field for an expression of x; gives what is typed, which need not be a function."""
    typed = container.text_input(
        label,
        key="own",
        bind="query-params",
        max_chars=MAX_CHARACTERS,
        placeholder="x*tanh(log(1+exp(x)))",
        help=f"With x, numbers, pi, e, + - * / ^ ( ) and {', '.join(TYPEABLE)}. Write 2*x for a product.",
    )
    return typed.strip()


def name_of(key: str) -> str:
    """What charts and controls call a function: a key of the registry, or a typed expression."""
    return NAMES.get(key, CUSTOM)
