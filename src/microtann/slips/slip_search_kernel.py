"""The slips of one point while they are looked for, and the certificate of what was found.

The problem is that of `microtann.slips.reference_kernel`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

ROUND_OFF = 1e-13
"""Error of the force on a slip, relative to the trial forces, that counts as none."""
SPANNED = 1e-9
"""A normal is in the span of others if what they leave of its square is below this fraction."""
FAILED = -1


class SlipSearch(NamedTuple):
    """The slips of one point, in arrays that are used over and over.

    Parameters
    ----------
    active : int64 array, shape (s + 1,)
        The flowing slips, in its first entries.
    sense : array, shape (s,)
        1 or −1 where a slip flows, 0 where it rests.
    slip : array, shape (s + 1,)
        γ of the flowing slips, in the order of ``active``.
    upper : array, shape (z + 1, z + 1)
        U with UᵀU = G on the flowing slips, of which no more than z are independent.
    force : array, shape (s,)
        Forces on the slips, r − Gγ.
    column, change : array, shape (z + 1,)
        Scratch.
    """

    active: Any
    sense: Any
    slip: Any
    upper: Any
    force: Any
    column: Any
    change: Any


@njit(cache=True)
def empty_search(z, s):
    """Return the arrays for s slips, of which no more than z are independent."""
    return SlipSearch(
        np.empty(s + 1, dtype=np.int64),
        np.zeros(s),
        np.empty(s + 1),
        np.empty((z + 1, z + 1)),
        np.empty(s),
        np.empty(z + 1),
        np.empty(z + 1),
    )


@njit(cache=True)
def list_active(search):
    """Write the slips with a sense into ``active``; return how many."""
    count = 0
    for i in range(len(search.sense)):
        if search.sense[i] != 0.0:
            search.active[count] = i
            count += 1
    return count


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def certificate(gram, trial, search, count):
    """Return by how much slips miss the conditions of the minimum, relative to the largest trial force.

    It is the largest force beyond its bound at rest, and the largest difference of a force from its bound in flow;
    infinite if a slip opposes its force.

    Parameters
    ----------
    gram, trial : (s, s) or more, (s,)
        G and r.
    search : SlipSearch
        As `solve_slips` leaves it.
    count : int
        Number of flowing slips.
    """
    largest, worst = 1.0, 0.0
    for i in range(len(trial)):
        largest = max(largest, abs(trial[i]))
        force = trial[i]
        for a in range(count):
            force -= gram[search.active[a], i] * search.slip[a]
        beyond = abs(force) - 1.0
        for a in range(count):
            if search.active[a] == i and search.slip[a] != 0.0:
                if search.slip[a] * search.sense[i] < 0.0:
                    return np.inf
                beyond = abs(force - search.sense[i])
        worst = max(worst, beyond)
    return worst / largest
