"""The optimisers of torch.optim, without what they hold ready for torch.compile.

Nothing here is compiled by it, yet an optimiser's first step imports that compiler: over a second of a start,
and 70 MB of each process. Their arithmetic is torch's own.
"""

from __future__ import annotations

import inspect
from typing import Any

import torch
from torch import optim

# Each is a method of torch.optim.Optimizer in a wrapper that imports the compiler when it is first called.
_WRAPPED = ("add_param_group", "load_state_dict", "state_dict", "zero_grad")


def _uncompiled(kind: type[Any]) -> Any:
    """A class of the same name whose methods are those inside torch's wrappers."""
    bare = {name: inspect.unwrap(getattr(kind, name)) for name in _WRAPPED}
    # The wrapper of a step turns gradients off as well, but for optimisers that are differentiable.
    bare["step"] = torch.no_grad()(inspect.unwrap(kind.step))
    return type(kind.__name__, (kind,), bare | {"__module__": __name__, "__doc__": kind.__doc__})


SGD: type[optim.SGD] = _uncompiled(optim.SGD)
Adam: type[optim.Adam] = _uncompiled(optim.Adam)
AdamW: type[optim.AdamW] = _uncompiled(optim.AdamW)
RMSprop: type[optim.RMSprop] = _uncompiled(optim.RMSprop)
