"""Increments of a lattice cell along random strain walks (paper, Section IV.A)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import NDArray

import microtann
from microtann.data.extent import require_finite, require_range, require_room_in_memory
from microtann.data.increments import Dataset, Increments
from microtann.data.walks import WalkPlan, Walks, draw_walks, split_paths
from microtann.errors import ConvergenceError
from microtann.microstructure.bars.cells.bar import ElastoplasticBar
from microtann.microstructure.bars.cells.cell import UnitCell
from microtann.microstructure.bars.condensed.condensation import CondensedCell, condense
from microtann.microstructure.bars.condensed.flow import follow
from microtann.microstructure.bars.condensed.solve import cell_response
from microtann.microstructure.bars.lattice import Lattice
from microtann.numbers.coordinates import width
from microtann.system.code_digest import code_digest
from microtann.system.threads import one_blas_thread

Array = NDArray[np.float64]
Progress = Callable[[int, int], object]
"""Called with the increments done and the increments in all."""

BLOCK_VALUES = 2_000_000
BLOCK_PATHS = 64

DIMENSIONLESS = dict.fromkeys(("strain", "stress", "energy", "dissipation", "time"), "1")


@dataclass(frozen=True, eq=False)
class CellStates:
    """The states of B walks of a cell: the virgin state, then the state after each of S moving increments."""

    stress: Float[Array, "B S1 v"]
    energy: Float[Array, "B S1"]
    dissipation: Float[Array, "B S1"]
    coordinates: Float[Array, "B S1 c"]


def generate(
    cell: UnitCell,
    bar: ElastoplasticBar,
    plan: WalkPlan | None = None,
    *,
    units: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> Dataset:
    """Solve a cell exactly along random strain walks and keep every increment in memory.

    Parameters
    ----------
    cell : UnitCell
    bar : ElastoplasticBar
    plan : WalkPlan, optional
        The walks; by default 300 of 100 increments. Its strains scale with the strain at first yield of the bars.
    units : mapping, optional
        Units of strain, stress, energy, dissipation, time, displacement and force; "1", dimensionless, where
        nothing is said. They are written beside the data and change no number.
    progress : callable, optional
        Called with the increments done and the increments in all.

    Returns
    -------
    Dataset
        The rows of a set are ordered by path and step. Internal coordinates are the nodal displacements and the
        bar forces.

    Raises
    ------
    InputError
        If the plan does not fit the cell, its increments would not fit into the memory of the machine, or its
        energies would overflow.
    CellError
        If the cell is a mechanism or the material does not fit it.
    ConvergenceError
        If the flow of some increment was not found; the message names the path.

    See Also
    --------
    microtann.data.shards.generate_to : the same into a file, resumable and in parallel.

    Examples
    --------
    >>> import microtann as mt
    >>> from microtann.data.generate import generate
    >>> from microtann.data.walks import WalkPlan
    >>> dataset = generate(mt.square_cell(), mt.ElastoplasticBar(), WalkPlan(paths=20, steps=10))
    >>> len(dataset.training), len(dataset.validation), len(dataset.test)
    (140, 30, 30)
    """
    plan = plan or WalkPlan()
    require_room_in_memory(cell, plan)
    sets = split_paths(plan)
    count = width(coordinate_shapes(cell))
    parts = [empty_increments(len(paths) * plan.steps, cell.components, count) for paths in sets]
    filled = [0, 0, 0]
    for last, rows in solve_blocks(cell, bar, plan, 0, plan.paths):
        for i, paths in enumerate(sets):
            chosen = np.isin(rows.path, paths)
            stop = filled[i] + int(np.count_nonzero(chosen))
            for f in fields(Increments):
                getattr(parts[i], f.name)[filled[i] : stop] = getattr(rows, f.name)[chosen]
            filled[i] = stop
        if progress is not None:
            progress(last * plan.steps, plan.increments)
    return replace(describe(cell, bar, plan, units), training=parts[0], validation=parts[1], test=parts[2])


def describe(
    cell: UnitCell, bar: ElastoplasticBar, plan: WalkPlan, units: Mapping[str, str] | None = None
) -> Dataset:
    """Return the data set of a plan without its increments."""
    shapes = coordinate_shapes(cell)
    all_units = {**DIMENSIONLESS, **dict.fromkeys(shapes, "1"), **(units or {})}
    nothing = empty_increments(0, cell.components, width(shapes))
    return Dataset(
        training=nothing,
        validation=nothing,
        test=nothing,
        coordinate_shapes=shapes,
        units=all_units,
        microstructure=Lattice(cell, bar),
        provenance={
            "generator": f"microtann {microtann.__version__}, exact lattice cell along random walks",
            "plan": json.dumps(asdict(plan), sort_keys=True),
            "seed": str(plan.seed),
            "configuration": configuration_digest(cell, bar, plan, all_units),
        },
    )


def configuration_digest(cell: UnitCell, bar: ElastoplasticBar, plan: WalkPlan, units: Mapping[str, str]) -> str:
    """Return a fingerprint of all that decides the data, the code included."""
    digest = hashlib.sha256()
    code = code_digest("slips", "microstructure", "data")
    digest.update(json.dumps([code, asdict(plan), dict(units)], sort_keys=True).encode())
    for array in (*cell.arrays().values(), *bar.arrays().values()):
        value = np.ascontiguousarray(array)
        digest.update(f"{value.dtype.str}{value.shape}".encode() + value.tobytes())
    return digest.hexdigest()


def coordinate_shapes(cell: UnitCell) -> dict[str, tuple[int, ...]]:
    """Return the internal coordinates of a cell: nodal displacements (N, d) and bar forces (M,)."""
    return {"displacement": cell.nodes.shape, "force": (len(cell.bars),)}


def blocks(cell: UnitCell, plan: WalkPlan, first: int, last: int) -> Iterator[tuple[int, int]]:
    """Yield the ranges of walks that are solved together: a few megabytes, whatever the size of the cell."""
    count = block_paths(cell, plan)
    for start in range(first, last, count):
        yield start, min(start + count, last)


def block_paths(cell: UnitCell, plan: WalkPlan) -> int:
    """Return the number of walks that are solved together."""
    return min(max(BLOCK_VALUES // (plan.steps * (cell.nodes.size + len(cell.bars))), 1), BLOCK_PATHS)


def solve_blocks(
    cell: UnitCell, bar: ElastoplasticBar, plan: WalkPlan, first: int, last: int
) -> Iterator[tuple[int, Increments]]:
    """Yield the increments of the walks ``first`` to ``last`` − 1, block by block, with the end of each block."""
    plan = plan.scaled(bar.strain_scale)
    with one_blas_thread():
        condensed = condense(cell, bar)
    require_range(condensed, plan)
    for start, stop in blocks(cell, plan, first, last):
        with one_blas_thread():
            rows = solve_walks(cell, condensed, plan, start, stop)
        require_finite(rows)
        yield stop, rows


def solve_walks(cell: UnitCell, condensed: CondensedCell, plan: WalkPlan, first: int, last: int) -> Increments:
    """Solve the walks ``first`` to ``last`` − 1 of a plan.

    Zero increments are not computed: the state after one is the state before it, bit for bit.
    """
    walks = draw_walks(plan, first, last, cell.components)
    states = _solve_moves(cell, condensed, walks, first)
    row = np.arange(last - first)[:, None]
    before, after = (row, walks.before), (row, walks.after)

    def flat(array: Array) -> Array:
        return array.reshape(-1, *array.shape[2:])

    count = row.size * plan.steps
    # A gap in the numbers tells that a walk started again, so that k + 1 always continues k.
    step = np.arange(plan.steps) + np.cumsum(walks.restarts, axis=1)
    return Increments(
        path=np.repeat(np.arange(first, last, dtype=np.int64), plan.steps),
        step=step.astype(np.int64).reshape(-1),
        dt=np.full(count, plan.dt),
        strain=flat(walks.strain),
        strain_increment=flat(walks.strain_increment),
        extra=np.empty((count, 0)),
        extra_increment=np.empty((count, 0)),
        stress=flat(states.stress[before]),
        stress_next=flat(states.stress[after]),
        energy=flat(states.energy[before]),
        energy_next=flat(states.energy[after]),
        dissipation=flat(np.where(walks.moving, states.dissipation[after], 0.0)),
        coordinates=flat(states.coordinates[before]),
        coordinates_next=flat(states.coordinates[after]),
    )


def empty_increments(count: int, components: int, coordinates: int) -> Increments:
    """Return ``count`` increments without extra state variables whose values are not set."""
    vector, scalar = (count, components), (count,)
    return Increments(
        path=np.empty(count, dtype=np.int64),
        step=np.empty(count, dtype=np.int64),
        dt=np.empty(scalar),
        strain=np.empty(vector),
        strain_increment=np.empty(vector),
        extra=np.empty((count, 0)),
        extra_increment=np.empty((count, 0)),
        stress=np.empty(vector),
        stress_next=np.empty(vector),
        energy=np.empty(scalar),
        energy_next=np.empty(scalar),
        dissipation=np.empty(scalar),
        coordinates=np.empty((count, coordinates)),
        coordinates_next=np.empty((count, coordinates)),
    )


def _solve_moves(cell: UnitCell, condensed: CondensedCell, walks: Walks, first: int) -> CellStates:
    """Solve the increments that move; states are numbered as in `Walks`."""
    count, components = len(walks.strain), walks.strain.shape[2]
    target = (walks.strain + walks.strain_increment)[walks.moving].reshape(count, -1, components)
    fresh = (walks.before == 0)[walks.moving].reshape(count, -1)
    plastic = np.empty((*target.shape[:2], len(condensed.young)))
    for row, start, length in _pieces(fresh):
        place = (row[:, None], start[:, None] + np.arange(length))
        try:
            plastic[place] = follow(condensed, target[place], np.zeros((len(row), plastic.shape[2])))
        except ConvergenceError as error:
            walk = first + int(row[error.worst[0]]) if error.worst else first
            raise ConvergenceError(
                f"the cell could not be solved along walk {walk} of the plan: use smaller increments, a lower "
                "limit or bars with more hardening",
                increment=error.increment,
                worst=[walk],
            ) from error
    earlier = np.concatenate([np.zeros_like(plastic[:, :1]), plastic[:, :-1]], axis=1)
    earlier[fresh] = 0.0
    response = cell_response(cell, condensed, target, earlier, plastic)
    displacement = response.displacement.reshape(*target.shape[:2], -1)
    coordinates = np.zeros((count, target.shape[1] + 1, displacement.shape[2] + len(cell.bars)))
    coordinates[:, 1:, : displacement.shape[2]] = displacement
    coordinates[:, 1:, displacement.shape[2] :] = response.force
    return CellStates(
        stress=_after_virgin(response.stress),
        energy=_after_virgin(response.energy),
        dissipation=_after_virgin(response.dissipation),
        coordinates=coordinates,
    )


def _after_virgin(values: Array) -> Array:
    return np.concatenate([np.zeros_like(values[:, :1]), values], axis=1)


def _pieces(
    fresh: Bool[NDArray[np.bool_], "B S"],
) -> Iterator[tuple[Int[NDArray[np.int64], "p"], Int[NDArray[np.int64], "p"], int]]:
    """Yield (walks, first increments, length) of the pieces between restarts, pieces of one length together."""
    row, start = np.nonzero(fresh)
    follows = np.append(row[1:] == row[:-1], False)
    length = np.where(follows, np.append(start[1:], 0), fresh.shape[1]) - start
    for value in np.unique(length):
        chosen = length == value
        yield row[chosen], start[chosen], int(value)
