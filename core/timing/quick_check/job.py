"""The quick check as a job: roofs, points, speed-ups, and what all of them say of the machine.

Importing this never imports torch.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from core.events import Progress, event_record
from core.timing.quick_check import plan
from core.timing.quick_check.config import QuickCheckConfig
from core.timing.quick_check.findings import checked
from core.timing.results.table import Record
from core.timing.sweeps.with_roofline import in_seconds, sweeps_with_roofline, with_speedups


def quick_check(config: QuickCheckConfig) -> Iterator[Any]:
    """Yields the events of sweeps_with_roofline(), a SpeedupCurve for each workload that an accelerator and
    the CPU both did, and MachineChecked. Progress counts expected seconds.
    """
    roofs, within_s = plan.roofs(config), plan.within_s(config)
    records: list[Record] = []
    events = sweeps_with_roofline(roofs, plan.points(config), within_s, with_points=False)
    for event in with_speedups(events):
        if isinstance(event, Progress):
            yield in_seconds(event, roofs.max_seconds, within_s, config.max_seconds)
            continue
        records.append(event_record(event))
        yield event
    yield checked(records)
