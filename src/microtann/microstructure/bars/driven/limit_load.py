"""Limit loads of cells whose bars or fibres do not harden, by the static theorem."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import ArrayLike, NDArray

from microtann.errors import InputError
from microtann.microstructure.bars.cells.bar import ElastoplasticBar
from microtann.microstructure.bars.cells.cell import UnitCell
from microtann.microstructure.bars.condensed.cell_flow import LEAST_HARDENING, not_hardening
from microtann.microstructure.bars.condensed.condensation import CondensedCell, condense
from microtann.microstructure.protocol import Microstructure
from microtann.numbers.checks import as_floats

Array = NDArray[np.float64]


def limit_load(
    cell: UnitCell | Microstructure, bar: ElastoplasticBar | None = None, stress: ArrayLike = ()
) -> float:
    """Return the largest factor λ for which a cell can carry the average stress λ · stress.

    Parameters
    ----------
    cell : UnitCell or Microstructure
        A cell of bars, or a frame, or any microstructure that knows its limit loads.
    bar : ElastoplasticBar, optional
        Law of the bars of a cell; a microstructure has its own.
    stress : array, shape (v,)
        Direction of the average stress.

    Returns
    -------
    float
        Infinite if bars that harden carry it.

    Raises
    ------
    InputError
        If the stress has the wrong shape, is zero or not finite, a cell of bars comes without a law or a
        microstructure with one, or this does not know its limit loads.

    Notes
    -----
    Static theorem of limit analysis: the limit is the largest load with bar stresses in equilibrium of which none
    exceeds the yield stress of a bar without hardening. It is a linear programme, solved exactly. Kinematic
    hardening is unbounded, so bars with H > 0 carry anything. The same holds for the fibres of frames.

    Examples
    --------
    >>> import numpy as np, microtann as mt
    >>> factor = mt.limit_load(mt.cube_cell(), mt.ElastoplasticBar(hardening=0), [1, 0, 0, 0, 0, 0])
    >>> round(factor, 6)
    1.609476
    >>> grid = mt.Frame(mt.square_grid_cell(thickness=0.1), bar=mt.ElastoplasticBar(hardening=0))
    >>> round(mt.limit_load(grid, stress=[0, 0, 1]) / (0.1**2 / 2 * 1 / 3), 6)
    1.0
    """
    direction = as_floats("stress", stress)
    if isinstance(cell, UnitCell) == (bar is None):
        raise InputError(
            "a limit load is that of a cell of bars with their law, or of a microstructure alone: "
            "limit_load(cell, bar, stress), or limit_load(frame, stress=stress)"
        )
    if direction.shape != (cell.components,) or not np.isfinite(direction).all() or not direction.any():
        raise InputError(f"stress must have shape ({cell.components},), be finite and not all zero")
    everywhere = np.ones(cell.components, dtype=bool)
    if isinstance(cell, Microstructure):
        if type(cell).largest_load_factor is Microstructure.largest_load_factor:
            raise InputError(f"limit loads of {cell.description} are not known: drive it to collapse by strains")
        return cell.largest_load_factor(everywhere, np.zeros_like(direction), direction)
    assert bar is not None
    return largest_factor(condense(cell, bar), everywhere, np.zeros_like(direction), direction)


def largest_factor(
    condensed: CondensedCell,
    by_stress: Bool[NDArray[np.bool_], "v"],
    start: Float[Array, "v"],
    change: Float[Array, "v"],
) -> float:
    """Return the largest λ for which the stress ``start + λ · change`` of some components can be carried.

    Parameters
    ----------
    condensed : CondensedCell
    by_stress : array, shape (v,)
        The components that count; the others take any stress.
    start, change : array, shape (v,)
    """
    if not not_hardening(condensed) or not change[by_stress].any():
        return np.inf
    # Unknowns: the stresses of the bars over the largest yield stress, and λ times the size of the change over it.
    # The tolerances of the solver are absolute, so the programme must not depend on the unit of stress.
    from scipy.optimize import linprog  # slow to import

    m, unit, size = condensed.count, condensed.yield_stress.max(), np.abs(change[by_stress]).max()
    forces = condensed.fluctuation_mapping.T * condensed.volume_fraction  # equilibrium of the distinct nodes
    scale = np.abs(forces).max() or 1.0
    average = (condensed.elongation * condensed.volume_fraction[:, None]).T[by_stress]
    equal = np.block(
        [[forces / scale, np.zeros((len(forces), 1))], [average, -change[by_stress][:, None] / size]],
    )
    right = np.concatenate([np.zeros(len(forces)), start[by_stress] / unit])
    limit = np.where(
        condensed.hardening <= LEAST_HARDENING * condensed.young, condensed.yield_stress / unit, np.inf
    )
    bounds = [*((-k, k) for k in limit), (0.0, None)]
    result = linprog(np.append(np.zeros(m), -1.0), A_eq=equal, b_eq=right, bounds=bounds, method="highs")
    if result.status == 3:  # unbounded
        return np.inf
    return float(result.x[-1] * unit / size) if result.x is not None else 0.0
