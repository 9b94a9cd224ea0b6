"""Activation functions: one registry, curves and properties. Importing this never imports torch."""

from core.activations.activation import Activation, Paper, Parameter
from core.activations.registry import ACTIVATIONS

__all__ = ["ACTIVATIONS", "Activation", "Paper", "Parameter"]
