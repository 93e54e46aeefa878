"""Groups of slips that flow together in C, with resistances that are constant or grow."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.cones import group_flow_kernel as search
from microtann.cones import group_system_kernel as system
from microtann.cones.group_response_kernel import INDEPENDENT
from microtann.export.kernel_text import KernelText, KernelWriter
from microtann.export.slips_source import padded_to, upwards
from microtann.forms.laws.growing_flow import GrowingFlow, HardeningEnergy
from microtann.forms.variational.cone_flow import ConeFlow
from microtann.forms.variational.slip_update import quadratic_parts
from microtann.slips.yield_tolerance import YIELD_TOLERANCE
from microtann.tann.energy import DecoupledQuadraticEnergy
from microtann.tann.point import MaterialPoint

Array = NDArray[np.float64]


def cones_text(point: MaterialPoint) -> KernelText:
    """Return the increment of groups whose resistances are one."""
    evolution = point.evolution
    assert isinstance(evolution, ConeFlow)
    return _text(point, np.asarray(evolution.normals, np.float64), evolution.sizes, "constant_law.c", {}, 0, False)


def laws_text(point: MaterialPoint) -> KernelText:
    """Return the increment of groups whose resistances grow with what has flowed and with the rate of it."""
    evolution, energy = point.evolution, point.energy
    assert isinstance(evolution, GrowingFlow)
    assert isinstance(energy, HardeningEnergy)
    laws = np.asarray(evolution.laws(energy), dtype=np.float64)
    names = ("RESISTANCE", "HARDENING", "VISCOSITY", "EXPONENT")
    coefficients = {name: laws[:, i] for i, name in enumerate(names)}
    coefficients |= {"SATURATION": laws[:, 4::2], "RATE": laws[:, 5::2]}
    normals, terms = np.asarray(evolution.normals, np.float64), (laws.shape[1] - 4) // 2
    quadratic = MaterialPoint(point.reduction, energy.quadratic, evolution, point.scaling, point.components)
    timed = bool((coefficients["VISCOSITY"] > 0.0).any())
    return _text(quadratic, normals, evolution.sizes, "growing_law.c", coefficients, terms, timed)


def _text(
    point: MaterialPoint,
    normals: Float[Array, "z m"],
    sizes: tuple[int, ...],
    law: str,
    coefficients: dict[str, Float[Array, "..."]],
    terms: int,
    timed: bool,
) -> KernelText:
    """Return the increment of groups with a law.

    Parameters
    ----------
    point : MaterialPoint
        With a quadratic energy.
    normals : array, shape (z, m)
        Directions of all groups.
    sizes : tuple of int
        Components of every group.
    law : str
        File of this folder that says how resistances grow.
    coefficients : mapping of arrays
        What it needs, by the names of its constants.
    terms : int
        Terms of saturation.
    timed : bool
        Whether Δt matters.
    """
    elastic, coupling, _, scale = quadratic_parts(point)
    (z, m), groups = normals.shape, len(sizes)
    width, depth = upwards(m), upwards(z)
    return KernelText(
        template=("rows.c", law, "group_search.c", "groups.c"),
        counts={
            "GROUPS": groups,
            "SLIPS": m,
            "MOVED": z,
            "TERMS": terms,
            "WIDTH": width,
            "DEPTH": depth,
            "NARROW": upwards(point.components),
            "ACROSS": upwards(groups),
            "GROWS": int(bool(coefficients)),
            "STEPS": search.STEPS,
            "CAREFUL_STEPS": search.CAREFUL_STEPS,
        },
        numbers={
            "ENERGY": scale,
            "YIELDS": YIELD_TOLERANCE,
            "ROUND_OFF": search.ROUND_OFF,
            "CERTIFICATE": search.CERTIFICATE,
            "SLACK": search.SLACK,
            "NOISE": search.NOISE,
            "RIDGE": system.DEPENDENT,
            "PROPORTIONAL": system.PROPORTIONAL,
            "INDEPENDENT": INDEPENDENT,
        },
        arrays={
            "GRAM": padded_to(normals.T @ normals, width),
            "NORMALS": padded_to(normals, width),
            "BY_SLIP": padded_to(normals.T, depth),
            "RATES": padded_to(normals.T @ coupling, upwards(point.components)),
            "COUPLING": coupling,
            "DRIVES": coupling.T,
            "ELASTIC": elastic,
            "RIGID": scale * (elastic + coupling.T @ coupling),
            **coefficients,
        },
        tables={"FIRST": (0, *np.cumsum(sizes).tolist())},
        timed=timed,
    )


CONES = KernelWriter(DecoupledQuadraticEnergy, ConeFlow, cones_text)
LAWS = KernelWriter(HardeningEnergy, GrowingFlow, laws_text)
