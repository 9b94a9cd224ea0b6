"""Networks: one file for each family, one registry. Importing this never imports torch."""

from core.models.registry import MODELS, Model

__all__ = ["MODELS", "Model"]
