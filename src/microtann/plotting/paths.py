"""Curves of a material along a strain path."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.errors import InputError
from microtann.microstructure.bars.condensed.solve import CellResponse
from microtann.microstructure.bars.driven.driver import DrivenResponse
from microtann.numbers import voigt
from microtann.plotting.curves import from_virgin
from microtann.plotting.style import EXACT, LATTICE, MODEL, SOFT, house_style, new_figure
from microtann.tann.recall import Recall

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Array = NDArray[np.float64]
Response = Recall | CellResponse
COLOURS = (MODEL, LATTICE, "#2e7d4f", SOFT, "#8a5aa8", "#c2902f")
"""One colour per strain component."""
NOTICEABLE = 5e-3
"""Components below this part of the largest are not drawn."""


def plot_paths(response: Response, exact: Response | None = None, path: int = 0) -> Figure:
    """Draw the response along a strain path: stress, energy and dissipation.

    Parameters
    ----------
    response : Recall, CellResponse or DrivenResponse
        What ``tann.recall``, ``solve_cell`` or ``drive_cell`` returned.
    exact : Recall, CellResponse or DrivenResponse, optional
        Another response to the same strains, drawn behind it as a wide grey line.
    path : int
        Which path of a batch.

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
    shown = _noticeable(_of_path(response.stress, path, 2))
    with house_style():
        figure = new_figure(9.3, 2.9)
        left, middle, right = figure.subplots(1, 3)
        moving = int(np.abs(strain).max(axis=0).argmax())
        for drawn in ([exact] if exact is not None else []) + [response]:
            wide = drawn is exact
            stress = from_virgin(_of_path(drawn.stress, path, 2))
            time = _time(drawn, len(stress))
            for c in shown:
                look = {"color": EXACT, "linewidth": 3.2} if wide else {"color": COLOURS[c], "label": labels[c]}
                if c == moving or len(shown) == 1:
                    left.plot(from_virgin(strain[:, moving]), stress[:, c], **look)
                middle.plot(time, stress[:, c], **look)
            energies = {"free energy": drawn.energy, "dissipated": drawn.dissipation}
            for (name, values), colour in zip(energies.items(), (MODEL, LATTICE), strict=True):
                found = _of_path(values, path, 1)
                found = np.cumsum(found) if name == "dissipated" else found
                look = {"color": EXACT, "linewidth": 3.2} if wide else {"color": colour, "label": name}
                right.plot(time, from_virgin(found), **look)
        _label(left, f"Stress {labels[moving]}", f"strain {labels[moving]}", "stress")
        _label(middle, "Stress", "time" if isinstance(response, DrivenResponse) else "increment", "stress")
        _label(right, "Energy", middle.get_xlabel(), "energy per volume")
        middle.legend(ncols=2)
        right.legend()
        if exact is not None:
            left.plot([], [], color=EXACT, linewidth=3.2, label="compared with")
            left.legend()
    return figure


def _label(axis: Axes, title: str, x: str, y: str) -> None:
    axis.set(title=title, xlabel=x, ylabel=y)


def _time(response: Response, count: int) -> Float[Array, "T1"]:
    if isinstance(response, DrivenResponse):
        return from_virgin(response.time)
    return np.arange(count, dtype=np.float64)


def _of_path(values: Array, path: int, dimensions: int) -> Array:
    """Return the values of one path of a batch, or of the only one."""
    if values.ndim == dimensions:
        values = values[None]
    if not -len(values) <= path < len(values):
        raise InputError(f"there is no path {path}: there are {len(values)}")
    return values[path]


def _noticeable(values: Float[Array, "T v"]) -> list[int]:
    size = np.abs(values).max(axis=0)
    return np.flatnonzero(size >= NOTICEABLE * size.max()).tolist()
