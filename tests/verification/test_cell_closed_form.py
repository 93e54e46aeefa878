"""Regular cells deform affinely: the response is a sum of independent bar families, integrated here by hand."""

import numpy as np
import pytest
from reference_cell import tensor, voigt_of, walk

import microtann as mt

SQUARE = [(1, 0), (0, 1), (1, 1), (1, -1)]
CUBE = [
    *[(1, 0, 0), (0, 1, 0), (0, 0, 1)],
    *[(0, 1, 1), (0, 1, -1), (1, 0, 1), (1, 0, -1), (1, 1, 0), (1, -1, 0)],
    *[(1, 1, 1), (1, 1, -1), (1, -1, 1), (1, -1, -1)],
]
YOUNG, LIMIT, HARDENING = 1.3, 0.4, 0.17


def families(path, directions):
    """Integrate one bar per family, each with area 1 and length |direction| in a unit cube."""
    directions = np.array(directions, float)
    length = np.linalg.norm(directions, axis=1)
    normal = directions / length[:, None]
    alpha = np.zeros(len(directions))
    stress, energy, dissipation, plastic = [], [], [], []
    for strain in path:
        elongation = np.einsum("fi,ij,fj->f", normal, tensor(strain), normal)
        new = np.empty_like(alpha)
        for f, e in enumerate(elongation):
            driving = YOUNG * (e - alpha[f]) - HARDENING * alpha[f]
            flow = max(abs(driving) - LIMIT, 0.0) / (YOUNG + HARDENING)
            new[f] = alpha[f] + np.sign(driving) * flow
        bar_stress = YOUNG * (elongation - new)
        stress.append(voigt_of(np.einsum("f,fi,fj->ij", length * bar_stress, normal, normal)))
        energy.append(length @ (YOUNG * (elongation - new) ** 2 + HARDENING * new**2) / 2)
        dissipation.append(length @ (LIMIT * np.abs(new - alpha)))
        plastic.append(new)
        alpha = new
    return np.array(stress), np.array(energy), np.array(dissipation), np.array(plastic)


def family_of(cell, directions):
    """Return the family of every listed bar."""
    unit = cell.bar_vectors / np.linalg.norm(cell.bar_vectors, axis=1)[:, None]
    directions = np.array(directions, float)
    directions /= np.linalg.norm(directions, axis=1)[:, None]
    alignment = np.abs(unit @ directions.T)
    assert (alignment.max(axis=1) > 1 - 1e-12).all()
    return alignment.argmax(axis=1)


CASES = [
    *[(mt.square_cell, (n, n), size) for n, size in ((1, 1.0), (2, 1.0), (2, 5.0), (3, 0.2), (6, 1.0))],
    *[(mt.cube_cell, (n, n, n), size) for n, size in ((1, 1.0), (1, 10.0), (2, 1.0), (3, 2.0))],
    (mt.cube_cell, (2, 1, 3), 1.0),
]


@pytest.mark.parametrize(("make", "units", "size"), CASES)
def test_regular_cells_are_sums_of_families(make, units, size):
    directions = SQUARE if make is mt.square_cell else CUBE
    cell = make(units, size=size)
    path = walk(np.random.default_rng(3), 60, cell.components, 0.15)
    response = mt.solve_cell(cell, mt.ElastoplasticBar(YOUNG, LIMIT, HARDENING), path)
    stress, energy, dissipation, plastic = families(path, directions)
    assert dissipation.sum() > 1.0
    np.testing.assert_allclose(response.stress, stress, rtol=0, atol=1e-13 * np.abs(stress).max())
    np.testing.assert_allclose(response.energy, energy, rtol=0, atol=1e-13 * energy.max())
    np.testing.assert_allclose(response.dissipation, dissipation, rtol=0, atol=1e-13 * dissipation.max())
    listed = plastic[:, family_of(cell, directions)]
    np.testing.assert_allclose(response.plastic_strain, listed, rtol=0, atol=1e-13 * np.abs(plastic).max())
    affine = np.array([cell.nodes @ tensor(e) for e in path])
    np.testing.assert_allclose(response.displacement, affine, rtol=0, atol=1e-12 * np.abs(affine).max())


@pytest.mark.parametrize(
    ("make", "units", "count"),
    [
        (mt.square_cell, (2, 2), 16),
        (mt.square_cell, (6, 6), 144),
        (mt.cube_cell, (1, 1, 1), 13),
        (mt.cube_cell, (2, 2, 2), 104),
        (mt.cube_cell, (4, 4, 4), 832),
    ],
)
def test_number_of_distinct_bars(make, units, count):
    assert make(units).distinct_bars.count == count
