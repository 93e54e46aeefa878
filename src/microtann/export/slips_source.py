"""Coupled slips in C."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.export.kernel_text import KernelText, KernelWriter
from microtann.forms.variational.flow import MultisurfaceFlow
from microtann.forms.variational.slip_update import quadratic_parts
from microtann.slips.slip_search_kernel import ROUND_OFF, SPANNED
from microtann.slips.yield_tolerance import YIELD_TOLERANCE
from microtann.tann.energy import DecoupledQuadraticEnergy
from microtann.tann.point import MaterialPoint

Array = NDArray[np.float64]

ROUNDS = 12
"""Rounds of block pivoting before slips enter one at a time."""
SHARE = 0.5
"""Slips enter that are violated by this part of the largest violation, unless they are independent."""
CERTAIN = 1e-9
"""Largest difference of a flowing force from its bound, relative to the trial forces, before the last step."""
INDEPENDENT = 1e8
"""Condition number of G below which slips are independent."""
LANES = 8


def slips_text(point: MaterialPoint) -> KernelText:
    """Return the increment of coupled slips."""
    evolution = point.evolution
    assert isinstance(evolution, MultisurfaceFlow)
    elastic, coupling, _, scale = quadratic_parts(point)
    normals = np.asarray(evolution.normals, dtype=np.float64)
    (z, s), v = normals.shape, point.components
    gram = normals.T @ normals
    norm = np.sqrt(np.diag(gram))
    independent = s <= z and np.linalg.cond(gram) < INDEPENDENT
    most = min(z, s)
    width, depth, narrow = upwards(s), upwards(z), upwards(v)
    return KernelText(
        template=("rows.c", "slip_search.c", "slips.c"),
        counts={
            "SLIPS": s,
            "WIDTH": width,
            "DEPTH": depth,
            "NARROW": narrow,
            "MOST": most,
            "STRIDE": upwards(most + 1),
            "ROUNDS": ROUNDS,
        },
        numbers={
            "ENERGY": scale,
            "YIELDS": YIELD_TOLERANCE,
            "ROUND_OFF": ROUND_OFF,
            "DEPENDENT": SPANNED,
            "SHARE": 0.0 if independent else SHARE,
            "CERTAIN": CERTAIN,
        },
        arrays={
            "GRAM": padded_to(gram, width),
            "NORMALS": padded_to(normals, width),
            "BY_SLIP": padded_to(normals.T, depth),
            "RATES": padded_to(normals.T @ coupling, narrow),
            "COUPLING": coupling,
            "DRIVES": coupling.T,
            "ELASTIC": elastic,
            "RIGID": scale * (elastic + coupling.T @ coupling),
            "NORM": padded_to(norm[None], width)[0],
            "DISTANCE": padded_to(np.where(norm > 0.0, 1.0 / np.where(norm > 0.0, norm, 1.0), 0.0)[None], width)[
                0
            ],
        },
    )


def upwards(count: int) -> int:
    """Return the next multiple of the lanes of a vector."""
    return -(-count // LANES) * LANES


def padded_to(matrix: Float[Array, "n k"], width: int) -> Float[Array, "n w"]:
    """Return a matrix with columns of zeros up to a width."""
    return np.pad(matrix, ((0, 0), (0, width - matrix.shape[1])))


SLIPS = KernelWriter(DecoupledQuadraticEnergy, MultisurfaceFlow, slips_text)
