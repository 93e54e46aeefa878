"""Which material every cell of a mesh has, and what that means for the states of the Gauss points."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Int
from numpy.typing import NDArray

from microtann.errors import InputError
from microtann.fem.elements import RULES
from microtann.fem.mesh import Mesh
from microtann.materials.protocol import Material, State, flows_at_constant_volume

IntArray = NDArray[np.int64]
Materials = Material | Mapping[str, Material]
"""One material for the whole mesh, or one for each of its regions, by name."""
MeanDilatation = bool | Mapping[str, bool] | None
"""Whether the change of volume is its mean over every cell, everywhere or by region; None: as materials say."""
SEPARATOR = ":"
"""Between the name of a region and that of a state variable, in the states of a mesh with several materials."""
RESERVED = (SEPARATOR, "/")
"""What names of regions may not contain; the second is between the parts of a path in records."""


class Chunk(NamedTuple):
    """Some Gauss points of a region, which its material is given together.

    Parameters
    ----------
    block : int
        Number of the block of the mesh that has their cells.
    cells : slice or integer array
        Their cells, counted in the block.
    points : slice or integer array
        The points, counted over the mesh.
    place : slice
        The same points among those of the region.
    mean_dilatation : bool
        Whether the change of volume of every cell is its mean.
    """

    block: int
    cells: slice | IntArray
    points: slice | IntArray
    place: slice
    mean_dilatation: bool


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
    mean_dilatation : bool
        Whether the change of volume is its mean over every cell, of the kinds of elements that it helps.
    """

    name: str
    cells: Int[IntArray, "_"]
    material: Material
    mean_dilatation: bool

    def own(self, state: State) -> State:
        """Return the state variables of this region out of those of the mesh."""
        return own_state(self.name, state)

    def named(self, state: State) -> State:
        """Return state variables of this region by the names that they have in the mesh."""
        return {_prefix(self.name) + key: value for key, value in state.items()}

    def chunks(self, mesh: Mesh, size: int) -> Iterator[Chunk]:
        """Yield the region in parts of about ``size`` Gauss points, whole cells of one kind each."""
        done = 0
        for number, block in enumerate(mesh.blocks):
            within = np.searchsorted(self.cells, (block.numbers.start, block.numbers.stop))
            own, per_cell = self.cells[slice(*within)] - block.first, block.element.gauss_points
            mean = self.mean_dilatation and RULES[block.kind].mean_dilatation
            count = max(1, size // per_cell)
            for first in range(0, len(own), count):
                cells = own[first : first + count]
                place = slice(done, done + len(cells) * per_cell)
                start, stop = int(cells[0]), int(cells[-1]) + 1
                if stop - start == len(cells):  # slices need no copies
                    offset = block.first_point
                    points: slice | IntArray = slice(offset + start * per_cell, offset + stop * per_cell)
                    yield Chunk(number, slice(start, stop), points, place, mean)
                else:
                    yield Chunk(number, cells, mesh.gauss_points(block.first + cells), place, mean)
                done = place.stop


def own_state(name: str, state: State) -> State:
    """Return the state variables of a region by their own names; all of them where the name is empty."""
    prefix = _prefix(name)
    return {key.removeprefix(prefix): value for key, value in state.items() if key.startswith(prefix)}


def _prefix(name: str) -> str:
    return f"{name}{SEPARATOR}" if name else ""


def regions_of(mesh: Mesh, materials: Materials, mean_dilatation: MeanDilatation = None) -> tuple[Region, ...]:
    """Return the regions of a mesh with their materials.

    Parameters
    ----------
    mesh : Mesh
    materials : Material, or mapping from names of regions to materials
    mean_dilatation : bool, or mapping from names of regions to bool, optional
        Whether the change of volume is its mean over every cell; where nothing is said, as the material says.

    Raises
    ------
    InputError
        If the mesh has no region of a name, a cell has no material or two of them, or mean dilatation is asked for
        a region without a material.
    """
    if isinstance(mean_dilatation, Mapping):
        own = materials if isinstance(materials, Mapping) else ()
        others = [name for name in mean_dilatation if name not in own]
        if others:
            raise InputError(f"mean dilatation is said of {others[0]!r}, which is no region with its own material")

    def averaged(name: str, material: Material) -> bool:
        said = mean_dilatation.get(name) if isinstance(mean_dilatation, Mapping) else mean_dilatation
        return flows_at_constant_volume(material) if said is None else bool(said)

    if not isinstance(materials, Mapping):
        return (Region("", np.arange(mesh.cell_count), materials, averaged("", materials)),)
    owner = np.full(mesh.cell_count, -1)
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
    return tuple(
        Region(name, mesh.regions[name], material, averaged(name, material))
        for name, material in materials.items()
    )


def averaged_cells(mesh: Mesh, regions: Sequence[Region]) -> Bool[NDArray[np.bool_], "E"]:
    """Return which cells have the mean of their change of volume at all their Gauss points."""
    chosen = np.zeros(mesh.cell_count, dtype=bool)
    for region in regions:
        chosen[region.cells] = region.mean_dilatation
    for block in mesh.blocks:
        chosen[block.numbers] &= RULES[block.kind].mean_dilatation
    return chosen
