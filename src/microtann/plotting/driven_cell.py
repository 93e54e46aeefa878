"""Figures of a cell driven through a programme: curves of the averages, and the deformed cell."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from microtann.microstructure.bars.cells.cell import UnitCell
from microtann.microstructure.bars.driven.driver import DrivenResponse
from microtann.microstructure.driven.averages import DrivenAverages
from microtann.numbers import voigt
from microtann.plotting.bodies import DrawnLattice, draw_bodies, readable_scale
from microtann.plotting.curves import draw_components, from_virgin, legend_above, noticeable
from microtann.plotting.style import COMPONENTS, INK, LATTICE, MODEL, house_style, new_figure, save_figure


def draw_curves(path: Path, response: DrivenAverages) -> None:
    """Draw stress against strain, stress and strain against time, energy and dissipation.

    Components that stay below half a percent of the largest are left out.

    Parameters
    ----------
    path : Path
        PNG file to write.
    response : DrivenAverages
        Of anything that was driven.
    """
    labels = voigt.component_names(response.strain.shape[-1])
    time = from_virgin(response.time)
    strain, stress = from_virgin(response.strain), from_virgin(response.stress)
    strained, stressed = noticeable(strain), noticeable(stress)
    both = [c for c in strained if c in stressed] or strained
    with house_style():
        figure = new_figure(7.4, 5.4)
        axes = figure.subplots(2, 2).ravel()
        draw_components(axes[0], strain, stress, both)
        axes[0].set(title="Stress and strain", xlabel="average strain", ylabel="average stress")
        draw_components(axes[1], time, stress, stressed)
        axes[1].set(title="Stress", xlabel="time", ylabel="average stress")
        draw_components(axes[2], time, strain, strained)
        axes[2].set(title="Strain", xlabel="time", ylabel="average strain (shear 2ε)")
        energy, dissipated = from_virgin(response.energy), from_virgin(np.cumsum(response.dissipation))
        axes[3].plot(time, energy, color=MODEL, label="free energy")
        axes[3].plot(time, dissipated, color=LATTICE, label="dissipated")
        axes[3].set(title="Energy", xlabel="time", ylabel="energy per volume")
        legend_above(axes[3], 2)
        for axis in axes:
            axis.axhline(0.0, color=INK, linewidth=0.5, zorder=0)
        shown = sorted({*strained, *stressed})
        handles = [axes[0].plot([], [], color=COMPONENTS[c])[0] for c in shown]
        figure.legend(handles, [labels[c] for c in shown], loc="outside upper right", ncols=6, title=None)
        save_figure(figure, path)


def draw_cell(
    path: Path, cell: UnitCell, response: DrivenResponse, increment: int, field: str, scale: float | None = None
) -> float:
    """Draw the deformed cell at an increment, its bars coloured by a field; return the factor on displacements.

    Parameters
    ----------
    path : Path
        PNG file to write.
    cell : UnitCell
    response : DrivenResponse
    increment : int
    field : {"force", "plastic_strain"}
        Force of the whole bars, or plastic strain.
    scale : float, optional
        Factor on the displacements; by default the one of `readable_scale`.
    """
    bars, nodes = cell.distinct_bars, cell.nodes
    if field == "force":
        whole = bars.area[bars.of_bar] / cell.areas  # a shared bar is shown with its whole force
        values, label = response.force[increment] * whole, "force of the bar (tension +)"
    else:
        values, label = response.plastic_strain[increment], "plastic strain of the bar"
    displacement = response.displacement[increment]
    if scale is None:
        scale = readable_scale(nodes, displacement)
    factor = "" if scale == 1.0 else f", displacements × {scale:g}"
    title = f"time {response.time[increment]:g}{factor}"
    draw_bodies(
        path, [DrawnLattice(title, nodes, cell.bars, displacement, values)], label, scale=scale, signed=True
    )
    return scale
