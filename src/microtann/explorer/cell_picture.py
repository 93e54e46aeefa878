"""The cell of a model as a page draws it: points, lines between them, and what the model decodes of both."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from microtann.explorer.decoded_layers import decoded_layers
from microtann.explorer.page_numbers import packed
from microtann.microstructure.bars.lattice import Lattice
from microtann.microstructure.frames.frame import Frame
from microtann.numbers.coordinates import columns, width
from microtann.tann.trained_model import TANN

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class DrawnCell:
    """What a page knows of a cell besides what it decodes.

    Parameters
    ----------
    nodes : array, shape (N, d)
    bars : integer array, shape (M, 2)
    periods : array, shape (d, d)
        Lattice vectors as rows.
    area : array, shape (M,)
        Of every bar within the cell, in which its decoded force acts.
    whole : array, shape (M,)
        Of the whole bar, whose force is shown.
    young : array, shape (M,), optional
        With the forces it tells the plastic strains.
    groups : tuple of str
        Decoded groups of coordinates, in the order in which the page reads them.
    points_of_bar : integer array, shape (M, p), optional
        Where the plastic strains of every bar are in their group; None where they follow from the forces.
    """

    nodes: Float[Array, "N d"]
    bars: Int[NDArray[np.int64], "M 2"]
    periods: Float[Array, "d d"]
    area: Float[Array, "M"]
    whole: Float[Array, "M"]
    young: Float[Array, "M"] | None
    groups: tuple[str, ...]
    points_of_bar: Int[NDArray[np.int64], "M p"] | None = None

    def packed(self) -> dict[str, object]:
        """Return it as the page reads it."""
        floats = {"nodes": self.nodes, "periods": self.periods, "area": self.area, "whole": self.whole}
        if self.young is not None:
            floats["young"] = self.young
        found: dict[str, object] = {name: packed(values, "float32") for name, values in floats.items()}
        found["bars"] = packed(self.bars, "int32")
        if self.points_of_bar is not None:
            found["points"] = packed(self.points_of_bar, "int32")
        return found


def drawn_cell(model: TANN) -> DrawnCell | str:
    """Return how the cell of a model is drawn, or a sentence on why it is not."""
    known = model.microstructure
    decoded = {name: tuple(shape) for name, shape in model.coordinate_shapes.items()}
    if known is None:
        return "The model names no microstructure, so that there is no cell to draw."
    if not isinstance(known, Lattice | Frame):
        return f"Cells of bars and beams are drawn here; this is {known.description}."
    cell = known.cell
    if decoded.get("displacement") != cell.nodes.shape:
        return "The model does not decode the displacements of its cell, so that it is not drawn."
    bars = cell.distinct_bars
    whole = bars.area[bars.of_bar]
    if isinstance(known, Frame):
        areas = np.array([one.area for one in known.section])
        shape = known.coordinate_shapes["plastic_strain"]
        if decoded.get("plastic_strain") != tuple(shape):
            return "The model does not decode the plastic strains of its beams, so that they are not drawn."
        points = np.arange(int(np.prod(shape))).reshape(shape[0], -1)[bars.of_bar]
        groups = ("displacement", "plastic_strain")
        return DrawnCell(cell.nodes, cell.bars, cell.periods, areas, areas, None, groups, points)
    if decoded.get("force") != (len(cell.bars),):
        return "The model does not decode the forces of its bars, so that they are not drawn."
    young = None if known.bar is None else known.bar.per_bar(len(cell.bars))[0]
    groups = ("displacement", "force")
    return DrawnCell(cell.nodes, cell.bars, cell.periods, cell.areas, whole, young, groups)


def picture_of(model: TANN) -> dict[str, object]:
    """Return what a page needs to draw the cell of a model in any state, or why it cannot."""
    cell = drawn_cell(model)
    if isinstance(cell, str):
        return {"missing": cell}
    where = columns(model.coordinate_shapes)
    every = np.arange(width(model.coordinate_shapes))
    law = decoded_layers(model, np.concatenate([every[where[name]] for name in cell.groups]))
    if law is None:
        kind = type(model.reduction).__name__
        return {"missing": f"What a {kind} decodes is not known to this page, so that the cell is not drawn."}
    return {**cell.packed(), "decoder": law}
