"""Zips of images as people make them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

import numpy as np
from PIL import Image


def png(pixels: np.ndarray, format: str = "PNG") -> bytes:
    """An image file of uint8 pixels."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, format=format)
    return file.getvalue()


def of_colour(colour: tuple[int, ...], width: int = 40, height: int = 30) -> bytes:
    """A PNG of one colour."""
    return png(np.full((height, width, len(colour)), colour, np.uint8))


def zipped(files: Mapping[str, bytes]) -> bytes:
    """A zip of files by name."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return file.getvalue()


def folders(count: int = 6, below: str = "") -> dict[str, bytes]:
    """Red images in one folder, green ones in another."""
    colours = {"red": (200, 10, 10), "green": (10, 200, 10)}
    return {
        f"{below}{name}/{number}.png": of_colour(colour)
        for name, colour in colours.items()
        for number in range(count)
    }
