"""A frame as forces of beams: what every beam's sections do, and what its ends have to do with it.

Along a beam the axial force is constant and the moments are linear, so that a few forces Q of the beam (the axial
force, and the moments at both ends in every plane of bending) give those of all its sections, b(s) Q. The strains
of the sections work on nothing else (Spacone, Filippou and Taucer; see `stations` beside this module)::

    Σₛ wₛ b(s)ᵀ e(s) + flexibility of shear · Q = deformations of the beam due to the motion of its ends

The strain of a fibre is that of its section, e₀ + y e₁ + z e₂. In space twist adds one elastic deformation.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from microtann.microstructure.bars.cells.cell import UnitCell
from microtann.microstructure.frames.beam import ROTATIONS, bending_planes
from microtann.microstructure.frames.beam_properties import BeamProperties
from microtann.microstructure.frames.stations import Stations
from microtann.numbers import voigt

Array = NDArray[np.float64]


class BeamProblem(NamedTuple):
    """The distinct beams of a cell; c = 1 + 2 p forces for p planes of bending, and sections of g = 1 + p strains.

    Parameters
    ----------
    ends : integer array, shape (b, 2)
        Distinct nodes at the ends.
    share : array, shape (b,)
        Length over the volume of the cell.
    young, limit, hardening : array, shape (b,)
        E, k and H of the fibres.
    lever : array, shape (b, f, p)
        Distances of the fibres from the axis.
    area : array, shape (b, f)
    depth : array, shape (b,)
        The largest distance.
    weight : array, shape (s,)
        Parts of the length that the sections stand for.
    moment : array, shape (b, s, 2)
        Moment in a section due to unit moments at the ends; zero for a pinned end.
    stiffness, flexibility : array, shape (b, g, g)
        Of an elastic section, and its inverse.
    shear : array, shape (b, p)
        Deformation of the first end due to its unit moment by shear, and the opposite of the second.
    twist : array, shape (b,)
        Torsional stiffness; zero in the plane and where an end is pinned.
    deformation : array, shape (b, c + 1, d + 2 r)
        Deformations of the beam, the last one its twist, due to the relative displacement of its ends, and to the
        rotations of the first and of the second.
    imposed : array, shape (b, c, v)
        Deformations due to a unit average strain.
    """

    ends: Int[NDArray[np.int64], "b 2"]
    share: Float[Array, "b"]
    young: Float[Array, "b"]
    limit: Float[Array, "b"]
    hardening: Float[Array, "b"]
    lever: Float[Array, "b f p"]
    area: Float[Array, "b f"]
    depth: Float[Array, "b"]
    weight: Float[Array, "s"]
    moment: Float[Array, "b s 2"]
    stiffness: Float[Array, "b g g"]
    flexibility: Float[Array, "b g g"]
    shear: Float[Array, "b p"]
    twist: Float[Array, "b"]
    deformation: Float[Array, "b k m"]
    imposed: Float[Array, "b c v"]


def beam_problem(cell: UnitCell, beams: BeamProperties, along: Stations) -> BeamProblem:
    """Return the distinct beams of a cell as forces and deformations.

    Parameters
    ----------
    cell : UnitCell
        Says where the beams are; its areas count for nothing here.
    beams : BeamProperties
    along : Stations
    """
    chosen = cell.distinct_bars.representative
    d = cell.dimension
    p, r, count = d - 1, ROTATIONS[d], len(chosen)
    lever = np.stack([section.fibres[:, :p] for section in beams.sections])
    area = np.stack([section.fibres[:, 2] for section in beams.sections])
    with_axis = np.concatenate([np.ones((*area.shape, 1)), lever], axis=2)
    stiffness = np.einsum("b,bf,bfi,bfj->bij", beams.young, area, with_axis, with_axis)
    vectors = cell.bar_vectors[chosen]
    length = np.linalg.norm(vectors, axis=1)
    modulus = beams.young / (2.0 * (1.0 + beams.poisson))
    held = 1.0 - beams.pinned
    deformation = np.zeros((count, 2 + 2 * p, d + 2 * r))
    for b, (vector, size) in enumerate(zip(vectors, length, strict=True)):
        axis = vector / size
        deformation[b, 0, :d] = axis / size
        for plane, (across, slope) in enumerate(bending_planes(axis)):
            for end, sign in ((0, 1.0), (1, -1.0)):
                row = deformation[b, 1 + 2 * plane + end]
                row[:d] = -sign * held[b, end] * across / size**2
                row[d + end * r : d + (end + 1) * r] = sign * held[b, end] * slope / size
        if d == 3:
            deformation[b, -1, d:] = np.concatenate([-axis, axis]) / size
    stretched = np.einsum("vij,bj->biv", voigt.strain_tensor(np.eye(cell.components)), vectors)
    carried = np.array([section.shear[:p] for section in beams.sections])
    torsion = np.array([section.torsion if d == 3 else 0.0 for section in beams.sections])
    return BeamProblem(
        ends=cell.distinct_nodes.of_node[cell.bars[chosen]],
        share=length / cell.volume,
        young=beams.young,
        limit=beams.yield_stress,
        hardening=beams.hardening,
        lever=lever,
        area=area,
        depth=np.abs(lever).max(axis=(1, 2)),
        weight=along.weight,
        moment=np.stack([1.0 - along.place, along.place], axis=1) * held[:, None],
        stiffness=stiffness,
        flexibility=np.linalg.inv(stiffness),
        shear=1.0 / (carried * modulus[:, None] * length[:, None] ** 2),
        twist=torsion * modulus * held.prod(axis=1),
        deformation=deformation,
        imposed=deformation[:, :-1, :d] @ stretched,
    )
