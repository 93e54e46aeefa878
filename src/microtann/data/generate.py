"""Increments of a microstructure along random strain walks (paper, Section IV.A)."""

from __future__ import annotations

import hashlib
import json
import logging
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
from microtann.microstructure.protocol import Microstructure, require_microstructure
from microtann.microstructure.strain_metric import provenance_of
from microtann.numbers.coordinates import columns, width
from microtann.system.code_digest import code_digest, source_digest
from microtann.system.threads import one_blas_thread

Array = NDArray[np.float64]
DataProgress = Callable[[int, int], object]
"""Called with the increments done and the increments in all."""

LOGGER = logging.getLogger("microtann.data")
BLOCK_VALUES = 2_000_000
BLOCK_PATHS = 64

DIMENSIONLESS = dict.fromkeys(("strain", "stress", "energy", "dissipation", "time"), "1")


@dataclass(frozen=True, eq=False)
class WalkStates:
    """The states of B walks: the virgin state, then the state after each of S solved increments."""

    stress: Float[Array, "B S1 v"]
    energy: Float[Array, "B S1"]
    dissipation: Float[Array, "B S1"]
    coordinates: Float[Array, "B S1 c"]


def generate(
    microstructure: Microstructure,
    plan: WalkPlan | None = None,
    *,
    units: Mapping[str, str] | None = None,
    progress: DataProgress | None = None,
) -> Dataset:
    """Solve a microstructure exactly along random strain walks and keep every increment in memory.

    Parameters
    ----------
    microstructure : Microstructure
        Such as `microtann.Lattice`.
    plan : WalkPlan, optional
        The walks; by default 300 of 100 increments. Its strains scale with the strain at first yield.
    units : mapping, optional
        Units of strain, stress, energy, dissipation, time and every group of internal coordinates; "1",
        dimensionless, where nothing is said. They are written beside the data and change no number.
    progress : callable, optional
        Called with the increments done and the increments in all, which the logger ``microtann.data`` hears too.

    Returns
    -------
    Dataset
        The rows of a set are ordered by path and step.

    Raises
    ------
    InputError
        If the plan does not fit the microstructure, its increments would not fit into the memory of the machine,
        or its energies would overflow.
    CellError
        If a lattice cell is a mechanism or the material does not fit it.
    ConvergenceError
        If some increment could not be solved; the message names the path.

    See Also
    --------
    microtann.data.shards.generate_to : the same into a file, resumable and in parallel.

    Examples
    --------
    >>> import microtann as mt
    >>> from microtann.data.generate import generate
    >>> from microtann.data.walks import WalkPlan
    >>> dataset = generate(mt.Lattice(mt.square_cell()), WalkPlan(paths=20, steps=10))
    >>> len(dataset.training), len(dataset.validation), len(dataset.test)
    (140, 30, 30)
    """
    require_microstructure(microstructure)
    plan = plan or WalkPlan()
    require_room_in_memory(microstructure, plan)
    sets = split_paths(plan)
    count = width(microstructure.coordinate_shapes)
    parts = [empty_increments(len(paths) * plan.steps, microstructure.components, count) for paths in sets]
    filled = [0, 0, 0]
    for last, rows in solve_blocks(microstructure, plan, 0, plan.paths):
        for i, paths in enumerate(sets):
            chosen = np.isin(rows.path, paths)
            stop = filled[i] + int(np.count_nonzero(chosen))
            for f in fields(Increments):
                getattr(parts[i], f.name)[filled[i] : stop] = getattr(rows, f.name)[chosen]
            filled[i] = stop
        tell(progress, last * plan.steps, plan.increments)
    return replace(describe(microstructure, plan, units), training=parts[0], validation=parts[1], test=parts[2])


def tell(progress: DataProgress | None, done: int, total: int) -> None:
    """Log how many increments are done, and tell who asked for it.

    Parameters
    ----------
    progress : callable, optional
    done, total : int
    """
    LOGGER.info("generating data: %d of %d increments", done, total)
    if progress is not None:
        progress(done, total)


