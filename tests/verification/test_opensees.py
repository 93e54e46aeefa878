"""Full lattices agree with OpenSees, loaded through yield and back."""

import numpy as np
import opensees_truss
import pytest

import microtann as mt
from microtann import fem

BAR = mt.ElastoplasticBar()


@pytest.fixture(scope="module")
def opensees():
    try:
        return opensees_truss.load()
    except (ImportError, OSError) as error:
        pytest.skip(f"the peer needs the extra 'opensees' (pip install openseespy): {error}")


@pytest.mark.parametrize("perturbation", [0.0, 0.2], ids=["regular", "perturbed"])
def test_same_bar_forces_through_yield_and_back(opensees, perturbation):
    cell = mt.cube_cell((2, 2, 2), perturbation=perturbation)
    structure = mt.Structure.box(cell, BAR, (2, 2, 2), 1.0)
    points = structure.points
    base, top = points[:, 2] == 0, points[:, 2] == 2
    twist = 2.0 * np.column_stack([-(points[:, 1] - 1), points[:, 0] - 1])
    factors = [0.3, 0.7, 1.0, 0.5, 0.0, -0.6]
    fixed = {(n, c): 0.0 for n in np.flatnonzero(base) for c in range(3)}
    fixed |= {(n, c): twist[n, c] for n in np.flatnonzero(top) for c in range(2)}
    fixed |= {(n, 2): 1.2 for n in np.flatnonzero(top)}
    displacement, force = opensees_truss.solve(
        opensees, points, structure.bars, structure.areas, BAR, fixed, factors
    )

    steps = []
    for factor in factors:
        prescribed = [fem.Prescribed(base, c) for c in range(3)]
        prescribed += [fem.Prescribed(top, c, factor * twist[top, c]) for c in range(2)]
        prescribed += [fem.Prescribed(top, 2, factor * 1.2)]
        steps.append(fem.Step(prescribed))
    result = structure.solve(steps, fem.SolverOptions(tolerance=1e-12, linear_tolerance=1e-12), fields=True)
    ours = np.array([f["force"] for f in result.fields])
    assert max(np.abs(f["plastic_strain"]).max() for f in result.fields) > 0.1
    assert ours.shape == force.shape
    np.testing.assert_allclose(ours, force, rtol=0, atol=1e-11 * np.abs(force).max())
    np.testing.assert_allclose(result.displacement, displacement, rtol=0, atol=1e-11 * np.abs(displacement).max())
