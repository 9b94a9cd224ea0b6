"""The control of one value, by its entry: what it may be decides the kind of control."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.options import Option

_MAX_IN_BROWSER = 2**53 - 1  # larger whole numbers are no numbers of JavaScript


def option_field(
    label: str, option: Option, value: Any, key: str, offered: tuple[Any, ...] = (), **more: Any
) -> Any:
    """A control by the type of its value; of those that are offered, and one in use, if any are."""
    in_use = {value, st.session_state.get(key, value)}
    kept: dict[str, Any] = {"key": key, "bind": "query-params", "help": help_of(option)} | more
    if option.choices:
        keys = [choice for choice in option.choices if not offered or choice in {*offered, *in_use}]
        return select(label, option.choices, keys, value, **kept)
    if offered:
        return st.select_slider(label, sorted({*offered, *in_use}), value, **kept)
    if option.type is bool:
        return st.toggle(label, value, **kept)
    if option.type is str:
        return st.text_input(label, value, **kept)
    low, high = (None if end is None else option.type(end) for end in (option.min, option.max))
    if option.type is int:
        return st.number_input(label, low, min(high or _MAX_IN_BROWSER, _MAX_IN_BROWSER), value, **kept)
    return st.number_input(label, low, high, value, format="%g", **kept)


def select(
    label: str, choices: Mapping[str, Any] | tuple[str, ...], keys: list[str], value: Any = None, **more: Any
) -> Any:
    """A select box over names, or over keys of a registry shown by name."""
    return st.selectbox(
        label,
        keys,
        keys.index(value) if value in keys else 0,
        format_func=lambda key: name_of(choices, key),
        filter_mode=None,
        **{"bind": "query-params"} | more,
    )


def name_of(choices: Mapping[str, Any] | tuple[str, ...], key: str) -> str:
    """What people call an entry of a registry, or a choice."""
    if isinstance(choices, Mapping):
        return str(getattr(choices[key], "name", choices[key]))
    return key.replace("_", " ")


def help_of(option: Option) -> str:
    """What an option does, and what each of its choices is."""
    entries = option.choices.values() if isinstance(option.choices, Mapping) else ()
    choices = [f"**{entry.name}:** {entry.description}" for entry in entries if hasattr(entry, "description")]
    return " ".join([f"{option.help.rstrip('.')}.", *choices])
