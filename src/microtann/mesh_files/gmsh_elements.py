"""Kinds of elements of gmsh: their numbers, nodes, and the order of these in VTK."""

from __future__ import annotations

from typing import NamedTuple


class GmshElement(NamedTuple):
    """A kind of element.

    Parameters
    ----------
    kind : str
        Name, as in meshio.
    dimension : int
    nodes : int
        How many nodes it has.
    order : tuple of int
        Which of gmsh's nodes each of VTK's is; empty if the orders are the same.
    """

    kind: str
    dimension: int
    nodes: int
    order: tuple[int, ...] = ()


_HEXAHEDRON20 = (*range(8), 8, 11, 13, 9, 16, 18, 19, 17, 10, 12, 14, 15)
_WEDGE15 = (*range(6), 6, 9, 7, 12, 14, 13, 8, 10, 11)
_PYRAMID13 = (*range(5), 5, 8, 10, 6, 7, 9, 11, 12)

GMSH_ELEMENTS: dict[int, GmshElement] = {
    1: GmshElement("line", 1, 2),
    2: GmshElement("triangle", 2, 3),
    3: GmshElement("quad", 2, 4),
    4: GmshElement("tetra", 3, 4),
    5: GmshElement("hexahedron", 3, 8),
    6: GmshElement("wedge", 3, 6),
    7: GmshElement("pyramid", 3, 5),
    8: GmshElement("line3", 1, 3),
    9: GmshElement("triangle6", 2, 6),
    10: GmshElement("quad9", 2, 9),
    11: GmshElement("tetra10", 3, 10, (*range(8), 9, 8)),
    12: GmshElement("hexahedron27", 3, 27, (*_HEXAHEDRON20, 22, 23, 21, 24, 20, 25, 26)),
    13: GmshElement("wedge18", 3, 18, (*_WEDGE15, 15, 17, 16)),
    14: GmshElement("pyramid14", 3, 14, (*_PYRAMID13, 13)),
    15: GmshElement("vertex", 0, 1),
    16: GmshElement("quad8", 2, 8),
    17: GmshElement("hexahedron20", 3, 20, _HEXAHEDRON20),
    18: GmshElement("wedge15", 3, 15, _WEDGE15),
    19: GmshElement("pyramid13", 3, 13, _PYRAMID13),
    20: GmshElement("triangle9", 2, 9),
    21: GmshElement("triangle10", 2, 10),
    22: GmshElement("triangle12", 2, 12),
    23: GmshElement("triangle15", 2, 15),
    26: GmshElement("line4", 1, 4),
    27: GmshElement("line5", 1, 5),
    28: GmshElement("line6", 1, 6),
    29: GmshElement("tetra20", 3, 20),
    30: GmshElement("tetra35", 3, 35),
    36: GmshElement("quad16", 2, 16),
    37: GmshElement("quad25", 2, 25),
    92: GmshElement("hexahedron64", 3, 64),
    93: GmshElement("hexahedron125", 3, 125),
}
"""By gmsh's number; those of more than second order are known so far that they can be refused by name."""
