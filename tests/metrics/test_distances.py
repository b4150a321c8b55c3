"""Distances and overlaps against closed forms, and against torchmetrics."""

import numpy as np
import pytest
import torch
from torch import nn
from torchmetrics.image.fid import FrechetInceptionDistance
from torchmetrics.image.kid import KernelInceptionDistance

from aigc_core.metrics.distances import (
    PrincipalComponents,
    classes_missing,
    distances,
    frechet_distance,
    kernel_distance,
    manifold_overlap,
    mean_distance,
    moments,
    nearest_neighbor_accuracy,
    share_of_copies,
)


def test_of_gaussians_with_diagonal_covariances_it_is_known() -> None:
    mean1, mean2 = np.array([1.0, 2.0, 3.0]), np.array([0.0, 2.0, 5.0])
    std1, std2 = np.array([1.0, 2.0, 0.5]), np.array([2.0, 2.0, 1.5])
    expected = np.square(mean1 - mean2).sum() + np.square(std1 - std2).sum()
    found = frechet_distance((mean1, np.diag(std1**2)), (mean2, np.diag(std2**2)))
    assert found == pytest.approx(expected)


def test_it_does_not_depend_on_the_axes_and_is_symmetric() -> None:
    random = np.random.default_rng(0)
    turn, _ = np.linalg.qr(random.standard_normal((4, 4)))
    first, second = random.standard_normal((500, 4)), random.standard_normal((600, 4)) * [1, 2, 3, 4] + 1
    plain = frechet_distance(moments(first), moments(second))
    assert frechet_distance(moments(first @ turn), moments(second @ turn)) == pytest.approx(plain)
    assert frechet_distance(moments(second), moments(first)) == pytest.approx(plain)


def test_of_a_set_to_itself_it_is_zero_even_without_full_rank() -> None:
    examples = np.random.default_rng(0).standard_normal((10, 40))
    assert frechet_distance(moments(examples), moments(examples)) == pytest.approx(0, abs=1e-6)


def test_principal_components_keep_the_largest_spread() -> None:
    examples = np.random.default_rng(0).standard_normal((2000, 3)) * [0.1, 5.0, 1.0]
    features = PrincipalComponents(examples, components=2)(examples)
    assert features.std(axis=0) == pytest.approx([5.0, 1.0], rel=0.1)


class Numbers(nn.Identity):
    """Takes features for pictures, so that torchmetrics judges the same numbers as we do."""

    num_features = 16


def two_clouds(count: int = 400) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(1)
    return random.standard_normal((count, 16)), random.standard_normal((count, 16)) * 1.3 + 0.4


def test_the_frechet_distance_is_that_of_torchmetrics() -> None:
    first, second = two_clouds()
    judge = FrechetInceptionDistance(feature=Numbers()).set_dtype(torch.float64)
    judge.update(torch.from_numpy(first), real=True)
    judge.update(torch.from_numpy(second), real=False)
    assert frechet_distance(moments(first), moments(second)) == pytest.approx(float(judge.compute()), rel=1e-6)


@pytest.mark.filterwarnings("ignore:Metric `Kernel Inception Distance` will save all extracted features")
def test_the_kernel_distance_is_that_of_torchmetrics() -> None:
    first, second = two_clouds()
    judge = KernelInceptionDistance(feature=Numbers(), subsets=1, subset_size=400)
    judge.update(torch.from_numpy(first), real=True)
    judge.update(torch.from_numpy(second), real=False)
    assert kernel_distance(first, second) == pytest.approx(float(judge.compute()[0]), rel=1e-4)


def test_the_kernel_distance_of_equal_distributions_is_zero_on_average() -> None:
    random = np.random.default_rng(0)
    found = [kernel_distance(random.standard_normal((50, 4)), random.standard_normal((50, 4))) for _ in range(200)]
    assert abs(np.mean(found)) < 3 * np.std(found) / np.sqrt(len(found))
    assert min(found) < 0 < max(found)


def test_distances_are_those_of_torch_even_far_from_the_origin() -> None:
    first, second = two_clouds(50)
    expected = torch.cdist(torch.from_numpy(first), torch.from_numpy(second)).numpy()
    assert distances(first + 1000, second + 1000) == pytest.approx(expected, rel=1e-4)
    assert mean_distance(np.array([[0.0], [1.0], [3.0]])) == pytest.approx(2.0)


def test_equal_clouds_overlap_as_theory_says() -> None:
    random = np.random.default_rng(0)
    real, made = random.standard_normal((1000, 5)), random.standard_normal((1000, 5))
    found = manifold_overlap(real, made, k=5)
    assert found["coverage"] == pytest.approx(1 - 2**-5, abs=0.03)  # Naeem 2020, section 3.3
    assert found["density"] == pytest.approx(1, abs=0.1)
    assert min(found["precision"], found["recall"]) > 0.9


def test_overlap_tells_too_few_from_bad_ones() -> None:
    random = np.random.default_rng(0)
    real = random.standard_normal((600, 5))
    lost = manifold_overlap(real, random.standard_normal((600, 5)) + 100)
    assert lost == {"precision": 0, "recall": 0, "density": 0, "coverage": 0}
    alike = manifold_overlap(real, 0.05 * random.standard_normal((600, 5)))  # good ones, but always the same
    assert alike["precision"] == 1 and alike["recall"] < 0.05 and alike["coverage"] < 0.4


def test_copies_are_told_from_blurs_and_from_new_ones() -> None:
    random = np.random.default_rng(0)
    train = random.standard_normal((20_000, 30))
    copied = train[:100] + 1e-3 * random.standard_normal((100, 30))
    blurred = 0.05 * random.standard_normal((100, 30))  # near to the middle, and so to all
    assert share_of_copies(copied, train) == 1
    assert share_of_copies(blurred, train) == 0
    assert share_of_copies(random.standard_normal((100, 30)), train) == 0
    half = np.concatenate([copied[:50], blurred[:50]])
    assert share_of_copies(half, train) == 0.5
    assert share_of_copies(half, train[:1]) == 0


def test_a_class_is_missing_below_a_tenth_of_what_is_expected() -> None:
    made = np.array([0] * 600 + [1] * 395 + [2] * 5)
    even = np.full(4, 0.25)
    assert classes_missing(made, even) == 2  # the third comes five times in a thousand, the fourth never
    assert classes_missing(made, np.array([0.5, 0.45, 0.005, 0.045])) == 1  # it is rare in the data, too
    assert classes_missing(made[:20], np.full(10, 0.1)) == 0  # two of each are expected: chance alone brings none


def test_the_nearest_neighbour_tells_nothing_where_distributions_are_equal() -> None:
    random = np.random.default_rng(0)
    real, like = random.normal(size=(1000, 4)), random.normal(size=(1000, 4))
    assert nearest_neighbor_accuracy(real, like) == pytest.approx(0.5, abs=0.04)
    assert nearest_neighbor_accuracy(real, like + 50) == 1
    assert nearest_neighbor_accuracy(real, real + 1e-6) == 0  # copies: the nearest one is always of the other kind
    assert nearest_neighbor_accuracy(real, like[:100]) == pytest.approx(0.5, abs=0.12)  # as many of each


def test_a_training_example_is_no_copy_of_itself() -> None:
    train = np.random.default_rng(0).normal(size=(300, 8))
    places = np.arange(0, 300, 3)
    assert share_of_copies(train[places], train) == 1
    assert share_of_copies(train[places], train, places) < 0.05
