"""Activation functions: one registry, typed ones, curves, properties. Importing this never imports torch."""

from core.activations.activation import Activation, Paper, Parameter
from core.activations.expressions.expression import find
from core.activations.registry import ACTIVATIONS

__all__ = ["ACTIVATIONS", "Activation", "Paper", "Parameter", "find"]
