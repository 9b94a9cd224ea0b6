"""The same operands, data and initial weights for every framework, as float32 arrays made from a seed.

Images are (batch, channels, height, width), filters (out, in, height, width), dense weights (in, out). The
gates of an LSTM stand in the order input, forget, cell, output, as in PyTorch, Keras and PaddlePaddle, and
there is one bias.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.lazy import LazyModule
from core.timing.frameworks.work import catalogue as sizes

if TYPE_CHECKING:
    import numpy as np
else:
    np = LazyModule("numpy")

MLP_WEIGHTS = ("hidden", "hidden_bias", "output", "output_bias")
LSTM_WEIGHTS = ("input", "recurrent", "bias", "output", "output_bias")


def arrays_of(work: str, seed: int = 0) -> dict[str, np.ndarray]:
    """What one piece of work begins with, by name."""
    generator = np.random.default_rng(seed)

    def normal(*shape: int, scale: float = 1.0) -> np.ndarray:
        return (scale * generator.standard_normal(shape)).astype(np.float32)

    def classes(count: int) -> np.ndarray:
        return generator.integers(0, sizes.CLASSES, count)

    if work == "matmul":
        n = sizes.MATMUL_SIZE
        return {"a": normal(n, n), "b": normal(n, n)}
    if work == "activation":
        return {"x": normal(sizes.ELEMENTS, scale=3.0)}
    if work == "convolution":
        size, kernel = sizes.IMAGE_SIZE, sizes.KERNEL_SIZE
        return {
            "x": normal(sizes.IMAGES, sizes.CHANNELS, size, size),
            "filters": normal(sizes.FILTERS, sizes.CHANNELS, kernel, kernel, scale=0.1),
        }
    if work == "mlp_step":
        return {
            "x": normal(sizes.BATCH, sizes.INPUTS),
            "y": classes(sizes.BATCH),
            "hidden": normal(sizes.INPUTS, sizes.HIDDEN, scale=0.1),
            "hidden_bias": normal(sizes.HIDDEN, scale=0.1),
            "output": normal(sizes.HIDDEN, sizes.CLASSES, scale=0.1),
            "output_bias": normal(sizes.CLASSES, scale=0.1),
        }
    if work == "lstm_step":
        return {
            "x": normal(sizes.SEQUENCES, sizes.LENGTH, sizes.FEATURES),
            "y": classes(sizes.SEQUENCES),
            "input": normal(sizes.FEATURES, 4 * sizes.UNITS, scale=0.2),
            "recurrent": normal(sizes.UNITS, 4 * sizes.UNITS, scale=0.1),
            "bias": normal(4 * sizes.UNITS, scale=0.1),
            "output": normal(sizes.UNITS, sizes.CLASSES, scale=0.2),
            "output_bias": normal(sizes.CLASSES, scale=0.1),
        }
    raise KeyError(work)
