"""Many material points of a play-mechanism TANN at once: the fast path of slips that do not know of each other.

Play mechanisms are the slips of `microtann.slips` with orthogonal normals, N = diag(1/k). Then G is diagonal,
every slip has its closed form, and there is no set of slips to look for: this takes a quarter to a half of the
time that the update of coupled slips takes for the same. It is the increment of
`microtann.tann.point.MaterialPoint`, with the derivatives of the quadratic energy written out; the tests hold
the three together.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from numba import njit

from microtann.forms.variational.slip_update import quadratic_parts
from microtann.slips.yield_tolerance import YIELD_TOLERANCE
from microtann.tann.evolution import PlayMechanisms
from microtann.tann.form import PointUpdate, PreparedUpdate
from microtann.tann.point import MaterialPoint


def prepare_play(point: MaterialPoint) -> PreparedUpdate:
    """Return the compiled update of a point of play mechanisms."""
    evolution = point.evolution
    assert isinstance(evolution, PlayMechanisms)
    elastic, coupling, extra, scale = quadratic_parts(point)
    resistance = np.exp(np.asarray(evolution.log_resistance))
    return partial(_update, (elastic, coupling, resistance, extra, scale), point.components)


def _update(parts, components, driving, state, increment, dt, tangent):
    """Advance n points; see `microtann.tann.form.PreparedUpdate`."""
    n, v = len(driving), components
    result = PointUpdate(np.empty((n, v)), np.empty_like(state), np.empty(n), np.empty(n), None)
    stiffness = np.empty((n if tangent else 0, v, v))
    end, start = np.ascontiguousarray(driving + increment), np.ascontiguousarray(state)
    update_play_points(
        *parts, end, start, result.state, result.stress, result.energy, result.dissipation, stiffness
    )
    return result._replace(tangent=stiffness if tangent else None)


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "reassoc"})
def update_play_points(
    elastic, coupling, resistance, extra, scale, driving, state, after, stress, energy, dissipation, tangent
):
    """Advance n points.

    Parameters
    ----------
    elastic : (y, y)
        PᵀP of the energy, with the scales of the driving variables divided out, as in all that follows.
    coupling : (z, y)
        B.
    resistance : (z,)
        k.
    extra : (e, e)
        Symmetric N: energy of the extra state variables alone.
    scale : float
        Scale of the energy.
    driving : (n, y)
        Driving variables at the end of the increment.
    state : (n, z)
        Internal state variables at its beginning.
    after, stress, energy, dissipation : (n, z), (n, v), (n,), (n,) out
    tangent : (n, v, v) out
        Not touched if its first axis is empty.
    """
    n, y = driving.shape
    z, v, e = coupling.shape[0], stress.shape[1], extra.shape[0]
    wanted = tangent.shape[0] > 0
    conjugate = np.empty(v)
    stiffness = np.empty((v, v))
    for p in range(n):
        stored = 0.0
        for i in range(y):
            total = 0.0
            for j in range(y):
                total += elastic[i, j] * driving[p, j]
            stored += 0.5 * total * driving[p, i]
            if i < v:
                conjugate[i] = total
        for i in range(e):
            for j in range(e):
                stored += 0.5 * driving[p, y - e + i] * extra[i, j] * driving[p, y - e + j]
        if wanted:
            for i in range(v):
                for j in range(i + 1):
                    stiffness[i, j] = elastic[i, j]
        lost = 0.0
        for m in range(z):
            force = -state[p, m]
            for j in range(y):
                force += coupling[m, j] * driving[p, j]
            limit = resistance[m]
            if abs(force) > limit * (1.0 + YIELD_TOLERANCE):
                left = limit if force > 0.0 else -limit
                after[p, m] = state[p, m] + (force - left)
                lost += left * (force - left)
                force = left
            else:
                after[p, m] = state[p, m]
                if wanted:
                    for i in range(v):
                        for j in range(i + 1):
                            stiffness[i, j] += coupling[m, i] * coupling[m, j]
            stored += 0.5 * force * force
            for i in range(v):
                conjugate[i] += force * coupling[m, i]
        for i in range(v):
            stress[p, i] = scale * conjugate[i]
        energy[p] = scale * stored
        dissipation[p] = scale * lost
        if wanted:
            for i in range(v):
                for j in range(i + 1):
                    tangent[p, i, j] = scale * stiffness[i, j]
                    tangent[p, j, i] = scale * stiffness[i, j]
