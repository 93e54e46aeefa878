"""A cell with a void assembled by FElupe, with its law of isotropic hardening, side by side with a solid."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import coo_array
from scipy.sparse.linalg import spsolve

import microtann as mt
from microtann import fem
from microtann.errors import LockingWarning

felupe = pytest.importorskip("felupe", reason="the peer FElupe is not installed: pip install felupe")


def test_a_cell_with_a_void_is_that_of_felupe() -> None:
    void = mt.voided_cell(0.3, divisions=4, layers=2)
    law = fem.VonMises(hardening=0.0, isotropic_hardening=0.1, plane="strain")
    with pytest.warns(LockingWarning):
        solid = mt.Solid(void.mesh, law, (1, 1), False)
    region = felupe.RegionQuad(felupe.Mesh(solid.mesh.points.copy(), solid.mesh.cells.copy(), "quad"))
    field = felupe.FieldContainer([felupe.FieldPlaneStrain(region, dim=2)])
    bulk, shear = isotropic(law.young, law.poisson)
    material = felupe.MaterialStrain(
        material=felupe.linear_elastic_plastic_isotropic_hardening,
        λ=bulk - 2.0 / 3.0 * shear,
        μ=shear,
        σy=law.yield_stress,
        K=0.1,
        statevars=(1, (3, 3)),
    )
    body = felupe.SolidBody(material, field)
    wrapped = np.round(solid.mesh.points % 1.0, 9) % 1.0
    of_node = np.unique(wrapped, axis=0, return_inverse=True)[1].reshape(-1)
    columns = (2 * of_node[:, None] + np.arange(2)).ravel()
    joins = coo_array((np.ones(len(columns)), (np.arange(len(columns)), columns))).tocsr()[:, 2:]
    state, average, fluctuation = solid.initial_state(1), np.zeros(3), np.zeros(joins.shape[1])
    for move in 0.4 * np.random.default_rng(5).standard_normal((3, 3)):
        average = average + move
        stress, _, state = solid.update(move[None], state, tangent=False)
        uniform = np.array([[average[0], average[2] / 2], [average[2] / 2, average[1]]])
        for _ in range(20):
            field[0].values[:] = solid.mesh.points @ uniform + (joins @ fluctuation).reshape(-1, 2)
            residual = joins.T @ body.assemble.vector(field).toarray().ravel()
            if np.abs(residual).max() < 1e-13:
                break
            matrix = joins.T @ body.assemble.matrix(field) @ joins
            fluctuation = fluctuation - spsolve(matrix.tocsc(), residual)
        body.results.update_statevars()
        local = body.results.stress[0]
        mean = [(local[i, j] * region.dV).sum() for i, j in ((0, 0), (1, 1), (0, 1))]
        np.testing.assert_allclose(stress[0], mean, atol=1e-11)
    assert state["dissipation"][0] > 0.0


def isotropic(young: float, poisson: float) -> tuple[float, float]:
    """Return the bulk and the shear modulus."""
    return young / (3.0 - 6.0 * poisson), young / (2.0 + 2.0 * poisson)