def describe(microstructure: Microstructure, plan: WalkPlan, units: Mapping[str, str] | None = None) -> Dataset:
    """Return the data set of a plan without its increments.

    Parameters
    ----------
    microstructure : Microstructure
    plan : WalkPlan
    units : mapping, optional
        As in `generate`.
    """
    shapes = dict(microstructure.coordinate_shapes)
    all_units = {**DIMENSIONLESS, **dict.fromkeys(shapes, "1"), **(units or {})}
    nothing = empty_increments(0, microstructure.components, width(shapes))
    return Dataset(
        training=nothing,
        validation=nothing,
        test=nothing,
        coordinate_shapes=shapes,
        units=all_units,
        strain_names=microstructure.strain_names,
        microstructure=microstructure,
        provenance={
            "generator": f"microtann {microtann.__version__}, exact {microstructure.kind} along random walks",
            "plan": json.dumps(asdict(plan), sort_keys=True),
            "seed": str(plan.seed),
            "configuration": configuration_digest(microstructure, plan, all_units),
            **provenance_of(microstructure.strain_metric(plan.metric), microstructure.usual_metric),
        },
    )


def configuration_digest(microstructure: Microstructure, plan: WalkPlan, units: Mapping[str, str]) -> str:
    """Return a fingerprint of all that decides the data: microstructure, plan, units, and the code.

    Parameters
    ----------
    microstructure : Microstructure
        Of a kind that another package or a script defines, the file of its class counts as code.
    plan : WalkPlan
    units : mapping
    """
    digest = hashlib.sha256()
    code = [
        code_digest("slips", "microstructure", "data"),
        source_digest(type(microstructure)),
        microstructure.kind,
    ]
    digest.update(json.dumps([code, asdict(plan), dict(units)], sort_keys=True).encode())
    for group, arrays in sorted(microstructure.groups().items()):
        for name, array in arrays.items():
            value = np.ascontiguousarray(array)
            digest.update(f"{group}/{name} {value.dtype.str}{value.shape}".encode() + value.tobytes())
    return digest.hexdigest()


def blocks(microstructure: Microstructure, plan: WalkPlan, first: int, last: int) -> Iterator[tuple[int, int]]:
    """Yield the ranges of walks that are solved together: a few megabytes, whatever the size of the cell.

    Parameters
    ----------
    microstructure : Microstructure
    plan : WalkPlan
    first, last : int
        Range of walks to cut.
    """
    count = block_paths(microstructure, plan)
    for start in range(first, last, count):
        yield start, min(start + count, last)


