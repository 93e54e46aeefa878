"""A frame without its fluctuation: strains of fibres follow from the average strain and from the plastic strains.

Displacements and rotations of the nodes, and the own unknowns of the beams, enter the energy quadratically and are
eliminated once. What is left is the energy of slips: with the fibres' plastic strains α ::

    Ψ(E, α) = ½ (G E − α) · Q (G E − α) + ½ α · diag(c H) α,      Q = D − D B (Bᵀ D B)⁺ Bᵀ D,   D = diag(c E)

as for lattices of bars, whose bars are fibres that feel no bending. Motions that strain nothing (a beam between
two pins may spin) cost nothing: the pseudo-inverse leaves them out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray
from scipy import linalg

from microtann.microstructure.bars.cells.cell import UnitCell
from microtann.microstructure.condensed_points import CondensedPoints
from microtann.microstructure.frames.beam import ROTATIONS, beam_points
from microtann.microstructure.frames.beam_properties import BeamProperties
from microtann.microstructure.frames.stations import Stations
from microtann.numbers import voigt
from microtann.slips.problem import SlipProblem
from microtann.system.memory import require_memory

Array = NDArray[np.float64]
RANK_TOLERANCE = 1e-9
"""What is left of a unit column of B below this is in the span of others."""
NEVER = 1e12
"""Yield strain of what stays elastic."""


@dataclass(frozen=True, eq=False)
class CondensedFrame(CondensedPoints):
    """The points of a frame: first all fibres, then what is always elastic (shear and twist) and yields never.

    Parameters
    ----------
    volume_fraction, young, yield_stress, hardening, elongation, stiffness
        See `CondensedPoints`.
    fibres : int
        Number of fibres.
    motion_of_strain, motion_of_plastic_strain : array, shape (n, u, v) and (n, u, m)
        Fluctuation and rotations of the n distinct nodes; the fluctuation has zero mean.
    """

    fibres: int
    motion_of_strain: Float[Array, "n u v"]
    motion_of_plastic_strain: Float[Array, "n u m"]

    @property
    def fibre_slips(self) -> SlipProblem:
        """The fibres as slips."""
        f = self.fibres
        return SlipProblem(
            self.elasticity, self.coupling[:f], self.hessian[:f, :f], self.resistance[:f], "plastic_strain"
        )

    def motion(
        self, strain: Float[Array, "*batch v"], plastic_strain: Float[Array, "*batch m"]
    ) -> Float[Array, "*batch n u"]:
        """Return fluctuation and rotations of the distinct nodes."""
        n, u, v = self.motion_of_strain.shape
        flat = strain @ self.motion_of_strain.reshape(n * u, v).T
        flat = flat + plastic_strain @ self.motion_of_plastic_strain.reshape(n * u, -1).T
        return flat.reshape(*flat.shape[:-1], n, u)


class BeamMotion(NamedTuple):
    """Which beams follow driving variables, and how.

    Parameters
    ----------
    bars : integer array, shape (b,)
        Numbers of listed beams.
    share : array, shape (b,)
        Part of every beam that is in the cell.
    ends : array, shape (b, 2 (d + r), v)
        Motion of both ends of every beam due to unit driving variables, without fluctuation.
    free : array, shape (n (d + r), k)
        Fluctuations of the n distinct nodes.
    """

    bars: Int[NDArray[np.int64], "b"]
    share: Float[Array, "b"]
    ends: Float[Array, "b e v"]
    free: Float[Array, "w k"] | None = None


def condense_frame(
    cell: UnitCell, beams: BeamProperties, along: Stations, motion: BeamMotion | None = None
) -> CondensedFrame:
    """Eliminate the fluctuation of a frame.

    Parameters
    ----------
    cell : UnitCell
        Says where the beams are; its areas count for nothing here.
    beams : BeamProperties
        Of the distinct bars of the cell, or of those of the motion.
    along : Stations
    motion : BeamMotion, optional
        By default the distinct beams follow the average strain.

    Raises
    ------
    InputError
        If its dense operators would not fit into the memory of the machine.
    """
    motion = _affine_motion(cell) if motion is None else motion
    chosen = motion.bars
    d, v = cell.dimension, motion.ends.shape[2]
    u = d + ROTATIONS[d]
    parts = [
        beam_points(cell.bar_vectors[bar], section, along, pinned)
        for bar, section, pinned in zip(chosen, beams.sections, beams.pinned, strict=True)
    ]
    fibres = np.array([part.fibres for part in parts])
    elastic = np.array([len(part.volume) for part in parts]) - fibres
    own = np.array([part.of_own.shape[1] for part in parts])
    m, nodal = int((fibres + elastic).sum()), cell.distinct_nodes.count * u
    require_memory(
        f"the condensed operators of a frame of {m} points",
        8.0 * (7 * m**2 + 4 * m * (nodal + int(own.sum()))),
        "use a cell of fewer beams, or fewer sections or fibres",
    )
    rows_of_fibres = np.cumsum([0, *fibres])
    rows_of_elastic = fibres.sum() + np.cumsum([0, *elastic])
    columns = nodal + np.cumsum([0, *own])
    mapping, elongation = np.zeros((m, nodal + int(own.sum()))), np.zeros((m, v))
    fraction, young = np.empty(m), np.empty(m)
    limit, hardening = np.empty(m), np.empty(m)
    ends = cell.distinct_nodes.of_node[cell.bars[chosen]]
    for b, part in enumerate(parts):
        rows = np.concatenate(
            [
                np.arange(rows_of_fibres[b], rows_of_fibres[b + 1]),
                np.arange(rows_of_elastic[b], rows_of_elastic[b + 1]),
            ]
        )
        for side in (0, 1):
            place = ends[b, side] * u
            mapping[rows, place : place + u] += part.of_ends[:, side * u : (side + 1) * u]
        mapping[rows, columns[b] : columns[b + 1]] = part.of_own
        elongation[rows] = part.of_ends @ motion.ends[b]
        fraction[rows] = motion.share[b] * part.volume / cell.volume
        shear_modulus = beams.young[b] / (2.0 * (1.0 + beams.poisson))
        moduli = np.concatenate([np.full(part.fibres, beams.young[b]), shear_modulus * part.shear_part])
        young[rows] = moduli
        still = np.arange(len(rows)) >= part.fibres
        limit[rows] = np.where(still, NEVER * moduli, beams.yield_stress[b])
        hardening[rows] = np.where(still, moduli, beams.hardening[b])
    if motion.free is not None:
        mapping = np.hstack([mapping[:, :nodal] @ motion.free, mapping[:, nodal:]])
    stiffness, response = _eliminate(mapping, fraction * young)
    moved = response[:nodal] if motion.free is None else motion.free @ response[: motion.free.shape[1]]
    moved = moved.reshape(-1, u, m)
    moved[:, :d] -= moved[:, :d].mean(axis=0)
    return CondensedFrame(
        fibres=int(fibres.sum()),
        volume_fraction=fraction,
        young=young,
        yield_stress=limit,
        hardening=hardening,
        elongation=elongation,
        stiffness=stiffness,
        motion_of_strain=-moved @ elongation,
        motion_of_plastic_strain=moved,
    )


def _affine_motion(cell: UnitCell) -> BeamMotion:
    """Return how the distinct beams, seen from their first ends, follow the average strain."""
    chosen = cell.distinct_bars.representative
    d = cell.dimension
    u = d + ROTATIONS[d]
    ends = np.zeros((len(chosen), 2 * u, cell.components))
    unit_strains = voigt.strain_tensor(np.eye(cell.components))
    ends[:, u : u + d] = np.einsum("vij,bj->biv", unit_strains, cell.bar_vectors[chosen])
    return BeamMotion(chosen, np.ones(len(chosen)), ends)


def _eliminate(mapping: Float[Array, "m k"], weight: Float[Array, "m"]) -> tuple[Array, Array]:
    """Return Q, and the unknowns (k, m) due to plastic strains."""
    root = np.sqrt(weight)
    scaled = root[:, None] * mapping
    size = np.linalg.norm(scaled, axis=0)
    size[size == 0.0] = 1.0
    basis, triangle, order = linalg.qr(scaled / size, mode="economic", pivoting=True)
    rank = int((np.abs(np.diag(triangle)) > RANK_TOLERANCE).sum())
    basis = basis[:, :rank]
    stiffness = root[:, None] * (np.eye(len(root)) - basis @ basis.T) * root
    response = np.zeros((mapping.shape[1], len(root)))
    response[order[:rank]] = linalg.solve_triangular(triangle[:rank, :rank], basis.T * root)
    return 0.5 * (stiffness + stiffness.T), response / size[:, None]
