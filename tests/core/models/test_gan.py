"""The GAN's losses against their definitions."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from core.models.gan import GAN, discriminator_loss, generator_loss, gradient_penalty


def made(bounded: bool = False, shape: tuple[int, ...] = (2,)) -> GAN:
    torch.manual_seed(0)
    return GAN(shape, 3, (16,), torch.tanh, bounded)


def test_samples_have_the_shape_of_the_data_and_pixels_stay_in_bounds() -> None:
    gan, random = made(bounded=True, shape=(1, 8, 8)), torch.Generator().manual_seed(0)
    samples = gan(100 * gan.noise(7, random))
    assert samples.shape == (7, 1, 8, 8)
    assert samples.min() >= 0
    assert samples.max() <= 1
    assert gan.score(samples).shape == (7,)


def test_original_loss_is_binary_cross_entropy_of_real_one_and_made_zero() -> None:
    gan, real, fake = made(), torch.randn(5, 2), torch.randn(5, 2)
    cross_entropy = nn.BCEWithLogitsLoss()
    expected = cross_entropy(gan.score(real), torch.ones(5)) + cross_entropy(gan.score(fake), torch.zeros(5))
    found = discriminator_loss(gan, real, fake, "non_saturating", 0.0, torch.Generator())
    torch.testing.assert_close(found, expected)
    # Non-saturating: the generator wants its samples called real.
    torch.testing.assert_close(
        generator_loss(gan, fake, "non_saturating"), cross_entropy(gan.score(fake), torch.ones(5))
    )


def test_wasserstein_loss_is_the_difference_of_means_and_the_penalty() -> None:
    gan, real, fake = made(), torch.randn(5, 2), torch.randn(5, 2)
    found = discriminator_loss(gan, real, fake, "wasserstein_gp", 10.0, torch.Generator().manual_seed(1))
    penalty = gradient_penalty(gan, real, fake, torch.Generator().manual_seed(1))
    torch.testing.assert_close(found, gan.score(fake).mean() - gan.score(real).mean() + 10 * penalty)
    torch.testing.assert_close(generator_loss(gan, fake, "wasserstein_gp"), -gan.score(fake).mean())


@pytest.mark.parametrize(("slope", "expected"), [((0.6, 0.8), 0.0), ((3.0, 4.0), 16.0)])
def test_penalty_of_a_linear_critic_is_the_square_of_its_slope_less_one(
    slope: tuple[float, float], expected: float
) -> None:
    gan = GAN((2,), 3, (), torch.tanh, bounded=False)
    with torch.no_grad():
        next(gan.discriminator.parameters()).copy_(torch.tensor([slope]))
    penalty = gradient_penalty(gan, torch.randn(6, 2), torch.randn(6, 2), torch.Generator())
    assert penalty.item() == pytest.approx(expected, abs=1e-4)


def test_penalty_teaches_the_critic() -> None:
    gan = made()
    gradient_penalty(gan, torch.randn(6, 2), torch.randn(6, 2), torch.Generator()).backward()
    assert next(gan.discriminator.parameters()).grad.abs().sum() > 0
