"""Textbook statements, each as an experiment that measures it. Importing it never imports torch."""

from core.experiments.dying_units.config import DyingUnitsConfig

__all__ = ["DyingUnitsConfig"]
