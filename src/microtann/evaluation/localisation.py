"""Localisation: the exact cell solved again along the strains that chosen Gauss points have followed.

A network of few states decodes the bars of a cell only so well. Where bars matter, at a few places, the cell
itself can be solved along the strain history that the finite elements have found there: what is then left of the
network's error is that of the strains. It costs as many cell solves as there are Gauss points around these places,
times the increments, and no iteration.
"""

from __future__ import annotations

import time
from collections import deque

import numpy as np
from jaxtyping import Int
from numpy.typing import NDArray

from microtann.errors import InputError
from microtann.evaluation.nodal_states import Share
from microtann.fem.model import Result
from microtann.fem.replay import durations, follow, strain_histories
from microtann.microstructure.bars.exact_cell import ExactCell
from microtann.tann.hybrid import Hybrid
from microtann.tann.model import TANN

Array = NDArray[np.float64]
IntArray = NDArray[np.int64]
CHUNK = 1024
"""Gauss points whose cells are solved together."""


class SolvedStates:
    """Plastic strains of the exact cell at nodes of a mesh, solved where they are asked for.

    Parameters
    ----------
    result : Result
    material : TANN, Hybrid or ExactCell
        That of the result, of a lattice.

    Attributes
    ----------
    points : int
        Gauss points that were solved so far.
    increments : int
        Increments of each.
    seconds : float
        CPU time of it.

    Raises
    ------
    InputError
        If the material stands for no lattice, or has extra state variables, which a cell does not know.
    """

    def __init__(self, result: Result, material: TANN | Hybrid | ExactCell) -> None:
        self._result = result
        self._exact = exact_cell_of(material)
        self._rows = np.full(len(result.mesh.cells), -1)
        self._plastic: list[Array] = []
        self.points, self.seconds = 0, 0.0
        self.increments = len(result.time) + len(result.parts)

    def at(self, nodes: Int[IntArray, "k"]) -> list[Share]:
        """Return the states at some nodes; the cells at the Gauss points around them are solved once."""
        mesh = self._result.mesh
        place = np.full(len(mesh.points), -1)
        place[nodes] = np.arange(len(nodes))
        cells = cells_around(self._result, nodes)
        self._solve(cells[self._rows[cells] < 0])
        weights = mesh.weights[cells]
        plastic = np.einsum("eg,egm->em", weights, np.stack([self._plastic[row] for row in self._rows[cells]]))
        strain = np.einsum("eg,egv->ev", weights, self._result.strain[cells])
        volume = np.zeros(len(nodes))
        sums = tuple(np.zeros((len(nodes), values.shape[1])) for values in (plastic, strain))
        for corner in place[mesh.cells[cells]].T:
            touched = corner >= 0
            np.add.at(volume, corner[touched], weights[touched].sum(axis=1))
            for total, values in zip(sums, (plastic, strain), strict=True):
                np.add.at(total, corner[touched], values[touched])
        state, strains = (total / volume[:, None] for total in sums)
        return [Share(self._exact.decode, np.ones(len(nodes)), state, strains)]

    def _solve(self, cells: Int[IntArray, "e"]) -> None:
        """Solve the exact cell at all Gauss points of some cells of the mesh."""
        begin = time.process_time()
        gauss, dt = self._result.mesh.element.gauss_points, durations(self._result)
        step = max(1, CHUNK // gauss)
        for first in range(0, len(cells), step):
            part = cells[first : first + step]
            points = (part[:, None] * gauss + np.arange(gauss)).ravel()
            strain = strain_histories(self._result, points)
            ((_, state),) = deque(follow(self._exact, strain, dt), maxlen=1)
            self._rows[part] = len(self._plastic) + np.arange(len(part))
            self._plastic += list(state["plastic_strain"].reshape(len(part), gauss, -1))
            self.points += len(points)
        self.seconds += time.process_time() - begin


def exact_cell_of(material: TANN | Hybrid | ExactCell) -> ExactCell:
    """Return the exact cell of the lattice that a material stands for.

    Raises
    ------
    InputError
        If it stands for no lattice, or has extra state variables.
    """
    if isinstance(material, ExactCell):
        return material
    if isinstance(material, Hybrid):
        return material.exact
    if material.cell is None or material.bar is None:
        raise InputError("the model names no lattice, so that there is no exact cell to solve again")
    if material.information.extra_names:
        raise InputError("solving again needs a model without extra state variables: the exact cell has none")
    return ExactCell(material.cell, material.bar)


def cells_around(result: Result, nodes: Int[IntArray, "k"]) -> Int[IntArray, "e"]:
    """Return the cells of the mesh that have one of some nodes."""
    chosen = np.zeros(len(result.mesh.points), dtype=bool)
    chosen[nodes] = True
    return np.flatnonzero(chosen[result.mesh.cells].any(axis=1))
