"""How wrong is a network in this structure? The exact cell along the strain histories of sampled Gauss points.

It is an answer where no reference run can be paid: the cell is solved at a few hundred points instead of all, over
all Newton iterations. What it measures is the error of the material along the strains that the structure has
followed with the network; that these strains differ from those of the exact material is not in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import NDArray
from scipy.special import stdtrit

from microtann.errors import InputError
from microtann.evaluation.load_power import load_power_error, represented_volumes
from microtann.evaluation.localisation import exact_microstructure
from microtann.evaluation.measures import SMALL_ENERGY, relative_to_all
from microtann.evaluation.nodal_states import RESULTS, DecodingMaterial
from microtann.fem.model import Result
from microtann.fem.replay import durations, follow, strain_histories
from microtann.materials.protocol import State
from microtann.system.plain_values import plain_values

Array = NDArray[np.float64]
UNSEEN = 4
"""Points, as far off as the farthest that was drawn, by which the interval of the dissipation is widened."""
BATCH = 25
"""Points whose cells are solved together: the fields of more would take much memory."""
PROBABILITIES = (0.5, 0.9, 1.0)
"""Quantiles of the errors that are reported; the last is the worst point."""


@dataclass(frozen=True, eq=False)
class Audit:
    """Errors of a network at n sampled Gauss points of a structure.

    Parameters
    ----------
    points : integer array, shape (n,)
        Numbers of the Gauss points: cell × Gauss points of a cell + Gauss point. A point may be drawn more than
        once.
    by_work : array of bool, shape (n,)
        Whether the point was drawn in proportion to its plastic work; else at random, each in proportion to its
        volume.
    position : array, shape (n, d)
    work : array, shape (n,)
        What the network says the point has dissipated, per volume.
    errors : dict of arrays, shape (n,)
        "stress", and every group of internal coordinates that the network decodes ("displacement" and "force" of
        lattices): RMS over increments and components, relative to the RMS over all sampled points. "dissipation":
        of all increments together, relative to the mean over all sampled points of the exact one, or of Ψ/100
        where that is larger.
    total_dissipation : (float, float) or None
        Error of the dissipation of the whole structure, relative to max(D, Ψ/100), as estimated from all points,
        and half the width of its 95 % interval (`estimate_total`). None if fewer than two points were drawn in a
        way.
    distance : array, shape (n,), optional
        Of an audit on data: how far the nearest held-out increment is, at the farthest increment of the point,
        relative to the usual distance of these from each other. Far beyond 10 nothing is known.
    load_power : (float, float) or None
        Error of the work that the loads do in the increments, which tells that of the forces that move the
        structure, and half the width of its 95 % interval (`microtann.evaluation.load_power`).
    """

    points: Int[NDArray[np.int64], "n"]
    by_work: Bool[NDArray[np.bool_], "n"]
    position: Float[Array, "n d"]
    work: Float[Array, "n"]
    errors: dict[str, Float[Array, "n"]]
    total_dissipation: tuple[float, float] | None
    distance: Float[Array, "n"] | None = None
    load_power: tuple[float, float] | None = None

    def __repr__(self) -> str:
        worst = ", ".join(f"{name} {value.max():.2g}" for name, value in self.errors.items())
        return f"Audit({len(self.points)} Gauss points; worst errors: {worst})"

    def __str__(self) -> str:
        """Return quantiles of the errors as a table."""
        head = "".join(f"{'worst' if p == 1.0 else f'{p:.0%} below':>12}" for p in PROBABILITIES)
        lines = [f"{'':<36}{head}"]
        for draw, chosen in self.draws.items():
            for name, values in self.quantiles(chosen).items():
                lines.append(f"{draw + ', ' + name:<36}" + "".join(f"{value:12.1e}" for value in values))
        if self.total_dissipation is not None:
            error, half = self.total_dissipation
            lines.append(f"dissipation of the whole structure, estimated: {error:+.1e} ± {half:.0e} (95 %)")
        if self.load_power is not None:
            error, half = self.load_power
            lines.append(f"forces of the loads, by their work: {error:.1e} ± {half:.0e} (95 %)")
        if self.distance is not None:
            lines.append(f"estimated from held-out data; {self.how_far}")
        return "\n".join(lines)

    @property
    def how_far(self) -> str:
        """How far the sampled points are from the data by which an audit on data judges them."""
        if self.distance is None:
            return ""
        middle, worst = np.median(self.distance), self.distance.max()
        return (
            f"the nearest data are {middle:.2g} (median) to {worst:.2g} times as far as data are from each other"
        )

    @property
    def draws(self) -> dict[str, Bool[NDArray[np.bool_], "n"]]:
        """Which points were drawn in which way; a way in which none was drawn is left out."""
        ways = {"at random": ~self.by_work, "by plastic work": self.by_work}
        return {name: chosen for name, chosen in ways.items() if chosen.any()}

    def quantiles(self, chosen: Bool[NDArray[np.bool_], "n"]) -> dict[str, Float[Array, "q"]]:
        """Return quantiles of the errors of some of the points, at `PROBABILITIES`."""
        return {name: np.quantile(values[chosen], PROBABILITIES) for name, values in self.errors.items()}

    def worst(self, count: int = 5, quantity: str = "stress") -> Int[NDArray[np.int64], "k"]:
        """Return indices, among the sampled points, of those with the largest errors; each point once."""
        order = np.argsort(-self.errors[quantity], kind="stable")
        _, first = np.unique(self.points[order], return_index=True)
        return order[np.sort(first)[:count]]

    def to_dict(self) -> dict[str, Any]:
        """Return all numbers as plain values for JSON; a distance that there is none of is left out."""
        plain: dict[str, Any] = plain_values(self)
        if self.distance is None:
            del plain["distance"]
        return plain


def audit(
    result: Result, tann: DecodingMaterial, count: int = 200, seed: int = 0, region: str | None = None
) -> Audit:
    """Solve the exact cell along the strain histories of sampled Gauss points and compare the network with it.

    Parameters
    ----------
    result : Result
        Of a finite-element model with the network.
    tann : TANN or Hybrid
        The material of the result, trained on a microstructure that can be solved. A hybrid's internal coordinates
        are exact at the share of its exact microstructure.
    count : int
        Gauss points to sample, half of them in proportion to plastic work and half at random; all at random if
        nothing dissipates.
    seed : int
        Seed of the draw.
    region : str, optional
        Where the network is the material, if the result has several; only this region is looked at.

    Returns
    -------
    Audit

    Raises
    ------
    InputError
        If the network names no microstructure, has extra state variables, no point is asked for, or the result has
        several materials and no region is named.

    Examples
    --------
    >>> import microtann as mt
    >>> from microtann.evaluation.audit import audit
    >>> tann, mesh = mt.load("cube"), mt.fem.box((1, 1, 1), (2, 2, 2))
    >>> bottom, top = (lambda x: x[:, 2] == 0), (lambda x: x[:, 2] == 1)
    >>> held = [mt.fem.Prescribed(bottom, axis, 0.0) for axis in "xyz"]
    >>> steps = [mt.fem.Step([*held, mt.fem.Prescribed(top, "z", 0.5)], increments=3)]
    >>> result = mt.fem.Model(mesh, tann).solve(steps)
    >>> bool(audit(result, tann, count=10).errors["stress"].max() < 1e-9)
    True
    """
    exact = exact_microstructure(tann)
    if count < 1:
        raise InputError(f"an audit needs at least one point, got {count!r}")
    volume = volumes_of(result, region)
    dissipated = result.dissipated.ravel()
    points, by_work = drawn_points(volume, dissipated, count, seed)
    strain, dt = strain_histories(result, points), durations(result)
    steps = list(follow(tann, strain, dt))
    stress = np.stack([stress for stress, _ in steps], axis=1)
    energy = steps[-1][1]["energy"]
    work = dissipated[points]
    decoded = _decoded(tann, steps, exact.coordinate_shapes)
    square: dict[str, list[tuple[Array, Array]]] = {name: [] for name in ("stress", *decoded)}
    exact_work = np.empty(len(points))
    moved = np.diff(strain, axis=1, prepend=0.0)
    power, exact_power = (stress * moved).sum(axis=2), np.empty(moved.shape[:2])
    for first in range(0, len(points), BATCH):
        part = slice(first, first + BATCH)
        response = exact.solve(strain[part], np.broadcast_to(dt, strain[part].shape[:2]))
        square["stress"].append(_squares(stress[part], response.stress))
        exact_work[part] = response.dissipation.sum(axis=1)
        exact_power[part] = (response.stress * moved[part]).sum(axis=2)
        for name, values in decoded.items():
            square[name].append(_squares(values[part], response.coordinates[name]))
    squares = {name: map(np.concatenate, zip(*pairs, strict=True)) for name, pairs in square.items()}
    errors = {name: relative_to_all(*pair) for name, pair in squares.items()}
    scale = max(float(exact_work.mean()), SMALL_ENERGY * float(energy.mean()))
    difference = work - exact_work
    errors["dissipation"] = np.abs(difference) / scale if scale > 0.0 else np.abs(difference)
    represented = represented_volumes(work, by_work, float(volume.sum()), float(volume @ dissipated))
    return Audit(
        points=points,
        by_work=by_work,
        position=result.mesh.positions(points),
        work=work,
        errors=errors,
        total_dissipation=estimate_total(
            difference,
            work,
            by_work,
            float(volume.sum()),
            float(volume @ dissipated),
            float(result.energy.max()) if region is None else result.region(region).energy,
        ),
        load_power=load_power_error(power, exact_power, represented) if region is None else None,
    )


def volumes_of(result: Result, region: str | None) -> Float[Array, "P"]:
    """Return the volumes of the Gauss points, zero outside of the region."""
    if region is None and result.materials:
        names = ", ".join(map(repr, result.materials))
        raise InputError(f"the result has several materials: name the region of the network, one of {names}")
    volumes = result.mesh.weights.ravel()
    if region is None:
        return volumes
    points = result.mesh.gauss_points(result.region(region).cells)
    inside = np.zeros(len(volumes))
    inside[points] = volumes[points]
    return inside


def drawn_points(
    volume: Float[Array, "P"], dissipated: Float[Array, "P"], count: int, seed: int
) -> tuple[Int[NDArray[np.int64], "n"], Bool[NDArray[np.bool_], "n"]]:
    """Return Gauss points with replacement, and which of them were drawn in proportion to plastic work.

    Parameters
    ----------
    volume, dissipated : array, shape (P,)
        Of every Gauss point; what is dissipated is per volume.
    count, seed : int
    """
    generator = np.random.default_rng(seed)
    work = volume * np.maximum(dissipated, 0.0)
    by_work = count // 2 if work.sum() > 0.0 else 0
    at_random = generator.choice(len(volume), count - by_work, p=volume / volume.sum())
    worked = (
        generator.choice(len(volume), by_work, p=work / work.sum()) if by_work else np.empty(0, dtype=np.int64)
    )
    return np.concatenate([at_random, worked]), np.arange(count) >= count - by_work


def _decoded(
    material: DecodingMaterial, steps: list[tuple[Array, State]], shapes: Mapping[str, tuple[int, ...]]
) -> dict[str, Float[Array, "n T *group"]]:
    """Return the internal coordinates at all increments, of the groups that material and microstructure share."""
    names = [name for name in material.initial_state(0) if name not in RESULTS]
    coordinates = material.decode({name: np.stack([state[name] for _, state in steps], axis=1) for name in names})
    return {name: values for name, values in coordinates.items() if values.shape[2:] == shapes.get(name)}


def _squares(network: Array, exact: Array) -> tuple[Array, Array]:
    """Return mean squares of the error and of the reference of every point."""
    rows = (network - exact).reshape(len(network), -1), exact.reshape(len(exact), -1)
    error, size = ((values**2).mean(axis=1) for values in rows)
    return error, size


def estimate_total(
    difference: Float[Array, "n"],
    work: Float[Array, "n"],
    by_work: Bool[NDArray[np.bool_], "n"],
    volume: float,
    whole: float,
    energy: float,
) -> tuple[float, float] | None:
    """Return the error of the dissipation of a structure, and half the width of its 95 % interval.

    Both draws are one sample: a point stands for as much of the volume as it was likely to be drawn in either way.
    Where the network dissipates little and the exact cell much, a point drawn by work alone would stand for a
    large part of the work, which is what makes such errors skew. The interval is Student's, widened by `UNSEEN`
    points as far off as the farthest of the sample, since a sample of a skew population has likely missed some.

    Parameters
    ----------
    difference, work : array, shape (n,)
        Dissipation of the network less the exact one, and that of the network, at the sampled points, per volume.
    by_work : array of bool, shape (n,)
        Whether a point was drawn in proportion to its work; else in proportion to its volume.
    volume, whole, energy : float
        Of the structure; dissipation of the network, and Ψ.

    Returns
    -------
    (float, float) or None
        Relative to max(D, Ψ/100). None if fewer than two points were drawn in one of the ways.
    """
    count, scale = len(work), max(whole, SMALL_ENERGY * energy)
    worked = int(np.count_nonzero(by_work))
    draws = [chosen for chosen in (by_work, ~by_work) if chosen.any()]
    least = min((int(np.count_nonzero(chosen)) for chosen in draws), default=0)
    if least < 2 or scale <= 0.0:
        return None
    share = count * represented_volumes(work, by_work, volume, whole) / scale
    errors = difference * share
    error = float(errors.mean())
    farthest = float(np.abs(errors - error).max())
    if whole < scale and worked < count:  # what flows is rare: points that none was drawn of may be as wrong
        farthest = max(farthest, float(np.abs(difference).max()) * volume / scale * count / (count - worked))
    variance = sum(float(np.count_nonzero(chosen) * errors[chosen].var(ddof=1)) for chosen in draws)
    half = stdtrit(least - 1, 0.975) * np.sqrt(variance + UNSEEN * farthest**2) / count
    return error, float(half)
