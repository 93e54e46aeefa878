"""Strain, return mapping, forces and stiffness of the bars of a structure, compiled for speed.

Shapes: bars (M, 2) int32, gradient n / L (M, d), volume A L (M,), displacement and force (N, d). Young modulus,
yield stress and hardening are of shape (1,) where all bars are alike, else (M,). The functions work in place.
"""

from __future__ import annotations

from numba import njit

from microtann.slips.return_map_kernel import plastic_increment, tangent_modulus

TANGENT_FLOOR = 1e-4
"""Tangent of flowing bars without hardening over Young's modulus: in the operator only, not in the forces."""


@njit(cache=True, error_model="numpy")
def bar_strain(bars, gradient, displacement, strain):
    """Write the strain (M,) of every bar."""
    if gradient.shape[1] == 3:
        for b in range(len(bars)):
            i, j = bars[b, 0], bars[b, 1]
            strain[b] = (
                gradient[b, 0] * (displacement[j, 0] - displacement[i, 0])
                + gradient[b, 1] * (displacement[j, 1] - displacement[i, 1])
                + gradient[b, 2] * (displacement[j, 2] - displacement[i, 2])
            )
    else:
        for b in range(len(bars)):
            i, j = bars[b, 0], bars[b, 1]
            strain[b] = gradient[b, 0] * (displacement[j, 0] - displacement[i, 0]) + gradient[b, 1] * (
                displacement[j, 1] - displacement[i, 1]
            )


@njit(cache=True, error_model="numpy")
def update_bars(strain, before, young, yield_stress, hardening, volume, stress, plastic_strain, modulus):
    """Integrate the bars as `microtann.microstructure.bars.cells.bar.return_mapping` does.

    Parameters
    ----------
    strain, before : (M,)
        Strain at the end of the increment and plastic strain at its beginning.
    young, yield_stress, hardening : (1,) or (M,)
    volume : (M,)
    stress, plastic_strain : (M,) out
    modulus : (M,) or (0,) out
        Consistent tangent × volume, where wanted.

    Returns
    -------
    (float, float)
        Energy and dissipation of all bars.
    """
    each = 1 if len(young) > 1 else 0
    wanted = len(modulus) > 0
    energy, dissipation = 0.0, 0.0
    for b in range(len(strain)):
        e, k, h = young[b * each], yield_stress[b * each], hardening[b * each]
        step = plastic_increment(strain[b], before[b], e, k, h)
        alpha = before[b] + step
        dissipation += volume[b] * k * abs(step)
        elastic = strain[b] - alpha
        stress[b] = e * elastic
        plastic_strain[b] = alpha
        energy += 0.5 * volume[b] * (e * elastic * elastic + h * alpha * alpha)
        if wanted:
            tangent = e if step == 0.0 else max(tangent_modulus(e, h), TANGENT_FLOOR * e)
            modulus[b] = tangent * volume[b]
    return energy, dissipation


@njit(cache=True, error_model="numpy")
def add_bar_forces(bars, gradient, tension, force):
    """Add the nodal forces of bars; ``tension`` (M,) is stress × volume."""
    if gradient.shape[1] == 3:
        for b in range(len(bars)):
            i, j = bars[b, 0], bars[b, 1]
            x, y, z = tension[b] * gradient[b, 0], tension[b] * gradient[b, 1], tension[b] * gradient[b, 2]
            force[i, 0] -= x
            force[i, 1] -= y
            force[i, 2] -= z
            force[j, 0] += x
            force[j, 1] += y
            force[j, 2] += z
    else:
        for b in range(len(bars)):
            i, j = bars[b, 0], bars[b, 1]
            x, y = tension[b] * gradient[b, 0], tension[b] * gradient[b, 1]
            force[i, 0] -= x
            force[i, 1] -= y
            force[j, 0] += x
            force[j, 1] += y


@njit(cache=True, error_model="numpy")
def bar_product(bars, gradient, modulus, displacement, force):
    """Add the forces that small displacements cause: Σ modulus (g · Δu) g, without a matrix."""
    if gradient.shape[1] == 3:
        for b in range(len(bars)):
            i, j = bars[b, 0], bars[b, 1]
            gx, gy, gz = gradient[b, 0], gradient[b, 1], gradient[b, 2]
            tension = modulus[b] * (
                gx * (displacement[j, 0] - displacement[i, 0])
                + gy * (displacement[j, 1] - displacement[i, 1])
                + gz * (displacement[j, 2] - displacement[i, 2])
            )
            force[i, 0] -= tension * gx
            force[i, 1] -= tension * gy
            force[i, 2] -= tension * gz
            force[j, 0] += tension * gx
            force[j, 1] += tension * gy
            force[j, 2] += tension * gz
    else:
        for b in range(len(bars)):
            i, j = bars[b, 0], bars[b, 1]
            gx, gy = gradient[b, 0], gradient[b, 1]
            tension = modulus[b] * (
                gx * (displacement[j, 0] - displacement[i, 0]) + gy * (displacement[j, 1] - displacement[i, 1])
            )
            force[i, 0] -= tension * gx
            force[i, 1] -= tension * gy
            force[j, 0] += tension * gx
            force[j, 1] += tension * gy


@njit(cache=True, error_model="numpy")
def _place(indptr, indices, row, column):
    """Return where a node pair is among the sorted blocks."""
    low, high = indptr[row], indptr[row + 1]
    while high - low > 1:
        middle = (low + high) // 2
        if indices[middle] <= column:
            low = middle
        else:
            high = middle
    return low


@njit(cache=True, error_model="numpy")
def bar_blocks(bars, gradient, modulus, indptr, indices, data):
    """Add the stiffness of the bars to the blocks ``data`` (pairs, d, d)."""
    d = gradient.shape[1]
    for b in range(len(bars)):
        i, j = bars[b, 0], bars[b, 1]
        ii, jj = _place(indptr, indices, i, i), _place(indptr, indices, j, j)
        ij, ji = _place(indptr, indices, i, j), _place(indptr, indices, j, i)
        for r in range(d):
            for c in range(d):
                value = modulus[b] * gradient[b, r] * gradient[b, c]
                data[ii, r, c] += value
                data[jj, r, c] += value
                data[ij, r, c] -= value
                data[ji, r, c] -= value
