"""Solids whose stresses or displacements are known, by finite elements: meshes are boxes, bent to shape.

NAFEMS LE1 and LE10 (elliptic membrane and thick plate), Cook's membrane, and a thick cylinder under pressure,
elastic and at its plastic limit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

import microtann as mt
from microtann.fem import Prescribed, Pressure, Step


@dataclass(frozen=True, eq=False)
class Shear:
    """A uniform shear force of a given size along y on the straight side x = ``at`` of a mesh of 8-node quads."""

    at: float
    force: float

    def nodal_forces(self, mesh, where):
        """Return the forces on the nodes: Simpson's rule along every edge."""
        on_side = np.flatnonzero(np.isclose(mesh.points[:, 0], self.at))
        order = on_side[np.argsort(mesh.points[on_side, 1])]
        forces = np.zeros(mesh.points.shape)
        for edge in zip(order[:-2:2], order[1::2], order[2::2], strict=True):
            length = mesh.points[edge[2], 1] - mesh.points[edge[0], 1]
            forces[list(edge), 1] += length * np.array([1, 4, 1]) / 6
        return forces * self.force / forces.sum()


def bent(divisions, kind, to_place, lengths=None):
    """Return a unit box of elements whose nodes are moved to where a function puts them."""
    box = mt.fem.box(lengths or (1.0,) * len(divisions), divisions, kind=kind)
    return mt.fem.Mesh(to_place(box.points), box.cells, box.kind)


def ring(inner, outer):
    """Return the map of a box to a quarter between two ellipses, whose half-axes are given."""

    def to_place(points):
        share, angle = points[:, :1], 0.5 * np.pi * points[:, 1:2]
        direction = np.hstack([np.cos(angle), np.sin(angle)])
        flat = ((1.0 - share) * inner + share * outer) * direction
        flat[np.abs(flat) < 1e-12] = 0.0
        return np.hstack([flat, points[:, 2:]])

    return to_place


def on_ellipse(axes):
    """Return the choice of nodes on an ellipse with given half-axes."""
    return lambda p: np.abs(((p[:, :2] / axes) ** 2).sum(axis=1) - 1.0) < 1e-9


def stress_at(result, mesh, place):
    """Return the stress at a corner of the mesh: that of the Gauss points around it, carried on in every cell.

    In each cell a polynomial with one term for every corner is fitted to its Gauss points.
    """
    node = int(np.argmin(np.abs(mesh.points - place).sum(axis=1)))
    assert np.allclose(mesh.points[node], place)
    cells, corners = np.nonzero(mesh.cells == node)
    found = []
    for cell, corner in zip(cells, corners, strict=True):
        at_points, there = _terms(mesh.element.points), _terms(mesh.element.reference[[corner]])
        found.append((there @ np.linalg.lstsq(at_points, result.stress[cell], rcond=None)[0])[0])
    return np.mean(found, axis=0)


def _terms(places):
    """Return the products of the coordinates: 1, x, y, xy (and with z in space)."""
    terms = np.ones((len(places), 1))
    for coordinate in places.T[:, :, None]:
        terms = np.hstack([terms, terms * coordinate])
    return terms


INNER, OUTER = np.array([2.0, 1.0]), np.array([3.25, 2.75])
"""Half-axes of the ellipses of NAFEMS LE1 and LE10 in metres."""


def elliptic_membrane(case):
    """NAFEMS LE1: pulled by 10 MPa along its outer edge; σ_yy in MPa at the end of the inner ellipse."""
    mesh = bent(case["divisions"], "quad8", ring(INNER, OUTER))
    held = [Prescribed(lambda p: p[:, 0] == 0, "x"), Prescribed(lambda p: p[:, 1] == 0, "y")]
    steel = mt.fem.LinearElastic.isotropic(210e3, 0.3, plane="stress")
    result = mt.fem.Model(mesh, steel).solve([Step(held, [Pressure(on_ellipse(OUTER), -10.0)])])
    return {"stress yy": stress_at(result, mesh, (2.0, 0.0))[1:2]}


