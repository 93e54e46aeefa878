"""A cell that another code solves becomes a network: scikit-fem, a stiff inclusion in an elastoplastic matrix.

The solver knows strain paths from the virgin state only, and one at a time. ``mt.RepeatedSolves`` makes a
microstructure of it: for data, and for FE² by repetition.

Run it with ``python examples/scikit_fem_cell.py [PICTURE.png]``.
"""

import sys
from types import SimpleNamespace

import numpy as np
import skfem
from scipy.sparse import csr_matrix
from scipy.sparse.linalg import spsolve

import microtann as mt
from microtann.training import dataset_errors

BULK, SHEAR, YIELD, HARDENING = 0.8, 0.4, 0.3, 0.1  # plane strain; YIELD bounds |dev σ − HARDENING εᵖ|
RATIO = 10.0  # of the inclusion, which stays elastic


def strain_of(u):
    """Return 11, 22 and γ12 of a displacement."""
    return np.stack([u.grad[0, 0], u.grad[1, 1], u.grad[0, 1] + u.grad[1, 0]])


@skfem.BilinearForm
def stiffness(u, v, w):
    """Return the density of the tangent."""
    return np.einsum("i...,ij...,j...->...", strain_of(v), w.moduli, strain_of(u))


@skfem.LinearForm
def internal_force(v, w):
    """Return the density of the virtual work of the stress."""
    return np.einsum("i...,i...->...", strain_of(v), w.stress)


class Cell:
    """A periodic square of quadratic triangles."""

    def __init__(self, divisions=4, ratio=RATIO):
        line = np.linspace(0.0, 1.0, divisions + 1)
        mesh = skfem.MeshTri.init_tensor(line, line)
        self.basis = skfem.Basis(mesh, skfem.ElementVector(skfem.ElementTriP2()), intorder=2)
        middle = np.linalg.norm(mesh.p[:, mesh.t].mean(axis=1) - 0.5, axis=0)
        self.inside = middle[:, None] < 0.3
        self.stiffer = np.where(self.inside, ratio, 1.0)
        self.elastic = self.inside & (ratio != 1.0)
        self.periodic = self._periodic()

    def _periodic(self):
        """Return the matrix that gives all displacements those of one period, less a rigid motion."""
        component = np.zeros(self.basis.N)
        component[self.basis.nodal_dofs[1]] = component[self.basis.facet_dofs[1]] = 1
        place = np.round(self.basis.doflocs % 1.0, 6) % 1.0
        _, column = np.unique([*place, component], axis=1, return_inverse=True)
        column = column.ravel()
        whole = csr_matrix((np.ones(self.basis.N), (np.arange(self.basis.N), column)))
        return whole[:, np.setdiff1d(np.arange(whole.shape[1]), column[self.basis.nodal_dofs[:, 0]])]

    def respond(self, strain, plastic):
        """Return stress, moduli, plastic strain (11, 22, 33, 12), energy and dissipation of all points."""
        volume = strain[0] + strain[1]
        deviator = np.stack([strain[0], strain[1], np.zeros_like(volume), 0.5 * strain[2]])
        deviator[:3] -= volume / 3.0
        twice, bulk = 2.0 * SHEAR * self.stiffer, BULK * self.stiffer
        weight = np.array([1.0, 1.0, 1.0, 2.0])[:, None, None]
        force = twice * (deviator - plastic) - HARDENING * plastic
        size = np.sqrt((weight * force**2).sum(axis=0))
        size = np.where(size > 0.0, size, 1.0)
        flow = np.where(self.elastic, 0.0, np.maximum(size - YIELD, 0.0) / (twice + HARDENING))
        normal, after = force / size, plastic + flow * force / size
        shear = twice * (deviator - after)
        stress = np.stack([shear[0] + bulk * volume, shear[1] + bulk * volume, shear[3]])
        turning = twice * flow / size
        project = np.array([[2.0, -1.0, 0.0], [-1.0, 2.0, 0.0], [0.0, 0.0, 1.5]])[..., None, None] / 3.0
        unit = np.array([1.0, 1.0, 0.0])
        along = normal[[0, 1, 3]]
        slip = np.where(flow > 0.0, twice / (twice + HARDENING) - turning, 0.0)
        moduli = np.einsum("i,j,...->ij...", unit, unit, bulk + 0.0 * volume)
        moduli = moduli + twice * ((1.0 - turning) * project - slip * along[:, None] * along[None])
        kept = deviator - after
        energy = 0.5 * bulk * volume**2 + (weight * (0.5 * twice * kept**2 + 0.5 * HARDENING * after**2)).sum(
            axis=0
        )
        return stress, moduli, after, energy, YIELD * flow

    def solve(self, path, dt):
        """Return averages along one strain path, shape (T, 3)."""
        fluctuation = np.zeros(self.basis.N)
        points = self.basis.dx.shape
        plastic = np.zeros((4, *points))
        steps = []
        for average in path:
            for _ in range(30):
                strain = average[:, None, None] + strain_of(self.basis.interpolate(fluctuation))
                stress, moduli, after, energy, lost = self.respond(strain, plastic)
                residual = self.periodic.T @ internal_force.assemble(self.basis, stress=stress)
                if np.abs(residual).max() < 1e-13:
                    break
                tangent = self.periodic.T @ stiffness.assemble(self.basis, moduli=moduli) @ self.periodic
                fluctuation = fluctuation - self.periodic @ spsolve(tangent.tocsc(), residual)
            plastic = after
            steps.append([(self.basis.dx * values).sum() for values in (*stress, energy, lost)])
        table = np.array(steps)  # the area is 1
        return SimpleNamespace(stress=table[:, :3], energy=table[:, 3], dissipation=table[:, 4])


def walks(paths, steps):
    """Return increments along random walks, energy and dissipation among them."""
    cell = mt.RepeatedSolves(Cell(), components=3, yield_strain=0.2, one_path=True)
    return mt.generate_data(cell, mt.WalkPlan(paths=paths, steps=steps, limit=1.0, increment=0.25))


def draw(picture, tann):
    """Draw a walk that was in no data, with the network and with the cell itself."""
    from microtann.plotting.curves import Curve, draw_comparison

    turn = np.linspace(0.0, 4 * np.pi, 61)[1:]
    strain = np.stack([0.8 * np.sin(turn), 0.3 * np.sin(0.5 * turn), 0.4 * np.cos(turn) - 0.4], axis=1)
    exact, found = Cell().solve(strain, np.ones(60)).stress, tann.recall(strain, outside_training="none").stress
    pairs = ((0, "₁₁"), (2, "₁₂"))
    curves = [Curve(f"σ{i}", strain[:, c], exact[:, c], found[:, c], f"ε{i}", f"σ{i}") for c, i in pairs]
    draw_comparison(picture, curves, "TANN", beside="scikit-fem")


def main(paths=40, steps=40, updates=1500, picture=None):
    """Return the error of a network on walks that it has not seen; draw one more if a file is named."""
    data = walks(paths, steps)
    tann = mt.train(data, mt.forms.Variational(states=6, slips=12, updates=updates, learning_rate=3e-2))
    if picture is not None:
        draw(picture, tann)
    return dataset_errors(tann, data).stress


if __name__ == "__main__":
    print(
        f"relative error of the stress on unseen walks: {main(picture=sys.argv[1] if sys.argv[1:] else None):.1%}"
    )
