"""What is measured of images is how they were made."""

from __future__ import annotations

import numpy as np
import pytest

from core.data import load
from dashboard.film.ink import ink_of


def test_digits_of_mnist_are_twenty_pixels_large_and_centred_by_their_mass() -> None:
    ink = ink_of(load("mnist5k").test_inputs[:, 0])
    assert (ink.ground, ink.extent) == (0, 20 / 28)
    assert ink.pen > 0.95
    assert ink.centre == pytest.approx((14.5 / 28, 14.5 / 28), abs=0.005)


def squares(places: list[int], ground: float, pen: float) -> np.ndarray:
    """An image of 30 x 30 pixels for each place, with a square of 10 x 10 there."""
    images = np.full((len(places), 30, 30), ground, np.float32)
    for image, place in zip(images, places, strict=True):
        image[place : place + 10, place : place + 10] = pen
    return images


def test_dark_ink_on_white_paper() -> None:
    ink = ink_of(squares([10, 10, 10], 1.0, 0.25))
    assert (ink.ground, ink.pen) == (1, 0.25)
    assert ink.extent == pytest.approx(1 / 3)
    assert ink.centre == pytest.approx((0.5, 0.5))


def test_images_that_lie_anywhere_are_not_centred() -> None:
    ink = ink_of(squares([2, 10, 18], 0.0, 1.0))
    assert (ink.extent, ink.centre) == (None, None)


def test_empty_images_have_a_ground_alone() -> None:
    assert ink_of(np.zeros((3, 8, 8), np.float32)).extent is None
