"""Localisation: what happens inside the microstructure at places of a homogenised structure.

The states that a result keeps can be decoded. A network of few states decodes only so well; where that matters, at
a few places, the microstructure itself can be solved along the strain history that the finite elements have found
there: what is then left of the network's error is that of the strains. It costs as many solves as there are Gauss
points around these places, times the increments, and no iteration.
"""

from __future__ import annotations

import time
from collections import deque
from typing import Literal, get_args

import numpy as np
from jaxtyping import Int
from numpy.typing import ArrayLike, NDArray

from microtann.errors import InputError
from microtann.evaluation.nodal_states import (
    RESULTS,
    DecodingMaterial,
    KeptStates,
    NodalShare,
    NodalStates,
    require_decoding,
)
from microtann.fem.locate import locate
from microtann.fem.model import Result
from microtann.fem.replay import durations, follow, strain_histories
from microtann.materials.protocol import State
from microtann.microstructure.protocol import Microstructure

Array = NDArray[np.float64]
IntArray = NDArray[np.int64]
Localisation = Literal["decode", "solve"]
CHUNK = 1024
"""Gauss points that are solved together, and nodes that are decoded together."""


def check_localisation(localisation: str) -> None:
    """Refuse a name of a localisation that does not exist.

    Raises
    ------
    InputError
    """
    if localisation not in get_args(Localisation):
        known = " or ".join(map(repr, get_args(Localisation)))
        raise InputError(f"the localisation is {known}, got {localisation!r}")


def nodal_states(result: Result, material: DecodingMaterial, localisation: str) -> NodalStates:
    """Return the states at the nodes of a mesh.

    Parameters
    ----------
    result : Result
    material : DecodingMaterial
        That of the result.
    localisation : {"decode", "solve"}
        The states that the result keeps, or those of the exact microstructure solved again where they are asked
        for.

    Raises
    ------
    InputError
        If there is no such localisation, or nothing that could be solved.
    """
    check_localisation(localisation)
    return SolvedStates(result, material) if localisation == "solve" else KeptStates(result, material)


def coordinates_at(
    result: Result, material: object, points: ArrayLike, localisation: str = "decode"
) -> dict[str, Array]:
    """Return the internal coordinates of the microstructure at places of a structure, at the end of its loading.

    Parameters
    ----------
    result : Result
        Of finite elements with the material.
    material : DecodingMaterial
        A TANN, a hybrid, or a microstructure itself.
    points : array, shape (p, d)
        Places in the undeformed mesh.
    localisation : {"decode", "solve"}
        Decode the states at the Gauss points, or solve the microstructure again along the strains that those
        around have followed.

    Returns
    -------
    dict of arrays, shape (p, *group)
        By the name of the group; interpolated between the nodes of the mesh.

    Raises
    ------
    InputError
        If the material decodes nothing, nothing can be solved, or a point lies in no element.

    Examples
    --------
    >>> import microtann as mt
    >>> material = mt.Lattice(mt.cube_cell())
    >>> sides = [mt.fem.Prescribed(lambda x: x[:, 2] >= 0, a, lambda x: 0.2 * x[:, 2]) for a in "xyz"]
    >>> result = mt.fem.Model(mt.fem.box((1, 1, 1), (2, 2, 2)), material).solve([mt.fem.Step(sides)])
    >>> mt.coordinates_at(result, material, [[0.5, 0.5, 0.5]])["force"].shape
    (1, 28)
    """
    located = locate(result.mesh, np.asarray(points, dtype=np.float64))
    states = nodal_states(result, require_decoding(material), localisation)
    nodes, place = np.unique(located.nodes, return_inverse=True)
    place = place.reshape(located.nodes.shape)
    whole: dict[str, Array] = {}
    for share in states.at(nodes):
        for name, values in share.decode(share.state).items():
            flat = share.weight[:, None] * values.reshape(len(nodes), -1)
            at = np.einsum("pk,pkc->pc", located.values, flat[place]).reshape(len(place), *values.shape[1:])
            whole[name] = whole[name] + at if name in whole else at
    return whole


