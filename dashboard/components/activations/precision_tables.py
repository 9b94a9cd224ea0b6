"""Tables of the Precision page: the limits of functions in each format, and the formats themselves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Protocol

import pandas as pd
import streamlit as st

from core.activations.formats import FORMATS
from core.activations.precision import LOST, Stretch, Worst
from dashboard.components.activation_picker import name_of
from dashboard.components.number_text import signed

MAX_INTERVALS = 6  # of x that a cell lists


class Limits(Protocol):
    """What the table needs to know of f or f' in one format."""

    @property
    def worst(self) -> Worst | None: ...
    @property
    def largest(self) -> float: ...
    @property
    def lost(self) -> list[Stretch]: ...


def draw_limits(rows: Sequence[tuple[str, str, str, Limits]]) -> None:
    """A row for each function, part of it (f or f'), and format."""
    st.header("Limits")
    text = st.column_config.TextColumn
    st.dataframe(
        pd.DataFrame(_row(*row) for row in rows),
        hide_index=True,
        column_config={
            "Worst error": text(
                help="Relative, over the chosen x, of results that are not lost nor too small for all digits"
            ),
            "in ulps": text(
                help="The largest error in steps between neighbouring numbers; 0.5 is rounding alone"
            ),
            "Largest result": text(help="Over every x of the format"),
            "Infinite": text(width=130, help="x whose result is infinite: an overflow"),
            "NaN": text(width=130, help="x whose result is not a number"),
            "Zero": text(help="x whose result is 0 though the exact one is not"),
            "Clipped": text(help="x that give the largest number in place of a larger one"),
        },
    )
    st.caption(
        "Infinite, NaN, zero and clipped are searched at every number x of the format (of float32, at some "
        "140,000). ⚠ the exact result would fit: a step on the way failed. Look for ⚠ beside infinite or "
        "NaN: such an x ends a training."
    )


def draw_formats() -> None:
    """How errors are computed, and what each format is."""
    with st.expander("How it is computed"):
        st.markdown(
            "Exact are the function and its derivative in float64, at the same x, which is a number of the "
            "format: rounding x itself does not count. float64 runs out of digits too: in it GELU is 0 below "
            "−8.4. The slope is autograd's. float32, bfloat16 and float16 compute as PyTorch does on a CPU, "
            "where some functions use more digits inside; a graphics card may differ in the last digit. "
            "float8 has no arithmetic: x is a float8 number, the function is computed in float32, and the "
            "result is rounded to float8."
        )
        st.dataframe(
            pd.DataFrame(
                {
                    "Format": format.name,
                    "Bits": 1 + format.exponent_bits + format.fraction_bits,
                    "Exponent": format.exponent_bits,
                    "Fraction": format.fraction_bits,
                    "Step after 1": signed(format.epsilon, 3),
                    "Largest": signed(format.largest, 3),
                    "Smallest": signed(format.smallest, 3),
                    "Note": format.note,
                }
                for format in FORMATS.values()
            ),
            hide_index=True,
        )


def _row(key: str, part: str, format_key: str, limits: Limits) -> dict[str, Any]:
    lost = {what: [stretch for stretch in limits.lost if stretch.what == what] for what in LOST}
    worst = limits.worst
    return {
        "Function": name_of(key),
        "Of": part,
        "Format": FORMATS[format_key].name,
        "Worst error": signed(worst.relative, 3) if worst else "–",
        "at x": signed(worst.at, 3) if worst else "–",
        "in ulps": signed(worst.ulps, 3) if worst else "–",
        "Largest result": signed(limits.largest, 3),
        **{what.capitalize() if what != "NaN" else what: _intervals(lost[what]) for what in LOST},
    }


def _intervals(stretches: Sequence[Stretch]) -> str:
    """Which x lead to a loss; a warning sign where the exact result would have fitted."""
    if len(stretches) > MAX_INTERVALS:
        low, high = signed(stretches[0].low, 3), signed(stretches[-1].high, 3)
        avoidable = any(stretch.avoidable for stretch in stretches)
        return f"{len(stretches)} intervals from {low} to {high}{' ⚠' if avoidable else ''}"
    return ", ".join(_interval(stretch) for stretch in stretches) or "–"


def _interval(stretch: Stretch) -> str:
    low, high = signed(stretch.low, 3), signed(stretch.high, 3)
    if math.isinf(stretch.low):
        text = "every x" if math.isinf(stretch.high) else f"x ≤ {high}"
    elif math.isinf(stretch.high):
        text = f"x ≥ {low}"
    else:
        text = low if low == high else f"{low} to {high}"
    return text + (" ⚠" if stretch.avoidable else "")
