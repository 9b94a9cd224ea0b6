"""Keras 3: layers and a training step over another framework, here JAX or TensorFlow."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from core.lazy import LazyModule
from core.timing.frameworks.work.catalogue import LEARNING_RATE
from core.timing.frameworks.work.forward import Call, forward_works
from core.timing.frameworks.work.library import Arrays, Library, Prepared
from core.timing.frameworks.work.reference import WEIGHTS

if TYPE_CHECKING:
    import keras
    import numpy as np
    from keras import layers, losses, ops, optimizers
else:
    keras = LazyModule("keras")
    layers, losses = LazyModule("keras.layers"), LazyModule("keras.losses")
    ops, optimizers = LazyModule("keras.ops"), LazyModule("keras.optimizers")


def _start(variant: str) -> Mapping[str, Callable[[Arrays], Prepared]]:
    os.environ["KERAS_BACKEND"] = variant  # before it is imported
    if variant == "tensorflow":
        _set_tensorflows_threads()
    keras.config.set_floatx("float32")
    keras.config.set_image_data_format("channels_last")
    return forward_works(_ready, ops.matmul, ops.silu, _convolve, channels_last=True) | {
        "mlp_step": _mlp_step,
        "lstm_step": _lstm_step,
    }


def _set_tensorflows_threads() -> None:
    import tensorflow as tf

    threads = int(os.environ["OMP_NUM_THREADS"])
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)


def _ready(function: Callable[..., Any], *operands: np.ndarray) -> Call:
    given = [ops.convert_to_tensor(operand) for operand in operands]
    if keras.config.backend() == "jax":  # TensorFlow's result is there
        return lambda: function(*given).block_until_ready(), ops.convert_to_numpy
    return lambda: function(*given), ops.convert_to_numpy


def _convolve(x: Any, filters: Any) -> Any:
    return ops.conv(x, filters, padding="same")


def _mlp_step(given: Arrays) -> Prepared:
    return _training("mlp_step", layers.Dense(given["hidden"].shape[1], "tanh"), given)


def _lstm_step(given: Arrays) -> Prepared:
    return _training("lstm_step", layers.LSTM(len(given["recurrent"])), given)


def _training(work: str, hidden: Any, given: Arrays) -> Prepared:
    names, output = WEIGHTS[work], layers.Dense(given["output"].shape[1])
    model = keras.Sequential([layers.Input(given["x"].shape[1:]), hidden, output])
    model.set_weights([given[name] for name in names])
    model.compile(optimizers.SGD(LEARNING_RATE), losses.SparseCategoricalCrossentropy(from_logits=True))

    def call() -> float:
        return float(model.train_on_batch(given["x"], given["y"]))

    return Prepared(call, lambda: dict(zip(names, model.get_weights(), strict=True)))


LIBRARY = Library(
    name="Keras",
    module="keras",
    distributions=("keras", "jax", "tensorflow", "tensorflow-cpu"),
    install="pip install keras jax tensorflow-cpu",
    about="Operations run as they are called; the training step is train_on_batch, whose own work around the "
    "compiled step is most of a small step's time.",
    start=_start,
    variants={"jax": "on JAX", "tensorflow": "on TensorFlow"},
    variables={
        "JAX_PLATFORMS": "cpu",
        "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
        "XLA_FLAGS": "--xla_cpu_multi_thread_eigen={many}",
        "TF_CPP_MIN_LOG_LEVEL": "2",
    },
)
