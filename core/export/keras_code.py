"""build() of keras_model.py: a line or two for each step of the network."""

from __future__ import annotations

from collections.abc import Iterator

from core.export import network_steps as kinds
from core.export.network_steps import Step


def keras_network(steps: list[Step], input_shape: tuple[int, ...]) -> Iterator[str]:
    """The lines of the function. Images have their channels last."""
    images = len(input_shape) == 3
    shape = (*input_shape[1:], input_shape[0]) if images else input_shape
    yield "def build() -> keras.Model:"
    yield '    """The network, with weights that it draws itself."""'
    yield f"    x = inputs = keras.Input({tuple(map(int, shape))})"
    for step in steps:
        for computed in _computed(step, images):
            yield f"    {step.result} = {computed}"
    yield f"    return keras.Model(inputs, {steps[-1].result})"


def _computed(step: Step, images: bool) -> Iterator[str]:
    """What a variable becomes, in one line or in two."""
    x, module, name = step.of[0], step.module, f'name="{step.layer.replace(".", "_")}"'
    match step.kind:
        case kinds.DENSE:
            yield f"layers.Dense({module.out_features}, {name})({x})"
        case kinds.CONV:
            if any(module.padding):
                yield f"layers.ZeroPadding2D({module.padding})({x})"
                x = step.result
            given = f"{module.out_channels}, {module.kernel_size}, strides={module.stride}"
            yield f"layers.Conv2D({given}, use_bias={module.bias is not None}, {name})({x})"
        case kinds.BATCH_NORM:
            yield f"BatchNorm({name})({x})"
        case kinds.LAYER_NORM:
            yield f"layers.LayerNormalization(epsilon={module.eps}, {name})({x})"
        case kinds.DROPOUT:
            yield f"layers.Dropout({module.p})({x})"
        case kinds.MAX_POOL:
            size, stride = step.value
            yield f"layers.MaxPooling2D({size}, strides={stride})({x})"
        case kinds.ACTIVATION:
            yield f"{step.value}({x})"
        case kinds.FLATTEN:
            if images:  # channels first again, as the weights of the next layer count them
                yield f"layers.Permute((3, 1, 2))({x})"
                x = step.result
            yield f"layers.Flatten()({x})"
        case kinds.MEAN:
            yield f"layers.GlobalAveragePooling2D()({x})"
        case kinds.ADD:
            yield f"layers.Add()([{x}, {step.of[1]}])"
        case kinds.EVERY:
            yield f"{x}[:, ::{step.value}, ::{step.value}]"
        case kinds.NEW_CHANNELS:
            yield f"ops.pad({x}, ((0, 0), (0, 0), (0, 0), (0, {step.value})))"
        case _:
            raise LookupError(f"{step.kind} has no line in Keras")
