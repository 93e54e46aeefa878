"""Random bodies that are moved, turned and hardly stretched, there and back: they find equilibrium."""

from __future__ import annotations

import numpy as np
from tests.campaign.trial import Trial, require

import microtann as mt
from microtann.fem import Prescribed, Step
from microtann.fem.elements import kinds_in


class Motions(Trial):
    """Solids of every kind of elements and lattices, with nodes in any order, in any units."""

    name = "motions"
    cases = 60
    seconds = 120

    def run(self, random: np.random.Generator, folder: object) -> str:
        """Move a random body by a rigid motion and a small stretch, and back."""
        dimension = int(random.integers(2, 4))
        unit, size = float(10.0 ** random.uniform(-6, 12)), float(10.0 ** random.uniform(-6, 3))
        body, points, what = random_body(random, dimension, unit, size)
        low = points.min(axis=0)
        axis = int(random.integers(dimension))
        held = (
            np.isclose(points[:, axis], low[axis], rtol=0, atol=1e-9 * size)
            if random.random() < 0.5
            else (np.abs(points - low).min(axis=1) < 1e-9 * size)
        )
        shift = size * float(random.choice([0.0, 1.0, 1e3])) * random.normal(size=dimension)
        spin = random.normal(size=(dimension, dimension)) * float(random.choice([0.0, 1e-2, 1.0]))
        stretch = float(random.choice([0.0, 1e-9, 1e-4]))
        gradient = spin - spin.T + stretch * np.eye(dimension)
        exact = (points - low) @ gradient.T + shift
        there = [Prescribed(held, i, exact[held, i]) for i in range(dimension)]
        back = [Prescribed(held, i) for i in range(dimension)]
        count = int(random.integers(1, 4))
        result = body.solve([Step(there, increments=count), Step(back, increments=count)])
        largest = float(np.abs(exact).max())
        off = float(np.abs(result.displacement[-1]).max())
        require(off <= 1e-9 * largest, f"displacements of {largest:.2e} that are taken back leave {off:.2e}")
        strain = float(np.abs(result.stress).max()) / unit
        allowed = 1e-11 * largest / size
        require(strain <= allowed, f"a motion there and back leaves elastic strains of {strain:.2e}")
        return (
            f"{what}, {held.sum()} nodes held, moved by {largest / size:.1e} of its size, stretched by {stretch:g}"
        )


def random_body(random: np.random.Generator, dimension: int, unit: float, size: float):  # type: ignore[no-untyped-def]
    """Return a body, its points, and what it is."""
    if random.random() < 0.3:
        cell = mt.square_cell() if dimension == 2 else mt.cube_cell()
        counts = tuple(int(n) for n in random.integers(1, 4, dimension))
        bar = mt.ElastoplasticBar(unit, unit, 0.1 * unit)
        body = mt.Structure.tile(cell, bar, counts, size)
        return body, body.points, f"{dimension}D lattice of {counts} cells of {size:.1e}"
    kind = str(random.choice(list(kinds_in(dimension))))
    counts = tuple(int(n) for n in random.integers(1, 6 if dimension == 2 else 4, dimension))
    box = mt.fem.box(size * random.uniform(0.5, 2.0, dimension), counts, kind=kind)
    order = random.permutation(len(box.points))
    mesh = mt.fem.Mesh(box.points[order], np.argsort(order)[box.cells], kind)
    material = mt.fem.LinearElastic.isotropic(unit, 0.3, plane="strain" if dimension == 2 else None)
    return mt.fem.Model(mesh, material), mesh.points, f"{counts} blocks of {kind}, {size:.1e} each, E {unit:.1e}"
