"""The generative adversarial network."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.models.mlp import MLP

LOSSES = ("non_saturating", "wasserstein_gp")


class GAN(nn.Module):
    """A generator that makes samples from noise, and a discriminator that scores how realistic they are.

    generator: (batch, latent) -> (batch, *sample_shape); discriminator: (batch, *sample_shape) -> (batch,),
    a logit in the original loss and a critic's value in Wasserstein's. bounded samples are in [0, 1], as
    pixels are. forward generates samples from noise.
    Source: Goodfellow et al. 2014.
    """

    def __init__(
        self,
        sample_shape: tuple[int, ...],
        latent: int,
        hidden: tuple[int, ...],
        activation: Callable[[Tensor], Tensor],
        bounded: bool,
    ) -> None:
        super().__init__()
        self.sample_shape, self.latent, self.bounded = sample_shape, latent, bounded
        self.generator = MLP((latent,), math.prod(sample_shape), hidden, activation)
        self.discriminator = MLP(sample_shape, 1, hidden, activation)

    def forward(self, noise: Tensor) -> Tensor:
        flat = self.generator(noise)
        return (torch.sigmoid(flat) if self.bounded else flat).unflatten(1, self.sample_shape)

    def score(self, samples: Tensor) -> Tensor:
        """The discriminator's score of samples, larger is more realistic: (batch,)."""
        return self.discriminator(samples)[:, 0]

    def noise(self, count: int, random: torch.Generator) -> Tensor:
        """Standard normal input of the generator, (count, latent), sampled on the CPU."""
        device = next(self.parameters()).device
        return torch.randn(count, self.latent, generator=random).to(device)


def discriminator_loss(
    gan: GAN, real: Tensor, fake: Tensor, loss: str, penalty: float, random: torch.Generator
) -> Tensor:
    """What the discriminator minimises on real and generated samples, both (batch, *sample_shape).

    "non_saturating": -log D(real) - log(1 - D(fake)), with D the sigmoid of the score.
    "wasserstein_gp": score(fake) - score(real) + penalty * (|gradient of the score| - 1)^2 between.
    """
    real_score, fake_score = gan.score(real), gan.score(fake)
    if loss == "wasserstein_gp":
        steepness = gradient_penalty(gan, real, fake, random)
        return fake_score.mean() - real_score.mean() + penalty * steepness
    return F.softplus(-real_score).mean() + F.softplus(fake_score).mean()


def generator_loss(gan: GAN, fake: Tensor, loss: str) -> Tensor:
    """What the generator minimises: -log D(fake), or -score(fake) of a Wasserstein critic."""
    score = gan.score(fake)
    return -score.mean() if loss == "wasserstein_gp" else F.softplus(-score).mean()


def gradient_penalty(gan: GAN, real: Tensor, fake: Tensor, random: torch.Generator) -> Tensor:
    """(|gradient| - 1)^2 at random points between pairs of real and generated samples, mean over the batch.

    Source: Gulrajani et al. 2017.
    """
    fraction = torch.rand(len(real), generator=random).to(real.device)
    fraction = fraction.reshape(-1, *[1] * (real.dim() - 1))
    between = (fraction * real + (1 - fraction) * fake).detach().requires_grad_(True)
    (gradient,) = torch.autograd.grad(gan.score(between).sum(), between, create_graph=True)
    return (gradient.flatten(1).norm(dim=1) - 1).square().mean()
