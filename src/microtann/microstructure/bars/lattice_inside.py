"""A lattice inside a structure: copies of the nodes and bars of its cell, at every place that the cells fill."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

from microtann.errors import InputError
from microtann.microstructure.bars.cells.cell import UnitCell
from microtann.microstructure.bars.condensed.solve import affine_displacement

Array = NDArray[np.float64]
IntArray = NDArray[np.int64]
MATCH_TOLERANCE = 1e-6
"""Distance, relative to a cell, below which a node of the lattice is a copy of a node of the cell."""


@dataclass(frozen=True, eq=False)
class LatticeInside:
    """The periodic lattice that copies of a cell make in a structure.

    Parameters
    ----------
    cell : UnitCell
    cell_size : float
        Length of the first lattice vector of the cell in the structure.
    origin : (float, ...)
        Where the coordinate origin of the cell lies in the structure, up to lattice vectors.
    """

    cell: UnitCell
    cell_size: float
    origin: ArrayLike

    @property
    def scale(self) -> float:
        """Size of a cell in the structure over that of the cell itself."""
        return float(self.cell_size / np.linalg.norm(self.cell.periods[0]))

    def places(self, points: Float[Array, "p d"]) -> tuple[Int[IntArray, "p"], Int[IntArray, "p d"]]:
        """Return the distinct node of the cell that every node of the lattice is a copy of, and its translation.

        Raises
        ------
        InputError
            If a point is no node of the lattice.
        """
        cell = self.cell
        inverse = np.linalg.inv(cell.periods)
        base = cell.nodes[self._first] @ inverse
        fractional = (points - np.asarray(self.origin, dtype=np.float64)) / self.scale @ inverse
        tree = cKDTree(_wrapped(base), boxsize=np.ones(cell.dimension))
        nearest = tree.query(_wrapped(fractional))
        distance, node = np.asarray(nearest[0]), np.asarray(nearest[1], dtype=np.int64)
        if distance.max(initial=0.0) > MATCH_TOLERANCE:
            bad = ", ".join(f"{x:g}" for x in points[int(distance.argmax())])
            raise InputError(f"({bad}) is no node of the lattice with cells of {self.cell_size:g}")
        return node, np.rint(fractional - base[node]).astype(np.int64)

    def families(self, points: Float[Array, "N d"], bars: Int[NDArray[np.integer], "k 2"]) -> Int[IntArray, "k"]:
        """Return the distinct bar of the cell that every bar of the lattice is a copy of.

        Raises
        ------
        InputError
            If there is none.
        """
        cell = self.cell
        nodes, listed = cell.distinct_nodes, cell.bars
        keys = _keys(nodes.of_node[listed], nodes.image[listed])
        known = dict(zip(keys, cell.distinct_bars.of_bar.tolist(), strict=True))
        known |= {(b, a, *(-i for i in shift)): bar for (a, b, *shift), bar in list(known.items())}
        ends, which = np.unique(np.asarray(bars), return_inverse=True)
        node, shift = self.places(points[ends])
        pairs = which.reshape(len(bars), 2)
        try:
            return np.array([known[key] for key in _keys(node[pairs], shift[pairs])], dtype=np.int64)
        except KeyError:
            raise InputError("a bar is not one of the lattice that the cell makes") from None

    @cached_property
    def _first(self) -> Int[IntArray, "n"]:
        """One listed node of every distinct node."""
        return np.unique(self.cell.distinct_nodes.of_node, return_index=True)[1]

    def fluctuation_and_stress(
        self, coordinates: Mapping[str, Array], strain: Float[Array, "p v"]
    ) -> tuple[Float[Array, "p n d"], Float[Array, "p m"]]:
        """Return the zero-mean fluctuation of the distinct nodes and the stress of the distinct bars.

        Parameters
        ----------
        coordinates : mapping of arrays
            "displacement" (p, N, d) and "force" (p, M).
        strain : array, shape (p, v)

        Returns
        -------
        fluctuation : array, shape (p, n, d)
            In the length of the cell itself.
        stress : array, shape (p, m)
        """
        cell = self.cell
        listed = coordinates["displacement"] - affine_displacement(cell, strain)
        nodes, bars = cell.distinct_nodes, cell.distinct_bars.representative
        # a network may decode copies of one node a little apart
        copies = np.bincount(nodes.of_node)
        fluctuation = np.zeros((len(strain), nodes.count, cell.dimension))
        for node, moved in zip(
            nodes.of_node, (listed / copies[nodes.of_node][:, None]).transpose(1, 0, 2), strict=True
        ):
            fluctuation[:, node] += moved
        fluctuation -= fluctuation.mean(axis=1, keepdims=True)
        return fluctuation, coordinates["force"][:, bars] / cell.areas[bars]


def _wrapped(fractional: Float[Array, "p d"]) -> Float[Array, "p d"]:
    wrapped = fractional - np.floor(fractional)
    wrapped[wrapped >= 1.0] = 0.0
    return wrapped


def _keys(nodes: Int[IntArray, "k 2"], shift: Int[IntArray, "k 2 d"]) -> list[tuple[int, ...]]:
    """Return what names a bar: its distinct nodes and the translation between them."""
    return [tuple(row) for row in np.column_stack([nodes, shift[:, 1] - shift[:, 0]]).tolist()]
