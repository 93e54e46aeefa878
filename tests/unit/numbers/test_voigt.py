"""Voigt order and the converters to other codes, both ways."""

from __future__ import annotations

import numpy as np
import pytest

from microtann.errors import InputError
from microtann.numbers import voigt


def tensors(d: int, seed: int = 0) -> np.ndarray:
    a = np.random.default_rng(seed).normal(size=(5, d, d))
    return a + a.swapaxes(1, 2)


def to_voigt(tensor: np.ndarray, kind: str) -> np.ndarray:
    d = tensor.shape[-1]
    factor = 2.0 if kind == "strain" else 1.0
    return np.stack([tensor[:, i, j] * (1.0 if i == j else factor) for i, j in voigt.PAIRS[d]], axis=1)


@pytest.mark.parametrize("d", [1, 2, 3])
def test_tensors_come_back(d: int) -> None:
    tensor = tensors(d)
    np.testing.assert_allclose(voigt.strain_tensor(to_voigt(tensor, "strain")), tensor)
    np.testing.assert_allclose(voigt.stress_tensor(to_voigt(tensor, "stress")), tensor)


def test_the_order_is_the_documented_one() -> None:
    assert voigt.LABELS == {1: ("11",), 2: ("11", "22", "12"), 3: ("11", "22", "33", "23", "13", "12")}
    assert [voigt.dimension(v) for v in (1, 3, 6)] == [1, 2, 3]


def test_abaqus_order_is_written_out() -> None:
    ours = np.array([11.0, 22.0, 33.0, 23.0, 13.0, 12.0])
    assert voigt.to_order(ours, "abaqus", "strain").tolist() == [11, 22, 33, 12, 13, 23]
    assert voigt.from_order(np.array([11.0, 22, 33, 12, 13, 23]), "abaqus", "stress").tolist() == ours.tolist()


def test_vtk_takes_the_components_of_the_tensor() -> None:
    ours = np.array([11.0, 22.0, 33.0, 23.0, 13.0, 12.0])
    assert voigt.to_order(ours, "vtk", "stress").tolist() == [11, 22, 33, 12, 23, 13]
    assert voigt.to_order(ours, "vtk", "strain").tolist() == [11, 22, 33, 6, 11.5, 6.5]


@pytest.mark.parametrize("d", [2, 3])
def test_mandel_keeps_norms_and_work(d: int) -> None:
    strain, stress = tensors(d, 1), tensors(d, 2)
    e = voigt.to_order(to_voigt(strain, "strain"), "mandel", "strain")
    s = voigt.to_order(to_voigt(stress, "stress"), "mandel", "stress")
    np.testing.assert_allclose((e**2).sum(axis=1), (strain**2).sum(axis=(1, 2)))
    np.testing.assert_allclose((s**2).sum(axis=1), (stress**2).sum(axis=(1, 2)))
    np.testing.assert_allclose((e * s).sum(axis=1), (strain * stress).sum(axis=(1, 2)))


@pytest.mark.parametrize("d", [1, 2, 3])
@pytest.mark.parametrize("order", ["abaqus", "mandel", "vtk"])
@pytest.mark.parametrize("kind", ["strain", "stress"])
def test_orders_come_back(d: int, order: str, kind: str) -> None:
    array = to_voigt(tensors(d), kind)
    there = voigt.to_order(array, order, kind)
    np.testing.assert_allclose(voigt.from_order(there, order, kind), array, rtol=1e-15)


def test_projection_is_the_elongation_along_a_direction() -> None:
    tensor = tensors(3)
    direction = np.random.default_rng(3).normal(size=(4, 3))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    expected = np.einsum("mi,nij,mj->nm", direction, tensor, direction)
    np.testing.assert_allclose(to_voigt(tensor, "strain") @ voigt.projection(direction).T, expected)


def test_other_numbers_of_components_and_orders_are_refused() -> None:
    with pytest.raises(InputError, match="1, 3 or 6"):
        voigt.dimension(4)
    with pytest.raises(InputError, match="1, 3 or 6"):
        voigt.strain_tensor(np.zeros((2, 5)))
