"""Figures of Section IV: cells, training curves, responses with internal state variables, micro pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from microtann.microstructure.bars.cells.cell import UnitCell
from microtann.microstructure.bars.condensed.solve import affine_displacement
from microtann.plotting.bodies import DrawnLattice, draw_bodies, readable_scale
from microtann.plotting.curves import draw_components, draw_on_exact, from_virgin, legend_above, noticeable
from microtann.plotting.style import EXACT, LATTICE, MODEL, SERIES, SOFT, house_style, new_figure, save_figure
from microtann.reproduction.section4_responses import Section4Response

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]
DRAWN = 4
"""Most coordinates of a group that are drawn."""
ALIKE = 0.02
"""Coordinates that differ by less, relative to the larger, would be drawn on each other."""
ROUND_OFF_LOSS, ROUND_OFF_ERROR = 1e-30, 1e-16
"""Losses and errors below are drawn there."""
FLUCTUATION = 1e-9
"""Displacements whose fluctuation is smaller, relative to the largest, are affine."""


@dataclass(frozen=True)
class TrainingCurve:
    """Losses of one training against its updates or epochs, and where its phases begin."""

    title: str
    update: Sequence[float]
    training: Sequence[float]
    validation: Sequence[float]
    starts: Mapping[str, float]
    unit: str = "updates"


def draw_cells(path: Path, cells: Mapping[str, UnitCell]) -> None:
    """Draw undeformed cells of the plane side by side, by their titles."""
    bodies = [
        DrawnLattice(title, cell.nodes, cell.bars, np.zeros_like(cell.nodes), cell.areas / cell.areas.max())
        for title, cell in cells.items()
    ]
    draw_bodies(path, bodies, "bar area / largest", height=3.4)


def draw_training_curves(path: Path, curves: Sequence[TrainingCurve], columns: int = 3) -> None:
    """Draw the training and validation losses of several models, a panel each, on logarithmic scales.

    Parameters
    ----------
    path : Path
        PNG file to write.
    curves : sequence of TrainingCurve
    columns : int
        Panels in a row.
    """
    columns = min(columns, len(curves))
    rows = -(-len(curves) // columns)
    with house_style():
        figure = new_figure(3.1 * columns, 2.7 * rows + 0.25)
        axes = figure.subplots(rows, columns, squeeze=False).ravel()
        for axis, curve in zip(axes, curves, strict=False):
            for name, values, colour in (
                ("training", curve.training, MODEL),
                ("validation", curve.validation, LATTICE),
            ):
                shown = np.maximum(np.asarray(values, dtype=np.float64), ROUND_OFF_LOSS)
                axis.semilogy(curve.update, shown, color=colour, label=name)
            for start in curve.starts.values():
                if start > 0.0:
                    axis.axvline(start, color=SOFT, linewidth=0.8, linestyle=":")
            if len(curve.starts) > 1:
                phases = " → ".join(curve.starts)
                axis.text(0.03, 0.03, phases, transform=axis.transAxes, fontsize=7.5, color=SOFT)
            low, high = axis.get_ylim()
            if high < 10.0 * low:
                axis.set_ylim(low / 10.0, high * 10.0)
            axis.set(title=curve.title, xlabel=f"{curve.unit} [–]", ylabel="loss [–]")
        for axis in axes[len(curves) :]:
            axis.set_visible(False)
        handles, labels = axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper right", ncols=2)
        save_figure(figure, path)


def draw_response(path: Path, cell: UnitCell, found: Section4Response) -> None:
    """Draw the response of a model on that of the exact cell (wide, grey) along a path.

    Panels: strain, stress against strain, stress, energy, dissipation rate, internal state variables,
    displacements and forces that move most with the worst decoded of each, and largest errors.

    Parameters
    ----------
    path : Path
        PNG file to write.
    cell : UnitCell
    found : Section4Response
    """
    response, strain = found.response, from_virgin(found.response.path.strain[0])
    exact, model = response.exact, response.recalled
    step = np.arange(len(strain), dtype=np.float64)
    with house_style():
        figure = new_figure(9.6, 9.4)
        axes = figure.subplots(3, 3).ravel()
        draw_components(axes[0], step, strain, noticeable(strain))
        axes[0].set(title="(a) Strain", ylabel="strain [–]")
        legend_above(axes[0], 3)
        stress, exact_stress = from_virgin(model.stress[0]), from_virgin(exact.stress[0])
        stressed = noticeable(exact_stress)
        draw_components(axes[1], strain[:, 0], stress, stressed, exact_stress)
        draw_components(axes[2], step, stress, stressed, exact_stress)
        axes[1].set(title="(b) Stress", xlabel="strain ε₁₁ [–]", ylabel="stress [–]")
        axes[2].set(title="(c) Stress", ylabel="stress [–]")
        legend_above(axes[2], 3)
        draw_on_exact(
            axes[3], step, from_virgin(exact.energy[0]), from_virgin(model.energy[0]), color=MODEL, label="Ψ"
        )
        axes[3].set(title="(d) Free energy", ylabel="energy per volume [–]")
        rates = (from_virgin(exact.dissipation[0]), from_virgin(model.dissipation[0]))
        draw_on_exact(axes[4], step, *rates, color=LATTICE, label="D")
        axes[4].set(title="(e) Dissipation rate", ylabel="per volume and increment [–]")
        _draw_states(axes[5], step, found)
        _draw_displacements(axes[6], step, cell, found)
        _draw_group(axes[7], step, exact.coordinates["force"][0], model.force[0], "bar {}".format)
        axes[7].set(title="(h) Decoded bar forces", ylabel="force [–]")
        _draw_errors(axes[8], step, found)
        for axis in (axes[0], *axes[2:]):
            axis.set_xlabel("increment [–]")
        handles = [
            axes[0].plot([], [], color=EXACT, linewidth=3.2)[0],
            axes[0].plot([], [], color=MODEL, linewidth=1.1)[0],
        ]
        figure.legend(handles, ["exact cell", "TANN, in colours"], loc="outside upper right", ncols=2)
        save_figure(figure, path)


def draw_micro(path: Path, cell: UnitCell, found: Section4Response) -> int:
    """Draw the deformed cell with its bar forces, exact and decoded, and their difference; return the increment.

    It is the one of the largest strain.

    Parameters
    ----------
    path : Path
        PNG file to write.
    cell : UnitCell
    found : Section4Response
    """
    response = found.response
    increment = int(np.abs(response.path.strain[0]).max(axis=1).argmax())
    bars = cell.distinct_bars
    whole = bars.area[bars.of_bar] / cell.areas  # a shared bar is shown with its whole force
    exact = response.exact.coordinates
    moved = {
        "exact cell": exact["displacement"][0, increment],
        "TANN": response.recalled.displacement[0, increment],
    }
    force = {"exact cell": exact["force"][0, increment], "TANN": response.recalled.force[0, increment]}
    scale = readable_scale(cell.nodes, moved["exact cell"])
    bodies = [DrawnLattice(name, cell.nodes, cell.bars, moved[name], force[name] * whole) for name in moved]
    error = (force["TANN"] - force["exact cell"]) * whole
    factor = _magnification(np.abs(force["exact cell"] * whole).max(), np.abs(error).max())
    title = f"error of the force{'' if factor == 1.0 else f' × {factor:g}'}"
    bodies.append(DrawnLattice(title, cell.nodes, cell.bars, moved["TANN"], factor * error))
    draw_bodies(path, bodies, "force of the bar (tension +)", scale=scale, signed=True, height=3.6)
    return increment


def _magnification(size: float, error: float) -> float:
    """Return the power of ten by which an error is seen on the colours of the size; 1 for round-off."""
    if error <= 1e-9 * size:
        return 1.0
    return float(10.0 ** max(np.floor(np.log10(size / error)), 0.0))


def most_moving(values: Float[Array, "T k"], count: int = DRAWN) -> Int[NDArray[np.int64], "m"]:
    """Return the columns that move most, without those that are alike up to their sign."""
    size = np.abs(values).max(axis=0)
    kept: list[int] = []
    for column in np.argsort(-size, kind="stable"):
        if len(kept) == count or size[column] <= 1e-9 * size.max(initial=1e-300):
            break
        near = ALIKE * size[column]
        alike = (
            min(np.abs(values[:, column] - sign * values[:, other]).max() for sign in (1.0, -1.0)) <= near
            for other in kept
        )
        if not any(alike):
            kept.append(int(column))
    return np.array(kept, dtype=np.int64)


def _draw_states(axis: Axes, step: Float[Array, "T1"], found: Section4Response) -> None:
    states, exact = from_virgin(found.state), from_virgin(found.exact_state)
    chosen = most_moving(states, len(SERIES))
    for z, colour in zip(chosen, SERIES, strict=False):
        draw_on_exact(axis, step, exact[:, z], states[:, z], color=colour, label=f"Z{z + 1}")
    hidden = states.shape[1] - len(chosen)
    rest = f", {len(chosen)} of {states.shape[1]}" if hidden else ""
    axis.set(title="(f) Internal state variables", ylabel=f"Z{rest} [–]")


def _draw_displacements(axis: Axes, step: Float[Array, "T1"], cell: UnitCell, found: Section4Response) -> None:
    """Draw nodal displacements without their affine part, which would hide the rest, unless there is no rest."""
    response = found.response
    exact, model = response.exact.coordinates["displacement"][0], response.recalled.displacement[0]
    affine = affine_displacement(cell, response.path.strain[0])
    fluctuates = np.abs(exact - affine).max() > FLUCTUATION * np.abs(exact).max()
    if fluctuates:
        exact, model = exact - affine, model - affine
    names = [
        f"node {node} {axis_name}" for node in range(len(cell.nodes)) for axis_name in "xyz"[: cell.dimension]
    ]
    pair = (exact.reshape(len(exact), -1), model.reshape(len(model), -1))
    _draw_group(axis, step, *pair, names.__getitem__)
    axis.set(title="(g) Decoded displacements", ylabel="u − E · x [size]" if fluctuates else "u [size]")


def _draw_group(
    axis: Axes,
    step: Float[Array, "T1"],
    exact: Float[Array, "T k"],
    found: Float[Array, "T k"],
    label: Callable[[int], str],
) -> None:
    """Draw the coordinates of a group that move most, and the one that is decoded worst."""
    worst = int(np.abs(exact - found).max(axis=0).argmax())
    chosen = most_moving(exact).tolist()
    if worst not in chosen:
        chosen = [*chosen[: DRAWN - 1], worst]
    for column, colour in zip(chosen, SERIES, strict=False):
        name = label(column) + (", worst" if column == worst else "")
        pair = from_virgin(exact[:, column]), from_virgin(found[:, column])
        draw_on_exact(axis, step, *pair, color=colour, label=name)
    legend_above(axis, 2, 7.0)


def _draw_errors(axis: Axes, step: Float[Array, "T1"], found: Section4Response) -> None:
    """Draw the largest error of every quantity at each increment, relative to its largest value."""
    exact, model = found.response.exact, found.response.recalled
    pairs = {
        "stress": (model.stress[0], exact.stress[0]),
        "energy": (model.energy[0], exact.energy[0]),
        "displacement": (model.displacement[0], exact.coordinates["displacement"][0]),
        "force": (model.force[0], exact.coordinates["force"][0]),
    }
    for (name, (one, other)), colour in zip(pairs.items(), SERIES, strict=False):
        error = np.abs(one - other).reshape(len(one), -1).max(axis=1) / np.abs(other).max()
        axis.semilogy(step[1:], np.maximum(error, ROUND_OFF_ERROR), color=colour, label=name)
    axis.set(title="(i) Largest error", ylabel="relative to the largest value [–]")
    legend_above(axis, 2, 7.5)
