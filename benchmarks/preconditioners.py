"""What other smoothers and coarse grids make of conjugate gradients, beside the multigrid in use.

A cube of n³ hexahedra under von Mises, held at two faces; iterations to a residual of 1e-8 with its elastic
tangent and with one where most points flow. Preconditioners come from the elastic tangent, as in a run, but for
the last two rows. What an iteration reads is counted in readings of half the matrix in double precision, as the
product takes them: one of these, and what the preconditioner reads, sweeps and the prolongation twice.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyamg.aggregation.aggregate import standard_aggregation
from pyamg.aggregation.tentative import fit_candidates
from scipy import sparse

import microtann as mt
from benchmarks import machine
from microtann.equilibrium import multigrid as levels
from microtann.equilibrium.linear import conjugate_gradients
from microtann.equilibrium.prolongation import largest_eigenvalue, smoothed_prolongation
from microtann.equilibrium.rigid import rigid_modes
from microtann.fem.assembly import FiniteElements
from microtann.system.crew import Crew

Array = NDArray[np.float64]
Apply = Callable[[Array], Array]
BOUNDS = {1: 4.0, 2: 4.0, 3: 8.0}
"""The largest eigenvalue over the smallest one that Chebyshev's polynomial of some degree damps."""
SWEPT = 1.0
"""Forward and backward sweep of half the matrix in single precision."""


