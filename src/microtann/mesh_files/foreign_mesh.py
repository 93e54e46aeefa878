"""What files of other programmes say of a mesh, before it is one: cells of any kinds, and names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from microtann.errors import InputError
from microtann.mesh_files.beam_profiles import BeamProfile, BeamRelease, DeckMaterial

IntArray = NDArray[np.int64]
CELL_ITSELF, FREE_FACES = -1, -2
"""Numbers that stand in place of that of a face."""


@dataclass(eq=False)
class ForeignMesh:
    """Contents of a mesh file.

    Parameters
    ----------
    points : array, shape (N, d)
    blocks : list of (str, integer array)
        Kinds, in meshio's words, and nodes of cells; cells are counted over all blocks.
    node_sets, cell_sets : dict of integer arrays
        Nodes and cells by name.
    surfaces : dict of lists
        Faces by name, each as its cell and which of its faces, from 0 in the order of Abaqus (S1, S2, ...);
        `CELL_ITSELF` where the cell is a face of others, `FREE_FACES` for all that no other cell has.
    areas : array of one number per cell, optional
        Areas of the sections of line cells; nan where the file says none.
    whole_bars : bool
        Whether these are the areas of whole bars, even where copies of them are listed.
    types : dict of integer arrays
        Cells by the types of elements that the file names, where it names them (Abaqus).
    left_out : dict of int
        How many elements of each type are no cells here.
    profiles, profile_of : list of BeamProfile, integer array of one number per cell, optional
        Sections of beams, and which of them every cell has; −1 for none.
    releases : list of BeamRelease
        Ends of beams that turn freely.
    materials : dict of DeckMaterial
        By name in capitals.
    not_understood : dict of str
        What of a material beams do not know, by its name in capitals.
    notes : list of str
        What is taken otherwise than the file says, a sentence each; `read_foreign_mesh` tells them.
    """

    points: Float[NDArray[np.float64], "N d"]
    blocks: list[tuple[str, Int[IntArray, "_ _"]]]
    node_sets: dict[str, IntArray] = field(default_factory=dict)
    cell_sets: dict[str, IntArray] = field(default_factory=dict)
    surfaces: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    areas: Float[NDArray[np.float64], "_"] | None = None
    whole_bars: bool = False
    types: dict[str, IntArray] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)
    profiles: list[BeamProfile] = field(default_factory=list)
    profile_of: Int[IntArray, "_"] | None = None
    releases: list[BeamRelease] = field(default_factory=list)
    materials: dict[str, DeckMaterial] = field(default_factory=dict)
    not_understood: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def require_not_empty(kind: str, sets: Mapping[str, Any]) -> None:
    """Refuse named sets without members.

    Raises
    ------
    InputError
    """
    for name, members in sets.items():
        if len(members) == 0:
            raise InputError(f"the {kind} {name!r} is empty: fill it, or leave it out")
