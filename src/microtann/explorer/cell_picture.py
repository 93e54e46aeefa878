"""The cell of a model as a page draws it: points, lines between them, and what the model decodes of both."""

from __future__ import annotations

import numpy as np

from microtann.explorer.decoded_layers import decoded_layers
from microtann.explorer.page_numbers import packed
from microtann.microstructure.decoded_lines import DecodedLines
from microtann.numbers.coordinates import columns, width
from microtann.tann.trained_model import TANN


def drawn_lines(model: TANN) -> DecodedLines | str:
    """Return the lines of the microstructure of a model, or a sentence on why they are not drawn."""
    known = model.microstructure
    if known is None:
        return "The model names no microstructure, so that there is no cell to draw."
    lines = known.decoded_lines()
    if lines is None:
        return f"Cells of bars and beams are drawn here; this is {known.description}."
    shapes, decoded = known.coordinate_shapes, model.coordinate_shapes
    words = ("displacements of its cell", lines.label)
    for name, what in zip(lines.groups, words, strict=True):
        if name not in decoded or tuple(decoded[name]) != tuple(shapes[name]):
            return f"The model does not decode the {what}, so that its cell is not drawn."
    return lines


def picture_of(model: TANN) -> dict[str, object]:
    """Return what a page needs to draw the cell of a model in any state, or why it cannot."""
    lines = drawn_lines(model)
    if isinstance(lines, str):
        return {"missing": lines}
    where = columns(model.coordinate_shapes)
    every = np.arange(width(model.coordinate_shapes))
    law = decoded_layers(model, np.concatenate([every[where[name]] for name in lines.groups]))
    if law is None:
        kind = type(model.reduction).__name__
        return {"missing": f"What a {kind} decodes is not known to this page, so that the cell is not drawn."}
    return {**_packed(lines), "label": lines.label, "decoder": law}


def _packed(lines: DecodedLines) -> dict[str, object]:
    """Return lines as the page reads them."""
    floats = {"nodes": lines.points, "periods": lines.periods, "area": lines.area, "whole": lines.whole}
    if lines.young is not None:
        floats["young"] = lines.young
    found: dict[str, object] = {name: packed(values, "float32") for name, values in floats.items()}
    found["bars"] = packed(lines.lines, "int32")
    if lines.places is not None:
        found["points"] = packed(lines.places, "int32")
    return found
