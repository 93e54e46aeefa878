"""The equations of a frame's nodes as compiled code takes them: where the stiffness of every beam goes."""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from microtann.microstructure.bars.condensed.elimination import Elimination, eliminate
from microtann.microstructure.frames import beam_newton_kernel
from microtann.microstructure.frames.beam_problem import BeamProblem
from microtann.microstructure.frames.elastic_frame import ElasticFrame
from microtann.slips.lanes_kernel import WIDTH

Array = NDArray[np.float64]
Indices = NDArray[np.int64]


class BeamEquations(NamedTuple):
    """What Newton's method in `beam_newton_kernel` takes.

    Every node has blocks of three unknowns: one in the plane (displacements and rotation), two in space.

    Parameters
    ----------
    beams : BeamProblem
    order : Elimination
        Of the blocks; one that is held is none of them.
    places : integer array, shape (b, e)
        Of the unknowns of the ends of every beam, in the order of elimination.
    first_entry : integer array, shape (b + 1,)
        Where the entries of every beam begin among the following three.
    entry, position : integer array, shape (q,)
        Entry of the stiffness of a beam against the relative displacement and the rotations of its ends, and where
        it goes in the matrix.
    sense : array, shape (q,)
        1 or −1.
    base : array, shape (9 blocks,)
        The part of the matrix that never changes, of twist and springs.
    spring, spring_stiffness : array, shape (k,)
        Unknowns that springs hold, and their stiffness.
    sheared : array, shape (b, p, 3)
        Flexibility of the moments at the ends by shear, a symmetric matrix for every plane.
    released : array, shape (b, c)
        1 for moments that a pin lets go, else 0.
    beam_stiffness : array, shape (b, c, c)
        Elastic stiffness of the beams.
    factor : array, shape (72 blocks,)
        Lanes of the factorised elastic matrix.
    elasticity : array, shape (v, v)
        Elastic stiffness of the cell.
    """

    beams: BeamProblem
    order: Elimination
    places: Int[Indices, "b e"]
    first_entry: Int[Indices, "_"]
    entry: Int[Indices, "q"]
    position: Int[Indices, "q"]
    sense: Float[Array, "q"]
    base: Float[Array, "_"]
    spring: Int[Indices, "k"]
    spring_stiffness: Float[Array, "k"]
    sheared: Float[Array, "b p 3"]
    released: Float[Array, "b c"]
    beam_stiffness: Float[Array, "b c c"]
    factor: Float[Array, "_"]
    elasticity: Float[Array, "v v"]


def beam_equations(elastic: ElasticFrame) -> BeamEquations:
    """Return the equations of a frame.

    Parameters
    ----------
    elastic : ElasticFrame
    """
    beams = elastic.beams
    p = beams.lever.shape[2]
    parts = p  # blocks of a node
    of_node = 1 + parts * beams.ends[:, :, None] + np.arange(parts)
    joined = of_node.reshape(len(of_node), -1)
    pairs = np.stack(np.broadcast_arrays(joined[:, :, None], joined[:, None]), axis=-1).reshape(-1, 2)
    order = eliminate(np.unique(pairs, axis=0), 1 + parts * elastic.nodes)
    places = 3 * order.place[1 + elastic.places // 3] + elastic.places % 3
    first, entry, position, sense = _scatter(elastic, order, places)
    held = (beams.moment != 0.0).any(axis=1).astype(np.float64)
    released = np.hstack([np.zeros((len(held), 1)), np.tile(1.0 - held, (1, p))])
    sheared = beams.shear[:, :, None] * np.stack([held[:, 0], -held.prod(axis=1), held[:, 1]], axis=1)[:, None]
    spring = np.flatnonzero(elastic.springs)
    at_spring = 3 * order.place[1 + spring // 3] + spring % 3
    blocks = len(order.first) - 1 + len(order.rows)
    base = np.zeros(9 * (blocks + 1))
    np.add.at(base, 9 * (at_spring // 3) + 4 * (at_spring % 3), elastic.springs[spring])
    twist = np.einsum(
        "b,bi,bj->bij", beams.share * beams.twist, beams.deformation[:, -1], beams.deformation[:, -1]
    )
    bending = np.einsum(
        "b,bki,bkl,blj->bij",
        beams.share,
        beams.deformation[:, :-1],
        elastic.beam_stiffness[:, :-1, :-1],
        beams.deformation[:, :-1],
    )
    lower = np.tril_indices(beams.deformation.shape[2])
    of_beam = np.repeat(np.arange(len(first) - 1), np.diff(first))
    np.add.at(base, position, sense * twist[:, lower[0], lower[1]][of_beam, entry])
    whole = base.copy()
    np.add.at(whole, position, sense * bending[:, lower[0], lower[1]][of_beam, entry])
    factor = np.repeat(whole, WIDTH)
    beam_newton_kernel.factorise_elastic(order, factor)
    return BeamEquations(
        beams=beams,
        order=order,
        places=places,
        first_entry=first,
        entry=entry,
        position=position,
        sense=sense,
        base=base,
        spring=at_spring,
        spring_stiffness=elastic.springs[spring],
        sheared=np.ascontiguousarray(sheared),
        released=released,
        beam_stiffness=np.ascontiguousarray(elastic.beam_stiffness[:, :-1, :-1]),
        factor=factor,
        elasticity=elastic.elasticity,
    )


def _scatter(
    elastic: ElasticFrame, order: Elimination, places: Int[Indices, "b e"]
) -> tuple[Indices, Indices, Indices, Array]:
    """Return where the entries of the beams begin, which they are, where they go and with which sign."""
    beams = elastic.beams
    d = beams.lever.shape[2] + 1
    u = places.shape[1] // 2
    r = u - d
    unknowns = [[(a, -1.0), (u + a, 1.0)] for a in range(d)]
    unknowns += [[(d + a, 1.0)] for a in range(r)] + [[(u + d + a, 1.0)] for a in range(r)]
    ends = [(i, x, sign) for i, moved in enumerate(unknowns) for x, sign in moved]
    lists: list[tuple[int, int, float]] = []
    first = [0]
    for at, (one, two) in zip(places, beams.ends, strict=True):
        for (i, x, of_x), (j, y, of_y) in product(ends, repeat=2):
            if one == two and min(i, j) < d:
                continue  # two images of one node do not move apart
            (row, a), (column, c) = divmod(at[x], 3), divmod(at[y], 3)
            if row > column or (row == column and a >= c):
                larger, smaller = max(i, j), min(i, j)
                place = 9 * order.block[row, column] + 3 * a + c
                lists.append((larger * (larger + 1) // 2 + smaller, place, of_x * of_y))
        first.append(len(lists))
    entry, position, sense = zip(*lists, strict=True)
    return np.array(first), np.array(entry), np.array(position), np.array(sense)
