"""Coupled slips in C."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.export.kernel_text import KernelText, KernelWriter
from microtann.forms.variational import minimum
from microtann.forms.variational.convex_energy import ConvexEnergy
from microtann.forms.variational.flow import MultisurfaceFlow
from microtann.forms.variational.slip_update import quadratic_parts
from microtann.forms.variational.viscous_flow import ViscousFlow
from microtann.slips import viscous_kernel
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
    return text_of_slips(point, np.asarray(evolution.normals, dtype=np.float64))


def viscous_text(point: MaterialPoint) -> KernelText:
    """Return the increment of viscous slips."""
    evolution = point.evolution
    assert isinstance(evolution, ViscousFlow)
    text = text_of_slips(point, np.asarray(evolution.normals, dtype=np.float64))
    files = ("rows.c", "slip_search.c", "slow_flow.c", "dense.c", "viscous_search.c", "viscous_slips.c")
    return with_viscosity(replace(text, template=files), evolution)


def convex_text(point: MaterialPoint) -> KernelText:
    """Return the increment of slips, viscous or not, in a convex energy."""
    energy, evolution = point.energy, point.evolution
    assert isinstance(energy, ConvexEnergy)
    assert isinstance(evolution, (MultisurfaceFlow, ViscousFlow))
    normals = np.asarray(evolution.normals, dtype=np.float64)
    directions, v = np.asarray(energy.directions, dtype=np.float64), point.components
    in_states = directions[:, -len(normals) :]
    quadratic = replace(point, energy=energy.quadratic)
    text = text_of_slips(quadratic, normals, np.asarray(energy.largest_curvature()))
    viscous = isinstance(evolution, ViscousFlow)
    search = ("viscous_search.c",) if viscous else ()
    text = replace(
        text,
        template=("rows.c", "slip_search.c", "slow_flow.c", "dense.c", *search, "minimum.c"),
        counts={**text.counts, "NEURONS": len(directions), "STEPS": minimum.STEPS, "VISCOUS": int(viscous)},
        numbers={**text.numbers, "CERTIFICATE": minimum.CERTIFICATE},
        arrays={
            **text.arrays,
            "REST_GRAM": padded_to(normals.T @ normals, upwards(normals.shape[1])),
            "UNIT_DRIVING": directions[:, :v] / np.asarray(point.scaling.driving)[:v],
            "UNIT_STATE": in_states,
            "UNIT_SLIP": padded_to(in_states @ normals, upwards(normals.shape[1])),
            "OFFSET": np.asarray(energy.offsets, dtype=np.float64),
            "WEIGHT": np.exp(np.asarray(energy.log_weights, dtype=np.float64)),
        },
    )
    return with_viscosity(text, evolution) if isinstance(evolution, ViscousFlow) else text


def with_viscosity(text: KernelText, evolution: ViscousFlow) -> KernelText:
    """Return a text with the numbers of a viscous power law and of the search for its slips."""
    law = {
        "EXPONENT": float(np.exp(evolution.log_exponent)),
        "LOG_VISCOSITY": float(evolution.log_viscosity),
        "LEAST": viscous_kernel.LEAST,
        "SETTLED": viscous_kernel.SETTLED,
        "KEPT": viscous_kernel.KEPT,
        "SINGULAR": viscous_kernel.SINGULAR,
        "ROUNDING": viscous_kernel.ROUND_OFF,
    }
    turns = {"TURNS": viscous_kernel.ROUNDS, "SHORT": viscous_kernel.SHORT, "SWEEPS": viscous_kernel.SWEEPS}
    return replace(text, counts={**text.counts, **turns}, numbers={**text.numbers, **law}, timed=True)


def text_of_slips(
    point: MaterialPoint, normals: Float[Array, "z s"], curvature: Float[Array, "z z"] | None = None
) -> KernelText:
    """Return the increment of slips with given normals that do not depend on the rate.

    Parameters
    ----------
    point : MaterialPoint
        With a quadratic energy.
    normals : array, shape (z, s)
    curvature : array, shape (z, z), optional
        Of the energy in whose minimum slips are searched; that of a quadratic energy is the identity.
    """
    elastic, coupling, _, scale = quadratic_parts(point)
    (z, s), v = normals.shape, point.components
    gram = normals.T @ (normals if curvature is None else curvature @ normals)
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
VISCOUS = KernelWriter(DecoupledQuadraticEnergy, ViscousFlow, viscous_text)
CONVEX = tuple(KernelWriter(ConvexEnergy, flow, convex_text) for flow in (MultisurfaceFlow, ViscousFlow))
