"""Pictures inside charts decode to the pixels that went in."""

from __future__ import annotations

import base64
import io

import numpy as np
from PIL import Image

from dashboard.charts.pixels import BLUE, ORANGE, diverging, png_url


def decode(url: str) -> np.ndarray:
    head, data = url.split(",", 1)
    assert head == "data:image/png;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))


def test_grey_pixels_survive_the_way_into_a_chart() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (28, 28), np.uint8)
    np.testing.assert_array_equal(decode(png_url(pixels)), pixels)
    np.testing.assert_array_equal(decode(png_url(pixels, enlarge=3)), pixels.repeat(3, 0).repeat(3, 1))


def test_sign_is_told_by_colour_and_zero_is_transparent() -> None:
    pixels = decode(png_url(diverging(np.array([[-1.0, 0.0, 1.0]]))))
    assert tuple(pixels[0, 0, :3]) == ORANGE
    assert tuple(pixels[0, 2, :3]) == BLUE
    assert list(pixels[0, :, 3] > 0) == [True, False, True]
