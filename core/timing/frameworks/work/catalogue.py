"""The five pieces of work: what they are, how much they compute, and how near to float64 they must come.

The tolerances bound a relative error (Frobenius norms): of the result, and for a training step of what the
steps have changed in each weight. They lie between what float32 loses and what TF32 or bfloat16 would:
operands rounded to TF32's 11 bits give 3e-4, to bfloat16's 8 bits 2e-3.
"""

from __future__ import annotations

from dataclasses import dataclass

FORWARD, TRAINING = "forward", "training"

# Steps after which the weights of a training are compared.
CHECKED_STEPS = 3
LEARNING_RATE = 0.1

MATMUL_SIZE = 512
ELEMENTS = 2**20
IMAGES, CHANNELS, FILTERS, IMAGE_SIZE, KERNEL_SIZE = 8, 16, 32, 32, 3
BATCH, INPUTS, HIDDEN, CLASSES = 128, 64, 256, 10
SEQUENCES, LENGTH, FEATURES, UNITS = 32, 16, 16, 64


@dataclass(frozen=True)
class Work:
    """One piece of work."""

    title: str
    size: str  # in words
    step: str  # FORWARD or TRAINING
    flops: int  # of one call; a multiply-add is two, and a backward pass twice its forward pass
    tolerance: float  # the largest relative error against float64


WORKS: dict[str, Work] = {
    "matmul": Work(
        "Matrix product",
        f"{MATMUL_SIZE} x {MATMUL_SIZE} by {MATMUL_SIZE} x {MATMUL_SIZE}",
        FORWARD,
        2 * MATMUL_SIZE**3,
        5e-6,
    ),
    "activation": Work("SiLU", f"{ELEMENTS:,} elements", FORWARD, 4 * ELEMENTS, 5e-6),
    "convolution": Work(
        "Convolution",
        f"{IMAGES} images of {CHANNELS} x {IMAGE_SIZE} x {IMAGE_SIZE}, {FILTERS} filters of "
        f"{KERNEL_SIZE} x {KERNEL_SIZE}",
        FORWARD,
        2 * IMAGES * IMAGE_SIZE**2 * CHANNELS * FILTERS * KERNEL_SIZE**2,
        5e-6,
    ),
    "mlp_step": Work(
        "MLP training step",
        f"{INPUTS}-{HIDDEN}-{CLASSES} tanh, batch of {BATCH}, SGD",
        TRAINING,
        3 * 2 * BATCH * (INPUTS * HIDDEN + HIDDEN * CLASSES),
        5e-5,
    ),
    "lstm_step": Work(
        "LSTM training step",
        f"{SEQUENCES} sequences of {LENGTH} x {FEATURES}, {UNITS} units, {CLASSES} classes, SGD",
        TRAINING,
        3 * 2 * SEQUENCES * (LENGTH * (FEATURES + UNITS) * 4 * UNITS + UNITS * CLASSES),
        5e-5,
    ),
}
