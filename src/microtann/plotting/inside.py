"""The decoded lattice inside a homogenised structure: where it lies in the deformed body, and seen from near."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from microtann.evaluation.decoded_block import LatticeBlock
from microtann.plotting import bodies
from microtann.plotting.bodies import DrawnBody, readable_scale
from microtann.plotting.missing_picture import save_or_say
from microtann.plotting.scene import Camera, View, render_bars, render_inside, window
from microtann.plotting.style import DIVERGING, house_style, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = NDArray[np.float64]
HEIGHT = 4.4
"""Height of the figure in inches."""
LEVELS = 64
"""Levels of every colour in the file: more than for opaque bodies, whose colours are strong."""


def draw_inside(path: Path, body: DrawnBody, blocks: Mapping[str, LatticeBlock]) -> float:
    """Draw a block of cells in the deformed structure, then every block from near, coloured by the stress of bars.

    Without pyvista the file says what to install.

    Parameters
    ----------
    path : Path
        PNG file to write.
    body : DrawnBody
        The structure, which is seen through: its field is not shown.
    blocks : mapping
        The same block by the analysis that gives it; the first is the one inside the structure.

    Returns
    -------
    float
        Factor on the displacements.
    """
    scale = readable_scale(body.points, body.displacement)
    save_or_say(path, lambda: _figure(body, blocks, scale), dpi=bodies.DPI, levels=LEVELS)
    return scale


def _figure(body: DrawnBody, blocks: Mapping[str, LatticeBlock], scale: float) -> Figure:
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    bound = float(np.quantile(np.abs(np.concatenate([b.stress for b in blocks.values()])), 0.98)) or 1.0
    colours = ScalarMappable(Normalize(-bound, bound), DIVERGING)
    deformed = body.points + scale * body.displacement
    moved = {name: block.points + scale * block.displacement for name, block in blocks.items()}
    together = np.concatenate(list(moved.values()))
    views = [window([body.points, deformed], Camera()), *(window([together], Camera()) for _ in blocks)]
    shares = [float((high - low)[0] / (high - low)[1]) for _, low, high in views]
    with house_style():
        figure = new_figure(sum(shares) * (HEIGHT - 0.5) + 1.1, HEIGHT)
        axes = figure.subplots(1, len(views), squeeze=False, width_ratios=shares)[0]
        for number, (axis, (frame, low, high)) in enumerate(zip(axes, views, strict=True)):
            name = list(blocks)[max(number - 1, 0)]
            block, nodes = blocks[name], moved[name]
            view = View(frame, low, high, 2.0 * bodies.DPI * HEIGHT / float((high - low)[1]))
            tints = np.asarray(colours.to_rgba(block.stress))[:, :3]
            if number == 0:
                box = np.array([body.points.min(axis=0), body.points.max(axis=0)])
                picture = render_inside(view, deformed, body.cells, nodes, block.bars, tints, box)
            else:
                picture = render_bars(view, nodes, block.bars, tints, np.array([nodes.min(axis=0)] * 2))
            axis.imshow(picture, extent=(low[0], high[0], low[1], high[1]))
            axis.set_title(name if number else body.title, loc="center", fontsize="medium")
            axis.set_axis_off()
        bar = figure.colorbar(colours, ax=list(axes), shrink=0.62, aspect=28, pad=0.015)
        bar.set_label("bar stress [–]")
        bar.outline.set_visible(False)
        return figure
