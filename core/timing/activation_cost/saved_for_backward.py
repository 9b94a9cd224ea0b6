"""What autograd saves of an operation until its backward pass: the price of training in memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class SavedForBackward:
    """Bytes that stay alive between the forward and the backward pass, each storage counted once."""

    input_bytes: int  # of x itself; in a network the layer before holds it anyway
    result_bytes: int  # of the result; in a network the layer after holds it anyway
    other_bytes: int  # what nobody else needs

    @property
    def all_bytes(self) -> int:
        """All of them together."""
        return self.input_bytes + self.result_bytes + self.other_bytes


def saved_for_backward(function: Callable[[Tensor], Tensor], x: Tensor) -> SavedForBackward:
    """Run the forward pass on x, any shape, and count what autograd saves of it; single numbers are left out.

    Source: torch.autograd.graph.saved_tensors_hooks, which sees every tensor that is saved.
    """
    x = x.detach().clone().requires_grad_()
    # The storages themselves are held here, or a freed one's address could come again.
    saved: dict[int, torch.UntypedStorage] = {}

    def remember(tensor: Tensor) -> Tensor:
        if tensor.numel() > 1:
            saved[_address(tensor)] = tensor.untyped_storage()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(remember, lambda tensor: tensor):
        result = function(x)
    sizes = {address: storage.nbytes() for address, storage in saved.items()}
    input_bytes = sizes.pop(_address(x), 0)
    result_bytes = sizes.pop(_address(result), 0)
    return SavedForBackward(input_bytes, result_bytes, sum(sizes.values()))


def _address(tensor: Tensor) -> int:
    return tensor.untyped_storage().data_ptr()
