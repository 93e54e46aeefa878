"""Orders of convergence of all kinds of elements, on a displacement field that satisfies Navier's equations."""

from __future__ import annotations

import numpy as np
import pytest

import microtann as mt
from microtann.fem import LinearElastic, Prescribed, Step
from microtann.fem.elements import kinds_in

DIVISIONS = {2: (4, 8), 3: (3, 6)}
DIRECTION = {2: np.array([1.0, 1j]), 3: np.array([1.0, 0.6j, 0.8j])}
"""Complex a with a · a = 0: (a · x)^n is harmonic, and its gradient an equilibrium of every isotropic body."""


def exact(points: np.ndarray) -> np.ndarray:
    a = DIRECTION[points.shape[-1]]
    return np.real(a * ((points @ a) ** 4)[..., None])


def errors(dimension: int, kind: str, divisions: int, mean_dilatation: bool | None = None) -> tuple[float, float]:
    """Return the L² errors of displacement and strain of a body whose boundary follows the exact field."""
    mesh = mt.fem.box((1.0,) * dimension, (divisions,) * dimension, kind=kind)
    boundary = ((mesh.points == 0) | (mesh.points == 1)).any(axis=1)
    held = [Prescribed(boundary, i, lambda x, i=i: exact(x)[:, i]) for i in range(dimension)]
    material = LinearElastic.isotropic(1.0, 0.25, plane=None if dimension == 3 else "strain")
    result = mt.fem.Model(mesh, material, mean_dilatation=mean_dilatation).solve([Step(held)])
    places = np.einsum("gn,end->egd", mesh.element.values, mesh.points[mesh.cells])
    found = np.einsum("gn,end->egd", mesh.element.values, result.displacement[0][mesh.cells])
    a = DIRECTION[dimension]
    gradient = np.real(4 * np.einsum("eg,i,j->egij", (places @ a) ** 3, a, a))
    shear = [(1, 2), (0, 2), (0, 1)] if dimension == 3 else [(0, 1)]
    strain = [gradient[..., i, i] for i in range(dimension)] + [2 * gradient[..., i, j] for i, j in shear]
    of_displacement = ((found - exact(places)) ** 2).sum(axis=2)
    of_strain = ((result.strain - np.stack(strain, axis=-1)) ** 2).sum(axis=2)
    return tuple(float(np.sqrt((mesh.weights * e).sum())) for e in (of_displacement, of_strain))


@pytest.mark.parametrize(("dimension", "kind"), [(d, kind) for d in (2, 3) for kind in kinds_in(d)])
def test_displacement_converges_one_order_faster_than_strain(dimension: int, kind: str) -> None:
    degree = 2 if kind[-1].isdigit() else 1
    coarse, fine = (errors(dimension, kind, n) for n in DIVISIONS[dimension])
    displacement, strain = np.log2(np.array(coarse) / np.array(fine))
    assert displacement > degree + 1 - 0.2
    assert strain > degree - 0.2


@pytest.mark.parametrize(("dimension", "kind"), [(2, "quad"), (3, "hexahedron"), (3, "wedge")])
def test_orders_are_kept_with_mean_dilatation(dimension: int, kind: str) -> None:
    coarse, fine = (errors(dimension, kind, n, True) for n in DIVISIONS[dimension])
    displacement, strain = np.log2(np.array(coarse) / np.array(fine))
    assert displacement > 2 - 0.2
    assert strain > 1 - 0.2
