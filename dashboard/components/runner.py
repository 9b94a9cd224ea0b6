"""The one runner of this server, and what its operator has set for several people."""

from __future__ import annotations

import streamlit as st

from core.operator_settings import operator_settings
from core.runs.databases.opening import store_place
from core.runs.quota import NO_QUOTA, Quota
from core.runs.runners.limits import operator_limits
from core.runs.runners.local import LocalRunner
from core.runs.runners.ray_runner import RayRunner
from core.sharing import Sharing, sharing


def runner() -> LocalRunner:
    """The one runner of this server: workers on this machine, or the nodes of the operator's cluster."""
    return _runner_of(store_place())


@st.cache_resource(show_spinner=False)
def _runner_of(place: str) -> LocalRunner:
    cluster = operator_settings().ray
    if cluster:
        return RayRunner(place, cluster, quota=quota(), limits=operator_limits())
    return LocalRunner(place, quota=quota(), limits=operator_limits())


def settings() -> Sharing:
    """What the operator has set. Raises InvalidRequest for what is not possible."""
    return sharing()


def is_shared() -> bool:
    """Whether several people share this server, so that runs are private and limited."""
    return settings().shared


def quota() -> Quota:
    """How many open runs each visitor may have."""
    known = settings()
    return Quota(known.max_open, known.max_open_of_address) if known.shared else NO_QUOTA
