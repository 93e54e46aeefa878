"""A solver of others that answers whole strain paths from the virgin state, as a microstructure.

Such a solver has no states that could be kept, so that the state of a point is its history: an increment solves
the whole path again, and a tangent once more for every strain component (forward differences). The k-th increment
of a finite-element model costs k (1 + v) increments of the solver a Gauss point and iteration; that is affordable
for few points. For the data of a TANN it is no detour; a microstructure with states of its own is better.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike, NDArray

from microtann.errors import InputError
from microtann.materials.protocol import State
from microtann.microstructure.path_response import MicroResponse, PathResponse
from microtann.microstructure.protocol import Groups, Microstructure
from microtann.numbers.checks import as_floats, check_dt, check_strain_paths

Array = NDArray[np.float64]
STEP = 1e-6
"""Step of the forward differences, relative to the strain at first yield."""
HISTORY, TIMES, COUNT = "history", "durations", "increments"
FIELD = "field_"
"""What the names of internal coordinates begin with in a state."""


class RepeatedSolves(Microstructure):
    """A solver of strain paths as a microstructure, for data, FE², audits and whatever asks for states.

    Parameters
    ----------
    solver : object or callable
        It, or its method ``solve``, takes strain paths from the virgin state, shape (B, T, v), and their durations
        (B, T), and returns the stress (B, T, v), or an object with ``stress`` and, as far as it knows them,
        ``energy`` and ``dissipation`` (of the increments), shape (B, T), and ``coordinates``, arrays (B, T, ...)
        by name.
    components : int
        v.
    yield_strain : float
        Strain at first yield, about, by which walks are scaled.
    coordinate_shapes : mapping, optional
        Name and shape of the internal coordinates that it tells.
    increments : int
        Most increments of a history that starts from the virgin state.
    one_path : bool
        Whether it takes one path (T, v) with durations (T,) at a time.
    rate_independent : bool
        Whether durations change nothing.

    Examples
    --------
    >>> import numpy as np, microtann as mt
    >>> bar = mt.RepeatedSolves(lambda strain, dt: 200.0 * np.clip(strain, -0.01, 0.01), 1, yield_strain=0.01)
    >>> bar.solve([[0.005], [0.02]]).stress
    array([[1.],
           [2.]])
    """

    kind = "rve"
    fields: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    def __init__(
        self,
        solver: Any,
        components: int,
        yield_strain: float = 1.0 / 3.0,
        coordinate_shapes: Mapping[str, tuple[int, ...]] | None = None,
        increments: int = 200,
        one_path: bool = False,
        rate_independent: bool = True,
    ) -> None:
        call = getattr(solver, "solve", solver)
        if not callable(call):
            raise InputError(f"a solver is a function of strain paths, or has one called solve, got {solver!r}")
        if not yield_strain > 0.0:
            raise InputError(f"yield_strain must be positive, got {yield_strain!r}")
        self._call, self._components, self._yield_strain = call, components, yield_strain
        self._shapes = {name: tuple(shape) for name, shape in (coordinate_shapes or {}).items()}
        self._most, self._one_path = increments, one_path
        self.rate_independent = rate_independent  # type: ignore[misc]

    @property
    def components(self) -> int:
        """Number of strain components."""
        return self._components

    @property
    def coordinate_shapes(self) -> Mapping[str, tuple[int, ...]]:
        """Internal coordinates that the solver tells."""
        return self._shapes

    @property
    def strain_scale(self) -> float:
        """Strain at first yield times three."""
        return 3.0 * self._yield_strain

    @property
    def description(self) -> str:
        """What it is, in words."""
        return f"a cell of kind {self.kind!r}, solved by another programme"

    @cached_property
    def untold(self) -> tuple[str, ...]:
        """What the solver does not tell, of "energy" and "dissipation"."""
        answer = self._answer(np.zeros((1, 1, self._components)), np.ones((1, 1)))
        return tuple(name for name in ("energy", "dissipation") if getattr(answer, name, None) is None)

    def solve(self, strain: ArrayLike, dt: ArrayLike = 1.0) -> MicroResponse:
        """Return the response along strain paths; energy and dissipation are NaN where the solver tells none.

        Parameters
        ----------
        strain : array, shape (T, v) or (B, T, v)
        dt : float or array, shape (T,) or (B, T)

        Raises
        ------
        InputError
            If the strain is no strain path, or the solver returns something else than it should.
        """
        strain = check_strain_paths(strain, self._components)
        paths = strain.reshape(-1, *strain.shape[-2:])
        durations = check_dt(dt, strain.shape[:-1]).reshape(paths.shape[:2])
        stress, energy, dissipation, coordinates = self._solved(paths, durations)
        lead = strain.shape[:-1]
        return PathResponse(
            strain,
            stress.reshape(strain.shape),
            energy.reshape(lead),
            dissipation.reshape(lead),
            {name: values.reshape(*lead, *values.shape[2:]) for name, values in coordinates.items()},
        )

    def initial_state(self, n: int) -> State:
        """Return the virgin state: an empty history."""
        fields = {FIELD + name: np.zeros((n, *shape)) for name, shape in self._shapes.items()}
        return {
            "strain": np.zeros((n, self._components)),
            "energy": np.zeros(n),
            "dissipation": np.zeros(n),
            HISTORY: np.zeros((n, self._most, self._components)),
            TIMES: np.zeros((n, self._most)),
            COUNT: np.zeros(n),
            "stress": np.zeros((n, self._components)),
            **fields,
        }

    def update(
        self,
        strain_increment: Float[Array, "n v"],
        state: State,
        dt: float = 1.0,
        tangent: bool = True,
    ) -> tuple[Float[Array, "n v"], Float[Array, "n v v"] | None, State]:
        """Advance points by solving their whole histories again.

        Where the solver tells no energy the state keeps the work of the stress as "energy", stored and dissipated
        together, and no dissipation.

        Parameters
        ----------
        strain_increment : array, shape (n, v)
        state : dict of arrays
        dt : float
        tangent : bool

        Raises
        ------
        InputError
            If a history is longer than ``increments``.
        """
        count = np.asarray(state[COUNT], dtype=np.int64)
        if len(count) and count.max() >= self._most:
            raise InputError(
                f"the histories hold {self._most} increments: give RepeatedSolves(..., increments=) more of them"
            )
        rows, strain = np.arange(len(count)), state["strain"] + strain_increment
        history, durations = state[HISTORY].copy(), state[TIMES].copy()
        history[rows, count], durations[rows, count] = strain, dt
        stress = np.empty_like(strain)
        moduli = np.empty((*strain.shape, self._components)) if tangent else None
        new: State = state | {
            "strain": strain,
            HISTORY: history,
            TIMES: durations,
            COUNT: np.asarray(count + 1, dtype=np.float64),
        }
        new |= {name: state[name].copy() for name in state if name.startswith(FIELD)}
        energy, dissipation = np.empty(len(count)), np.empty(len(count))
        for length in np.unique(count + 1):
            at = np.flatnonzero(count + 1 == length)
            paths, times = history[at, :length], durations[at, :length]
            ends = self._ends(paths, times, tangent)
            stress[at], energy[at], dissipation[at] = ends[0][:, 0], ends[1], ends[2]
            if moduli is not None:
                moduli[at] = (ends[0][:, 1:] - ends[0][:, :1]).transpose(0, 2, 1) / (STEP * self._yield_strain)
            for name, values in ends[3].items():
                new[FIELD + name][at] = values
        work = state["energy"] + np.einsum("nv,nv->n", 0.5 * (state["stress"] + stress), strain_increment)
        new["energy"] = np.where(np.isnan(energy), work, energy)
        new["dissipation"] = np.where(np.isnan(dissipation), 0.0, dissipation)
        new["stress"] = stress
        return stress, moduli, new

    def decode(self, state: Mapping[str, Array]) -> dict[str, Array]:
        """Return the internal coordinates, as the solver told them."""
        return {name: np.asarray(state[FIELD + name]) for name in self._shapes}

    def groups(self) -> Groups:
        """Return nothing: a solver of another programme is not kept in files."""
        return {}

    @classmethod
    def of_groups(cls, groups: Groups) -> Microstructure:
        """Return an object of a subclass that is made without arguments.

        Raises
        ------
        InputError
            If it needs some.
        """
        try:
            return cls()  # type: ignore[call-arg]
        except TypeError:
            raise InputError(f"a {cls.kind} is not made without arguments: its solver is not in files") from None

    def _ends(
        self, paths: Float[Array, "b k v"], times: Float[Array, "b k"], tangent: bool
    ) -> tuple[Float[Array, "b p v"], Float[Array, "b"], Float[Array, "b"], dict[str, Array]]:
        """Return stresses at the ends of paths and, with the tangent, of those whose last strain is moved."""
        v, b = self._components, len(paths)
        moves = np.concatenate([np.zeros((1, v)), STEP * self._yield_strain * np.eye(v)])[
            : v + 1 if tangent else 1
        ]
        many = np.repeat(paths[:, None], len(moves), axis=1)
        many[:, :, -1] += moves
        flat = many.reshape(-1, *paths.shape[1:])
        stress, energy, dissipation, fields = self._solved(flat, np.repeat(times, len(moves), axis=0))
        first = slice(None, None, len(moves))
        return (
            stress[:, -1].reshape(b, len(moves), v),
            energy[first, -1],
            dissipation[first, -1],
            {name: values[first, -1] for name, values in fields.items()},
        )

    def _solved(
        self, paths: Float[Array, "b k v"], times: Float[Array, "b k"]
    ) -> tuple[Float[Array, "b k v"], Float[Array, "b k"], Float[Array, "b k"], dict[str, Array]]:
        """Return what the solver answers, checked; NaN for energy and dissipation that it does not tell."""
        answer = self._answer(paths, times)
        stress = self._checked("stress", getattr(answer, "stress", answer), paths.shape)
        scalars = []
        for name in ("energy", "dissipation"):
            value = getattr(answer, name, None)
            known = value is not None
            scalars.append(
                self._checked(name, value, paths.shape[:2]) if known else np.full(paths.shape[:2], np.nan)
            )
        told = getattr(answer, "coordinates", {}) if self._shapes else {}
        missing = next((name for name in self._shapes if name not in told), None)
        if missing is not None:
            raise InputError(f"the solver tells no coordinates {missing!r}, which coordinate_shapes names")
        fields = {k: self._checked(k, told[k], (*paths.shape[:2], *shape)) for k, shape in self._shapes.items()}
        return stress, scalars[0], scalars[1], fields

    def _answer(self, paths: Array, times: Array) -> Any:
        if not self._one_path:
            return self._call(paths.copy(), times.copy())
        answers = [self._call(path.copy(), time.copy()) for path, time in zip(paths, times, strict=True)]
        return _Together(answers)

    def _checked(self, name: str, value: Any, shape: tuple[int, ...]) -> Array:
        array = as_floats(f"the {name} of the solver", value)
        if array.shape != shape:
            raise InputError(f"the {name} that the solver returned must have shape {shape}, got {array.shape}")
        if not np.isfinite(array).all():
            place = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
            raise InputError(f"the {name} that the solver returned is not finite in increment {place[1]}")
        return array


class _Together:
    """Answers to single paths as one to all of them."""

    def __init__(self, answers: list[Any]) -> None:
        self.stress = np.stack([np.asarray(getattr(answer, "stress", answer)) for answer in answers])
        self.energy, self.dissipation = (self._of(answers, name) for name in ("energy", "dissipation"))
        known = getattr(answers[0], "coordinates", {})
        self.coordinates = {name: np.stack([answer.coordinates[name] for answer in answers]) for name in known}

    @staticmethod
    def _of(answers: list[Any], name: str) -> Array | None:
        values: list[Any] = [getattr(answer, name, None) for answer in answers]
        return None if any(value is None for value in values) else np.stack(values)
