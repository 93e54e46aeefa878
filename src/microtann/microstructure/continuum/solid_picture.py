"""How the cell of a solid looks: its phases, or where it has flowed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.microstructure.continuum.cell_equations import CellEquations
from microtann.microstructure.continuum.gauss_plasticity import PLASTIC_STRAIN, GaussPlasticity
from microtann.microstructure.picture import Picture
from microtann.system.paraview import Snapshot

Array = NDArray[np.float64]


def solid_picture(
    equations: CellEquations, plasticity: GaussPlasticity | None, decoded: Mapping[str, Array] | None
) -> Picture:
    """Return the picture of a cell.

    Parameters
    ----------
    equations : CellEquations
    plasticity : GaussPlasticity, optional
        The integration points that may flow.
    decoded : mapping of arrays, optional
        Internal coordinates of one state; without them the undeformed cell and its phases are shown.
    """
    mesh = equations.mesh
    moved = np.zeros_like(mesh.points) if decoded is None else decoded["displacement"]
    values, label = equations.phase_of_cell.astype(np.float64), "phase"
    if decoded is not None and plasticity is not None:
        values, label = equivalent_plastic_strain(equations, plasticity, decoded), "equivalent plastic strain"
    behind = None
    if mesh.dimension == 3:  # a figure leaves out the half in front
        behind = mesh.centres[:, 1] > 0.5 * (mesh.points[:, 1].min() + mesh.points[:, 1].max())
    cells, lines = tuple(block.cells for block in mesh.blocks), np.empty((0, 2), dtype=np.int64)
    return Picture(mesh.points, moved, lines, values, label, cells=cells, drawn=behind)


def solid_frames(
    equations: CellEquations, plasticity: GaussPlasticity | None, coordinates: Mapping[str, Array]
) -> Iterator[Snapshot]:
    """Yield states of a cell as fields for ParaView.

    Parameters
    ----------
    equations : CellEquations
    plasticity : GaussPlasticity, optional
        The integration points that may flow.
    coordinates : mapping of arrays, shape (T, *group)
        Internal coordinates.
    """
    phase = equations.phase_of_cell.astype(np.float64)
    for number, moved in enumerate(np.asarray(coordinates["displacement"])):
        fields = {"phase": phase}
        if plasticity is not None:
            one = {PLASTIC_STRAIN: np.asarray(coordinates[PLASTIC_STRAIN])[number]}
            fields["equivalent plastic strain"] = equivalent_plastic_strain(equations, plasticity, one)
        yield Snapshot(number, float(number), {"displacement": moved}, fields)


def equivalent_plastic_strain(
    equations: CellEquations, plasticity: GaussPlasticity, decoded: Mapping[str, Array]
) -> Float[Array, "E"]:
    """Return √⅔ |εᵖ| of one state, averaged over every element; zero in phases that do not flow.

    Parameters
    ----------
    equations : CellEquations
    plasticity : GaussPlasticity
    decoded : mapping of arrays
        Internal coordinates.
    """
    values = np.zeros(len(equations.weights))
    values[plasticity.points] = np.sqrt(2.0 / 3.0) * np.linalg.norm(decoded[PLASTIC_STRAIN], axis=-1)
    return equations.mesh.averages(values)
