"""Where a function jumps, has no value, or bends, found by bisecting the cells of a grid."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.lazy import LazyModule

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = LazyModule("torch")

KINK = 1e-3  # the smallest jump of the slope that counts; half a step of any parameter makes a larger one
MAX_FOLLOWED, MAX_REPORTED = 2000, 100  # jumps, kinks and bends; the nearest to 0 where there are more
HALVINGS = 40
OVERFLOWS = 1e100  # a number beyond it grows into an infinite one without any jump
SAME_PLACE = 1e-5


@dataclass(frozen=True)
class Cells:
    """Neighbouring points of a grid, and a function's values at them: four tensors of one length."""

    left: Tensor
    right: Tensor
    at_left: Tensor
    at_right: Tensor

    def __getitem__(self, kept: Tensor) -> Cells:
        return Cells(self.left[kept], self.right[kept], self.at_left[kept], self.at_right[kept])


def jumps(function: Callable[[Tensor], Tensor], cells: Cells) -> list[float]:
    """The places where the value is discontinuous, the nearest to 0 first.

    Each cell in which the value changes is bisected, towards the larger change, until only jumps remain.
    """
    for halvings in range(HALVINGS):
        keep = (cells.at_right - cells.at_left).abs() > KINK * (1 + cells.at_left.abs())
        if halvings == 4:  # steep curves are excluded by now; fast oscillations must not take minutes
            keep &= _nearest(cells.left, keep, MAX_FOLLOWED)
        cells = cells[keep]
        if not len(cells.left):
            return []
        middle = (cells.left + cells.right) / 2
        at_middle = function(middle)
        leftward = (at_middle - cells.at_left).abs() > (cells.at_right - at_middle).abs()
        leftward |= at_middle.isinf() & cells.at_left.isfinite()  # from one infinity to itself is no change
        cells = _half(cells, middle, at_middle, leftward)
    finite = torch.where(cells.at_left.isfinite(), cells.at_left, cells.at_right).abs()
    return _places(cells[(cells.at_left.isfinite() & cells.at_right.isfinite()) | (finite < OVERFLOWS)])


def edges(function: Callable[[Tensor], Tensor], cells: Cells) -> list[float]:
    """The places beside which the function has a value on one side and none on the other, nearest first."""
    changes = cells.at_left.isfinite() != cells.at_right.isfinite()
    changes &= _nearest(cells.left, changes, MAX_REPORTED)
    cells = cells[changes]
    for _ in range(HALVINGS if len(cells.left) else 0):
        middle = (cells.left + cells.right) / 2
        at_middle = function(middle)
        leftward = at_middle.isfinite() != cells.at_left.isfinite()
        cells = _half(cells, middle, at_middle, leftward)
    return _places(cells)


def _half(cells: Cells, middle: Tensor, at_middle: Tensor, leftward: Tensor) -> Cells:
    return Cells(
        torch.where(leftward, cells.left, middle),
        torch.where(leftward, middle, cells.right),
        torch.where(leftward, cells.at_left, at_middle),
        torch.where(leftward, at_middle, cells.at_right),
    )


def _places(cells: Cells) -> list[float]:
    nearest = sorted(cells.left.tolist(), key=abs)[:MAX_REPORTED]
    return distinct([0.0 if abs(place) < 1e-13 else place for place in nearest])


def bends(slope: Callable[[Tensor], Tensor], x: Tensor, slopes: Tensor) -> list[float]:
    """Where the second derivative is discontinuous, or infinite, between the evenly spaced x.

    There the difference quotients of the slope on both sides stay apart, or grow apart, as the step becomes
    smaller; elsewhere their difference is proportional to the step.
    """
    step = x[1].item() - x[0].item()
    keep = (slopes[2:] - 2 * slopes[1:-1] + slopes[:-2]).abs() > 10 * KINK * step
    keep &= _nearest(x[1:-1], keep, MAX_FOLLOWED)
    centre, history = x[1:-1][keep], []
    if not len(centre):
        return []
    for _ in range(12):  # to steps of 0.005 / 4096
        step = step / 2
        around = torch.stack([centre + k * step for k in range(-2, 3)])
        at = slope(around)
        apart = (at[2:] - 2 * at[1:-1] + at[:-2]).abs() / step
        apart = torch.where(apart.isfinite(), apart, -1.0)
        best = (apart + torch.tensor([[0.0], [1e-12], [0.0]], dtype=apart.dtype)).argmax(0)
        centre = around[1:-1].gather(0, best[None])[0]
        history.append(apart.gather(0, best[None])[0])
    remain = (history[-1] > 0.3 * history[-6]) & (history[-1] > 5 * KINK)
    return distinct(centre[remain].tolist())


def distinct(places: Sequence[float]) -> list[float]:
    """Places, nearest to 0 first, of which none repeats one before it within rounding."""
    found: list[float] = []
    for place in sorted(places, key=lambda one: (abs(one), one)):
        if not any(abs(place - other) <= SAME_PLACE * max(1.0, abs(place)) for other in found[-4:]):
            found.append(place)
    return found


def reported(places: Sequence[float]) -> tuple[float, ...]:
    """Those nearest to 0, rounded, each once, from left to right."""
    nearest = sorted(places, key=abs)[:MAX_REPORTED]
    return tuple(dict.fromkeys(sorted(round(place, 6) + 0.0 for place in nearest)))


def _nearest(x: Tensor, among: Tensor, max_count: int) -> Tensor:
    """Which of x are among the `max_count` nearest to 0 of those selected."""
    distances = x[among].abs()
    return x.abs() <= distances.sort().values[max_count - 1] if len(distances) > max_count else among
