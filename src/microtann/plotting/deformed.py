"""Pictures of deformed cells, meshes and lattices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from microtann.errors import InputError
from microtann.fem.model import Result
from microtann.fem.out_of_plane import KNOWN, TENSOR_FIELDS
from microtann.microstructure.bars.cells.cell import UnitCell
from microtann.microstructure.bars.condensed.solve import CellResponse
from microtann.microstructure.bars.full.structure import StructureResult
from microtann.numbers import voigt
from microtann.plotting.bodies import DPI, DrawnBody, DrawnLattice, bodies_figure
from microtann.tann.recall import Recall

if TYPE_CHECKING:
    from matplotlib.figure import Figure

OUT_OF_PLANE = tuple(f"{name} 33" for name in TENSOR_FIELDS)


def plot_cell(
    cell: UnitCell,
    response: CellResponse | Recall,
    increment: int = -1,
    path: int = 0,
    scale: float = 1.0,
    *,
    unit: str = "",
    dpi: float = DPI,
) -> Figure:
    """Draw a deformed cell, its bars coloured by their forces.

    Parameters
    ----------
    cell : UnitCell
    response : CellResponse, DrivenResponse or Recall
        A recall must have been decoded.
    increment : int
        Counted from 0, or from the end where negative.
    path : int
        Which path of a batch.
    scale : float
        Factor on the displacements.
    unit : str
        Of forces, shown beside the colours.
    dpi : float
        Pixels per inch.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InputError
        If nothing was decoded, or there is no such increment or path.
    """
    try:
        force, moved = response.force, response.displacement
    except AttributeError as error:
        raise InputError(str(error)) from None
    if force.ndim == 2:
        force, moved = force[None], moved[None]
    if not (-len(force) <= path < len(force) and -force.shape[1] <= increment < force.shape[1]):
        raise InputError(f"there is no increment {increment} of path {path}")
    bars = cell.distinct_bars
    whole = force[path, increment] * bars.area[bars.of_bar] / cell.areas  # a shared bar with all its force
    body = DrawnLattice("", cell.nodes, cell.bars, moved[path, increment], whole)
    label = "force of the bar (tension +)" + (f" [{unit}]" if unit else "")
    return bodies_figure([body], label, scale=scale, signed=True, dpi=dpi)


def plot_body(
    result: Result | StructureResult,
    field: str = "",
    increment: int = -1,
    scale: float = 1.0,
    *,
    unit: str = "",
    dpi: float = DPI,
) -> Figure:
    """Draw a deformed mesh or full lattice, coloured by a field.

    Parameters
    ----------
    result : `microtann.fem.Result` or `microtann.StructureResult`
    field : str
        A scalar of ``result.fields``, by default the energy of elements and the force of bars. Symmetric tensors
        name a component, as in "stress 33"; in the plane the material must know what is out of it.
    increment : int
        One whose fields were kept; counted from 0, or from the end where negative.
    scale : float
        Factor on the displacements.
    unit : str
        Of the field, shown beside the colours.
    dpi : float
        Pixels per inch.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InputError
        If there is no such field or component, or the fields of the increment were not kept.

    Examples
    --------
    >>> import microtann as mt
    >>> base = [mt.fem.Prescribed(lambda x: x[:, 2] == 0, axis) for axis in "xyz"]
    >>> step = mt.fem.Step([*base, mt.fem.Prescribed(lambda x: x[:, 2] == 2, "z", 0.6)])
    >>> result = mt.fem.Model(mt.fem.box((1, 1, 2), (2, 2, 4)), mt.load("cube")).solve([step])
    >>> mt.plotting.plot_body(result, "stress 33").savefig("body.png")
    """
    lattice = isinstance(result, StructureResult)
    name, _, component = (field or ("force" if lattice else "energy")).partition(" ")
    count, kept = len(result.time), len(result.fields)
    place = increment % count if -count <= increment < count else -1
    if place < count - kept:
        raise InputError(f"the fields of increment {increment} were not kept: solve with fields=True")
    fields = result.fields[place - (count - kept)]
    if name not in fields:
        raise InputError(f"there is no field {name!r}; there are: {', '.join(fields)}")
    values = fields.get(field, fields[name])
    if values.ndim == 2:
        labels = voigt.LABELS[voigt.dimension(values.shape[1])]
        if component == "33" and len(labels) == 3:
            raise InputError(f"the material has no {name} out of the plane: name one of {', '.join(labels)}")
        if component not in labels:
            raise InputError(f"{name} has components: name one of {', '.join(labels)}, as in '{name} {labels[1]}'")
        values = values[:, labels.index(component)]
    elif field in OUT_OF_PLANE:
        values = np.where(fields[KNOWN] > 0.0, values, np.nan)
    moved = result.displacement[place]
    body: DrawnBody | DrawnLattice
    if isinstance(result, StructureResult):
        body = DrawnLattice("", result.points, result.structure.bars.astype(np.int64), moved, values)
    else:
        body = DrawnBody("", result.points, [block.cells for block in result.mesh.blocks], moved, values)
    signed = bool(np.nanmin(values) < 0.0)
    label = f"{name} {component}".strip() + (f" [{unit}]" if unit else "")
    return bodies_figure([body], label, scale=scale, signed=signed, dpi=dpi)
