"""Cells of solids that many ask for: with a void, with an inclusion, in the plane and in space."""

from __future__ import annotations

from microtann.fem.regions import Materials
from microtann.materials.linear_elastic import LinearElastic
from microtann.materials.protocol import Material
from microtann.materials.von_mises import VonMises
from microtann.microstructure.continuum.round_mesh import round_mesh
from microtann.microstructure.continuum.solid import Solid

DIVISIONS = {2: (8, 7), 3: (4, 3)}
"""Elements along an edge of the cell, and from the ball to its faces, by its dimension."""


def voided_cell(
    radius: float = 0.3,
    matrix: Material | None = None,
    dimension: int = 2,
    divisions: int | None = None,
    layers: int | None = None,
    kind: str | None = None,
) -> Solid:
    """Return a unit cell with a round void in its middle.

    Parameters
    ----------
    radius : float
        Over the edge of the cell.
    matrix : Material, optional
        By default under von Mises with the numbers of the reference bar, in plane strain where it is in the plane.
    dimension : int
        2: a cylinder seen along its axis; 3: a sphere.
    divisions, layers : int, optional
        Elements along an edge of the cell, and from the void to its faces.
    kind : str, optional
        Kind of elements: "quad" or "quad8", "hexahedron" or "hexahedron20".

    Raises
    ------
    CellError
        If the void does not fit into the cell, or an argument is out of its range.

    Examples
    --------
    >>> import microtann as mt
    >>> mt.voided_cell(0.3).description
    'a solid of 224 elements with 896 integration points that fills 0.719 of its cell'
    """
    usual = DIVISIONS.get(dimension, DIVISIONS[2])
    mesh = round_mesh(radius, dimension, divisions or usual[0], layers or usual[1], kind, filled=False)
    return Solid(mesh, _reference(dimension) if matrix is None else matrix)


def inclusion_cell(
    radius: float = 0.3,
    matrix: Material | None = None,
    inclusion: Material | None = None,
    dimension: int = 2,
    divisions: int | None = None,
    layers: int | None = None,
    kind: str | None = None,
) -> Solid:
    """Return a unit cell with a round inclusion in its middle.

    Parameters
    ----------
    radius : float
        Over the edge of the cell.
    matrix, inclusion : Material, optional
        By default a matrix as of `voided_cell`, and an elastic inclusion ten times as stiff.
    dimension : int
        2: a fibre seen along its axis; 3: a sphere.
    divisions, layers : int, optional
        Elements along an edge of the cell, and from the inclusion to its faces.
    kind : str, optional
        Kind of elements: "quad" or "quad8", "hexahedron" or "hexahedron20".

    Raises
    ------
    CellError
        If the inclusion does not fit into the cell, or an argument is out of its range.
    """
    usual = DIVISIONS.get(dimension, DIVISIONS[2])
    mesh = round_mesh(radius, dimension, divisions or usual[0], layers or usual[1], kind, filled=True)
    return Solid(mesh, _phases(matrix, inclusion, dimension))


def _phases(matrix: Material | None, inclusion: Material | None, dimension: int) -> Materials:
    """Return matrix and inclusion, those of reference where none are given."""
    plane = "strain" if dimension == 2 else None
    hard = LinearElastic.isotropic(10.0, 0.25, plane) if inclusion is None else inclusion
    return {"matrix": _reference(dimension) if matrix is None else matrix, "inclusion": hard}


def _reference(dimension: int) -> VonMises:
    return VonMises(plane="strain" if dimension == 2 else None)
