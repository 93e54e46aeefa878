"""What a frame cannot carry, in words: nodes that pins let move, strains without stiffness."""

from __future__ import annotations

import numpy as np

from microtann.errors import CellError
from microtann.microstructure.bars.cells.cell import UnitCell
from microtann.microstructure.bars.condensed.stability import NO_STIFFNESS, simplest_basis, strain_in_words
from microtann.microstructure.frames.elastic_frame import ElasticFrame
from microtann.numbers import voigt

MOVES = 1e-6
"""Displacement, over the largest displacement or rotation times length, above which a node counts as moving."""
REMEDY = "make joints rigid or add beams"


def told_mechanism(cell: UnitCell, elastic: ElasticFrame) -> str:
    """Return in words which nodes move freely, and against which strains there is no stiffness; empty if none.

    Joints that all beams are pinned to, and straight beams between pins, may spin: that is no mechanism.

    Parameters
    ----------
    cell : UnitCell
    elastic : ElasticFrame

    Raises
    ------
    CellError
        If the frame has no stiffness at all.
    """
    d = cell.dimension
    free = elastic.free_motions
    free[..., d:] *= cell.lengths.mean()
    free = (free / np.abs(free).max(axis=(1, 2), keepdims=True))[..., :d]
    free = free[(np.abs(free) > MOVES).any(axis=(1, 2))]
    motion = ""
    if len(free):
        node = int(np.abs(free[0]).max(axis=1).argmax())
        along = free[0, node] / np.abs(free[0, node]).max()
        direction = ", ".join(f"{c:.3g}" for c in np.round(along, 6) + 0.0)
        named = cell.distinct_nodes.first[node]
        motion = f"its hinges let node {named} move along ({direction}) without straining any beam"
    beams = elastic.beams
    forced = beams.share[:, None, None] * (elastic.beam_stiffness[:, :-1, :-1] @ beams.imposed)
    affine = (beams.imposed.transpose(0, 2, 1) @ forced).sum(axis=0)
    values, vectors = np.linalg.eigh(elastic.elasticity)
    if values[-1] <= NO_STIFFNESS * np.abs(affine).max():
        raise CellError(f"the frame is a mechanism without any stiffness{': ' * bool(motion)}{motion}; {REMEDY}")
    parts = [motion] if motion else []
    soft = vectors[:, values <= NO_STIFFNESS * values[-1]].T
    if len(soft):
        strains = ", ".join(strain_in_words(vector, voigt.LABELS[d]) for vector in simplest_basis(soft))
        parts.append(f"it has no stiffness against a strain of {strains}")
    return f"the frame is a mechanism: {'; '.join(parts)}; {REMEDY}" if parts else ""
