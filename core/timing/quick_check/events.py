"""What a quick check yields at its end, besides the events of a sweep with roofs."""

from __future__ import annotations

from dataclasses import dataclass

# How a finding, or a whole machine, is rated. NOTE rates nothing: it says what is worth to know.
GOOD, FAIR, POOR, UNKNOWN, NOTE = "good", "fair", "poor", "unknown", "note"
# As people read it, what needs attention first.
WORDS = {POOR: "wrong", FAIR: "could be better", UNKNOWN: "not known", GOOD: "good", NOTE: "note"}


@dataclass(frozen=True)
class Finding:
    """One thing that was measured, against what it should be."""

    subject: str  # "Matrix product in float32"
    device: str
    rating: str  # GOOD, FAIR, POOR, UNKNOWN or NOTE
    says: str  # one sentence: what was measured, against what
    measured: float | None = None  # in `unit`
    expected: float | None = None  # what 100% is, in `unit`
    unit: str = ""
    fraction: float | None = None  # measured over expected
    remedy: str = ""  # what to look at first where it is not good


@dataclass(frozen=True)
class MachineChecked:
    """The last event: every finding, and the rating of the whole machine."""

    rating: str  # the worst of the findings: GOOD, FAIR or POOR; UNKNOWN where nothing could be rated
    says: str  # one sentence
    findings: tuple[Finding, ...]
