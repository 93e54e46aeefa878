"""An independent solver of lattices and of finite elements (FE²) for the tests.

Both are sums of bars: the strain of every bar is a row of one sparse matrix times the unknowns, whether these are
nodal displacements of a lattice, or those of a mesh and the fluctuations of the cells at its Gauss points. Plain
Newton's method with a direct factorisation minimises the energy and dissipation of the increment.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
import scipy.sparse as sp
from reference_cell import partners
from scipy.sparse.linalg import splu


@dataclass(frozen=True)
class Bars:
    """Bars of a structure: strain = rows · unknowns; the first ``nodes`` · 3 unknowns are displacements."""

    rows: sp.csr_matrix
    volume: np.ndarray
    young: float
    limit: float
    hardening: float
    points: np.ndarray


@dataclass(frozen=True)
class History:
    """Fields at the end of every increment, named as in `microtann.equilibrium.history.History`."""

    displacement: np.ndarray
    reactions: np.ndarray
    energy: np.ndarray
    dissipation: np.ndarray
    stress: np.ndarray


def lattice(points, bars, areas, bar):
    """Return the bars of a lattice."""
    vector = points[bars[:, 1]] - points[bars[:, 0]]
    length = np.linalg.norm(vector, axis=1)
    slope = vector / length[:, None] ** 2
    index = 3 * bars[:, :, None] + np.arange(3)
    values = np.stack([-slope, slope], axis=1)
    row = np.broadcast_to(np.arange(len(bars))[:, None, None], index.shape)
    rows = sp.csr_matrix((values.ravel(), (row.ravel(), index.ravel())), (len(bars), 3 * len(points)))
    return Bars(rows, areas * length, bar.young, bar.yield_stress, bar.hardening, points)


def finite_elements(lengths, divisions, origin, cell, bar):
    """Return the bars of the cells at the Gauss points of equal 8-node hexahedra in a box."""
    axes = [o + np.linspace(0, size, n + 1) for o, size, n in zip(origin, lengths, divisions, strict=True)]
    shape = tuple(n + 1 for n in divisions)
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    corners = list(product((0, 1), repeat=3))
    elements = np.array(
        [
            [np.ravel_multi_index(np.add(first, corner), shape) for corner in corners]
            for first in product(*map(range, divisions))
        ]
    )
    edges = np.array(lengths) / np.array(divisions)
    vector = cell.nodes[cell.bars[:, 1]] - cell.nodes[cell.bars[:, 0]]
    length = np.linalg.norm(vector, axis=1)
    normal = vector / length[:, None]
    _, unknown = np.unique(partners(cell), return_inverse=True)
    count = unknown.max()  # the fluctuation of node 0 is held
    fluctuation = np.zeros((len(cell.bars), count + 1, 3))
    bar_index = np.arange(len(cell.bars))
    np.add.at(fluctuation, (bar_index, unknown[cell.bars[:, 1]]), normal / length[:, None])
    np.add.at(fluctuation, (bar_index, unknown[cell.bars[:, 0]]), -normal / length[:, None])
    fluctuation = fluctuation[:, 1:].reshape(len(cell.bars), -1)
    fraction = cell.areas * length / abs(np.linalg.det(cell.periods))
    if count == 0:  # bars of one direction are one bar
        key = np.round(normal * np.sign(normal @ [1, 1e-3, 1e-6])[:, None], 9)
        _, first, family = np.unique(key, axis=0, return_index=True, return_inverse=True)
        fraction = np.bincount(family.reshape(-1), weights=fraction)
        normal, fluctuation = normal[first], fluctuation[first]
    m = len(normal)
    blocks, gauss = [], (0.5 - 0.5 / np.sqrt(3), 0.5 + 0.5 / np.sqrt(3))
    for place in product(gauss, repeat=3):
        slope = np.empty((8, 3))
        for a, corner in enumerate(corners):
            value = [x if c else 1 - x for x, c in zip(place, corner, strict=True)]
            for i in range(3):
                others = np.prod([value[j] for j in range(3) if j != i])
                slope[a, i] = (1 if corner[i] else -1) * others / edges[i]
        # the elongation n · ∇u · n of the bars
        blocks.append(np.einsum("mi,mj,aj->mai", normal, normal, slope).reshape(m, -1))
    total, cells = 3 * len(points), len(elements) * 8
    dofs = (3 * elements[:, :, None] + np.arange(3)).reshape(len(elements), -1)
    columns = np.broadcast_to(dofs[:, None, None, :], (len(elements), 8, m, 24))
    values = np.broadcast_to(np.array(blocks)[None], columns.shape)
    row = np.broadcast_to(np.arange(cells * m).reshape(len(elements), 8, m, 1), columns.shape)
    rows = sp.csr_matrix((values.ravel(), (row.ravel(), columns.ravel())), (cells * m, total))
    if count:
        rows = sp.hstack([rows, sp.block_diag([fluctuation] * cells)], format="csr")
    volume = np.tile(fraction * np.prod(edges) / 8, cells)
    return Bars(rows, volume, bar.young, bar.yield_stress, bar.hardening, points)


def solve(bars, increments, tolerance=1e-13):
    """Follow prescribed displacements.

    Parameters
    ----------
    bars : Bars
    increments : list of (held, value)
        For every increment which displacements are held, a mask (N, 3), and their values; all others are free.
    """
    rows, volume, young, limit, hardening = bars.rows, bars.volume, bars.young, bars.limit, bars.hardening
    columns = rows.T.tocsr()
    u, alpha, dissipation, history = np.zeros(rows.shape[1]), np.zeros(rows.shape[0]), 0.0, []
    largest = 0.0
    size = bars.points.size

    def answer(u, alpha):
        trial = young * (rows @ u - alpha) - hardening * alpha
        step = np.sign(trial) * np.maximum(np.abs(trial) - limit, 0.0) / (young + hardening)
        stress = trial + hardening * alpha - young * step
        modulus = np.where(step != 0, young * hardening / (young + hardening), young)
        stored = volume @ (stress**2 / (2 * young) + hardening * (alpha + step) ** 2 / 2)
        return stress, alpha + step, modulus, stored, limit * volume @ np.abs(step)

    for held, value in increments:
        free = np.ones(rows.shape[1], dtype=bool)
        free[:size] = ~held.ravel()
        u = u.copy()
        jump = np.zeros_like(u)
        jump[:size] = np.where(held, value - u[:size].reshape(held.shape), 0.0).ravel()
        # begin with the elastic answer to the jump: a jump of the boundary alone tears the elements beside it
        stress, new, modulus, *_ = answer(u, alpha)
        stiffness = columns @ sp.diags(volume * young) @ rows
        force = columns @ (volume * stress) + stiffness @ jump
        inner = splu(stiffness[free][:, free].tocsc())
        u += jump
        u[free] -= inner.solve(force[free])
        for _ in range(100):
            stress, new, modulus, stored, lost = answer(u, alpha)
            force = columns @ (volume * stress)
            largest = max(largest, np.abs(force).max())
            if np.abs(force[free]).max() <= tolerance * largest:
                break
            tangent = columns @ sp.diags(volume * modulus) @ rows
            direction = -splu(tangent[free][:, free].tocsc()).solve(force[free])
            scale = 1.0
            while scale > 1e-6:
                moved = u.copy()
                moved[free] += scale * direction
                *_, later, more = answer(moved, alpha)
                if later + more <= (stored + lost) * (1 + 1e-14):
                    break
                scale /= 2
            u = moved
        else:
            raise RuntimeError("the reference did not converge")
        alpha, dissipation = new, dissipation + lost
        reactions = np.where(held.ravel(), force[:size], 0.0).reshape(-1, 3)
        history.append((u[:size].reshape(-1, 3), reactions, stored, dissipation, stress))
    return History(*(np.array(column) for column in zip(*history, strict=True)))
