"""What can be measured."""

from __future__ import annotations

import argparse

from core.commands.exit_codes import OK
from core.commands.output import print_rows
from core.commands.timing.entry import Command
from core.timing.workloads import WORKLOADS


def list_workloads(options: argparse.Namespace) -> int:
    """The workloads, one a line."""
    rows = [
        {
            "workload": name,
            "title": workload.title,
            "family": workload.family,
            "size means": workload.size_means,
            "steps": ",".join(workload.steps),
            "dtypes": ",".join(workload.dtypes),
            "sizes": ",".join(map(str, workload.sizes)),
        }
        for name, workload in WORKLOADS.items()
    ]
    print_rows(
        rows,
        options.format,
        lambda row: f"{row['workload']:<24} {row['title']}. Size: {row['size means']}.",
    )
    return OK


LIST = Command("list", list_workloads, "what can be measured")
