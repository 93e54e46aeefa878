"""Loading steps: displacements and forces at nodes that ramp to their values, the same for FE and DNS."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import ArrayLike, NDArray

from microtann.equilibrium.unknowns import NodalUnknowns
from microtann.errors import InputError

Array = NDArray[np.float64]
Nodes = ArrayLike | Callable[[Array], ArrayLike]
"""Node indices, a mask, a function of the points (N, d) that returns either, or the name of a set of the mesh."""
LoadValue = ArrayLike | Callable[[Array], ArrayLike]
"""A number, one number per node, or a function of the chosen points that returns one number per node."""

AXIS_NUMBERS = {"x": 0, "y": 1, "z": 2}
SAME = 16.0 * float(np.finfo(np.float64).eps)
"""Displacements whose difference is this fraction of the body or of the largest of them are the same: functions of
the coordinates leave as much."""


@dataclass(frozen=True, eq=False)
class Prescribed:
    """A displacement component prescribed at nodes.

    Parameters
    ----------
    nodes : integer array, mask, callable or str
        Node indices, a mask over all nodes, a function of the points (N, d) that returns either, or the name of a
        set of the mesh.
    component : int or str
        0, 1, 2 or "x", "y", "z"; of frames also a rotation, "rz" in the plane and "rx", "ry", "rz" in space.
    value : float, array or callable
        Total displacement (or angle) at the end of the step; a function gets the points of the chosen nodes.
    """

    nodes: Nodes
    component: int | str
    value: LoadValue = 0.0


@dataclass(frozen=True, eq=False)
class NodalForce:
    """A force component at nodes, or a moment about "rz", say, of a frame.

    Parameters are as in `Prescribed`, the value being the total force or moment on each node.
    """

    nodes: Nodes
    component: int | str
    value: LoadValue


@runtime_checkable
class Named(Protocol):
    """A mesh whose sets of nodes have names."""

    @property
    def sets(self) -> Mapping[str, Int[NDArray[np.int64], "_"]]:
        """Node indices by name."""
        ...


@runtime_checkable
class DistributedLoad(Protocol):
    """A load on something larger than nodes, such as `microtann.fem.Pressure` and `microtann.fem.Traction`."""

    def nodal_forces(self, mesh: Any, where: str) -> Float[Array, "N d"]:
        """Return the equivalent forces on the nodes of a mesh; ``where`` is what messages call the load.

        Raises
        ------
        InputError
            If the load does not fit the mesh; a lattice has none (None).
        """
        ...


@dataclass(frozen=True, eq=False)
class Step:
    """Loading that ramps linearly from the state at the start of the step.

    Parameters
    ----------
    prescribed : sequence of Prescribed
        Displacements held or moved in this step. Those of the step before that are not listed here are released:
        their reactions ramp to zero.
    forces : sequence of NodalForce, Pressure, Traction or Shear
        Loads at the end of the step; those of the step before that are not listed ramp to zero.
    increments : int
        Equal increments of the step.
    dt : float
        Duration of one increment.
    name : str
    """

    prescribed: Sequence[Prescribed] = ()
    forces: Sequence[NodalForce | DistributedLoad] = ()
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
    held : array, shape (N, u)
        Which displacement components (and rotations) are prescribed.
    target : array, shape (N, u)
        Their values at the end of the step; zero elsewhere.
    force : array, shape (N, u)
        Nodal forces at the end of the step.
    """

    held: Bool[NDArray[np.bool_], "N u"]
    target: Float[Array, "N u"]
    force: Float[Array, "N u"]


def label(step: Step, number: int) -> str:
    """Return what messages call the step of an index: they count from 1."""
    return f"step {number + 1} ({step.name})" if step.name else f"step {number + 1}"


