"""Limit loads of frames whose fibres do not harden, by the static theorem.

Forces Q of the beams in equilibrium at the nodes are sought, and stresses of all fibres that give the forces
b(s) Q of their sections without exceeding the yield stress: a linear programme, whose matrices are sparse. Shear
and twist stay elastic and take any force. The limit is that of the sections where fibres are: between them, and
between fibres, yield is not asked for.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import NDArray
from scipy import sparse

from microtann.microstructure.bars.condensed.cell_flow import LEAST_HARDENING
from microtann.microstructure.frames.beam_problem import BeamProblem

Array = NDArray[np.float64]
Sparse = sparse.csr_array


def largest_frame_factor(
    beams: BeamProblem,
    nodes: int,
    by_stress: Bool[NDArray[np.bool_], "v"],
    start: Float[Array, "v"],
    change: Float[Array, "v"],
) -> float:
    """Return the largest λ for which the stress ``start + λ · change`` of some components can be carried.

    Parameters
    ----------
    beams : BeamProblem
    nodes : int
        Number of distinct nodes.
    by_stress : array, shape (v,)
        The components that count; the others take any stress.
    start, change : array, shape (v,)

    Returns
    -------
    float
        Infinite if fibres that harden carry it.
    """
    ideal = beams.hardening <= LEAST_HARDENING * beams.young
    if not ideal.any() or not change[by_stress].any():
        return np.inf
    # Unknowns: fibre stresses over the largest yield stress of those that bound the load, forces of the beams over
    # it and their areas (moments over their depths too), and λ times the size of the change over that stress.
    from scipy.optimize import linprog  # slow to import

    unit, size = beams.limit[ideal].max(), np.abs(change[by_stress]).max()
    (b, f), s, c = beams.area.shape, len(beams.weight), beams.imposed.shape[1]
    fibres, forces = b * s * f, b * (c + 1)
    on_nodes, scale = _forces_on_nodes(beams, nodes)
    average = (beams.share[:, None, None] * beams.imposed).transpose(2, 0, 1)  # (v, b, c)
    average = np.pad(average, ((0, 0), (0, 0), (0, 1))).reshape(len(start), -1)[by_stress] * scale
    equal = sparse.block_array(
        [
            [_sections_of_fibres(beams), -_sections_of_forces(beams, scale), None],
            [None, on_nodes, None],
            [None, sparse.csr_array(average), sparse.csr_array(-change[by_stress][:, None] / size)],
        ],
        format="csr",
    )
    rows = abs(equal).max(axis=1).toarray().ravel()
    rows[rows == 0.0] = 1.0
    right = np.concatenate([np.zeros(equal.shape[0] - by_stress.sum()), start[by_stress] / unit])
    limit = np.repeat(np.where(ideal, beams.limit / unit, np.inf), s * f)
    upper = np.concatenate([limit, np.full(forces + 1, np.inf)])
    lower = np.concatenate([-upper[:-1], [0.0]])
    goal = np.zeros(fibres + forces + 1)
    goal[-1] = -1.0
    scaled: Any = sparse.diags_array(1.0 / rows) @ equal
    bounds = list(zip(lower.tolist(), upper.tolist(), strict=True))
    result = linprog(goal, A_eq=scaled, b_eq=right / rows, bounds=bounds, method="highs")
    if result.status == 3:  # unbounded
        return np.inf
    return float(result.x[-1] * unit / size) if result.x is not None else 0.0


def _sections_of_fibres(beams: BeamProblem) -> Sparse:
    """Return the forces of the sections, over areas and depths, due to the stresses of their fibres."""
    with_axis = np.concatenate([np.ones((*beams.area.shape, 1)), beams.lever / beams.depth[:, None, None]], axis=2)
    blocks = (with_axis * beams.area[:, :, None]).transpose(0, 2, 1) / beams.area.sum(axis=1)[:, None, None]
    return _diagonal(np.repeat(blocks, len(beams.weight), axis=0))


def _sections_of_forces(beams: BeamProblem, scale: Float[Array, "k"]) -> Sparse:
    """Return the same forces due to those of the beams, of which one of size 1 counts as ``scale``.

    Parameters
    ----------
    beams : BeamProblem
    scale : array, shape (b (c + 1),)
    """
    (b, s, _), c = beams.moment.shape, beams.imposed.shape[1]
    g = beams.stiffness.shape[1]
    blocks = np.zeros((b, s, g, c + 1))
    blocks[:, :, 0, 0] = 1.0
    for plane in range(g - 1):
        blocks[:, :, 1 + plane, 1 + 2 * plane : 3 + 2 * plane] = beams.moment
    area = beams.area.sum(axis=1)
    blocks[:, :, 0] /= area[:, None, None]
    blocks[:, :, 1:] /= (area * beams.depth)[:, None, None, None]
    return sparse.csr_array(_diagonal(blocks.reshape(b, s * g, c + 1)) @ sparse.diags_array(scale))


def _diagonal(blocks: Float[Array, "k i j"]) -> Sparse:
    return sparse.csr_array(sparse.block_diag(list(map(sparse.csr_array, blocks)), format="csr"))


def _forces_on_nodes(beams: BeamProblem, nodes: int) -> tuple[Sparse, Float[Array, "k"]]:
    """Return the forces and moments on the nodes due to those of the beams, and the sizes in which these count.

    Parameters
    ----------
    beams : BeamProblem
    nodes : int
    """
    b, k, width = beams.deformation.shape
    d = beams.lever.shape[2] + 1
    r = (width - d) // 2
    u = d + r
    area = beams.area.sum(axis=1)
    scale = np.repeat(area[:, None], k, axis=1)
    scale[:, 1:] *= beams.depth[:, None]
    given = (beams.deformation * beams.share[:, None, None] * scale[:, :, None]).transpose(
        0, 2, 1
    )  # (b, width, k)
    values = np.concatenate([-given[:, :d], given[:, d : d + r], given[:, :d], given[:, d + r :]], axis=1)
    rows = (beams.ends[:, :, None] * u + np.arange(u)).reshape(b, 2 * u)
    columns = np.arange(b * k).reshape(b, 1, k)
    shape = (nodes * u, b * k)
    at = (np.broadcast_to(rows[:, :, None], values.shape).ravel(), np.broadcast_to(columns, values.shape).ravel())
    return sparse.coo_array((values.ravel(), at), shape=shape).tocsr(), scale.ravel()