class SolvedStates:
    """States of the exact microstructure at nodes of a mesh, solved where they are asked for.

    Parameters
    ----------
    result : Result
    material : DecodingMaterial
        That of the result, which stands for a microstructure that can be solved.

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
        If the microstructure cannot be solved, or the material has extra state variables, which it does not know.
    """

    def __init__(self, result: Result, material: DecodingMaterial) -> None:
        self._result = result
        self._exact = exact_microstructure(material)
        self._rows = np.full(result.mesh.cell_count, -1)
        self._states: list[tuple[float, State]] = []
        self.points, self.seconds = 0, 0.0
        self.increments = len(result.time) + len(result.parts)

    def at(self, nodes: Int[IntArray, "k"]) -> list[NodalShare]:
        """Return the states at some nodes; the cells at the Gauss points around them are solved once."""
        mesh = self._result.mesh
        place = np.full(len(mesh.points), -1)
        place[nodes] = np.arange(len(nodes))
        cells = cells_around(self._result, nodes)
        self._solve(cells[self._rows[cells] < 0])
        kept = [self._states[row] for row in self._rows[cells]]
        sizes = np.array([cell_volume for cell_volume, _ in kept])
        means = {name: np.stack([state[name] for _, state in kept]) for name in kept[0][1]}
        volume = np.zeros(len(nodes))
        sums = {name: np.zeros((len(nodes), *values.shape[1:])) for name, values in means.items()}
        for block in mesh.blocks:
            own = (cells >= block.numbers.start) & (cells < block.numbers.stop)
            for corner in place[block.cells[cells[own] - block.first]].T:
                touched = corner >= 0
                np.add.at(volume, corner[touched], sizes[own][touched])
                for name, values in means.items():
                    np.add.at(sums[name], corner[touched], values[own][touched])
        state = {name: total / volume.reshape(-1, *(1,) * (total.ndim - 1)) for name, total in sums.items()}
        return [NodalShare(self._exact.decode, np.ones(len(nodes)), state)]

    def _solve(self, cells: Int[IntArray, "e"]) -> None:
        """Solve the microstructure at all Gauss points of some cells of the mesh."""
        begin = time.process_time()
        mesh, dt = self._result.mesh, durations(self._result)
        strains = self._result.strain.reshape(mesh.weights.size, -1)
        step = max(1, CHUNK // max(block.element.gauss_points for block in mesh.blocks))
        for first in range(0, len(cells), step):
            part = cells[first : first + step]
            points = mesh.gauss_points(part)
            ((_, state),) = deque(follow(self._exact, strain_histories(self._result, points), dt), maxlen=1)
            self._rows[part] = len(self._states) + np.arange(len(part))
            weights, starts = mesh.weights.ravel()[points], np.searchsorted(points, mesh.first_points[part])
            own = {name: values for name, values in state.items() if name not in RESULTS}
            own["strain"] = strains[points]
            sums = {name: np.add.reduceat(_weighted(weights, values), starts) for name, values in own.items()}
            volumes = np.add.reduceat(weights, starts)
            self._states += [
                (float(volumes[row]), {name: values[row] for name, values in sums.items()})
                for row in range(len(part))
            ]
            self.points += len(points)
        self.seconds += time.process_time() - begin


def exact_microstructure(material: DecodingMaterial) -> Microstructure:
    """Return the microstructure that a material stands for, to be solved in its place.

    Raises
    ------
    InputError
        If it names none that can be solved, or the material has extra state variables.
    """
    microstructure = material.microstructure
    if microstructure is None or not microstructure.solvable:
        raise InputError(
            "the model names no microstructure that can be solved, so that there is nothing to solve again"
        )
    if "extra" in material.initial_state(0):
        raise InputError("solving again needs a model without extra state variables: its microstructure has none")
    return microstructure


def cells_around(result: Result, nodes: Int[IntArray, "k"]) -> Int[IntArray, "e"]:
    """Return the cells of the mesh that have one of some nodes."""
    chosen = np.zeros(len(result.mesh.points), dtype=bool)
    chosen[nodes] = True
    return np.flatnonzero(np.concatenate([chosen[block.cells].any(axis=1) for block in result.mesh.blocks]))


def _weighted(weights: Float[Array, "p"], values: Float[Array, "p *k"]) -> Float[Array, "p *k"]:
    """Return values times the volumes of their points."""
    return values * weights.reshape(-1, *(1,) * (values.ndim - 1))
