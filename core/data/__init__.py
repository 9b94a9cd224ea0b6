"""Data sets: one registry, and the few lines that make or read each. Importing this never imports torch."""

from core.data.dataset import Dataset, LoadedDataset, Series
from core.data.registry import DATASETS, load

__all__ = ["DATASETS", "Dataset", "LoadedDataset", "Series", "load"]
