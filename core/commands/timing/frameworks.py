"""`python -m core.timing frameworks`: the same work in other frameworks."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from core.commands.exit_codes import INTERRUPTED, NOTHING_MEASURED, OK
from core.commands.output import print_rows
from core.commands.parser import add_flag
from core.commands.timing.arguments import add_out
from core.commands.timing.entry import Command
from core.commands.timing.following import follow
from core.timing.frameworks.config import SETTINGS, FrameworksConfig


def frameworks(options: argparse.Namespace) -> int:
    """Compare those that are here, or list all."""
    given = {name: value for name in SETTINGS if (value := getattr(options, name)) not in (None, False)}
    config = FrameworksConfig(**given)
    if options.list:
        return _list(options)

    from core.timing.frameworks import report
    from core.timing.frameworks.job import compare_frameworks

    records, complete = follow(compare_frameworks(config), report.FRAMEWORKS, options)
    if not complete:
        return INTERRUPTED
    return OK if any(record["event"] == "work_measured" for record in records) else NOTHING_MEASURED


def _list(options: argparse.Namespace) -> int:
    """Every framework: its version and where it is, or why it is not here; and what became of older ones."""
    from core.timing.frameworks.environment import Found, look
    from core.timing.frameworks.gone import GONE
    from core.timing.frameworks.registry import ENTRIES, LIBRARIES

    rows = []
    places = look()
    for key, entry in ENTRIES.items():
        place = places[entry.library]
        row = {"framework": key, "title": entry.title, "state": "here"}
        row |= dict.fromkeys(("versions", "reason", "install"), "")
        if isinstance(place, Found):
            row["versions"] = ", ".join(f"{name} {version}" for name, version in place.versions.items())
        else:
            row |= {"state": "not here", "reason": place.reason, "install": place.install}
        rows.append(row | {"about": LIBRARIES[entry.library].about})
    rows += [
        {
            "framework": key,
            "title": gone.name,
            "state": "no longer developed",
            "versions": "",
            "reason": f"{gone.years}. {gone.became}",
            "install": "",
            "about": "",
        }
        for key, gone in GONE.items()
    ]
    print_rows(rows, options.format, _line)
    return OK


def _line(row: Mapping[str, Any]) -> str:
    what = row["versions"] or row["reason"]
    how = f". To have it: {row['install']}" if row["install"] else ""
    return f"{row['framework']:<18} {row['state']:<20} {what}{how}"


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    for name, setting in SETTINGS.items():
        add_flag(parser, name, setting, setting.metavar, setting.without, dest=name)
    parser.add_argument("--list", action="store_true", help="say which frameworks are here, or why not")
    add_out(parser)


FRAMEWORKS = Command(
    "frameworks",
    frameworks,
    "compare this machine's NumPy, PyTorch, JAX, TensorFlow and others at the same work",
    _add_arguments,
)
