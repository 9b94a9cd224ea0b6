"""Coverage counts the modes that samples reach."""

from __future__ import annotations

import torch

from core.training.learners import mode_coverage

CENTRES = torch.tensor([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0], [10.0, 10.0]])


def test_samples_of_the_mixture_itself_cover_all_of_it() -> None:
    random = torch.Generator().manual_seed(0)
    samples = CENTRES.repeat(500, 1) + torch.randn(2000, 2, generator=random)
    found = mode_coverage.mixture_coverage(samples, CENTRES, 1.0)
    assert found.modes == 4
    assert abs(found.precision - 0.989) < 0.01  # 1 - exp(-9 / 2) of a round Gaussian lie within 3 deviations


def test_a_collapsed_generator_covers_one_mode() -> None:
    assert mode_coverage.mixture_coverage(CENTRES[1].expand(100, 2), CENTRES, 1.0) == mode_coverage.Coverage(
        1, 1.0
    )


def test_a_generator_between_the_modes_covers_none() -> None:
    assert mode_coverage.mixture_coverage(torch.full((100, 2), 5.0), CENTRES, 1.0) == mode_coverage.Coverage(
        0, 0.0
    )


def test_a_few_stray_samples_do_not_count_as_a_mode() -> None:
    samples = torch.cat([CENTRES[0].expand(99, 2), CENTRES[1:2]])
    assert mode_coverage.mixture_coverage(samples, CENTRES, 1.0).modes == 1


def test_images_count_for_the_class_of_their_nearest_neighbour() -> None:
    real = torch.eye(4).reshape(4, 1, 2, 2)
    labels = torch.tensor([0, 0, 1, 2])
    samples = real[[0, 1, 2, 2]] + 0.01
    assert mode_coverage.class_coverage(samples, real, labels, 3, near=0.1) == mode_coverage.Coverage(2, 1.0)
    assert mode_coverage.class_coverage(samples + 1, real, labels, 3, near=0.1) == mode_coverage.Coverage(
        0, 0.0
    )


def test_reference_distance_includes_most_of_the_real_images() -> None:
    random = torch.Generator().manual_seed(0)
    real, held_back = torch.rand(300, 1, 4, 4, generator=random), torch.rand(200, 1, 4, 4, generator=random)
    near = mode_coverage.reference_distance(held_back, real)
    distance, _ = mode_coverage.nearest_distances(held_back, real)
    assert abs((distance <= near).float().mean().item() - 0.95) < 0.01