def resolve(
    step: Step,
    points: Float[Array, "N d"],
    name: str = "step",
    mesh: Any = None,
    unknowns: NodalUnknowns | None = None,
) -> Loading:
    """Return what a step prescribes at every node.

    Parameters
    ----------
    step : Step
    points : array, shape (N, d)
    name : str
        What messages call the step.
    mesh : Named, optional
        Mesh of the points, whose sets have names and on whose faces loads may act; lattices have none.
    unknowns : NodalUnknowns, optional
        Of every node; its displacement if left out.

    Raises
    ------
    InputError
        If nodes, sets or components do not exist, a value is not finite or has the wrong shape, or a component of
        a node is prescribed twice with values that differ by more than round-off.
    """
    sets = mesh.sets if isinstance(mesh, Named) else {}
    unknowns = NodalUnknowns(points.shape[1]) if unknowns is None else unknowns
    shape = (len(points), unknowns.count)
    held, target, force = np.zeros(shape, dtype=bool), np.zeros(shape), np.zeros(shape)
    for index, item in enumerate(step.prescribed, 1):
        where = f"{name}, prescribed {index}"
        nodes, component, value = _entries(item, points, where, sets, unknowns)
        value = value * (unknowns.length if component >= unknowns.dimension else 1.0)
        largest = max(float(np.abs(v).max()) for v in (value, target, np.ptp(points, axis=0)))
        _hold(
            held[:, component],
            target[:, component],
            nodes,
            value,
            SAME * largest,
            f"{where}: component {component}",
        )
    for index, load in enumerate(step.forces, 1):
        where = f"{name}, force {index}"
        if isinstance(load, DistributedLoad):
            force += load.nodal_forces(mesh, where)
            continue
        nodes, component, value = _entries(load, points, where, sets, unknowns)
        value = value / (unknowns.length if component >= unknowns.dimension else 1.0)
        np.add.at(force[:, component], nodes, value)
    return Loading(held, target, force)


def _hold(
    held: Bool[NDArray[np.bool_], "N"],
    target: Float[Array, "N"],
    nodes: Int[NDArray[np.int64], "k"],
    value: Float[Array, "k"],
    same: float,
    where: str,
) -> None:
    """Hold nodes in place; of values that differ by round-off the first one counts.

    Parameters
    ----------
    held, target : array, shape (N,)
        Which nodes are held, and at what displacement; changed.
    nodes : integer array, shape (k,)
        A node may come more than once.
    value : array, shape (k,)
    same : float
        Values that differ by more contradict each other.
    where : str
        What a message begins with.

    Raises
    ------
    InputError
        If a node is prescribed twice with different values.
    """
    unique, first, place = np.unique(nodes, return_index=True, return_inverse=True)
    kept = np.where(held[unique], target[unique], value[first])
    conflict = np.flatnonzero(np.abs(kept[place] - value) > same)
    if conflict.size:
        entry = conflict[0]
        raise InputError(
            f"{where} of node {nodes[entry]} is prescribed twice, as {kept[place[entry]]:g} and {value[entry]:g}"
        )
    held[unique], target[unique] = True, kept


def select_nodes(
    chosen: Nodes,
    points: Float[Array, "N d"],
    where: str = "nodes",
    what: str = "node",
    sets: Mapping[str, Int[NDArray[np.int64], "_"]] | None = None,
) -> Int[NDArray[np.int64], "k"]:
    """Return indices of points from indices, a mask, a function of the points, or the name of a set.

    Parameters
    ----------
    chosen : integer array, mask, callable or str
    points : array, shape (N, d)
    where, what : str
        What a message calls the choice, and one of the points.
    sets : mapping, optional
        Indices by name.

    Raises
    ------
    InputError
        If there are none, an index is out of range, or a name is not known.
    """
    if isinstance(chosen, str):
        if not sets or chosen not in sets:
            known = ", ".join(map(repr, sets or {})) or "none"
            raise InputError(f"{where}: there is no set of {what}s {chosen!r}; the mesh has: {known}")
        return sets[chosen]
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
    item: Prescribed | NodalForce,
    points: Array,
    where: str,
    sets: Mapping[str, NDArray[np.int64]],
    unknowns: NodalUnknowns,
) -> tuple[NDArray[np.int64], int, NDArray[np.float64]]:
    nodes = select_nodes(item.nodes, points, where, sets=sets)
    component = item.component
    if isinstance(component, str):
        component = unknowns.names.index(component) if component in unknowns.names else -1
    if (
        isinstance(component, bool)
        or not isinstance(component, int | np.integer)
        or not 0 <= component < unknowns.count
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
