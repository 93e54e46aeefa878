"""Small data of a square unit, and of it with the plastic strains of its bars as given states."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import microtann as mt
from microtann.data.generate import generate
from microtann.data.increments import Dataset, Increments
from microtann.data.walks import WalkPlan


@pytest.fixture(scope="session")
def square() -> Dataset:
    return generate(mt.Lattice(mt.square_cell((1, 1))), WalkPlan(paths=60, steps=40))


@pytest.fixture(scope="session")
def many_walks() -> Dataset:
    """Enough of them to learn the return map to a thousandth."""
    return generate(mt.Lattice(mt.square_cell((1, 1))), WalkPlan(paths=400))


@pytest.fixture(scope="session")
def with_plastic_strain(square: Dataset) -> Dataset:
    return _with_plastic_strain(square)


@pytest.fixture(scope="session")
def many_with_plastic_strain(many_walks: Dataset) -> Dataset:
    return _with_plastic_strain(many_walks)


def _with_plastic_strain(square: Dataset) -> Dataset:
    """Return the data with a third group: plastic strain, which is what force and strain of a bar leave."""
    cell = square.microstructure.cell
    bars = cell.bars
    ends = cell.nodes[bars]
    along = ends[:, 1] - ends[:, 0]
    length = np.linalg.norm(along, axis=1)

    def plastic(coordinates: np.ndarray) -> np.ndarray:
        displacement = coordinates[:, : cell.nodes.size].reshape(-1, *cell.nodes.shape)
        moved = displacement[:, bars[:, 1]] - displacement[:, bars[:, 0]]
        strain = np.einsum("nbi,bi->nb", moved, along) / length**2
        return strain - coordinates[:, cell.nodes.size :] / cell.areas

    def widened(data: Increments) -> Increments:
        both = {name: getattr(data, name) for name in ("coordinates", "coordinates_next")}
        return replace(data, **{name: np.concatenate([a, plastic(a)], axis=1) for name, a in both.items()})

    sets = {name: widened(getattr(square, name)) for name in ("training", "validation", "test")}
    return replace(square, **sets, coordinate_shapes={**square.coordinate_shapes, "plastic_strain": (len(bars),)})
