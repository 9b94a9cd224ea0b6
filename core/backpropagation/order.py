"""In which order the numbers of one step appear, and how far a press of a button leads."""

from __future__ import annotations

from core.backpropagation.network import EDGES
from core.checks import integer, one_of

# What is there after each moment: the units of the forward pass, the loss, and the derivatives.
MOMENTS = ("h1", "h2", "o", "loss", *EDGES)
FORWARD_DONE, LOSS_DONE, LAST = MOMENTS.index("o") + 1, MOMENTS.index("loss") + 1, len(MOMENTS)

ACTIONS = ("forward", "loss", "backward", "step")


def after(moment: int, action: str) -> int:
    """How many of MOMENTS are there after an action, from 0 to LAST.

    forward and backward show one more number. What an action needs comes with it: loss the whole forward
    pass, backward the loss. forward begins anew once its pass is done, and step makes the next one due.
    """
    integer("moment", moment, 0, LAST)
    one_of("action", action, ACTIONS)
    if action == "forward":
        return moment + 1 if moment < FORWARD_DONE else 1
    if action == "loss":
        return max(moment, LOSS_DONE)
    if action == "backward":
        return min(max(moment, LOSS_DONE) + 1, LAST)
    return 0


def seen(moment: int) -> frozenset[str]:
    """What is there at a moment."""
    return frozenset(MOMENTS[:moment])


def due(moment: int) -> str:
    """The action that comes next."""
    if moment < FORWARD_DONE:
        return "forward"
    if moment < LOSS_DONE:
        return "loss"
    return "backward" if moment < LAST else "step"
