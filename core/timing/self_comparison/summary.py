"""What comparisons of an operation with itself say, in a sentence. Records in."""

from __future__ import annotations

from collections.abc import Sequence

from core.timing.results.labels import device_label
from core.timing.results.table import Record
from core.timing.results.units import counted


def sentences(records: Sequence[Record]) -> list[str]:
    """The count, once there is one."""
    return [_says(record) for record in records if record["event"] == "self_comparisons_counted"]


def _says(record: Record) -> str:
    number = record["comparisons"]
    says = (
        f"{counted(record['false_verdicts'], 'false verdict')} of {counted(number, 'self-comparison')} on "
        f"{device_label(record)}; {record['unsure']} of them UNSURE"
    )
    if number:
        says += (
            f" ({record['unsure'] / number:.0%}). With 95% confidence fewer than "
            f"{record['false_share_below']:.1%} of verdicts on equal operations are false here"
        )
    if record["contamination"]:
        says += f"; meanwhile {'; '.join(record['contamination'])}"
    return f"{says}."
