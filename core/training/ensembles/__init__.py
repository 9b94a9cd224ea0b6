"""Distributions instead of anecdotes: one training with many seeds, or with several values of a setting."""

from core.training.ensembles.config import EnsembleConfig

__all__ = ["EnsembleConfig"]
