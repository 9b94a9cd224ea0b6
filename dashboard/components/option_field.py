"""The control of one value, by its entry: what it may be decides the kind of control."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import streamlit as st

from core.errors import InvalidRequest
from core.options import Option
from dashboard.components.address import bound

_MAX_IN_BROWSER = 2**53 - 1  # larger whole numbers are no numbers of JavaScript


def option_field(
    label: str, option: Option, value: Any, key: str, offered: tuple[Any, ...] = (), **more: Any
) -> Any:
    """A control by the type of its value; of those that are offered, and those in use, if any are."""
    if option.subset:
        return _subset_field(label, option, value, key, help=help_of(option), **more)
    in_use = {value, st.session_state.get(key, value), *(_addressed(key, option) if offered else ())}
    common: dict[str, Any] = {"key": key, "help": help_of(option)} | more
    if option.choices:
        keys = [choice for choice in option.choices if not offered or choice in {*offered, *in_use}]
        return select(label, option.choices, keys, value, **common)
    common["bind"] = "query-params"
    if offered:
        return st.select_slider(label, sorted({*offered, *in_use}), value, **common)
    if option.type is bool:
        return st.toggle(label, value, **common)
    if option.type is str:
        return st.text_input(label, value, **common)
    low, high = (None if end is None else option.type(end) for end in (option.min, option.max))
    if option.type is int:
        return st.number_input(label, low, min(high or _MAX_IN_BROWSER, _MAX_IN_BROWSER), value, **common)
    return st.number_input(label, low, high, value, format="%g", **common)


def control_value(option: Option, value: Any) -> Any:
    """What a control holds of an option's value: of a subset the list of its choices."""
    return [*option.members("", value)] if option.subset else value


def _subset_field(label: str, option: Option, value: str, key: str, **more: Any) -> str:
    """Choices that are switched on and off, as one text, which is empty where none is on."""
    keys = [*(option.choices or ())]
    names = {choice: name_of(option.choices or (), choice) for choice in keys}
    if key in st.session_state:  # the address tells no order of clicks
        st.session_state[key] = [choice for choice in keys if choice in st.session_state[key]]
    default = control_value(option, value)
    chosen = bound(st.pills, label, keys, default, key=key, names=names, selection_mode="multi", **more)
    return ",".join(choice for choice in keys if choice in chosen)


def _addressed(key: str, option: Option) -> list[Any]:
    """The value that the address asks for, where it is possible: a link may name what is not offered."""
    text = st.query_params.get(key, "")
    with suppress(InvalidRequest):
        value = option.parse(key, text)
        option.check(key, value)
        return [] if value is None else [value]
    return []


def select(
    label: str, choices: Mapping[str, Any] | tuple[str, ...], keys: list[str], value: Any = None, **more: Any
) -> Any:
    """A select box over names, or over keys of a registry shown by name."""
    names = {key: name_of(choices, key) for key in keys}
    default = value if value in keys else keys[0]
    return bound(st.selectbox, label, keys, default, names=names, filter_mode=None, **more)


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
