"""Element types of Abaqus, and what each is here: a cell, a bar, a face, or nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, cached_property

SOLIDS = {
    4: "tetra",
    5: "pyramid",
    6: "wedge",
    8: "hexahedron",
    10: "tetra10",
    13: "pyramid13",
    15: "wedge15",
    20: "hexahedron20",
    27: "hexahedron27",
}
PLANE = {3: "triangle", 6: "triangle6", 4: "quad", 8: "quad8", 9: "quad8"}
"""Kinds of cells, in meshio's words, by number of nodes; their order is VTK's, with the exceptions below."""
LINES = {2: "line", 3: "line3"}
HEXAHEDRON27 = (*range(20), 26, 24, 23, 25, 21, 22, 20)
"""Nodes in VTK's order: Abaqus begins the last seven with that in the middle, then S1 to S6."""

BODY = re.compile(r"(C3D|CPE|CPS)(\d+)([RHIMSTPE]*)")
TRUSS = re.compile(r"T[23]D([23])[HTE]*")
BEAM = re.compile(r"(?:B|PIPE)[23]([123])(?:OS)?[HTR]*|FRAME[23]D")
FACE = re.compile(r"(?:M3D|SFM3D|R3D)([34689])[RT]*")
NOTHING = re.compile(
    r"SPRING[12A]|DASHPOT[12A]|MASS|ROTARYI|HEATCAP|CONN[23]D2|JOINTC|GAP(?:UNI|CYL|SPHER)[T]?|ITS(?:UNI|CYL)|"
    r"DCOUP[23]D|RB[23]D2|R2D2"
)
"""Springs, dashpots, masses, connectors and rigid lines, which carry nothing here."""


@dataclass(frozen=True, eq=False)
class ElementType:
    """A type of elements.

    Parameters
    ----------
    name : str
        Its name in Abaqus.
    kind : str
        Kind of its cells, in meshio's words; empty where it carries nothing here.
    nodes : tuple of int
        Where each node of a cell stands among those of the element; empty if any number of them may be given.
    count : int
        Number of nodes of an element.
    plain : bool
        Whether it is integrated in full and has displacements alone.
    bends : bool
        Whether it is a beam.
    """

    name: str
    kind: str = ""
    nodes: tuple[int, ...] = ()
    count: int = 0
    plain: bool = True
    bends: bool = False

    @cached_property
    def in_order(self) -> bool:
        """Whether its nodes are in the order of VTK."""
        return self.nodes == tuple(range(self.count))

    @property
    def is_line(self) -> bool:
        """Whether it is a bar or a beam."""
        return self.kind.startswith("line")

    @property
    def is_face(self) -> bool:
        """Whether it is a surface in space, without a volume: a membrane, a surface element or a rigid face."""
        return FACE.fullmatch(self.name) is not None


@cache
def element_type(name: str) -> ElementType | None:
    """Return what a type is here, or None if it is not known.

    Parameters
    ----------
    name : str
        Its name in capitals.
    """
    if match := BODY.fullmatch(name):
        count = int(match[2])
        kind = (SOLIDS if match[1] == "C3D" else PLANE).get(count)
        if kind is None or (count == 9):
            return None
        nodes = HEXAHEDRON27 if count == 27 else tuple(range(count))
        return ElementType(name, kind, nodes, count, plain=not match[3])
    if match := TRUSS.fullmatch(name):
        return _line(name, int(match[1]), bends=False)
    if match := BEAM.fullmatch(name):
        return _line(name, 3 if match[1] == "2" else 2, bends=True)
    if match := FACE.fullmatch(name):
        count = int(match[1])
        kind = PLANE[count]
        return ElementType(name, kind, tuple(range(min(count, 8))), count)
    return ElementType(name) if NOTHING.fullmatch(name) else None


def _line(name: str, count: int, bends: bool) -> ElementType:
    """Return a bar; the second of three nodes is in the middle, and comes last here."""
    return ElementType(name, LINES[count], (0, 1) if count == 2 else (0, 2, 1), count, bends=bends)
