"""Loading steps: displacements and forces at nodes that ramp to their values, the same for FE and DNS."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import ArrayLike, NDArray

from microtann.errors import InputError

Array = NDArray[np.float64]
Nodes = ArrayLike | Callable[[Array], ArrayLike]
"""Node indices, a mask, or a function of the points (N, d) that returns either."""
Value = ArrayLike | Callable[[Array], ArrayLike]
"""A number, one number per node, or a function of the chosen points that returns one number per node."""

AXES = {"x": 0, "y": 1, "z": 2}


@dataclass(frozen=True, eq=False)
class Prescribed:
    """A displacement component prescribed at nodes.

    Parameters
    ----------
    nodes : integer array, mask, or callable
        Node indices, a mask over all nodes, or a function of the points (N, d) that returns either.
    component : int or str
        0, 1, 2 or "x", "y", "z".
    value : float, array or callable
        Total displacement at the end of the step; a function gets the points of the chosen nodes.
    """

    nodes: Nodes
    component: int | str
    value: Value = 0.0


@dataclass(frozen=True, eq=False)
class NodalForce:
    """A force component at nodes; parameters as `Prescribed`, the value being the total force on each node."""

    nodes: Nodes
    component: int | str
    value: Value


@dataclass(frozen=True, eq=False)
class Step:
    """Loading that ramps linearly from the state at the start of the step.

    Parameters
    ----------
    prescribed : sequence of Prescribed
        Displacements held or moved in this step. Those of the step before that are not listed here are released:
        their reactions ramp to zero.
    forces : sequence of NodalForce
        Nodal forces at the end of the step; those of the step before that are not listed ramp to zero.
    increments : int
        Equal increments of the step.
    dt : float
        Duration of one increment.
    name : str
    """

    prescribed: Sequence[Prescribed] = ()
    forces: Sequence[NodalForce] = ()
    increments: int = 1
    dt: float = 1.0
    name: str = ""

    def __post_init__(self) -> None:
        if isinstance(self.increments, bool) or not isinstance(self.increments, int | np.integer):
            raise InputError(f"step {self.name!r}: increments must be an integer, got {self.increments!r}")
        if self.increments < 1:
            raise InputError(f"step {self.name!r} needs at least one increment, got {self.increments}")
        if not (np.isfinite(self.dt) and self.dt > 0):
            raise InputError(f"step {self.name!r}: dt must be positive and finite, got {self.dt!r}")


@dataclass(frozen=True, eq=False)
class Loading:
    """A step resolved on the points of a system.

    Parameters
    ----------
    held : array, shape (N, d)
        Which displacement components are prescribed.
    target : array, shape (N, d)
        Their values at the end of the step; zero elsewhere.
    force : array, shape (N, d)
        Nodal forces at the end of the step.
    """

    held: Bool[NDArray[np.bool_], "N d"]
    target: Float[Array, "N d"]
    force: Float[Array, "N d"]


def label(step: Step, number: int) -> str:
    """Return what messages call a step."""
    return f"step {number} ({step.name})" if step.name else f"step {number}"


def resolve(step: Step, points: Float[Array, "N d"], name: str = "step") -> Loading:
    """Return what a step prescribes at every node.

    Raises
    ------
    InputError
        If nodes or components do not exist, a value is not finite or has the wrong shape, or a component of a
        node is prescribed twice with different values.
    """
    held = np.zeros(points.shape, dtype=bool)
    target = np.zeros(points.shape)
    force = np.zeros(points.shape)
    for index, item in enumerate(step.prescribed):
        where = f"{name}, prescribed {index}"
        nodes, component, value = _entries(item, points, where)
        _check_repeated(nodes, value, f"{where}: component {component}")
        conflict = held[nodes, component] & (target[nodes, component] != value)
        if conflict.any():
            node = int(nodes[conflict][0])
            raise InputError(
                f"{where}: component {component} of node {node} is prescribed twice, as "
                f"{target[node, component]:g} and {value[conflict][0]:g}"
            )
        held[nodes, component] = True
        target[nodes, component] = value
    for index, load in enumerate(step.forces):
        nodes, component, value = _entries(load, points, f"{name}, force {index}")
        np.add.at(force[:, component], nodes, value)
    return Loading(held, target, force)


def _check_repeated(nodes: NDArray[np.int64], value: Array, where: str) -> None:
    """Refuse nodes that are listed several times with different values."""
    order = np.argsort(nodes, kind="stable")
    again = (np.diff(nodes[order]) == 0) & (np.diff(value[order]) != 0)
    if again.any():
        first, second = order[np.flatnonzero(again)[0] : np.flatnonzero(again)[0] + 2]
        raise InputError(
            f"{where} of node {nodes[first]} is prescribed twice, as {value[first]:g} and {value[second]:g}"
        )


def select(
    chosen: Nodes, points: Float[Array, "N d"], where: str = "nodes", what: str = "node"
) -> Int[NDArray[np.int64], "k"]:
    """Return indices of points from indices, a mask, or a function of the points.

    Parameters
    ----------
    chosen : integer array, mask, or callable
    points : array, shape (N, d)
    where, what : str
        What a message calls the choice, and one of the points.

    Raises
    ------
    InputError
        If there are none, or an index is out of range.
    """
    index = np.asarray(chosen(points) if callable(chosen) else chosen)
    if index.dtype == bool:
        if index.shape != (len(points),):
            raise InputError(f"{where}: the mask must have shape ({len(points)},), got {index.shape}")
        index = np.flatnonzero(index)
    if index.size == 0:
        raise InputError(f"{where}: no {what} is selected")
    if not np.issubdtype(index.dtype, np.integer):
        raise InputError(f"{where}: {what}s are integers or a mask, got an array of {index.dtype}")
    index = np.atleast_1d(index).reshape(-1).astype(np.int64)
    bad = (index < 0) | (index >= len(points))
    if bad.any():
        last = len(points) - 1
        raise InputError(f"{where}: there is no {what} {index[bad][0]}; {what}s are numbered 0 to {last}")
    return index


def _entries(
    item: Prescribed | NodalForce, points: Array, where: str
) -> tuple[NDArray[np.int64], int, NDArray[np.float64]]:
    nodes = select(item.nodes, points, where)
    component = AXES.get(item.component, -1) if isinstance(item.component, str) else item.component
    if (
        isinstance(component, bool)
        or not isinstance(component, int | np.integer)
        or not 0 <= component < points.shape[1]
    ):
        raise InputError(f"{where}: there is no component {item.component!r} in {points.shape[1]} dimensions")
    given = item.value(points[nodes]) if callable(item.value) else item.value
    try:
        value = np.broadcast_to(np.asarray(given, dtype=np.float64), nodes.shape)
    except (TypeError, ValueError):
        raise InputError(f"{where}: give one number, or one for each of the {len(nodes)} nodes") from None
    if not np.isfinite(value).all():
        node = int(nodes[~np.isfinite(value)][0])
        raise InputError(f"{where}: the value at node {node} is not finite")
    return nodes, int(component), value
