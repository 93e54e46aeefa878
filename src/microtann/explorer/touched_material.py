"""What a page says of its model besides the module that computes it: names, units, ranges, sizes of steps."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.errors import InputError
from microtann.explorer.cell_picture import drawn_lines
from microtann.explorer.page_numbers import packed
from microtann.export.exported_model import ExportedModel
from microtann.tann.trained_model import TANN

Array = NDArray[np.float64]

FARTHEST_SLIDER = 4.5
"""Sliders go to so many strains at first yield at most, where the training went farther."""
BEYOND = 1.25
"""They go beyond the range of the training by this factor, so that one can leave it."""
SEVERAL = 1.4
"""Colours go so much farther than the forces along paths of one component."""
STEPS = 60
"""Increments from the virgin material to the end of a slider."""


def touched_material(exported: ExportedModel, timed: bool) -> dict[str, object]:
    """Return what the page says of a model.

    Parameters
    ----------
    exported : ExportedModel
    timed : bool
        Whether its response depends on the duration of increments.
    """
    model = exported.model
    extent = slider_extent(model)
    _, moduli, _ = model.update(np.zeros((1, model.components)), model.initial_state(1))
    assert moduli is not None
    units = model.information.units
    ends, forces = _typical(model, extent)
    known = model.information.training_range
    return {
        **exported.described(),
        "about": str(model.microstructure.description) if model.microstructure is not None else "",
        "material": model.information.provenance.get("in_units", ""),
        "timed": timed,
        "units": {name: units.get(name, "") for name in ("strain", "stress", "energy")},
        "virgin": packed(exported.virgin),
        "extent": extent.tolist(),
        "range": None if known is None else known.strain.tolist(),
        "stride": (_stride(model, extent)).tolist(),
        "stiffness": float(np.abs(moduli).max()),
        "strength": ends,
        "force": forces,
    }


def slider_extent(model: TANN) -> Float[Array, "v"]:
    """Return how far the sliders of every strain component go."""
    known, scale = model.information.training_range, 1.0
    if model.microstructure is not None:
        scale = model.microstructure.strain_scale
    farthest = FARTHEST_SLIDER / 3.0 * scale
    if known is None:
        return np.full(model.components, farthest)
    if model.microstructure is None:
        return BEYOND * known.strain
    return np.minimum(BEYOND * known.strain, farthest)


def _stride(model: TANN, extent: Float[Array, "v"]) -> Float[Array, "v"]:
    """Return the longest increment of every strain component."""
    stride = extent / STEPS
    known = model.information.training_range
    if known is not None and model.evolution.reads_increment and known.largest_increment is not None:
        return np.minimum(stride, known.largest_increment / 4.0)
    return stride


def _typical(model: TANN, extent: Float[Array, "v"]) -> tuple[float, float]:
    """Return the largest stress, and the 98 % quantile of the forces of lines, where sliders end."""
    ends = np.concatenate([np.diag(extent), -np.diag(extent)]) * 0.8
    path = ends[:, None, :] * np.linspace(0.0, 1.0, STEPS + 1)[None, 1:, None]
    lines = drawn_lines(model)
    result = model.recall(path, decode=not isinstance(lines, str), outside_training="none")
    stress = float(np.abs(result.stress).max())
    if not (np.isfinite(stress) and stress > 0.0):
        raise InputError("the model gives no finite stress within the range of its training: train it further")
    force = None if isinstance(lines, str) else lines.typical_force(result.coordinates)
    # strains of several components pull harder than these paths, each of one
    return stress, SEVERAL * force if force else 1.0
