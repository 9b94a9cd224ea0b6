"""Where data lives on disk."""

from __future__ import annotations

import os
from pathlib import Path

VARIABLE = "NABLASCOPE_HOME"


def data_folder() -> Path:
    """The folder of the run store and of caches, created if missing.

    NABLASCOPE_HOME names it; else it is `nablascope` under XDG_DATA_HOME or ~/.local/share.
    """
    chosen = os.environ.get(VARIABLE)
    shared = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    folder = Path(chosen).expanduser() if chosen else shared / "nablascope"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
