"""TensorFlow: functions of Python, traced into graphs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from core.timing.frameworks.work.catalogue import LEARNING_RATE
from core.timing.frameworks.work.library import Arrays, Library, Prepared
from core.timing.frameworks.work.reference import WEIGHTS


def _start(_variant: str) -> Mapping[str, Callable[[Arrays], Prepared]]:
    import os

    import numpy as np
    import tensorflow as tf

    threads = int(os.environ["OMP_NUM_THREADS"])
    # These must come before its first operation.
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    tf.config.experimental.enable_tensor_float_32_execution(False)
    tf.config.experimental.set_synchronous_execution(True)

    def of(function: Callable[..., Any], name: str, *operands: np.ndarray, images: bool = False) -> Prepared:
        run, last, given = tf.function(function), {}, [tf.constant(operand) for operand in operands]

        def call() -> None:
            last[name] = run(*given)  # synchronous: the result is there

        def result() -> Arrays:
            array = last[name].numpy()
            return {name: array.transpose(0, 3, 1, 2) if images else array}

        return Prepared(call, result)

    def matmul(given: Arrays) -> Prepared:
        return of(tf.matmul, "product", given["a"], given["b"])

    def activation(given: Arrays) -> Prepared:
        return of(tf.nn.silu, "output", given["x"])

    def convolution(given: Arrays) -> Prepared:
        # Channels last: the only order that its CPU knows.
        x, filters = given["x"].transpose(0, 2, 3, 1), given["filters"].transpose(2, 3, 1, 0)
        convolve = lambda x, filters: tf.nn.conv2d(x, filters, 1, "SAME")  # noqa: E731
        return of(convolve, "output", x, filters, images=True)

    def training(work: str, outputs: Callable[[Any, Any], Any], given: Arrays) -> Prepared:
        x, y = tf.constant(given["x"]), tf.constant(given["y"])
        weights = {name: tf.Variable(given[name]) for name in WEIGHTS[work]}

        @tf.function
        def step(x: Any, y: Any) -> Any:
            with tf.GradientTape() as tape:
                losses = tf.nn.sparse_softmax_cross_entropy_with_logits(y, outputs(weights, x))
                loss = tf.reduce_mean(losses)
            for variable, slope in zip(
                weights.values(), tape.gradient(loss, [*weights.values()]), strict=True
            ):
                variable.assign_sub(LEARNING_RATE * slope)
            return loss

        return Prepared(
            lambda: float(step(x, y)), lambda: {name: array.numpy() for name, array in weights.items()}
        )

    def mlp_step(given: Arrays) -> Prepared:
        def outputs(w: Mapping[str, Any], x: Any) -> Any:
            return tf.tanh(x @ w["hidden"] + w["hidden_bias"]) @ w["output"] + w["output_bias"]

        return training("mlp_step", outputs, given)

    def lstm_step(given: Arrays) -> Prepared:
        def outputs(w: Mapping[str, Any], x: Any) -> Any:
            state = memory = tf.zeros((x.shape[0], w["recurrent"].shape[0]))
            for now in tf.unstack(x, axis=1):  # written out in the graph, once a step of time
                sums = now @ w["input"] + state @ w["recurrent"] + w["bias"]
                i, f, g, o = tf.split(sums, 4, axis=1)
                memory = tf.sigmoid(f) * memory + tf.sigmoid(i) * tf.tanh(g)
                state = tf.sigmoid(o) * tf.tanh(memory)
            return state @ w["output"] + w["output_bias"]

        return training("lstm_step", outputs, given)

    return {
        "matmul": matmul,
        "activation": activation,
        "convolution": convolution,
        "mlp_step": mlp_step,
        "lstm_step": lstm_step,
    }


LIBRARY = Library(
    name="TensorFlow",
    module="tensorflow",
    distributions=("tensorflow", "tensorflow-cpu"),
    install="pip install tensorflow-cpu",
    about="tf.function traces a graph of the whole step; its CPU library is oneDNN, whose rounding differs.",
    start=_start,
    variables={"TF_CPP_MIN_LOG_LEVEL": "2"},
)
