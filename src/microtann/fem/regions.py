"""Which material every cell of a mesh has, and what that means for the states of the Gauss points."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Int
from numpy.typing import NDArray

from microtann.errors import InputError
from microtann.fem.mesh import Mesh
from microtann.materials.protocol import Material, State

IntArray = NDArray[np.int64]
Materials = Material | Mapping[str, Material]
"""One material for the whole mesh, or one for each of its regions, by name."""
SEPARATOR = ":"
"""Between the name of a region and that of a state variable, in the states of a mesh with several materials."""
RESERVED = (SEPARATOR, "/")
"""What names of regions may not contain; the second is between the parts of a path in records."""


class Chunk(NamedTuple):
    """Some Gauss points of a region, which its material is given together.

    Parameters
    ----------
    cells : slice or integer array
        Their cells in the mesh.
    points : slice or integer array
        The points, counted over the mesh: cell × Gauss points of a cell + Gauss point.
    place : slice
        The same points among those of the region.
    """

    cells: slice | IntArray
    points: slice | IntArray
    place: slice


@dataclass(frozen=True, eq=False)
class Region:
    """Cells of one material.

    Parameters
    ----------
    name : str
        Empty where one material fills the whole mesh.
    cells : integer array
        In ascending order.
    material : Material
    """

    name: str
    cells: Int[IntArray, "_"]
    material: Material

    def own(self, state: State) -> State:
        """Return the state variables of this region out of those of the mesh."""
        return own_state(self.name, state)

    def named(self, state: State) -> State:
        """Return state variables of this region by the names that they have in the mesh."""
        return {_prefix(self.name) + key: value for key, value in state.items()}

    def chunks(self, per_cell: int, size: int) -> Iterator[Chunk]:
        """Yield the region in parts of about ``size`` Gauss points, whole cells of ``per_cell`` each."""
        count = max(1, size // per_cell)
        for first in range(0, len(self.cells), count):
            cells = self.cells[first : first + count]
            place = slice(first * per_cell, (first + len(cells)) * per_cell)
            start, stop = int(cells[0]), int(cells[-1]) + 1
            if stop - start == len(cells):  # slices need no copies
                yield Chunk(slice(start, stop), slice(start * per_cell, stop * per_cell), place)
            else:
                yield Chunk(cells, gauss_points(cells, per_cell), place)


def own_state(name: str, state: State) -> State:
    """Return the state variables of a region by their own names; all of them where the name is empty."""
    prefix = _prefix(name)
    return {key.removeprefix(prefix): value for key, value in state.items() if key.startswith(prefix)}


def _prefix(name: str) -> str:
    return f"{name}{SEPARATOR}" if name else ""


def gauss_points(cells: Int[IntArray, "k"], per_cell: int) -> Int[IntArray, "p"]:
    """Return the numbers of the Gauss points of cells."""
    return (cells[:, None] * per_cell + np.arange(per_cell)).ravel()


def regions_of(mesh: Mesh, materials: Materials) -> tuple[Region, ...]:
    """Return the regions of a mesh with their materials.

    Parameters
    ----------
    mesh : Mesh
    materials : Material, or mapping from names of regions to materials

    Raises
    ------
    InputError
        If the mesh has no region of a name, or a cell has no material or two of them.
    """
    if not isinstance(materials, Mapping):
        return (Region("", np.arange(len(mesh.cells)), materials),)
    owner = np.full(len(mesh.cells), -1)
    names = list(materials)
    for number, name in enumerate(names):
        if name not in mesh.regions:
            known = ", ".join(map(repr, mesh.regions)) or "none"
            raise InputError(f"there is a material for {name!r}, but the mesh has no such region; it has: {known}")
        if not name or any(mark in name for mark in RESERVED):
            raise InputError(f"the name of a region with its own material has no ':' and no '/', got {name!r}")
        cells = mesh.regions[name]
        twice = cells[owner[cells] >= 0]
        if twice.size:
            other = names[owner[twice[0]]]
            raise InputError(
                f"{twice.size} cells, such as cell {twice[0]}, are in the regions {other!r} and {name!r}, which "
                "both have a material: give regions that do not overlap"
            )
        owner[cells] = number
    bare = np.flatnonzero(owner < 0)
    if bare.size:
        within = [repr(name) for name, cells in mesh.regions.items() if bare[0] in cells]
        hint = f"it is in {', '.join(within)}" if within else "it is in no region"
        raise InputError(f"{bare.size} cells, such as cell {bare[0]}, have no material; {hint}")
    return tuple(Region(name, mesh.regions[name], material) for name, material in materials.items())
