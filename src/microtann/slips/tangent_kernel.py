"""How flowing slips soften the tangents of many points, eight at a time, compiled for speed."""

from __future__ import annotations

import numpy as np
from numba import njit

from microtann.slips.lanes_kernel import WIDTH, read, splat, store
from microtann.slips.octet_cholesky_kernel import BLOCK, solve_octet_lower
from microtann.slips.slip_equations_kernel import (
    Slips,
    by_count,
    empty_group,
    end_of_group,
    factorise_group,
    list_members,
)


def rates_on_slips(fixed: Slips, rates: np.ndarray) -> np.ndarray:
    """Return Q and P Q, transposed, as `soften_tangents` takes them.

    Parameters
    ----------
    fixed : Slips
    rates : array, shape (v, s)
        Qᵀ: forces on the slips due to a unit strain of every component.

    Returns
    -------
    array, shape (2, v, s)
        Zero in place of P Q where G has no inverse P.
    """
    both = np.zeros((2, *rates.shape))
    both[0] = rates
    if len(fixed.inverse) > 0:
        both[1] = rates @ fixed.inverse[:-1, :-1]
    return both


@njit(cache=True, error_model="numpy")
def soften_tangents(fixed, on_slips, slips, points, scale, tangent):
    """Take Q_Sᵀ (G_SS)⁻¹ Q_S, with the flowing slips S, from the tangents of points.

    It is halfᵀ half with half = L⁻¹ Q_S; where the matrix is that of the slips at rest R, it is Qᵀ P Q − halfᵀ
    half with half = L⁻¹ (P Q)_R.

    Parameters
    ----------
    fixed : Slips
    on_slips : (2, v, s)
        Of `rates_on_slips`.
    slips : (n, s)
        γ.
    points : (p,)
        The points that flow.
    scale : float
        Factor of what is taken.
    tangent : (n, v, v) in and out
    """
    v, s = tangent.shape[1], on_slips.shape[2]
    group = empty_group(fixed)
    octet, half = group.octet, np.empty(v * (fixed.most + BLOCK) * WIDTH)
    members, count = np.empty((len(slips), fixed.most), dtype=np.int64), np.zeros(len(slips), dtype=np.int64)
    for p in points:
        count[p] = list_members(slips[p], members[p])
    order = by_count(points, count, fixed.most)
    through = on_slips[0] @ on_slips[1].T
    last = 0
    while last < len(order):
        first, last = last, end_of_group(fixed, order, count, last)
        together = order[first:last]
        blocks, from_rest = factorise_group(fixed, members, count, together, group)
        size = blocks * BLOCK
        right = on_slips[1] if from_rest else on_slips[0]
        for c in range(v):
            for a in range(size):
                for lane in range(WIDTH):
                    i = octet.column[a * WIDTH + lane]
                    half[(c * size + a) * WIDTH + lane] = right[c, i] if i < s else 0.0
            solve_octet_lower(blocks, octet, half, c * size)
        for c in range(v):
            for e in range(c + 1):
                total = splat(0.0)
                for a in range(size):
                    total = total + read(half, c * size + a) * read(half, e * size + a)
                store(octet.vector, 0, total)
                for lane, p in enumerate(together):
                    product = octet.vector[lane]
                    softened = through[c, e] - product if from_rest else product
                    value = tangent[p, c, e] - scale * softened
                    tangent[p, c, e] = value
                    tangent[p, e, c] = value
