"""This machine's readings: the poller that reads them for all who look, and whether there are new ones."""

from __future__ import annotations

import threading

from core.monitor.poller import Poller

REFRESH_S = 2.0  # between two drawings of the same page

_lock = threading.Lock()
_kept: list[Poller] = []


def poller() -> Poller:
    """The one poller of this server, which reads from the first call on."""
    with _lock:
        if not _kept:
            _kept.append(Poller())
            _kept[0].start()
        return _kept[0]


def mark_of_readings() -> str:
    """Another one as soon as readings are to be shown again, for all who look at the same moment.

    To ask for it says that somebody looks.
    """
    found = poller()
    found.watch()
    newest_s = max((state.at_s for state in found.states().values()), default=0.0)
    silent = bool(found.silences())
    return f"{int(newest_s / REFRESH_S)}{'-silent' * silent}"
