"""TensorFlow: functions of Python, traced into graphs."""

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
    import numpy as np
    import tensorflow as tf
else:
    tf = LazyModule("tensorflow")


def _start(_variant: str) -> Mapping[str, Callable[[Arrays], Prepared]]:
    threads = int(os.environ["OMP_NUM_THREADS"])
    # These must come before its first operation.
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    tf.config.experimental.enable_tensor_float_32_execution(False)
    tf.config.experimental.set_synchronous_execution(True)
    # Channels last: the only order that its CPU knows.
    return forward_works(_ready, tf.matmul, tf.nn.silu, _convolve, channels_last=True) | {
        "mlp_step": lambda given: _training("mlp_step", _mlp, given),
        "lstm_step": lambda given: _training("lstm_step", _lstm, given),
    }


def _ready(function: Callable[..., Any], *operands: np.ndarray) -> Call:
    run, given = tf.function(function), [tf.constant(operand) for operand in operands]
    return lambda: run(*given), lambda result: result.numpy()  # synchronous: the result is there


def _convolve(x: Any, filters: Any) -> Any:
    return tf.nn.conv2d(x, filters, 1, "SAME")


def _training(work: str, outputs: Callable[[Any, Any], Any], given: Arrays) -> Prepared:
    x, y = tf.constant(given["x"]), tf.constant(given["y"])
    weights = {name: tf.Variable(given[name]) for name in WEIGHTS[work]}

    @tf.function
    def step(x: Any, y: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y, outputs(weights, x)))
        slopes = tape.gradient(loss, weights)
        for name, variable in weights.items():
            variable.assign_sub(LEARNING_RATE * slopes[name])
        return loss

    return Prepared(
        lambda: float(step(x, y)), lambda: {name: array.numpy() for name, array in weights.items()}
    )


def _mlp(w: Mapping[str, Any], x: Any) -> Any:
    return tf.tanh(x @ w["hidden"] + w["hidden_bias"]) @ w["output"] + w["output_bias"]


def _lstm(w: Mapping[str, Any], x: Any) -> Any:
    state = memory = tf.zeros((x.shape[0], w["recurrent"].shape[0]))
    for now in tf.unstack(x, axis=1):  # written out in the graph, once a step of time
        sums = now @ w["input"] + state @ w["recurrent"] + w["bias"]
        i, f, g, o = tf.split(sums, 4, axis=1)
        memory = tf.sigmoid(f) * memory + tf.sigmoid(i) * tf.tanh(g)
        state = tf.sigmoid(o) * tf.tanh(memory)
    return state @ w["output"] + w["output_bias"]


LIBRARY = Library(
    name="TensorFlow",
    module="tensorflow",
    distributions=("tensorflow", "tensorflow-cpu"),
    install="pip install tensorflow-cpu",
    about="tf.function traces a graph of the whole step; its CPU library is oneDNN, whose rounding differs.",
    start=_start,
    variables={"TF_CPP_MIN_LOG_LEVEL": "2"},
)
