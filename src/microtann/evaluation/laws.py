"""A test of the laws of thermodynamics for any material, at random states and increments.

What an architecture guarantees holds for any weights and any input; what is only learnt breaks somewhere. The test
needs no reference: it takes a material through random strain paths, from tiny to far beyond its training range,
and measures how far the laws are broken.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import NDArray

from microtann.errors import InputError
from microtann.evaluation.divided_increments import Division, divide
from microtann.evaluation.inner_problem import Certificate, certify
from microtann.materials.protocol import Material, State
from microtann.tann.trained_model import TANN

Array = NDArray[np.float64]

WALKS = 1000
"""Paths that are followed side by side."""
SIZES = (1e-6, 1e2)
"""Range of the sizes of increments, relative to the strain at first yield."""
PROBE = 1e-3
"""Step of the differences that the tangent is compared with, relative to the increment."""
VIOLATION = 1e-12
"""A dissipation below minus this fraction of the energies at hand is negative."""
TINY = 1e-300
DIVIDED = 20
"""One of so many increments is also solved in several parts, which takes some fifty updates."""
LEAST_PROBE = 1e-7
"""Least step of them, relative to the strain at first yield."""
NINE_IN_TEN = 0.9


@dataclass(frozen=True)
class LawReport:
    """How far a material breaks the laws over a number of random increments.

    Parameters
    ----------
    increments : int
    not_finite : int
        Increments whose stress, energy, dissipation, state or tangent is not finite.
    negative_dissipation : int
        Increments whose dissipation is below −1e-12 of the energies at hand, or not a number. That of a TANN is
        −T · ΔZ from its energy, whatever the material says.
    least_dissipation : float
        The least dissipation, relative to the energies at hand.
    drift : float
        Largest change of stress and state under a zero increment, relative to the largest stress on the path and
        to the size of the state.
    energy_gain : float
        How far what is stored and dissipated lies outside the work of the stresses at the start and at the end of
        the increment, relative to the energies at hand: Sₜ · ΔE ≤ ΔΨ + D Δt ≤ Sₜ₊Δₜ · ΔE holds for any increment
        of a generalised standard material with a convex energy.
    remainder : float
        Largest value of ½ (Sₜ + Sₜ₊Δₜ) · ΔE − ΔΨ − D Δt relative to the energies at hand. It is not positive for a
        rate-independent flow in a fixed elastic domain with a quadratic energy.
    remainder_square : float
        Largest size of that remainder beyond round-off, relative to the largest tangent times |ΔE|². It is of
        second order if this is bounded for all sizes: by v / 8 for a quadratic energy and v strain components.
    certificate : float
        Largest defect of the problem that defines the states at t + Δt, and largest difference between the
        dissipation that the material says and −T · ΔZ; for a TANN whose evolution solves a problem, else not a
        number.
    undivided : float
        Share of the increments that lead to the same stress in one and in two parts.
    division : float
        Root mean square of the relative difference of the stress between one part and two.
    division_rate : float
        By which factor such differences fall when both numbers of parts are sixteen times as large.
    asymmetry : float
        Largest antisymmetric part of the tangent, relative to the largest tangent.
    least_stiffness : float
        Least eigenvalue of the tangent's symmetric part, relative to the largest tangent.
    tangent_error : float
        90 % quantile of the differences between the tangent and the closest of central, forward and backward
        differences of the stress, relative to the largest tangent, over increments that are not zero; at kinks,
        where mechanisms start or stop, the tangent is that of one side.
    """

    increments: int
    not_finite: int
    negative_dissipation: int
    least_dissipation: float
    drift: float
    energy_gain: float
    remainder: float
    remainder_square: float
    certificate: float
    undivided: float
    division: float
    division_rate: float
    asymmetry: float
    least_stiffness: float
    tangent_error: float

    def __str__(self) -> str:
        return "\n".join(f"{f.name.replace('_', ' '):>22}  {getattr(self, f.name):.3g}" for f in fields(self))


def examine_laws(
    material: Material,
    components: int = 6,
    increments: int = 100_000,
    strain_scale: float = 1.0 / 3.0,
    sizes: tuple[float, float] = SIZES,
    seed: int = 0,
) -> LawReport:
    """Take a material through random increments and measure how far it breaks the laws.

    The size of every increment is drawn log-uniformly, so that states reached by large increments are met by tiny
    ones and the other way round; one increment in five turns the one before back, one in ten is zero.

    Parameters
    ----------
    material : Material
        Anything at a Gauss point: a TANN, an exact cell, a user's own.
    components : int
        Number of strain components, v.
    increments : int
        Number of increments in all.
    strain_scale : float
        Strain at first yield.
    sizes : (float, float)
        Range of the sizes of increments, relative to ``strain_scale``.
    seed : int

    Returns
    -------
    LawReport

    Raises
    ------
    InputError
        If there are fewer increments than one.

    Examples
    --------
    >>> import microtann as mt
    >>> from microtann.evaluation.laws import examine_laws
    >>> report = examine_laws(mt.load("cube"), increments=1000)
    >>> report.not_finite, report.negative_dissipation
    (0, 0)
    """
    if increments < 1:
        raise InputError(f"increments must be at least 1, got {increments}")
    generator = np.random.default_rng(seed)
    count = min(increments, WALKS)
    state = material.initial_state(count)
    stress, _, state = material.update(np.zeros((count, components)), state)
    before, largest = np.zeros((count, components)), np.abs(stress).max(axis=1)
    parts, divisions = [], []
    rounds = -(-increments // count)
    for number in range(rounds):
        increment = _draw(generator, before, strain_scale, sizes)
        probe = LEAST_PROBE * strain_scale
        parts.append(_examine(material, increment, state, stress, largest, probe, generator))
        if number % DIVIDED == DIVIDED // 2 or number == rounds - 1:
            divisions.append(divide(material, increment, state))
        stress, _, state = material.update(increment, state, tangent=False)
        before, largest = increment, np.fmax(largest, np.abs(stress).max(axis=1))
    return _summary(parts, Division.of_all(divisions), count)


@dataclass(frozen=True)
class _Findings:
    """Errors of many points in one increment."""

    finite: Bool[NDArray[np.bool_], "n"]
    dissipation: Float[Array, "n"]
    drift: Float[Array, "n"]
    gain: Float[Array, "n"]
    remainder: Float[Array, "n"]
    square: Float[Array, "n"]
    certificate: Float[Array, "n"]
    asymmetry: Float[Array, "n"]
    stiffness: Float[Array, "n"]
    tangent: Float[Array, "n"]


def _draw(
    generator: np.random.Generator, before: Float[Array, "n v"], strain_scale: float, sizes: tuple[float, float]
) -> Float[Array, "n v"]:
    count, components = before.shape
    size = strain_scale * np.exp(generator.uniform(np.log(sizes[0]), np.log(sizes[1]), count))
    increment = size[:, None] * generator.standard_normal((count, components))
    kind = generator.random((count, 1))
    return np.where(kind > 0.9, 0.0, np.where(kind < 0.2, -before, increment))


def _examine(
    material: Material,
    increment: Float[Array, "n v"],
    state: State,
    stress: Float[Array, "n v"],
    largest: Float[Array, "n"],
    probe: float,
    generator: np.random.Generator,
) -> _Findings:
    after, tangent, new = material.update(increment, state)
    assert tangent is not None
    certificate = certify(material, state, new) if isinstance(material, TANN) else Certificate.unknown(new)
    # the work of single components bounds what round-off can do to that of all
    size = (np.abs(stress) + np.abs(after)) * np.abs(increment)
    scale = np.abs(new["energy"]) + np.abs(state["energy"]) + size.sum(axis=1) + TINY
    balance = new["energy"] - state["energy"] + new["dissipation"]
    gain = np.maximum(balance - (after * increment).sum(axis=1), (stress * increment).sum(axis=1) - balance)
    remainder = _remainder(stress, after, increment, state, new)
    stiffest = np.abs(tangent).max(axis=(1, 2)).max() + TINY
    symmetric = 0.5 * (tangent + tangent.swapaxes(1, 2))
    arrays = [after, tangent, *(value for value in new.values() if value.dtype.kind == "f")]
    rows = np.concatenate([array.reshape(len(array), -1) for array in arrays], axis=1)
    finite = np.asarray(np.isfinite(rows).all(axis=1))
    return _Findings(
        finite,
        certificate.dissipation / scale,
        _drift(material, new, after, largest),
        gain / scale,
        remainder / scale,
        np.maximum(np.abs(remainder) - VIOLATION * scale, 0.0) / (stiffest * (increment**2).sum(axis=1) + TINY),
        np.fmax(certificate.defect, np.abs(new["dissipation"] - certificate.dissipation) / scale)
        + 0.0 * certificate.defect,
        np.abs(tangent - symmetric).max(axis=(1, 2)) / stiffest,
        np.linalg.eigvalsh(np.where(finite[:, None, None], symmetric, 0.0))[:, 0] / stiffest,
        _tangent_error(material, increment, state, after, tangent, probe, generator) / stiffest,
    )


def _remainder(
    stress: Float[Array, "n v"],
    after: Float[Array, "n v"],
    increment: Float[Array, "n v"],
    state: State,
    new: State,
) -> Float[Array, "n"]:
    """Return ½ (Sₜ + Sₜ₊Δₜ) · ΔE − ΔΨ − D Δt."""
    work = (0.5 * (stress + after) * increment).sum(axis=1)
    remainder: Array = work - (new["energy"] - state["energy"]) - new["dissipation"]
    return remainder


def _drift(
    material: Material, new: State, after: Float[Array, "n v"], largest: Float[Array, "n"]
) -> Float[Array, "n"]:
    """Return the largest change of stress and state under a zero increment, relative to their sizes."""
    resting, _, rested = material.update(np.zeros_like(after), new, tangent=False)
    size = np.fmax(np.abs(after).max(axis=1), largest) + TINY
    moved = np.abs(resting - after).max(axis=1) / size
    for name, value in rested.items():
        if name in new and name not in ("energy", "dissipation") and value.ndim == 2:
            size = np.abs(new[name]).max(axis=1) + TINY
            moved = np.maximum(moved, np.abs(value - new[name]).max(axis=1) / size)
    return moved


def _tangent_error(
    material: Material,
    increment: Float[Array, "n v"],
    state: State,
    stress: Float[Array, "n v"],
    tangent: Float[Array, "n v v"],
    least: float,
    generator: np.random.Generator,
) -> Float[Array, "n"]:
    """Return the difference between tangent and the closest of three differences in one direction; −1 at rest."""
    direction = generator.standard_normal(increment.shape)
    direction /= np.linalg.norm(direction, axis=1)[:, None]
    size = np.linalg.norm(increment, axis=1)[:, None]
    step = np.maximum(PROBE * size, least)
    ahead, _, _ = material.update(increment + step * direction, state, tangent=False)
    behind, _, _ = material.update(increment - step * direction, state, tangent=False)
    slopes = np.stack([(ahead - behind) / 2.0, ahead - stress, stress - behind]) / step
    error = np.abs(slopes - np.einsum("nij,nj->ni", tangent, direction)).max(axis=2).min(axis=0)
    return np.where(size[:, 0] > 0.0, np.where(np.isnan(error), np.inf, error), -1.0)


def _summary(parts: list[_Findings], division: Division, count: int) -> LawReport:
    def all_of(name: str) -> NDArray[Any]:
        return np.concatenate([getattr(part, name) for part in parts])

    dissipation, error = all_of("dissipation"), all_of("tangent")
    error = error[error >= 0.0]
    return LawReport(
        increments=count * len(parts),
        not_finite=int(np.count_nonzero(all_of("finite") == 0)),
        negative_dissipation=int((~(dissipation >= -VIOLATION)).sum()),
        least_dissipation=float(dissipation.min()),
        drift=float(all_of("drift").max()),
        energy_gain=float(all_of("gain").max()),
        remainder=float(all_of("remainder").max()),
        remainder_square=float(all_of("square").max()),
        certificate=float(all_of("certificate").max()),
        undivided=division.undivided,
        division=division.size,
        division_rate=division.rate,
        asymmetry=float(all_of("asymmetry").max()),
        least_stiffness=float(all_of("stiffness").min()),
        tangent_error=float(np.quantile(error, NINE_IN_TEN)) if error.size else 0.0,
    )