def main(arguments: list[str]) -> None:
    """Print a table and write ``results/benchmarks/preconditioners.json``."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks preconditioners", description=__doc__)
    parser.add_argument("--size", type=int, default=14, help="elements along an edge")
    options = parser.parse_args(arguments)
    rows = measure(options.size)
    print(machine.table(rows, f"iterations of conjugate gradients, {options.size}³ hexahedra"))
    print(machine.write("preconditioners", rows))


def measure(size: int) -> list[dict[str, Any]]:
    """Return a row for every preconditioner."""
    mesh = mt.fem.box((1.0, 1.0, 1.0), (size, size, size))
    points, count = mesh.points, 3 * len(mesh.points)
    structure = FiniteElements(mesh, mt.fem.VonMises(210e3, 0.3, 300.0, 2e3))
    virgin = structure.virgin()

    def tangent(motion: Array) -> Any:
        return structure.evaluate(virgin, motion, motion, 1.0, True).tangent

    sheared = np.zeros((len(points), 3))
    sheared[:, 0] = 0.01 * points[:, 2] * (1.0 + 0.3 * np.sin(5.0 * points[:, 0]))
    elastic, flowing = tangent(np.zeros(count)), tangent(sheared.ravel())
    top = points[:, 2] > 1.0 - 1e-9
    held = np.zeros((len(points), 3), dtype=bool)
    held[top | (points[:, 2] < 1e-9)] = True
    free = ~held.ravel()
    moved = np.zeros((len(points), 3))
    moved[top, 0] = 0.01
    load = np.where(free, -(elastic.blocks() @ moved.ravel()), 0.0)

    crew = Crew()
    matrix, inverse = whole(elastic, held)
    matrix_flowing, inverse_flowing = whole(flowing, held)
    modes = np.where(held[:, :, None], 0.0, rigid_modes(points)).reshape(count, -1)
    smooth, coarse_modes = smoothed_prolongation(matrix, inverse, modes, crew)
    aggregates = aggregated(matrix, modes)

    def swept(matrix: Any, inverse: Array, prolongation: Any, coarse_from: Any, modes: Array) -> Apply:
        return levels.SweptLevel(matrix, inverse, prolongation, coarse(coarse_from, prolongation, modes), crew)

    def coarse(matrix: Any, prolongation: Any, modes: Array) -> Apply:
        return levels._hierarchy(levels._coarse_matrix(matrix, prolongation, crew), modes, crew)

    below = coarse(matrix, smooth, coarse_modes)
    transfers = reading(smooth, matrix)
    candidates: list[tuple[str, Apply, float]] = [
        (
            "Gauss-Seidel, smoothed aggregates",
            swept(matrix, inverse, smooth, matrix, coarse_modes),
            SWEPT + transfers,
        )
    ]
    for degree in BOUNDS:
        candidates.append(
            (
                f"Chebyshev of degree {degree}",
                chebyshev(matrix, inverse, smooth, below, degree),
                degree + transfers,
            )
        )
    candidates += [
        (
            "aggregates that are not smoothed",
            swept(matrix, inverse, aggregates[0], matrix, aggregates[1]),
            SWEPT + reading(aggregates[0], matrix),
        ),
        (
            "hierarchy of the flowing tangent, elastic prolongation",
            swept(matrix_flowing, inverse_flowing, smooth, matrix_flowing, coarse_modes),
            SWEPT + transfers,
        ),
        (
            "sweeps of the flowing tangent, elastic coarse grid",
            swept(matrix_flowing, inverse_flowing, smooth, matrix, coarse_modes),
            SWEPT + transfers,
        ),
    ]
    rows = []
    for name, apply, read in candidates:

        def on_free(vector: Array, apply: Apply = apply) -> Array:
            return np.where(free, apply(vector), 0.0)

        iterations = {}
        for where, operator in (("elastic", elastic), ("flowing", flowing)):

            def product(vector: Array, operator: Any = operator) -> Array:
                return np.where(free, operator @ vector, 0.0)

            iterations[where] = conjugate_gradients(product, on_free, load, 1e-8, 400).iterations
        rows.append(
            {"preconditioner": name}
            | iterations
            | {"read": round(read, 2), "all reads, flowing": round(iterations["flowing"] * (1.0 + read))}
        )
    return rows


def whole(tangent: Any, held: NDArray[np.bool_]) -> tuple[Any, Array]:
    """Return a tangent in blocks, held components uncoupled, and the inverses of its diagonal blocks."""
    matrix = tangent.blocks()
    levels._uncouple(matrix, ~held)
    matrix.sort_indices()
    return matrix, np.linalg.inv(matrix.data[levels._rows(matrix) == matrix.indices])


def aggregated(matrix: Any, modes: Array) -> tuple[Any, Array]:
    """Return the prolongation from aggregates as they are, and the modes on them."""
    graph = sparse.csr_array((np.ones(len(matrix.indices)), matrix.indices, matrix.indptr))
    prolongation, coarse = fit_candidates(standard_aggregation(graph)[0], modes)
    return sparse.bsr_array(prolongation, blocksize=(3, modes.shape[1])), coarse


def reading(prolongation: Any, matrix: Any) -> float:
    """Return what reading a prolongation twice in single precision is in readings of half a matrix in double."""
    return float(2 * prolongation.data.size / matrix.data.size)


def chebyshev(matrix: Any, inverse: Array, prolongation: Any, below: Apply, degree: int) -> Apply:
    """Return a V-cycle whose smoother is a polynomial of the matrix, scaled by its diagonal blocks."""
    n = len(inverse)
    scaling = sparse.bsr_array((inverse, np.arange(n), np.arange(n + 1)), shape=matrix.shape)
    largest = largest_eigenvalue(matrix, scaling, Crew())
    high, low = 1.05 * largest, largest / BOUNDS[degree]
    centre, radius = (high + low) / 2.0, (high - low) / 2.0

    def smoothed(load: Array, start: Array) -> Array:
        x, residual = start.copy(), load - matrix @ start
        ratio = radius / centre
        change = scaling @ residual / centre
        for k in range(degree):
            x += change
            if k + 1 < degree:
                residual = residual - matrix @ change
                following = 1.0 / (2.0 * centre / radius - ratio)
                change = following * ratio * change + 2.0 * following / radius * (scaling @ residual)
                ratio = following
        return x

    def cycle(load: Array) -> Array:
        x = smoothed(load, np.zeros_like(load))
        x = x + prolongation @ below(prolongation.T @ (load - matrix @ x))
        return smoothed(load, x)

    return cycle
