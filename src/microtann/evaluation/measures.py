"""The measures of errors: relative root mean squares, and the largest error over increments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import NDArray

Array = NDArray[np.float64]
SMALL_ENERGY = 0.01
"""Dissipations are compared relative to max(D, Ψ/100): D is nearly zero in structures that stay almost elastic."""
SPREAD = {"median": 0.5, "90 %": 0.9, "worst": 1.0}
"""How errors of many paths are told: what so large a part of them does not exceed."""
VANISHED = 1e-6
"""A value below this part of the largest on its path has vanished: nothing is relative to it."""
ROUND_OFF = 1e-10
"""A reference below this part of what it measures elsewhere is what rounding has left of it, as by symmetry."""
DISPLACEMENT = "displacement"
"""Kind of all control displacements, whose names begin with "u_"."""


def relative_rms(values: Array, reference: Array, there: Bool[NDArray[np.bool_], "..."] | None = None) -> float:
    """Return the RMS of the error over the RMS of the reference; of a reference that vanishes, 0 or infinity.

    Parameters
    ----------
    values, reference : array
        Of one shape, in one unit.
    there : array of bool, optional
        Which entries along the first axes count.
    """
    if there is not None:
        values, reference = values[there], reference[there]
    error, size = float(np.sum((values - reference) ** 2)), float(np.sum(reference**2))
    if size == 0.0:
        return 0.0 if error == 0.0 else float("inf")
    return float(np.sqrt(error / size))


def relative_to_energy(
    found: Float[Array, "B T"], reference: Float[Array, "B T"], energy: Float[Array, "B T"]
) -> Float[Array, "B"]:
    """Return the RMS error of the accumulated dissipation on every path, relative to the larger of D and Ψ/100.

    Parameters
    ----------
    found, reference : array, shape (B, T)
        Accumulated dissipation D.
    energy : array, shape (B, T)
        Ψ of the reference.
    """
    square = [np.mean(values**2, axis=1) for values in (found - reference, reference, SMALL_ENERGY * energy)]
    return _ratio(square[0], np.maximum(square[1], square[2]))


def relative_on_every_path(
    found: Float[Array, "B *rest"], reference: Float[Array, "B *rest"], elsewhere: float = 0.0
) -> Float[Array, "B"]:
    """Return the `relative_rms` of every path alone.

    Parameters
    ----------
    found, reference : array, shape (B, ...)
        Of one shape, in one unit.
    elsewhere : float
        RMS of the reference where it does not vanish, to which errors are relative on a path on which it is
        round-off of this.
    """
    other = tuple(range(1, reference.ndim))
    size = np.mean(reference**2, axis=other)
    size = np.where(size <= (ROUND_OFF * elsewhere) ** 2, elsewhere**2, size)
    return _ratio(np.mean((found - reference) ** 2, axis=other), size)


def spread(errors: Float[Array, "B"]) -> dict[str, float]:
    """Return the quantiles of `SPREAD`; an error that is no number counts as infinite."""
    known, parts = np.where(np.isnan(errors), np.inf, errors), list(SPREAD.values())
    with np.errstate(invalid="ignore"):  # nothing lies between two infinities
        values = np.quantile(known, parts)
    values = np.where(np.isnan(values), np.quantile(known, parts, method="lower"), values)
    return dict(zip(SPREAD, values.tolist(), strict=True))


def _ratio(error: Float[Array, "B"], size: Float[Array, "B"]) -> Float[Array, "B"]:
    """Return the root of a ratio of mean squares, with 0/0 = 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(error == 0.0, 0.0, np.sqrt(error / size))


def relative_to_all(error: Float[Array, "n"], size: Float[Array, "n"]) -> Float[Array, "n"]:
    """Return the RMS error of every point over the RMS of the reference over all points.

    Parameters
    ----------
    error, size : array, shape (n,)
        Mean squares of the error and of the reference of every point; of a reference that vanishes everywhere, the
        errors are returned as they are.
    """
    mean = float(size.mean())
    return np.sqrt(error / mean) if mean > 0.0 else np.sqrt(error)


def largest_error(name: str, value: Array, reference: Array, energy: Array) -> float:
    """Return the largest error of a quantity over the increments, relative to the largest value of its reference.

    Parameters
    ----------
    name : str
        The quantity; a "dissipation" is compared relative to the largest of D and Ψ/100.
    value, reference : array, shape (I,)
    energy : array, shape (I,)
        Ψ of the reference.
    """
    scale = np.abs(reference).max()
    if name == "dissipation":
        scale = max(scale, SMALL_ENERGY * np.abs(energy).max())
    if scale == 0.0:
        return 0.0 if not np.abs(value).any() else float("inf")
    return float(np.abs(value - reference).max() / scale)


def largest_errors(values: Mapping[str, Array], reference: Mapping[str, Array]) -> dict[str, float]:
    """Return the `largest_error` of every quantity; the reference has them all, "energy" among them.

    Parameters
    ----------
    values, reference : mapping
        Quantities, shape (I,), by name.
    """
    energy = reference["energy"]
    return {name: largest_error(name, value, reference[name], energy) for name, value in values.items()}


def errors_at_end(values: Mapping[str, Array], reference: Mapping[str, Array]) -> dict[str, float | None]:
    """Return the error of every quantity at the last increment, relative to the reference there.

    What is left after a release is small beside the largest value of the path, which hides its error in
    `largest_errors`. That of the dissipation is relative to the larger of D and Ψ/100; a quantity that has
    vanished at the end, such as the torque of a released face, has none.

    Parameters
    ----------
    values, reference : mapping
        Quantities, shape (I,), by name; the reference has them all, "energy" among them.
    """
    last = {name: reference[name][-1:] for name in values}
    return {
        name: None
        if np.abs(last[name]).max() <= VANISHED * np.abs(reference[name]).max(initial=0.0)
        and name != "dissipation"
        else largest_error(name, value[-1:], last[name], reference["energy"][-1:])
        for name, value in values.items()
    }


Error = TypeVar("Error", float, float | None)


def by_kind(errors: Mapping[str, Error]) -> dict[str, Error]:
    """Return errors with the largest of the control displacements under one name, `DISPLACEMENT`."""
    kinds: dict[str, Error] = {}
    for name, error in errors.items():
        kind = DISPLACEMENT if name.startswith("u_") else name
        known = kinds.get(kind)
        kinds[kind] = error if known is None or (error is not None and error > known) else known
    return kinds
