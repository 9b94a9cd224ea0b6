"""Snapshots of a training: pictures of its data, of what it predicts, and of what happens inside its layers.

The catalogue says which there are and where they apply; importing it never imports torch.
"""

from core.training.snapshots.catalogue import (
    GROUPS,
    SNAPSHOTS,
    Snapshot,
    applicable,
    defaults,
    redrawable,
    selected,
)

__all__ = ["GROUPS", "SNAPSHOTS", "Snapshot", "applicable", "defaults", "redrawable", "selected"]
