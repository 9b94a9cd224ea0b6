"""Looks inside a network while it learns: each a probe, an entry of PROBES."""

from core.training.snapshots.registry import PROBES, Probe, chosen, fitting, usual

__all__ = ["PROBES", "Probe", "chosen", "fitting", "usual"]
