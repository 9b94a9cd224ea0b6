"""Arrays as small PNG pictures that a chart can carry inside itself."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence

import numpy as np
from PIL import Image

# Okabe and Ito's blue and orange-red: distinguishable with any colour vision.
BLUE, ORANGE = (0, 114, 178), (213, 94, 0)
# Okabe and Ito's other colours, and a grey for their black, which a dark page would hide. Two classes stay
# orange and blue.
CLASSES = (
    ORANGE,
    BLUE,
    (0, 158, 115),
    (204, 121, 167),
    (86, 180, 233),
    (230, 159, 0),
    (100, 100, 100),
    (240, 228, 66),
)
STRONGEST = 150  # of 255: points drawn in the same colours stay visible


def png_url(pixels: np.ndarray, enlarge: int = 1) -> str:
    """A data URL of uint8 pixels, (height, width) grey or (height, width, 4) RGBA, each made a square."""
    image = Image.fromarray(pixels)
    if enlarge > 1:
        image = image.resize((image.width * enlarge, image.height * enlarge), Image.Resampling.NEAREST)
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", compress_level=1)  # speed matters more than some hundred bytes
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def diverging(values: np.ndarray) -> np.ndarray:
    """RGBA pixels of values in [-1, 1]: orange below zero, blue above, and nothing at zero.

    Zero is transparent, so that the picture suits a light and a dark page.
    """
    pixels = np.empty((*values.shape, 4), np.uint8)
    pixels[..., :3] = np.where((values < 0)[..., None], ORANGE, BLUE)
    pixels[..., 3] = np.clip(np.abs(values), 0, 1) * STRONGEST
    return pixels


def by_class(
    winner: np.ndarray,
    probability: np.ndarray,
    classes: int,
    colors: Sequence[tuple[int, int, int]] = CLASSES,
) -> np.ndarray:
    """RGBA pixels in the colour of each winner, 0 to classes - 1; the less sure, the more transparent.

    A probability of 1 / classes, as unsure as can be, is nothing.
    """
    pixels = np.empty((*winner.shape, 4), np.uint8)
    pixels[..., :3] = np.array(colors, np.uint8)[winner]
    pixels[..., 3] = np.clip((probability * classes - 1) / (classes - 1), 0, 1) * STRONGEST
    return pixels
