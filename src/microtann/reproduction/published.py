"""The authors' published 3D network: its errors on the protocol, and the models that may stand beside it."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from microtann.evaluation.exact_reference import ExactReference
from microtann.report.evaluation_section import AnchorErrors
from microtann.reproduction.claims import PAPER
from microtann.tann.trained_model import TANN

PUBLISHED = PAPER.published_network
"""Obtained by running the network that accompanies Masi & Stefanou (2022) in closed loop on the paths of
`microtann.evaluation.protocol_paths`; the network itself is not part of this package."""


def anchor_of(tann: TANN) -> AnchorErrors | None:
    """Return the errors of the published network if a model stands for its lattice, else None.

    That is a regular cube of one material.

    The protocol scales with the strain at first yield and errors are relative, so that neither the size of the
    cell nor the unit of stress nor the yield strain matters; the ratio of hardening to Young modulus does.
    """
    reference = ExactReference.of(tann)
    known = reference is not None and reference.fills_structures and _is_regular_cube(reference)
    return PUBLISHED if known else None


def _is_regular_cube(reference: ExactReference) -> bool:
    known, lattice = ExactReference.regular_cube().lattice(), reference.lattice()
    cell, bar, cube, standard = lattice.cell, lattice.bar, known.cell, known.bar
    assert bar is not None
    assert standard is not None
    if cell.dimension != 3 or cell.nodes.shape != cube.nodes.shape or not np.array_equal(cell.bars, cube.bars):
        return False
    size = float(cell.periods[0, 0])
    if not size > 0:
        return False
    pairs: list[tuple[ArrayLike, ArrayLike]] = [
        (cell.nodes / size, cube.nodes),
        (cell.areas / size**2, cube.areas),
        (cell.periods / size, cube.periods),
        (np.ptp(bar.young) / np.max(bar.young), 0.0),
        (np.ptp(bar.yield_stress) / np.max(bar.yield_stress), 0.0),
        (np.asarray(bar.hardening) / np.asarray(bar.young), standard.hardening / standard.young),
    ]
    return all(np.allclose(value, expected, rtol=0.0, atol=1e-9) for value, expected in pairs)
