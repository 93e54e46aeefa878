"""Areas of the sections of line cells, as data of cells give them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import NDArray

from microtann.mesh_files.foreign_mesh import ForeignMesh

Array = NDArray[np.float64]
AREAS: dict[str, Callable[[Array], Array]] = {
    "area": lambda area: area,
    "radius": lambda radius: np.pi * radius**2,
    "diameter": lambda diameter: np.pi / 4 * diameter**2,
}
"""Area of a section from the data that say it, in this order; a section with a radius is a full circle."""
OF_WHOLE_BARS = ("radius", "diameter")
"""Data that can only be meant of a whole bar, not of the share of a copy of it."""
UNREAD = ("section", "cross_section", "crosssection", "thickness", "width", "height", "radii", "areas")
"""Names that seem to say an area, but not how."""


@dataclass(eq=False)
class SectionAreas:
    """Areas of line cells, or sentences on what says none.

    Parameters
    ----------
    areas : array, shape (E,), optional
        Areas of all cells, nan where nothing says them; None if nothing says any.
    of_whole_bars : bool
        Whether these are the areas of whole bars, even where copies of them are listed.
    notes : list of str
        What seems to say an area and is not read, a sentence each.
    """

    areas: Float[Array, "E"] | None = None
    of_whole_bars: bool = False
    notes: list[str] = field(default_factory=list)

    def give_to(self, found: ForeignMesh) -> None:
        """Set what a mesh knows of the sections of its line cells."""
        found.areas, found.whole_bars = self.areas, self.of_whole_bars
        found.notes += self.notes


def section_areas(
    of_cells: Mapping[str, Float[Array, "E"]], of_points: Mapping[str, object], lines: Bool[NDArray[np.bool_], "E"]
) -> SectionAreas:
    """Return the areas of line cells that data say.

    Parameters
    ----------
    of_cells : mapping of arrays, shape (E,)
        Data of all cells by name; upper and lower case make no difference.
    of_points : mapping
        Data of points by name.
    lines : mask, shape (E,)
        Which cells are lines.
    """
    if not lines.any():
        return SectionAreas()
    by_name = {name.lower(): values for name, values in of_cells.items()}
    for name, area in AREAS.items():
        if name in by_name:
            areas = np.where(lines, area(by_name[name]), np.nan)
            return SectionAreas(areas, name in OF_WHOLE_BARS)
    told = []
    for what, names in (("points", [*of_points]), ("cells", [*of_cells])):
        for name in names:
            if name.lower() in UNREAD or (what == "points" and name.lower() in AREAS):
                told.append(
                    f"the data {name!r} of {what} are left out: areas of line cells come from data of cells "
                    f"named {', '.join(AREAS)}"
                )
    return SectionAreas(notes=told)
