"""The evaluation protocol: strain paths on which every model is judged in closed-loop recall."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.errors import InputError
from microtann.microstructure.strain_metric import StrainMetric
from microtann.numbers import voigt

Array = NDArray[np.float64]

BOUND = 0.7
REST_STEPS = 100
TINY_INCREMENT = 1e-9
"""Size of the random increments that follow the zero increments of path z."""
DIRECTIONS = "r"
"""Path along many directions, each of which is judged alone as well: path b tells of one direction only."""
CYCLES = (0.15, 0.3, 0.45, 0.6)
"""Amplitudes of the paths b, c, f and r."""


@dataclass(frozen=True)
class EvaluationPath:
    """A set of strain paths of the protocol.

    Parameters
    ----------
    name : str
        Letter of the path.
    description : str
    strain : array, shape (B, T, v)
        Total strains at the end of each increment, from the virgin state, Δt = 1.
    """

    name: str
    description: str
    strain: Float[Array, "B T v"]

    def __repr__(self) -> str:
        return f"EvaluationPath({self.name!r}, {self.description!r}, strain of shape {self.strain.shape})"


def zigzag(amplitudes: tuple[float, ...], step: float) -> Float[Array, "T"]:
    """Return 0, A₁, −A₁, A₂, −A₂, ..., 0 in equal increments of about ``step``, without the leading zero."""
    corners = [0.0, *(sign * a for a in amplitudes for sign in (1.0, -1.0)), 0.0]
    pieces = []
    for start, end in pairwise(corners):
        count = max(1, round(abs(end - start) / step))
        pieces.append(start + (end - start) * np.arange(1, count + 1) / count)
    return np.concatenate(pieces)


def walks(
    components: int, paths: int, steps: int, deviation: float, seed: int, bound: float = np.inf
) -> Float[Array, "B T v"]:
    """Return random walks with normal increments.

    An increment of a component that would leave ±bound changes sign. One (paths × components) block is drawn
    for every step.

    Parameters
    ----------
    components : int
        Strain components.
    paths, steps : int
        Number of walks, and increments in each.
    deviation : float
        Standard deviation of an increment of strain.
    seed : int
    bound : float, optional
        Largest strain of a component.
    """
    generator = np.random.default_rng(seed)
    strain = np.zeros((paths, components))
    result = np.empty((paths, steps, components))
    for step in range(steps):
        increment = generator.normal(0.0, deviation, (paths, components))
        increment[np.abs(strain + increment) > bound] *= -1.0
        strain = strain + increment
        result[:, step] = strain
    return result


def _along(values: Float[Array, "T"], component: int, components: int) -> Float[Array, "1 T v"]:
    strain = np.zeros((1, len(values), components))
    strain[0, :, component] = values
    return strain


def _random_directions(components: int) -> Float[Array, "B T v"]:
    directions = np.random.default_rng(2024).standard_normal((64, components))
    directions /= np.abs(directions).max(axis=1, keepdims=True)
    return directions[:, None, :] * zigzag(CYCLES, 0.03)[:, None]


def _growing_shear(components: int) -> Float[Array, "1 T v"]:
    strain = _along(zigzag(CYCLES, 0.03), 0, components)
    steps = strain.shape[1]
    strain[0, :, -1] = 0.6 * np.arange(1, steps + 1) / steps
    return strain


def _shear(components: int) -> Float[Array, "B T v"]:
    values = zigzag((0.3, 0.6, 0.9, 1.2), 0.06)
    if voigt.dimension(components) == 2:
        return _along(values, components - 1, components)
    angles = np.arange(8) * np.pi / 4 + 0.1
    strain = np.zeros((8, len(values), components))
    strain[:, :, 4] = np.cos(angles)[:, None] * values  # γ13
    strain[:, :, 3] = np.sin(angles)[:, None] * values  # γ23
    return strain


def _rest(components: int) -> Float[Array, "B T v"]:
    moving = walks(components, 64, 100, 0.05, 12345, BOUND)[:, :60]
    resting = np.repeat(moving[:, -1:], REST_STEPS, axis=1)
    generator = np.random.default_rng(1)
    increments = np.stack([generator.normal(0.0, TINY_INCREMENT, (64, components)) for _ in range(100)], axis=1)
    return np.concatenate([moving, resting, resting[:, -1:] + np.cumsum(increments, axis=1)], axis=1)


_PATHS: dict[str, tuple[str, Callable[[int], Array]]] = {
    "a": ("64 walks × 100 steps, std 0.05, within ±0.7", lambda v: walks(v, 64, 100, 0.05, 12345, BOUND)),
    "b": (
        "uniaxial zigzag to 0.15, 0.3, 0.45, 0.6",
        lambda v: _along(zigzag(CYCLES, 0.03), 0, v),
    ),
    "c": ("b with γ12 growing to 0.6", _growing_shear),
    "d": ("ten uniaxial cycles to 0.5", lambda v: _along(zigzag((0.5,) * 10, 0.05), 0, v)),
    "e": ("shear zigzag to 1.2", _shear),
    "f": (
        "b in ten times smaller increments",
        lambda v: _along(zigzag(CYCLES, 0.003), 0, v),
    ),
    "g": ("64 walks × 100 steps, std 0.15, unbounded", lambda v: walks(v, 64, 100, 0.15, 54321)),
    "h": ("64 walks × 1000 steps, std 0.005, within ±0.7", lambda v: walks(v, 64, 1000, 0.005, 777, BOUND)),
    "r": ("b along 64 random directions of strain, whose largest component is 1", _random_directions),
    "z": ("60 steps of a, 100 zero increments, 100 of size 1e-9", _rest),
}

NAMES = tuple(_PATHS)
"""Names of the paths, in order."""


def path(name: str, components: int, scale: float | StrainMetric = 1.0) -> EvaluationPath:
    """Return a path of the protocol.

    Parameters
    ----------
    name : str
        "a" to "h", "r" or "z".
    components : int
        Number of strain components, 3 or 6.
    scale : float or StrainMetric
        Strain at first yield over that of the reference material, 1/3: all strains are multiplied by it; or the
        metric that makes them those of a microstructure.

    Raises
    ------
    InputError
        If there is no such path, or none for this number of components.
    """
    if name not in _PATHS:
        raise InputError(f"there is no evaluation path {name!r}: use {', '.join(NAMES)}")
    if components not in (3, 6):
        raise InputError(f"the evaluation paths are defined for 3 or 6 strain components, not {components}")
    description, make = _PATHS[name]
    metric = scale if isinstance(scale, StrainMetric) else StrainMetric.uniform(scale, components)
    if not metric.is_uniform:
        description += " (in the metric of the stiffness)"
    elif metric.scale != 1.0:
        description += f" (strains × {metric.scale:.3g})"
    return EvaluationPath(name, description, metric.strains(make(components)))
