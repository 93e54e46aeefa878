"""Surfaces of first yield and of limit loads, drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from microtann.errors import InputError
from microtann.microstructure.surfaces import Surface
from microtann.plotting.style import INK, SERIES, chosen_sizes, house_style, line_width, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def plot_surface(*surfaces: Surface, unit: str = "") -> Figure:
    """Draw surfaces of `microtann.yield_surface` and `microtann.limit_surface` in one plane.

    Parameters
    ----------
    *surfaces : Surface
        In the same components.
    unit : str
        Of stresses, shown on the axes.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InputError
        If there is none, or they lie in different planes.

    Examples
    --------
    >>> import microtann as mt
    >>> lattice = mt.Lattice(mt.cube_cell(), mt.ElastoplasticBar(hardening=0))
    >>> surfaces = mt.yield_surface(lattice, directions=16), mt.limit_surface(lattice, directions=16)
    >>> mt.plotting.plot_surface(*surfaces).savefig("surfaces.png")
    """
    planes = {(surface.of, surface.components) for surface in surfaces}
    if len(planes) != 1:
        raise InputError(
            "surfaces are drawn in one plane of stresses or strains: give those of the same components"
        )
    of, components = planes.pop()
    with house_style():
        figure = new_figure(4.2, 4.0)
        axis = figure.subplots()
        for number, surface in enumerate(surfaces):
            closed = np.concatenate([surface.points, surface.points[:1]])
            closed[~np.isfinite(closed).all(axis=1)] = np.nan
            width = 3.2 if number == 0 and len(surfaces) > 1 else 1.3  # seen where another lies upon it
            axis.plot(
                *closed.T, color=SERIES[number % len(SERIES)], linewidth=line_width(width), label=surface.name
            )
        axis.axhline(0.0, color=INK, linewidth=line_width(0.5), zorder=0)
        axis.axvline(0.0, color=INK, linewidth=line_width(0.5), zorder=0)
        told = f" [{unit}]" if unit and of == "stress" else ""
        axis.set(xlabel=f"{of} {components[0]}{told}", ylabel=f"{of} {components[1]}{told}")
        axis.margins(0.08)
        if chosen_sizes()[0] > 1.0:  # fewer large numbers have room along an axis
            axis.locator_params(nbins=5)
        if len({name[0] == name[1] for name in components}) == 1:
            axis.set_aspect("equal", adjustable="datalim")
        if len(surfaces) > 1:
            figure.legend(loc="outside upper center", ncols=3)
        return figure
