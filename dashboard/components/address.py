"""Controls whose choice is part of the page's address, by its keys.

Streamlit's own `bind="query-params"` writes what a control shows, which a translation would change. It serves
numbers, texts, switches, and options that are shown as they are; a control that shows names comes from here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard.components.markdown import escaped

_PAGE, _WRITTEN = "open page", "choices in the address"
_UNKNOWN = "unknown choices in the address"  # by control: what is said of them, and what is chosen instead
_OPENED = "the address that was opened"
_CHANGED = "changes of the address that the browser may not know"
_LAG_S = 10.0  # after it a browser knows them


@dataclass
class Change:
    """Of one key of the address: what it said before, what it says now, and when it was changed."""

    before: tuple[str | None, ...]
    value: str | None
    at: float  # monotonic seconds

    def is_late(self, named: str | None) -> bool:
        """Whether a request that names this may have left the browser before it knew of the change."""
        return named in self.before and named != self.value and time.monotonic() - self.at < _LAG_S


@dataclass
class Changes:
    """What the page itself has put into its address, such as a run that was started, by key.

    What a browser asks for before it has read the new address comes with an old one, and would show what was
    there before: for some seconds an old value is taken as the new one.
    """

    made: dict[str, Change] = field(default_factory=dict)

    def put(self, key: str, value: str | None) -> None:
        """Set the key in the address; None takes it out."""
        named, last = st.query_params.get(key), self.made.get(key)
        before = last.before if last and last.is_late(last.before[-1]) else ()
        self.made[key] = Change((*before, named), value, time.monotonic())
        _set(key, value)  # any change of the address may end this pass of the page

    def get(self, key: str) -> str | None:
        """What the address says, or has to say."""
        named, last = st.query_params.get(key), self.made.get(key)
        if last is None or not last.is_late(named) or _went_back():
            return named
        _set(key, last.value)
        return last.value


def _set(key: str, value: str | None) -> None:
    if value is None:
        st.query_params.pop(key, None)
    else:
        st.query_params[key] = value


def changes() -> Changes:
    """This session's on the open page, as an object that stays."""
    kept: Changes = st.session_state.setdefault(_CHANGED, Changes())
    return kept


def enter(page: str) -> None:
    """Forget the choices of the page that was open before: pages share names of controls, not choices.

    A click in the menu leaves the query as it is, and Streamlit clears only what it has bound itself.
    """
    state = st.session_state
    if _PAGE not in state or _went_back():
        state[_OPENED] = {key: st.query_params.get_all(key) for key in st.query_params}
    if state.get(_PAGE) == page:
        return
    for key, values in state.pop(_WRITTEN, {}).items():
        state.pop(key, None)
        if values and st.query_params.get_all(key) == values and not _went_back():
            del st.query_params[key]
    state.pop(_UNKNOWN, None)
    state.pop(_CHANGED, None)
    state[_PAGE] = page


def warn_of_unknown() -> None:
    """Say what the address asks for that no control has, until a person chooses something there."""
    state = st.session_state
    _note_refused(state.pop(_OPENED, {}))
    left = {key: one for key, one in state.get(_UNKNOWN, {}).items() if state.get(key) == one[1]}
    state[_UNKNOWN] = left
    for sentence, _ in left.values():
        st.warning(sentence)


def bound(
    widget: Callable[..., Any],
    label: str,
    options: Iterable[Any],
    default: Any,
    *,
    key: str,
    names: Mapping[Any, str],
    **more: Any,
) -> Any:
    """A widget of options, such as st.pills, that shows their names and keeps their keys in the address.

    default is a list where several can be chosen. The address holds no choice that is the default.
    """
    options, several = [*options], isinstance(default, list)
    state = st.session_state
    if key not in state or _went_back():
        state[key] = _addressed(key, options, default, more.get("max_selections"))
        _note_unknown(key, options, state[key])
    elif several:
        state[key] = [option for option in state[key] if option in options]
    elif state[key] not in options:
        state[key] = default
    chosen = widget(label, options, key=key, format_func=names.__getitem__, **more)
    chosen = default if chosen is None else chosen
    _write(key, chosen, default)
    return chosen


def _addressed(key: str, options: list[Any], default: Any, limit: int | None) -> Any:
    """What the address says; the default where it says nothing that can be chosen."""
    given = st.query_params.get_all(key)
    keys = {str(option): option for option in options}
    found = [keys[text] for text in dict.fromkeys(given) if text in keys]
    if not isinstance(default, list):
        return found[-1] if found else default
    return found[:limit] if found or given == [""] else default


def _note_unknown(key: str, options: list[Any], chosen: Any) -> None:
    allowed = [str(option) for option in options]
    unknown = [text[:40] for text in st.query_params.get_all(key) if text and text not in allowed]
    if unknown:
        asked = escaped(", ".join(unknown))
        st.session_state.setdefault(_UNKNOWN, {})[key] = (
            f"The address asks for {key}={asked}, which cannot be selected here; "
            f"choose from {', '.join(map(escaped, allowed))}.",
            chosen,
        )


def _note_refused(opened: Mapping[str, list[str]]) -> None:
    """What Streamlit's own binding has put aside without a word, of the address that was opened.

    With a run in it, the controls show the run's settings.
    """
    state = st.session_state
    for key, texts in opened.items():
        by_streamlit = key in state and key not in state.get(_WRITTEN, {})
        if by_streamlit and "run" not in opened and not _says(texts, state[key]):
            asked, shown = escaped(", ".join(texts)[:40]), escaped(_text(state[key]))
            sentence = (
                f"The address asks for {key}={asked}, which cannot be selected here; it is {shown} instead."
            )
            state.setdefault(_UNKNOWN, {})[key] = sentence, state[key]


def _says(texts: list[str], value: Any) -> bool:
    """Whether texts of an address are a control's value, of which a number can be written in many ways."""
    values = [*value] if isinstance(value, list | tuple) else [value]
    return len(values) == len(texts) and all(map(_is, texts, values))


def _is(text: str, value: Any) -> bool:
    if isinstance(value, bool):
        return text.lower() == str(value).lower()
    with suppress(ValueError, TypeError):
        return float(text) == float(value)
    return text == ("" if value is None else str(value))


def _text(value: Any) -> str:
    if value is None:
        return "empty"  # a bound that nobody has set
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _write(key: str, chosen: Any, default: Any) -> None:
    values = [str(value) for value in (chosen if isinstance(chosen, list) else [chosen])]
    given = [] if chosen == default else values or [""]
    st.session_state.setdefault(_WRITTEN, {})[key] = given
    if st.query_params.get_all(key) == given:
        return
    if given:
        st.query_params[key] = given
    else:
        del st.query_params[key]


def _went_back() -> bool:
    """Whether this run was caused by the browser's Back or Forward: then the address decides."""
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation
