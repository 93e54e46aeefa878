"""A trained material in FElupe: a prism is twisted, and compared with microtann's own finite elements.

The adapter is `felupe_material`. FElupe (GPL) is no part of microtann: ``pip install felupe``.

Run it with ``python examples/tann_in_felupe.py [PICTURE.png]``.
"""

import sys

import felupe
import numpy as np
from tann_in_scikit_fem import PAIRS, SIZE, difference, draw, turned, twist_of_microtann

import microtann as mt

TENSOR = np.array([[0, 5, 4], [5, 1, 3], [4, 3, 2]])  # place of a tensor's component in microtann's order


def felupe_material(model):
    """Return FElupe's small-strain material of a trained model; its states are Z, Ψ and Σ D Δt."""

    def update(increment, strain, stress, states, tangent=True, **_):
        grid = increment.shape[2:]

        def points(tensor):
            whole = np.broadcast_to(tensor, (3, 3, *grid))
            return np.stack([whole[i, j] * (1 if i == j else 2) for i, j in PAIRS], -1).reshape(-1, 6)

        def tensors(values):
            return np.moveaxis(values.reshape(*grid, *values.shape[1:]), range(len(grid)), range(-len(grid), 0))

        isv = np.broadcast_to(states[0], (model.states, *grid)).reshape(model.states, -1).T
        zeros = np.zeros(len(isv))
        before = {"strain": points(strain), "isv": isv.copy(), "energy": zeros, "dissipation": zeros}
        stress, moduli, new = model.update(points(increment), before, tangent=tangent)
        dissipated = states[2] + tensors(new["dissipation"][:, None])
        stiffness = tensors(moduli[:, TENSOR][:, :, :, TENSOR]) if tangent else None
        return (
            stiffness,
            tensors(stress[:, TENSOR]),
            [tensors(new["isv"]), tensors(new["energy"][:, None]), dissipated],
        )

    return felupe.MaterialStrain(update, statevars=((model.states,), (1,), (1,)))


def twist(model, divisions, angle):
    """Return points, displacements (N, 3), energy and dissipation of a prism whose top turns once."""
    corner = (-SIZE[0] / 2, -SIZE[1] / 2, 0.0)
    mesh = felupe.Cube(corner, (SIZE[0] / 2, SIZE[1] / 2, SIZE[2]), tuple(n + 1 for n in divisions))
    field = felupe.FieldContainer([felupe.Field(felupe.RegionHexahedron(mesh), dim=3)])
    solid = felupe.SolidBody(felupe_material(model), field)
    top = np.isclose(mesh.points[:, 2], SIZE[2])
    moves = turned(mesh.points[top].T, angle)
    bounds = {"base": felupe.dof.Boundary(field[0], fz=0.0)}
    for axis in range(2):
        skip = tuple(int(other != axis) for other in range(3))
        bounds[f"top {axis}"] = felupe.dof.Boundary(field[0], mask=top, skip=skip, value=moves[axis])
    fixed, free = felupe.dof.partition(field, bounds)
    outer = felupe.dof.apply(field, bounds, fixed)
    felupe.newtonraphson(items=[solid], dof0=fixed, dof1=free, ext0=outer, tol=1e-11, verbose=0)
    states, volume = solid.results.statevars, solid.field.region.dV
    energy, dissipated = (float((states[model.states + k] * volume).sum()) for k in range(2))
    return mesh.points, field[0].values, energy, dissipated


def main(model="cube", divisions=(2, 2, 4), angle=80.0, picture=None):
    """Return how far both are apart; draw them if a file is named."""
    material = mt.load(model)
    found, expected = twist(material, divisions, angle), twist_of_microtann(material, divisions, (angle,))
    if picture is not None:
        draw(picture, "FElupe", found, expected, divisions)
    return difference(found, expected)


if __name__ == "__main__":
    apart = main(picture=sys.argv[1] if sys.argv[1:] else None)
    print("relative differences of displacement, energy, dissipation:", *(f"{value:.1e}" for value in apart))
