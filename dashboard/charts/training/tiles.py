"""Small images side by side, row under row."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from dashboard.charts.pixels import png_url


def tiles(images: np.ndarray, in_a_row: int, enlarge: int = 1) -> pd.DataFrame:
    """url, column and row of each image, pixels (n, height, width) or (n, height, width, 4)."""
    numbers = np.arange(len(images))
    urls = [png_url(image, enlarge) for image in images]
    return pd.DataFrame({"url": urls, "column": numbers % in_a_row, "row": numbers // in_a_row})


def pairs(above: np.ndarray, below: np.ndarray, in_a_row: int, names: tuple[str, str]) -> pd.DataFrame:
    """As tiles(), of two sets of images: each of the second under its own of the first; name says which."""
    return columns(dict(zip(names, (above, below), strict=True)), in_a_row)


def columns(stacked: dict[str, np.ndarray], in_a_row: int) -> pd.DataFrame:
    """As tiles(), of several sets of images by name, each under its own of the set before."""
    parts = []
    for under, (name, images) in enumerate(stacked.items()):
        table = tiles(images, in_a_row, sharp(images))
        parts.append(table.assign(row=len(stacked) * table["row"] + under, name=name))
    return pd.concat(parts)


def positions() -> dict[str, Any]:
    """The position of a tile, as encodings."""
    return {"x": alt.X("column:O", axis=None), "y": alt.Y("row:O", axis=None)}


def height(table: pd.DataFrame, row_px: int, around_px: int) -> int:
    """Of a chart of these tiles; the title takes its part of the height."""
    return int(table["row"].max() + 1) * row_px + around_px


def sharp(images: np.ndarray, shown_px: int = 44) -> int:
    """How often to repeat each pixel: twice the size shown, for sharp screens."""
    return max(1, 2 * shown_px // images.shape[2])
