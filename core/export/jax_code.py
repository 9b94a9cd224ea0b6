"""network(weights, x) of jax_model.py: a line for each step of the network."""

from __future__ import annotations

from collections.abc import Iterator

from core.export import network_steps as kinds
from core.export.network_steps import Step


def jax_network(steps: list[Step], input_shape: tuple[int, ...]) -> Iterator[str]:
    """The lines of the function."""
    yield "def network(weights: Mapping[str, Array], x: Array, learning: Learning | None = None) -> Array:"
    yield f'    """The outputs for inputs (batch, {", ".join(map(str, input_shape))})."""'
    for step in steps:
        yield f"    {step.result} = {_computed(step)}"
    yield f"    return {steps[-1].result}"


def _computed(step: Step) -> str:
    x, layer = step.of[0], f'weights, "{step.layer}"'
    match step.kind:
        case kinds.DENSE | kinds.LAYER_NORM:
            return f"{step.kind}({layer}, {x})"
        case kinds.CONV:
            module = step.module
            return f"conv({layer}, {x}, stride={module.stride}, padding={module.padding})"
        case kinds.BATCH_NORM:
            return f"batch_norm({layer}, {x}, learning)"
        case kinds.DROPOUT:
            return f"dropout({x}, {step.module.p}, learning)"
        case kinds.MAX_POOL:
            size, stride = step.value
            return f"max_pool({x}, size={size}, stride={stride})"
        case kinds.ACTIVATION:
            return f"{step.value}({x})"
        case kinds.FLATTEN:
            return f"flatten({x})"
        case kinds.MEAN:
            return f"{x}.mean((2, 3))"
        case kinds.ADD:
            return f"{x} + {step.of[1]}"
        case kinds.EVERY:
            return f"{x}[:, :, ::{step.value}, ::{step.value}]"
        case kinds.NEW_CHANNELS:
            return f"jnp.pad({x}, ((0, 0), (0, {step.value}), (0, 0), (0, 0)))"
    raise LookupError(f"{step.kind} has no line in JAX")
