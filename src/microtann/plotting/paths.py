"""Curves of a material along a strain path."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.errors import InputError
from microtann.microstructure.bars.condensed.solve import CellResponse
from microtann.microstructure.bars.driven.driver import DrivenResponse
from microtann.microstructure.driven.drive import DrivenPath
from microtann.numbers import voigt
from microtann.plotting.curves import draw_components, draw_on_exact, from_virgin, legend_above, noticeable
from microtann.plotting.style import EXACT, LATTICE, MODEL, chosen_sizes, house_style, line_width, new_figure
from microtann.tann.recall import Recall

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Array = NDArray[np.float64]
PlottedResponse = Recall | CellResponse | DrivenPath


def plot_paths(
    response: PlottedResponse, exact: PlottedResponse | None = None, path: int = 0, *, unit: str = ""
) -> Figure:
    """Draw the response along a strain path: stress, energy and dissipation.

    Parameters
    ----------
    response : Recall, CellResponse, DrivenResponse or DrivenPath
        What ``tann.recall``, ``solve_cell``, ``drive_cell`` or ``drive`` returned.
    exact : Recall, CellResponse, DrivenResponse or DrivenPath, optional
        Another response to the same strains, drawn behind it as a wide grey line.
    path : int
        Which path of a batch.
    unit : str
        Of stresses and energies per volume, shown on the axes.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InputError
        If there is no such path, or the two responses are to different strains.

    Examples
    --------
    >>> import numpy as np, microtann as mt
    >>> strain = 0.6 * np.sin(np.linspace(0, 6.0, 41))[1:, None] * np.eye(6)[0]
    >>> tann = mt.load("cube")
    >>> figure = mt.plotting.plot_paths(tann.recall(strain), tann.microstructure.solve(strain))
    >>> figure.savefig("loop.png")
    """
    strain = _of_path(response.strain, path, 2)
    if exact is not None and not np.array_equal(response.strain, exact.strain):
        raise InputError("the two responses are not to the same strains, so that they cannot be compared")
    labels = voigt.LABELS[voigt.dimension(strain.shape[1])]
    told = f" [{unit}]" if unit else ""
    shown = noticeable(_of_path(response.stress, path, 2))
    letters, figures = chosen_sizes()
    with house_style():
        figure = new_figure(9.3, 2.9 * (letters / figures) ** 2)
        left, middle, right = figure.subplots(1, 3)
        if letters > 1.0:  # fewer large numbers have room along an axis
            left.locator_params(axis="x", nbins=4)
        moving = int(np.abs(strain).max(axis=0).argmax())
        stress = from_virgin(_of_path(response.stress, path, 2))
        behind = None if exact is None else from_virgin(_of_path(exact.stress, path, 2))
        time, along = _time(response, len(stress)), from_virgin(strain[:, moving])
        draw_components(left, along, stress, [moving] if len(shown) > 1 else shown, behind)
        draw_components(middle, time, stress, shown, behind)
        energies = [_energies(drawn, path) for drawn in (response, exact) if drawn is not None]
        for (name, values), colour in zip(energies[0].items(), (MODEL, LATTICE), strict=True):
            draw_on_exact(right, time, energies[1][name] if exact else None, values, color=colour, label=name)
        _label(left, f"Stress {labels[moving]}", f"strain {labels[moving]}", f"stress{told}")
        _label(
            middle,
            "Stress",
            "time" if isinstance(response, DrivenResponse | DrivenPath) else "increment",
            f"stress{told}",
        )
        _label(right, "Energy", middle.get_xlabel(), f"energy per volume{told}")
        legend_above(middle, 3)
        legend_above(right, 2)
        if exact is not None:
            left.plot([], [], color=EXACT, linewidth=line_width(3.2), label="compared with")
            legend_above(left, 2)
    return figure


def _label(axis: Axes, title: str, x: str, y: str) -> None:
    axis.set(title=title, xlabel=x, ylabel=y)


def _time(response: PlottedResponse, count: int) -> Float[Array, "T1"]:
    if isinstance(response, DrivenResponse | DrivenPath):
        return from_virgin(response.time)
    return np.arange(count, dtype=np.float64)


def _energies(response: PlottedResponse, path: int) -> dict[str, Float[Array, "T1"]]:
    """Return the free energy and what was dissipated, the virgin state first."""
    dissipated = np.cumsum(_of_path(response.dissipation, path, 1))
    return {
        "free energy": from_virgin(_of_path(response.energy, path, 1)),
        "dissipated": from_virgin(dissipated),
    }


def _of_path(values: Array, path: int, dimensions: int) -> Array:
    """Return the values of one path of a batch, or of the only one."""
    if values.ndim == dimensions:
        values = values[None]
    if not -len(values) <= path < len(values):
        raise InputError(f"there is no path {path}: there are {len(values)}")
    return values[path]
