"""Pictures inside charts decode to the pixels that went in."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image

from dashboard.charts.pixels import BLUE, CLASSES, ORANGE, STRONGEST, by_class, diverging, png_url


def decode(url: str) -> np.ndarray:
    head, data = url.split(",", 1)
    assert head == "data:image/png;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))


def test_grey_pixels_survive_the_way_into_a_chart() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (28, 28), np.uint8)
    np.testing.assert_array_equal(decode(png_url(pixels)), pixels)
    np.testing.assert_array_equal(decode(png_url(pixels, enlarge=3)), pixels.repeat(3, 0).repeat(3, 1))


def test_sign_is_shown_by_colour_and_zero_is_transparent() -> None:
    pixels = decode(png_url(diverging(np.array([[-1.0, 0.0, 1.0]]))))
    assert tuple(pixels[0, 0, :3]) == ORANGE
    assert tuple(pixels[0, 2, :3]) == BLUE
    assert list(pixels[0, :, 3] > 0) == [True, False, True]


def test_class_is_shown_by_colour_and_an_unsure_one_is_paler() -> None:
    winner = np.arange(8, dtype=np.uint8).repeat(3).reshape(8, 3)
    probability = np.tile([1 / 8, 0.5, 1.0], (8, 1)).astype(np.float32)
    pixels = decode(png_url(by_class(winner, probability, 8)))
    assert [tuple(pixel) for pixel in pixels[:, 2, :3]] == list(CLASSES)
    assert pixels[:, 0, 3].tolist() == [0] * 8
    assert pixels[:, 2, 3].tolist() == [STRONGEST] * 8
    assert (pixels[:, 1, 3] > 0).all()
    assert (pixels[:, 1, 3] < STRONGEST).all()


def test_two_classes_have_the_colours_of_a_map_of_two() -> None:
    probability = np.linspace(0, 1, 11)[None]
    winner = (probability > 0.5).astype(np.uint8)
    as_many = by_class(winner, np.maximum(probability, 1 - probability), 2).astype(int)
    as_two = diverging(2 * probability - 1).astype(int)
    sure = as_two[..., 3] > 0
    assert np.abs(as_many - as_two)[sure].max() <= 1


# What people see who lack one kind of cone, of linear RGB: Machado, Oliveira & Fernandes 2009, severity 1.
SEEN = {
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
    "all cones": np.eye(3).tolist(),
}


@pytest.mark.parametrize("eyes", SEEN)
def test_colours_of_classes_differ_for_every_kind_of_eyes(eyes: str) -> None:
    srgb = np.array(CLASSES) / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    lab = cie_lab(np.clip(linear @ np.array(SEEN[eyes]).T, 0, 1))
    distances = np.linalg.norm(lab[:, None] - lab[None], axis=-1)[np.triu_indices(len(lab), 1)]
    assert distances.min() > 15  # 2.3 is just noticeable side by side


def cie_lab(linear: np.ndarray) -> np.ndarray:
    """Linear sRGB (n, 3) in CIE L*a*b* of 1976, under daylight D65."""
    to_xyz = np.array(
        [
            [0.4124564, 0.3575761, 0.1804375],
            [0.2126729, 0.7151522, 0.0721750],
            [0.0193339, 0.1191920, 0.9503041],
        ]
    )
    xyz = linear @ to_xyz.T / [0.95047, 1, 1.08883]
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=1)
