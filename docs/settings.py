"""Write docs/settings.md, the table of every setting of a training, from SETTINGS.

python docs/settings.py
"""

from __future__ import annotations

import sys
from dataclasses import MISSING, fields
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from core.training import TrainConfig  # noqa: E402
from core.training.settings import SETTINGS, Setting  # noqa: E402

PAGE = ROOT / "docs" / "settings.md"

HEAD = """# Settings of a training

Each can be set with `--set name=value`, some with a flag of their own; the defaults of some depend on
the network and its data. Written by `python docs/settings.py`.

| setting | on the page | what it does | values | default | may change |
|---|---|---|---|---|---|
"""


def page() -> str:
    """The whole text."""
    defaults = {field.name: field.default for field in fields(TrainConfig)}
    return HEAD + "".join(row(name, entry, defaults[name]) for name, entry in SETTINGS.items())


def row(name: str, entry: Setting, default: object) -> str:
    """One line of the table."""
    changes = ["on resume"] * entry.mutable_on_resume + ["while running"] * entry.mutable_while_running
    label = entry.label if entry.group else ""
    shown = "" if default is MISSING else "none" if default in (None, ()) else f"`{default}`"
    cells = (f"`{name}`", label, entry.help, values(entry), shown, ", ".join(changes))
    return f"| {' | '.join(cells)} |\n"


def values(entry: Setting) -> str:
    """What a setting may be, in words."""
    kind = {int: "whole number", float: "number", str: "text", dict: "by name", bool: "true or false"}[
        entry.type
    ]
    if entry.choices and len(entry.choices) <= 10:
        kind = ", ".join(entry.choices)
    elif entry.choices:
        kind = "a name that `list` shows"
    low, high = (end if end is None or isinstance(end, int) else f"{end:g}" for end in (entry.min, entry.max))
    if low is not None:
        kind += f" of at least {low}" if high is None else f" from {low} to {high}"
    return ("list of: " if entry.many else "") + kind + (" or none" if entry.optional else "")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
