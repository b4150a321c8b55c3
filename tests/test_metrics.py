"""Fréchet distance against its closed form."""

import numpy as np
import pytest

from aigc_core.metrics import PrincipalComponents, frechet_distance, moments


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
