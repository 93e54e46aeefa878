"""Limit loads of cells whose bars do not harden, by the static theorem."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import ArrayLike, NDArray

from microtann.errors import InputError
from microtann.microstructure.bars.cells.bar import ElastoplasticBar
from microtann.microstructure.bars.cells.cell import UnitCell
from microtann.microstructure.bars.condensed.cell_flow import LEAST_HARDENING, not_hardening
from microtann.microstructure.bars.condensed.condensation import CondensedCell, condense
from microtann.numbers.checks import as_floats

Array = NDArray[np.float64]


def limit_load(cell: UnitCell, bar: ElastoplasticBar, stress: ArrayLike) -> float:
    """Return the largest factor λ for which the cell can carry the average stress λ · stress.

    Parameters
    ----------
    cell : UnitCell
    bar : ElastoplasticBar
    stress : array, shape (v,)
        Direction of the average stress.

    Returns
    -------
    float
        Infinite if bars that harden carry it.

    Raises
    ------
    InputError
        If the stress has the wrong shape, is zero or not finite.

    Notes
    -----
    Static theorem of limit analysis: the limit is the largest load with bar stresses in equilibrium of which none
    exceeds the yield stress of a bar without hardening. It is a linear programme, solved exactly. Kinematic
    hardening is unbounded, so bars with H > 0 carry anything.

    Examples
    --------
    >>> import numpy as np, microtann as mt
    >>> factor = mt.limit_load(mt.cube_cell(), mt.ElastoplasticBar(hardening=0), [1, 0, 0, 0, 0, 0])
    >>> round(factor, 6)
    1.609476
    """
    direction = as_floats("stress", stress)
    if direction.shape != (cell.components,) or not np.isfinite(direction).all() or not direction.any():
        raise InputError(f"stress must have shape ({cell.components},), be finite and not all zero")
    everywhere = np.ones(cell.components, dtype=bool)
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
