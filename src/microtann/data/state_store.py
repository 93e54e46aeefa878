"""The internal coordinates of the states of a set, each once, and where those of every increment are."""

from __future__ import annotations

from collections.abc import Mapping

import h5py
import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from microtann.data.blocks import Block
from microtann.data.increments import Increments
from microtann.data.schema import STATE_ROWS, STATES, Layout

Array = NDArray[np.float64]


class StateStore:
    """What a set of a file holds of its states (docs/data-format.md), written part by part.

    Parameters
    ----------
    file : h5py.File
    name : str
        Of the set.
    layout : Layout
    single : bool
        Whether they are 32-bit floats.
    """

    def __init__(self, file: h5py.File, name: str, layout: Layout, single: bool = False) -> None:
        shapes, dtype = layout.coordinate_shapes, "<f4" if single else "<f8"
        self._columns = layout.columns
        self._blocks = {
            key: Block(file, f"{name}/{STATES}/{key}", (0, *shape), dtype, growing=True)
            for key, shape in shapes.items()
        }
        self._shapes = shapes
        self._rows = [Block(file, f"{name}/{at}", (0,), "<i8", growing=True) for at in STATE_ROWS if shapes]
        self._count = 0
        self._last: Array = np.zeros(0)

    def append_path(self, coordinates: Mapping[str, Array]) -> None:
        """Write the states of a whole path, shape (K, ...) each; those with a NaN are not kept."""
        if not self._blocks:
            return
        kept = np.all([np.isfinite(v.reshape(len(v), -1)).all(axis=1) for v in coordinates.values()], axis=0)
        at = np.where(kept, self._count + np.cumsum(kept) - 1, -1)
        self._write({name: coordinates[name][kept] for name in self._blocks}, at[:-1], at[1:])

    def append_increments(self, part: Increments) -> None:
        """Write the states of increments; one that begins where that before it ends shares its state."""
        if not self._blocks or not len(part):
            return
        starts, ends = part.coordinates, part.coordinates_next
        before = np.concatenate(
            [self._last[None] if len(self._last) else np.full_like(ends[:1], np.nan), ends[:-1]]
        )
        goes_on = (starts == before).all(axis=1)
        begins = ~goes_on & np.isfinite(starts).all(axis=1)
        kept = np.isfinite(ends).all(axis=1)
        stop = self._count + np.cumsum(begins.astype(np.int64) + kept)
        at_next = np.where(kept, stop - 1, -1)
        at = np.where(begins | goes_on, stop - 1 - kept, -1)
        pairs = np.stack([starts, ends], axis=1).reshape(-1, starts.shape[1])
        states = pairs[np.stack([begins, kept], axis=1).reshape(-1)]
        parts = {
            name: states[:, self._columns[name]].reshape(len(states), *self._shapes[name]) for name in self._blocks
        }
        self._write(parts, at, at_next)
        self._last = ends[-1]

    def close(self) -> None:
        """Write the checksums."""
        for block in (*self._blocks.values(), *self._rows):
            block.close()

    def _write(
        self,
        states: Mapping[str, Float[Array, "m ..."]],
        at: Int[NDArray[np.int64], "n"],
        at_next: Int[NDArray[np.int64], "n"],
    ) -> None:
        for name, block in self._blocks.items():
            block.append(states[name])
        for block, rows in zip(self._rows, (at, at_next), strict=True):
            block.append(rows)
        self._count += len(next(iter(states.values())))
