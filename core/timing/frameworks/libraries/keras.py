"""Keras 3: layers and a training step over another framework, here JAX or TensorFlow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from core.timing.frameworks.work.catalogue import LEARNING_RATE
from core.timing.frameworks.work.library import Arrays, Library, Prepared


def _start(variant: str) -> Mapping[str, Callable[[Arrays], Prepared]]:
    import os

    os.environ["KERAS_BACKEND"] = variant
    if variant == "tensorflow":
        import tensorflow as tf

        threads = int(os.environ["OMP_NUM_THREADS"])
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)
    import keras
    from keras import layers, losses, ops, optimizers

    keras.config.set_floatx("float32")
    keras.config.set_image_data_format("channels_last")

    def waited(tensor: Any) -> Any:  # TensorFlow's is there
        return tensor.block_until_ready() if variant == "jax" else tensor

    def of(function: Callable[..., Any], name: str, *operands: Any, images: bool = False) -> Prepared:
        last, given = {}, [ops.convert_to_tensor(operand) for operand in operands]

        def call() -> None:
            last[name] = waited(function(*given))

        def result() -> Arrays:
            array = ops.convert_to_numpy(last[name])
            return {name: array.transpose(0, 3, 1, 2) if images else array}

        return Prepared(call, result)

    def matmul(given: Arrays) -> Prepared:
        return of(ops.matmul, "product", given["a"], given["b"])

    def activation(given: Arrays) -> Prepared:
        return of(ops.silu, "output", given["x"])

    def convolution(given: Arrays) -> Prepared:
        x, filters = given["x"].transpose(0, 2, 3, 1), given["filters"].transpose(2, 3, 1, 0)
        return of(lambda x, filters: ops.conv(x, filters, padding="same"), "output", x, filters, images=True)

    def training(hidden: Any, units: int, names: tuple[str, ...], given: Arrays) -> Prepared:
        model = keras.Sequential([layers.Input(given["x"].shape[1:]), hidden, layers.Dense(units)])
        model.set_weights([given[name] for name in names])
        model.compile(optimizers.SGD(LEARNING_RATE), losses.SparseCategoricalCrossentropy(from_logits=True))

        def call() -> float:
            return float(model.train_on_batch(given["x"], given["y"]))

        return Prepared(call, lambda: dict(zip(names, model.get_weights(), strict=True)))

    def mlp_step(given: Arrays) -> Prepared:
        names = ("hidden", "hidden_bias", "output", "output_bias")
        hidden = layers.Dense(given["hidden"].shape[1], "tanh")
        return training(hidden, given["output"].shape[1], names, given)

    def lstm_step(given: Arrays) -> Prepared:
        names = ("input", "recurrent", "bias", "output", "output_bias")
        return training(layers.LSTM(len(given["recurrent"])), given["output"].shape[1], names, given)

    return {
        "matmul": matmul,
        "activation": activation,
        "convolution": convolution,
        "mlp_step": mlp_step,
        "lstm_step": lstm_step,
    }


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
