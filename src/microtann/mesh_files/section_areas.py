"""Areas of the sections of line cells, as data of cells give them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import NDArray

Array = NDArray[np.float64]
AREAS: dict[str, Callable[[Array], Array]] = {
    "area": lambda area: area,
    "radius": lambda radius: np.pi * radius**2,
    "diameter": lambda diameter: np.pi / 4 * diameter**2,
}
"""Area of a section from the data that say it, in this order; a section with a radius is a full circle."""
UNREAD = ("section", "cross_section", "crosssection", "thickness", "width", "height", "radii", "areas")
"""Names that seem to say an area, but not how."""


def section_areas(
    of_cells: Mapping[str, Float[Array, "E"]], of_points: Mapping[str, object], lines: Bool[NDArray[np.bool_], "E"]
) -> tuple[Float[Array, "E"] | None, list[str]]:
    """Return the areas of line cells, nan where nothing says them, or None; and sentences on what is not read.

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
        return None, []
    by_name = {name.lower(): values for name, values in of_cells.items()}
    for name, area in AREAS.items():
        if name in by_name:
            return np.where(lines, area(by_name[name]), np.nan), []
    told = []
    for what, names in (("points", [*of_points]), ("cells", [*of_cells])):
        for name in names:
            if name.lower() in UNREAD or (what == "points" and name.lower() in AREAS):
                told.append(
                    f"the data {name!r} of {what} are left out: areas of line cells come from data of cells "
                    f"named {', '.join(AREAS)}"
                )
    return None, told