def block_paths(microstructure: Microstructure, plan: WalkPlan) -> int:
    """Return the number of walks that are solved together."""
    values = plan.steps * max(width(microstructure.coordinate_shapes), 1)
    return min(max(BLOCK_VALUES // values, 1), BLOCK_PATHS)


def solve_blocks(
    microstructure: Microstructure, plan: WalkPlan, first: int, last: int
) -> Iterator[tuple[int, Increments]]:
    """Yield the increments of the walks ``first`` to ``last`` − 1, block by block, with the end of each block.

    Parameters
    ----------
    microstructure : Microstructure
    plan : WalkPlan
        In unit strains, which the metric makes those of the microstructure.
    first, last : int
    """
    plan = plan.scaled(microstructure.strain_metric(plan.metric).scale)
    require_range(microstructure, plan)
    for start, stop in blocks(microstructure, plan, first, last):
        with one_blas_thread():
            rows = solve_walks(microstructure, plan, start, stop)
        require_finite(rows)
        yield stop, rows


def solve_walks(microstructure: Microstructure, plan: WalkPlan, first: int, last: int) -> Increments:
    """Solve the walks ``first`` to ``last`` − 1 of a plan.

    Zero increments of a rate-independent microstructure are not computed: the state after one is the state before
    it, bit for bit.

    Parameters
    ----------
    microstructure : Microstructure
    plan : WalkPlan
        Scaled to the metric of the microstructure (`WalkPlan.scaled`).
    first, last : int
    """
    metric = microstructure.strain_metric(plan.metric)
    walks = draw_walks(plan, first, last, microstructure.components).directed(metric)
    if not microstructure.rate_independent:
        walks = walks.with_rest_as_motion()
    states = _solve_moves(microstructure, walks, first)
    row = np.arange(last - first)[:, None]
    before, after = (row, walks.before), (row, walks.after)

    def flat(array: Array) -> Array:
        return array.reshape(array.shape[0] * array.shape[1], *array.shape[2:])

    count = row.size * plan.steps
    # NaN where the microstructure does not tell it, in the virgin state and at rest too
    unknown = {name: np.nan if name in microstructure.untold else 0.0 for name in ("energy", "dissipation")}
    # A gap in the numbers tells that a walk started again, so that k + 1 always continues k.
    step = np.arange(plan.steps) + np.cumsum(walks.restarts, axis=1)
    return Increments(
        path=np.repeat(np.arange(first, last, dtype=np.int64), plan.steps),
        step=step.astype(np.int64).reshape(-1),
        dt=walks.dt.reshape(-1),
        strain=flat(walks.strain),
        strain_increment=flat(walks.strain_increment),
        extra=np.empty((count, 0)),
        extra_increment=np.empty((count, 0)),
        stress=flat(states.stress[before]),
        stress_next=flat(states.stress[after]),
        energy=flat(states.energy[before]) + unknown["energy"],
        energy_next=flat(states.energy[after]) + unknown["energy"],
        dissipation=flat(np.where(walks.moving, states.dissipation[after], 0.0)) + unknown["dissipation"],
        coordinates=flat(states.coordinates[before]),
        coordinates_next=flat(states.coordinates[after]),
    )


def empty_increments(count: int, components: int, coordinates: int) -> Increments:
    """Return ``count`` increments without extra state variables whose values are not set.

    Parameters
    ----------
    count : int
        Number of rows.
    components : int
        Number of strain components, v.
    coordinates : int
        Columns of all internal coordinates together.
    """
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


def _solve_moves(microstructure: Microstructure, walks: Walks, first: int) -> WalkStates:
    """Solve the increments that move; states are numbered as in `Walks`."""
    count, components = len(walks.strain), walks.strain.shape[2]
    target = (walks.strain + walks.strain_increment)[walks.moving].reshape(count, -1, components)
    dt = walks.dt[walks.moving].reshape(count, -1)
    fresh = (walks.before == 0)[walks.moving].reshape(count, -1)
    states = _virgin_states(microstructure, count, target.shape[1] + 1)
    places = columns(microstructure.coordinate_shapes)
    for row, start, length in _pieces(fresh):
        place = (row[:, None], start[:, None] + np.arange(length))
        try:
            response = microstructure.solve(target[place], dt[place])
        except ConvergenceError as error:
            walk = first + int(row[error.worst[0]]) if error.worst else first
            raise ConvergenceError(
                f"the {microstructure.kind} could not be solved along walk {walk} of the plan: use smaller "
                "increments, a lower limit or a material with more hardening",
                increment=error.increment,
                worst=[walk],
            ) from error
        after = (place[0], place[1] + 1)
        for name in ("stress", "energy", "dissipation"):
            getattr(states, name)[after] = getattr(response, name)
        for name, part in places.items():
            values = response.coordinates[name]
            states.coordinates[(*after, part)] = values.reshape(*values.shape[:2], -1)
    return states


def _virgin_states(microstructure: Microstructure, count: int, states: int) -> WalkStates:
    """Return the states of walks before anything is solved: all of them virgin."""
    virgin = microstructure.initial_state(1)
    decoded = microstructure.decode(virgin)
    row = np.concatenate([np.ravel(decoded[name]) for name in microstructure.coordinate_shapes] or [np.empty(0)])
    return WalkStates(
        stress=np.zeros((count, states, microstructure.components)),
        energy=np.full((count, states), float(virgin["energy"][0])),
        dissipation=np.zeros((count, states)),
        coordinates=np.tile(row, (count, states, 1)),
    )


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
