"""A trained material in scikit-fem: a prism is twisted, and compared with microtann's own finite elements.

The adapter is `strain_of`, `internal`, `tangent` and the two lines of `twist` that call ``material.update``.

Run it with ``python examples/tann_in_scikit_fem.py [PICTURE.png]``.
"""

import sys
from itertools import combinations

import numpy as np
import skfem
from skfem.helpers import sym_grad

import microtann as mt

PAIRS = [(0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1)]  # microtann's order, engineering shear
SIZE = (10.0, 10.0, 20.0)


def strain_of(u):
    """Return the strain of a displacement, (6, cells, points)."""
    tensor = sym_grad(u)
    return np.stack([tensor[i, j] * (1 if i == j else 2) for i, j in PAIRS])


@skfem.LinearForm
def internal(v, w):
    """Return the density of the virtual work of the stress."""
    return np.einsum("i...,i...->...", strain_of(v), w.stress)


@skfem.BilinearForm
def tangent(u, v, w):
    """Return the density of the tangent."""
    return np.einsum("i...,ij...,j...->...", strain_of(v), w.moduli, strain_of(u))


def turned(points, degrees):
    """Return the displacements (2, n) of a rotation in the plane."""
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return (np.array([[cosine, -sine], [sine, cosine]]) - np.eye(2)) @ points[:2]


def twist(material, divisions, angles):
    """Return mesh, displacements (N, 3), energy and dissipation of a prism whose top turns through some angles."""
    lines = [np.linspace(0.0, length, n + 1) for length, n in zip(SIZE, divisions, strict=True)]
    lines[0], lines[1] = lines[0] - SIZE[0] / 2, lines[1] - SIZE[1] / 2
    basis = skfem.Basis(skfem.MeshHex.init_tensor(*lines), skfem.ElementVector(skfem.ElementHex1()), intorder=3)
    base, top = (basis.get_dofs(lambda x, z=z: np.isclose(x[2], z)) for z in (0.0, SIZE[2]))
    moved = [top.all("u^1"), top.all("u^2")]
    fixed = np.concatenate([base.all(), *moved])
    free = np.setdiff1d(np.arange(basis.N), fixed)
    shape = basis.dx.shape
    state, before = material.initial_state(basis.dx.size), np.zeros((basis.dx.size, 6))
    u, dissipated = basis.zeros(), 0.0
    for angle in angles:
        target = basis.zeros()
        for axis, dofs in enumerate(moved):
            target[dofs] = turned(basis.doflocs[:, dofs], angle)[axis]
        for _ in range(25):
            strain = strain_of(basis.interpolate(u)).reshape(6, -1).T
            stress, moduli, new = material.update(strain - before, state)
            force = internal.assemble(basis, stress=stress.T.reshape(6, *shape))
            change = np.where(np.isin(np.arange(basis.N), fixed), target - u, 0.0)
            if np.abs(change).max() == 0.0 and np.linalg.norm(force[free]) < 1e-11 * np.linalg.norm(force):
                break
            stiffness = tangent.assemble(basis, moduli=np.moveaxis(moduli, 0, -1).reshape(6, 6, *shape))
            u = u + skfem.solve(*skfem.condense(stiffness, -force, x=change, D=fixed))
            u[fixed] = target[fixed]
        state, before = new, strain
        dissipated += float(basis.dx.ravel() @ new["dissipation"])
    return basis.mesh.p.T, u[basis.nodal_dofs].T, float(basis.dx.ravel() @ state["energy"]), dissipated


def twist_of_microtann(material, divisions, angles):
    """Return the same of microtann's own finite elements."""
    mesh = mt.fem.box(SIZE, divisions, (-SIZE[0] / 2, -SIZE[1] / 2, 0.0))
    base, top = (lambda x: x[:, 2] == 0.0), (lambda x: x[:, 2] == SIZE[2])
    held = [mt.fem.Prescribed(base, axis, 0.0) for axis in "xyz"]
    steps = [
        mt.fem.Step([*held, *(mt.fem.Prescribed(top, k, lambda x, a=a, k=k: turned(x.T, a)[k]) for k in range(2))])
        for a in angles
    ]
    result = mt.fem.Model(mesh, material).solve(steps)
    return mesh.points, result.displacement[-1], result.energy[-1], result.dissipation[-1]


def difference(found, expected):
    """Return the largest relative differences of displacement, energy and dissipation."""
    rows, others = (np.lexsort(np.round(points, 6).T) for points in (found[0], expected[0]))
    moved = np.abs(found[1][rows] - expected[1][others]).max() / np.abs(expected[1]).max()
    return float(moved), abs(found[2] / expected[2] - 1.0), abs(found[3] / expected[3] - 1.0)


def draw(picture, name, found, expected, divisions, scale=0.5):
    """Draw the edges of both deformed meshes, their displacements at a scale."""
    from mpl_toolkits.mplot3d.art3d import Line3DCollection

    from microtann.plotting.style import EXACT, MODEL, house_style, new_figure

    step = np.array(SIZE) / divisions
    with house_style():
        figure = new_figure(4.2, 4.6)
        axis = figure.add_subplot(projection="3d", box_aspect=SIZE)
        for (points, moved, *_), look in ((expected, (EXACT, 3.5, "microtann")), (found, (MODEL, 1.0, name))):
            near = {tuple(np.round(x / step).astype(int)): n for n, x in enumerate(points)}
            pairs = [(near[a], near[b]) for a, b in combinations(near, 2) if sum(abs(np.subtract(a, b))) == 1]
            lines = (points + scale * moved)[np.array(pairs)]
            axis.add_collection3d(Line3DCollection(lines, color=look[0], linewidth=look[1], label=look[2]))
        axis.auto_scale_xyz(*np.moveaxis(lines.reshape(-1, 3), -1, 0))
        axis.set_axis_off()
        axis.legend(loc="upper left")
        figure.savefig(picture, dpi=110)


def main(model="cube", divisions=(2, 2, 4), angles=(50.0, 90.0), picture=None):
    """Return how far both are apart; draw them if a file is named."""
    material = mt.load(model)
    found, expected = twist(material, divisions, angles), twist_of_microtann(material, divisions, angles)
    if picture is not None:
        draw(picture, "scikit-fem", found, expected, divisions)
    return difference(found, expected)


if __name__ == "__main__":
    apart = main(picture=sys.argv[1] if sys.argv[1:] else None)
    print("relative differences of displacement, energy, dissipation:", *(f"{value:.1e}" for value in apart))
