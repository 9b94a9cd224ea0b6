"""Looks inside a network while it learns: each a probe, an entry of PROBES."""

from core.training.snapshots.registry import PROBES, Probe, chosen, default, fitting

__all__ = ["PROBES", "Probe", "chosen", "default", "fitting"]