def thick_plate(case):
    """NAFEMS LE10: 1 MPa on its upper side; σ_yy in MPa on top, at the end of the inner ellipse."""
    mesh = bent(case["divisions"], "hexahedron20", ring(INNER, OUTER), lengths=(1.0, 1.0, 0.6))
    outer = on_ellipse(OUTER)
    held = [
        Prescribed(lambda p: (p[:, 0] == 0) | outer(p), "x"),
        Prescribed(lambda p: (p[:, 1] == 0) | outer(p), "y"),
        Prescribed(lambda p: outer(p) & (np.abs(p[:, 2] - 0.3) < 1e-9), "z"),
    ]
    top = Pressure(lambda p: np.abs(p[:, 2] - 0.6) < 1e-9, 1.0)
    result = mt.fem.Model(mesh, mt.fem.LinearElastic.isotropic(210e3, 0.3)).solve([Step(held, [top])])
    return {"stress yy": stress_at(result, mesh, (2.0, 0.0, 0.6))[1:2]}


def cook_membrane(case):
    """Cook's membrane in plane stress: a unit shear force on its right side; how far the middle of it rises."""

    def to_place(points):
        x, y = points.T
        return np.column_stack([48.0 * x, 44.0 * x * (1.0 - y) + (44.0 + 16.0 * x) * y])

    mesh = bent(case["divisions"], "quad8", to_place)
    held = [Prescribed(lambda p: p[:, 0] == 0, axis) for axis in "xy"]
    material = mt.fem.LinearElastic.isotropic(1.0, 1 / 3, plane="stress")
    result = mt.fem.Model(mesh, material).solve([Step(held, [Shear(48.0, 1.0)])])
    return {"displacement y": result.displacement[-1, [result.nearest((48.0, 52.0))], 1]}


RADII = np.array([1.0, 2.0])


def elastic_cylinder(case):
    """A thick cylinder in plane strain under inner pressure: where Lamé's solution is largest."""
    mesh = bent(case["divisions"], "quad8", ring(RADII[[0, 0]], RADII[[1, 1]]))
    held = [Prescribed(lambda p: p[:, 0] == 0, "x"), Prescribed(lambda p: p[:, 1] == 0, "y")]
    material = mt.fem.LinearElastic.isotropic(case["young"], case["poisson"], plane="strain")
    inside = Pressure(on_ellipse(RADII[[0, 0]]), case["pressure"])
    result = mt.fem.Model(mesh, material).solve([Step(held, [inside])])
    stress = stress_at(result, mesh, (1.0, 0.0))
    return {
        "displacement x": result.displacement[-1, [result.nearest((1.0, 0.0))], 0],
        "stress hoop": stress[1:2],
        "stress radial": stress[:1],
    }


def plastic_cylinder(case):
    """A thick cylinder, ideally plastic, in plane strain, widened until all of it flows: the pressure."""
    mesh = bent(case["divisions"], case.get("element", "quad8"), ring(RADII[[0, 0]], RADII[[1, 1]]))
    inside = on_ellipse(RADII[[0, 0]])
    held = [
        Prescribed(lambda p: (p[:, 0] == 0) & ~inside(p), "x"),
        Prescribed(lambda p: (p[:, 1] == 0) & ~inside(p), "y"),
        *(Prescribed(inside, i, lambda p, i=i: case["widening"] * p[:, i]) for i in range(2)),
    ]
    solid = mt.fem.VonMises(case["young"], case["poisson"], case["yield_stress"], 0.0, plane="strain")
    result = mt.fem.Model(mesh, solid).solve([Step(held, increments=case["increments"])])
    radial = (result.reactions * mesh.points)[:, inside(mesh.points)].sum(axis=(1, 2))
    return {"pressure": radial[-1:] / (0.5 * np.pi)}


SOLIDS = {
    "elliptic membrane": elliptic_membrane,
    "thick plate": thick_plate,
    "Cook's membrane": cook_membrane,
    "elastic cylinder": elastic_cylinder,
    "plastic cylinder": plastic_cylinder,
}


def solid(table):
    """Return the compared quantities of a solid."""
    return SOLIDS[table.case["solid"]](table.case)
