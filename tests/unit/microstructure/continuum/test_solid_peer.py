"""A cell assembled by scikit-fem, with its law written anew, side by side with a solid."""

from __future__ import annotations

import numpy as np
import pytest
import skfem
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.linalg import spsolve
from skfem.helpers import ddot, sym_grad

import microtann as mt
from microtann import fem
from microtann.errors import LockingWarning

Array = NDArray[np.float64]
YOUNG, POISSON, YIELD, HARDENING = 1.0, 0.3, 1.0 / 3.0, 0.1


def law(strain: Array, plastic: Array) -> tuple[Array, Array, Array]:
    """Return stress, stiffness and plastic strain of tensors (3, 3, ...) under von Mises, back stress ⅔ H εᵖ."""
    shear, bulk = YOUNG / (2 + 2 * POISSON), YOUNG / (3 - 6 * POISSON)
    unit = np.eye(3)[..., None, None]
    volume = np.einsum("iikl->kl", strain)
    trial = 2 * shear * (strain - unit * volume / 3 - plastic)
    over = trial - 2 / 3 * HARDENING * plastic
    size = np.sqrt(np.einsum("ijkl,ijkl->kl", over, over))
    radius = np.sqrt(2 / 3) * YIELD
    flows = size > radius
    amount = np.where(flows, (size - radius) / (2 * shear + 2 / 3 * HARDENING), 0.0)
    normal = over / np.where(size > 0, size, 1.0)
    after = plastic + amount * normal
    stress = bulk * volume * unit + 2 * shear * (strain - unit * volume / 3 - after)
    part = np.where(flows, 2 * shear * amount / np.where(size > 0, size, 1.0), 0.0)
    along = np.where(flows, 2 * shear / (2 * shear + 2 / 3 * HARDENING), 0.0) - part
    one, eye = np.eye(3), np.einsum("ik,jl->ijkl", np.eye(3), np.eye(3))
    deviator = 0.5 * (eye + eye.transpose(0, 1, 3, 2)) - np.einsum("ij,kl->ijkl", one, one) / 3
    moduli = bulk * np.einsum("ij,kl->ijkl", one, one)[..., None, None]
    moduli = moduli + 2 * shear * (1 - part) * deviator[..., None, None]
    return stress, moduli - 2 * shear * along * np.einsum("ijab,klab->ijklab", normal, normal), after


def test_a_cell_with_a_void_is_that_of_scikit_fem() -> None:
    void = mt.voided_cell(0.3, divisions=4, layers=2)
    with pytest.warns(LockingWarning):
        solid = mt.Solid(void.mesh, fem.VonMises(plane="strain"), (1, 1), False)
    mesh = solid.mesh
    basis = skfem.Basis(
        skfem.MeshQuad(mesh.points.T.copy(), mesh.cells.T.copy()),
        skfem.ElementVector(skfem.ElementQuad1()),
        intorder=3,
    )
    wrapped = np.round(mesh.points % 1.0, 9) % 1.0
    _, of_node = np.unique(wrapped, axis=0, return_inverse=True)
    of_node = of_node.reshape(-1)
    columns = np.empty(2 * len(of_node), dtype=int)
    for axis in range(2):
        columns[basis.nodal_dofs[axis]] = 2 * of_node + axis
    joins = coo_array((np.ones(len(columns)), (np.arange(len(columns)), columns))).tocsr()[:, 2:]

    @skfem.LinearForm
    def forces(v: object, w: object) -> Array:
        return ddot(w.stress, sym_grad(v))  # type: ignore[attr-defined]

    @skfem.BilinearForm
    def stiffness(u: object, v: object, w: object) -> Array:
        return np.einsum("ijab,ijklab,klab->ab", sym_grad(v), w.moduli, sym_grad(u))  # type: ignore[attr-defined]

    moves = 0.4 * np.random.default_rng(5).standard_normal((3, 3))
    state, average, fluctuation = solid.initial_state(1), np.zeros(3), np.zeros(joins.shape[1])
    points = basis.dx.shape
    plastic = np.zeros((3, 3, *points))
    for move in moves:
        average = average + move
        stress, _, state = solid.update(move[None], state, tangent=False)
        uniform = np.array([[average[0], average[2] / 2], [average[2] / 2, average[1]]])
        for _ in range(20):
            strain = np.zeros((3, 3, *points))
            strain[:2, :2] = uniform[..., None, None] + sym_grad(basis.interpolate(joins @ fluctuation))
            local, moduli, after = law(strain, plastic)
            residual = joins.T @ forces.assemble(basis, stress=local[:2, :2])
            if np.abs(residual).max() < 1e-13:
                break
            matrix = joins.T @ stiffness.assemble(basis, moduli=moduli[:2, :2, :2, :2]) @ joins
            fluctuation = fluctuation - spsolve(matrix.tocsc(), residual)
        plastic = after
        mean = [(local[i, j] * basis.dx).sum() for i, j in ((0, 0), (1, 1), (0, 1))]
        np.testing.assert_allclose(stress[0], mean, atol=1e-11)
    squares = np.sqrt((plastic**2).sum(axis=(0, 1)) * basis.dx).sum()
    own = np.linalg.norm(solid.decode(state)["plastic_strain"][0], axis=1)
    expected = np.sqrt(own**2 * solid.mesh.weights.ravel()).sum()
    assert abs(squares - expected) < 1e-9 * expected
