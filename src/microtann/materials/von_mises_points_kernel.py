"""Radial return of many points under von Mises, compiled for speed.

It is the update of `microtann.materials.von_mises.VonMises`, without the arrays in between. Voigt order 11, 22,
33, 23, 13, 12 with engineering shear; of a point in plane strain the strains 11, 22, 12 are given, ``kept``.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from microtann.materials.plastic_flow_kernel import drag_of, excess_slope, plastic_flow, stored_at, strength_at


@njit(cache=True, nogil=True, error_model="numpy")
def return_points(
    strain, plastic, kept, moduli, elastic_moduli, stress, tangent, energy, dissipation,
    growth=None, accumulated=None, duration=None,
):  # fmt: skip
    """Return plastic strains to the yield surface, in place, and say whether any point flows.

    ``strain`` (m, v), ``plastic`` (m, 6), ``moduli`` (bulk, 2 × shear, ⅔ hardening, radius of the elastic domain,
    width of its border), ``elastic_moduli`` (v, v). Written are ``plastic``, ``stress`` (m, v), ``energy``,
    ``dissipation`` (m,) and ``tangent`` (m, v, v), symmetric to the last bit, unless it has no points, (0, v, v).

    Where the strength grows, ``growth`` are the parameters of `plastic_flow`, ``accumulated`` (m,) the plastic
    strains p, which are advanced, and ``duration`` (m,) those of the increment. Without, that is not compiled.
    """
    bulk, twice, back, radius, border = moduli
    count, v = strain.shape
    whole, direction, flows = np.zeros(6), np.zeros(6), False
    for p in range(count):
        for i in range(v):
            whole[kept[i]] = strain[p, i]
        volume = whole[0] + whole[1] + whole[2]
        squared = 0.0
        elastic = 0.0
        stored = 0.0
        for i in range(6):
            tensor = whole[i] - volume / 3.0 if i < 3 else 0.5 * whole[i]
            own = plastic[p, i] if i < 3 else 0.5 * plastic[p, i]
            twofold = 1.0 if i < 3 else 2.0
            deviator = tensor - own
            direction[i] = twice * deviator - back * own
            squared += twofold * direction[i] ** 2
            elastic += twofold * deviator**2
            stored += twofold * own**2
        size = math.sqrt(squared)
        if len(tangent) > 0:
            for i in range(v):
                for j in range(v):
                    tangent[p, i, j] = elastic_moduli[i, j]
        multiplier = 0.0
        lost = 0.0
        grown = radius
        if growth is not None:
            grown += math.sqrt(2.0 / 3.0) * strength_at(growth, accumulated[p])
        if size > grown * (1.0 + border):
            flows = True
            multiplier = (size - grown) / (twice + back)
            softening = twice / (twice + back)
            if growth is not None:
                stiffness, before, dt = 1.5 * (twice + back), accumulated[p], duration[p]
                flow = plastic_flow(growth, math.sqrt(1.5) * (size - grown), stiffness, before, dt)
                multiplier = math.sqrt(1.5) * flow
                drag = drag_of(growth, flow, dt)
                softening = 1.5 * twice / excess_slope(growth, stiffness, before, flow, drag)
                lost = drag * flow
                accumulated[p] += flow
            elastic = 0.0
            stored = 0.0
            for i in range(6):
                direction[i] /= size
                twofold = 1.0 if i < 3 else 2.0
                plastic[p, i] += multiplier * direction[i] * twofold
                own = plastic[p, i] / twofold
                tensor = whole[i] - volume / 3.0 if i < 3 else 0.5 * whole[i]
                elastic += twofold * (tensor - own) ** 2
                stored += twofold * own**2
            shrunk = twice * multiplier / size
            along = softening - shrunk
            for i in range(v if len(tangent) > 0 else 0):
                for j in range(v):
                    a, b = kept[i], kept[j]
                    deviatoric = 0.0
                    if a == b:
                        deviatoric = 1.0 if a < 3 else 0.5
                    if a < 3 and b < 3:
                        deviatoric -= 1.0 / 3.0
                    tangent[p, i, j] -= twice * (shrunk * deviatoric + along * (direction[a] * direction[b]))
        for i in range(v):
            a = kept[i]
            own = plastic[p, a] if a < 3 else 0.5 * plastic[p, a]
            tensor = whole[a] - volume / 3.0 if a < 3 else 0.5 * whole[a]
            stress[p, i] = twice * (tensor - own) + (bulk * volume if a < 3 else 0.0)
        energy[p] = 0.5 * (bulk * volume**2 + twice * elastic + back * stored)
        dissipation[p] = radius * multiplier + lost
        if growth is not None:
            energy[p] += stored_at(growth, accumulated[p])
    return flows
