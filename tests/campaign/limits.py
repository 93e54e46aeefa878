"""Random loads around the limit load of bodies without hardening: solved below it, told beyond it."""

from __future__ import annotations

import numpy as np
from tests.campaign.trial import Trial, require

import microtann as mt
from microtann.errors import LimitLoadError
from microtann.fem import NodalForce, Prescribed, Pressure, Step


class Limits(Trial):
    """Bars in tension, thick cylinders and lattices, in any units, with any number of increments."""

    name = "limits"
    cases = 40
    seconds = 180

    def run(self, random: np.random.Generator, folder: object) -> str:
        """Load a random body to a random part of its limit load."""
        unit, size = float(10.0 ** random.uniform(-3, 9)), float(10.0 ** random.uniform(-3, 3))
        body, step, what = random.choice([rod, cylinder, lattice])(random, unit, size)
        load, increments = float(random.choice([0.9, 0.98, 0.998, 1.004, 1.05, 2.0])), int(random.integers(1, 12))
        told = f"{what}, {load:g} of the limit load in {increments} increments"
        try:
            result = body.solve(step(load, increments))
        except LimitLoadError as error:
            carried = error.load_factor * load
            require(load > 1.0, f"{told}: a load below the limit is told to be beyond it, at {carried:.5f}")
            require(abs(carried - 1.0) < 0.01, f"{told}: the limit load is found at {carried:.5f}")
            return f"{told}: found at {carried:.5f}"
        require(
            load < 1.0,
            f"{told}: a load beyond the limit is carried, u = {np.abs(result.displacement[-1]).max():.2e}",
        )
        return told


def rod(random: np.random.Generator, unit: float, size: float):  # type: ignore[no-untyped-def]
    """Return a bar in tension that is free to contract."""
    kind = str(random.choice(["hexahedron", "tetra10"]))
    mesh = mt.fem.box((size, size, 2.0 * size), (1, 1, 2), kind=kind)
    x = mesh.points
    held = [
        Prescribed(x[:, 2] == 0, "z"),
        Prescribed((x == 0).all(axis=1), "x"),
        Prescribed((x[:, 1:] == 0).all(axis=1), "y"),
    ]
    top = x[:, 2] == x[:, 2].max()
    model = mt.fem.Model(mesh, mt.fem.VonMises(unit, 0.3, 1e-3 * unit, 0.0))
    return model, lambda load, n: Step(held, [Pressure(top, -load * 1e-3 * unit)], increments=n), f"bar of {kind}"


def cylinder(random: np.random.Generator, unit: float, size: float):  # type: ignore[no-untyped-def]
    """Return a quarter of a thick cylinder under a pressure inside, in plane strain."""
    kind = str(random.choice(["quad8", "triangle6"]))
    square = mt.fem.box((1.0, 1.0), (6, 4), kind=kind)
    radius, angle = size * (1.0 + square.points[:, 0]), 0.5 * np.pi * square.points[:, 1]
    points = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
    held = [Prescribed(square.points[:, 1] == 0, "y"), Prescribed(square.points[:, 1] == 1, "x")]
    inside, limit = square.points[:, 0] == 0, 2e-3 * unit / np.sqrt(3.0) * np.log(2.0)
    steel = mt.fem.VonMises(unit, 0.3, 1e-3 * unit, 0.0, plane="strain")
    model = mt.fem.Model(mt.fem.Mesh(points, square.cells, kind), steel)
    return model, lambda load, n: Step(held, [Pressure(inside, load * limit)], increments=n), f"cylinder of {kind}"


def lattice(random: np.random.Generator, unit: float, size: float):  # type: ignore[no-untyped-def]
    """Return a lattice under the forces with which a rigid end has made it flow."""
    cell = mt.square_cell() if random.random() < 0.5 else mt.cube_cell()
    body = mt.Structure.tile(cell, mt.ElastoplasticBar(unit, 1e-3 * unit, 0.0), (2,) * cell.dimension, size)
    axes, heights = "xyz"[: cell.dimension], body.points[:, -1]
    held = [Prescribed(heights == heights.min(), axis) for axis in axes]
    top = np.flatnonzero(np.isclose(heights, heights.max()))
    pull = [Prescribed(top, axis, 0.03 * size if axis == axes[-1] else 0.0) for axis in axes]
    force = body.solve(Step([*held, *pull], increments=3)).reactions[-1][top]
    loads = lambda load: [NodalForce(top, axis, load * force[:, i]) for i, axis in enumerate(axes)]  # noqa: E731
    return body, lambda load, n: Step(held, loads(load), increments=n), f"{cell.dimension}D lattice"
