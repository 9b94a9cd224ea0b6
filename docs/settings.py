"""The pages of settings, out of their entries: those of a training, and those of a server's environment."""

from __future__ import annotations

from dataclasses import MISSING, fields, replace

from core import operator_settings as operator
from core.options import Option
from core.training import TrainConfig
from core.training.settings import SETTINGS, Setting

HEAD = """# Settings of a training

Each can be set with `--set name=value`, some with a flag of their own; the defaults of some depend on
the network and its data. Written by `python -m docs.generate`.

| setting | on the page | what it does | values | default | may change |
|---|---|---|---|---|---|
"""


ENVIRONMENT_HEAD = """# Environment variables

What an operator can set before a server or a command starts; an empty variable is one that is not set.
A name that is not here is refused, and so is a value that is not possible. Written by
`python -m docs.generate`.

| variable | what it does | values | default |
|---|---|---|---|
"""


def environment_page() -> str:
    """The whole text of docs/environment.md."""
    defaults = operator.OperatorSettings()
    rows = []
    for name, entry in operator.SETTINGS.items():
        value = getattr(defaults, name)
        default = "not set" if value in (None, ()) else f"`{str(value).lower()}`"
        kind = values(replace(entry, optional=False))
        rows.append(f"| `{operator.variable(name)}` | {entry.help} | {kind} | {default} |\n")
    return ENVIRONMENT_HEAD + "".join(rows)


def page() -> str:
    """The whole text of docs/settings.md."""
    defaults = {field.name: field.default for field in fields(TrainConfig)}
    return HEAD + "".join(row(name, entry, defaults[name]) for name, entry in SETTINGS.items())


def row(name: str, entry: Setting, value: object) -> str:
    """One line of the table."""
    changes = ["on resume"] * entry.mutable_on_resume + ["while running"] * entry.mutable_while_running
    label = entry.label if entry.group else ""
    cells = (f"`{name}`", label, entry.help, values(entry), shown(value), ", ".join(changes))
    return f"| {' | '.join(cells)} |\n"


def shown(value: object) -> str:
    """A default."""
    return "" if value is MISSING else "none" if value in (None, ()) else f"`{value}`"


def values(entry: Option) -> str:
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
