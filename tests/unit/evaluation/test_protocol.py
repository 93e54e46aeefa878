"""The paths of the protocol are those that were agreed on."""

from __future__ import annotations

import numpy as np
import pytest

from microtann.errors import InputError
from microtann.evaluation.protocol_paths import NAMES, path, zigzag


def test_zigzag_returns_to_zero_in_equal_steps() -> None:
    values = zigzag((0.15, 0.3), 0.03)
    corners = [0.15, -0.15, 0.3, -0.3]
    steps = np.abs(np.diff(np.concatenate([[0.0], values])))
    assert np.allclose(steps, 0.03, rtol=1e-12, atol=0)
    assert values[-1] == 0.0
    assert all(np.isclose(values, corner, rtol=1e-14, atol=0).any() for corner in corners)


def test_walk_a_starts_as_its_seed_says() -> None:
    """The first block of normal numbers of the seed is the first increment of every walk."""
    first = np.random.default_rng(12345).normal(0, 0.05, (64, 6))
    assert np.array_equal(path("a", 6).strain[:, 0], first)


@pytest.mark.parametrize(
    ("name", "shape", "bound"), [("a", (64, 100), 0.7), ("h", (64, 1000), 0.7), ("g", (64, 100), 99)]
)
@pytest.mark.parametrize("components", [3, 6])
def test_walks_keep_their_bound(name: str, shape: tuple[int, int], bound: float, components: int) -> None:
    strain = path(name, components).strain
    assert strain.shape == (*shape, components)
    assert np.abs(strain).max() <= bound


def test_finer_paths_visit_the_same_states() -> None:
    coarse, fine = path("b", 6).strain, path("f", 6).strain
    assert fine.shape[1] == 10 * coarse.shape[1]
    np.testing.assert_allclose(fine[:, 9::10], coarse, rtol=0, atol=1e-14)


def test_combined_and_shear_paths() -> None:
    c, e = path("c", 6).strain, path("e", 6).strain
    assert np.array_equal(c[..., 0], path("b", 6).strain[..., 0])
    assert c[0, -1, 5] == pytest.approx(0.6, rel=1e-14)
    assert e.shape[0] == 8
    np.testing.assert_allclose(np.hypot(e[..., 3], e[..., 4]).max(axis=1), 1.2, rtol=1e-14, atol=0)
    assert path("e", 3).strain[0, :, 2].max() == pytest.approx(1.2, rel=1e-14)


@pytest.mark.parametrize("components", [3, 6])
def test_path_r_is_path_b_along_64_random_directions(components: int) -> None:
    strain, along_11 = path("r", components).strain, path("b", components).strain[0, :, 0]
    assert strain.shape == (64, len(along_11), components)
    drawn = np.random.default_rng(2024).standard_normal((64, components))
    for walk, direction in zip(strain, drawn, strict=True):
        expected = np.outer(along_11, direction / max(abs(direction)))
        np.testing.assert_allclose(walk, expected, rtol=0, atol=1e-15)
    assert np.abs(strain).max() == pytest.approx(0.6, rel=1e-14)


def test_path_z_rests_then_whispers() -> None:
    strain = path("z", 6).strain
    assert np.array_equal(strain[:, :60], path("a", 6).strain[:, :60])
    assert np.array_equal(strain[:, 60:160], np.repeat(strain[:, 59:60], 100, axis=1))
    drawn = np.random.default_rng(1).normal(0.0, 1e-9, (100, 64, 6)).cumsum(axis=0).swapaxes(0, 1)
    np.testing.assert_allclose(strain[:, 160:], strain[:, 59:60] + drawn, rtol=0, atol=1e-15)


def test_unknown_paths_and_dimensions_are_refused() -> None:
    with pytest.raises(InputError, match="'q'"):
        path("q", 6)
    with pytest.raises(InputError, match="3 or 6"):
        path("a", 4)
    assert NAMES == ("a", "b", "c", "d", "e", "f", "g", "h", "r", "z")
