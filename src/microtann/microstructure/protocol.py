"""What every microstructure can do: it is a material that decodes.

A kind is a subclass of `Microstructure`, made known by
`microtann.microstructure.registry.register_microstructure` or, from a package of its own, by the entry point
``microtann.microstructures``. A lattice (`microtann.microstructure.bars.lattice.Lattice`) is one kind. What is
needed of all kinds is abstract; the rest has a default, which a kind may replace.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import ArrayLike, NDArray

from microtann.errors import InputError
from microtann.materials.protocol import State
from microtann.microstructure.decoded_lines import DecodedLines
from microtann.microstructure.identities import Identity, StoredStates
from microtann.microstructure.path_response import MicroResponse, PathResponse
from microtann.microstructure.picture import Picture
from microtann.microstructure.plastic_points import PlasticPoints
from microtann.microstructure.real_material import RealMaterial, UnitFactors
from microtann.microstructure.strain_metric import MetricName, StrainMetric, stiffness_metric
from microtann.microstructure.yield_search import search_first_yield
from microtann.numbers.checks import check_dt, check_strain_paths
from microtann.slips.problem import SlipProblem

Array = NDArray[np.float64]
Groups = Mapping[str, Mapping[str, NDArray[Any]]]
"""Arrays by the name of their group, and by their own name within it."""
SHARED_STATE = ("strain", "energy", "dissipation")
"""State variables that every microstructure has; the others are its own."""


class Microstructure(ABC):
    """An inelastic microstructure: a material (`microtann.fem.Material`) whose states tell internal coordinates.

    Its state holds "strain", "energy" and "dissipation" (of the last increment), and whatever else it needs.
    """

    kind: ClassVar[str]
    """Name of the kind in files."""
    fields: ClassVar[Mapping[str, tuple[str, ...]]]
    """Names of the arrays of every group in files; a group may be absent."""
    rate_independent: ClassVar[bool] = True
    """Whether a zero increment, however long, leaves the state as it is."""
    durations_by_point: ClassVar[bool] = False
    """Whether `update` also takes an array of durations, one for every point."""
    quadratic: ClassVar[bool] = False
    """Whether the energy is quadratic in strain and state, with associated flow.

    Then the trapezoidal work of an increment is at most what is stored and dissipated.
    """
    fills_structures: ClassVar[bool] = False
    """Whether its copies make a full lattice (DNS), beside which homogenised structures are put."""
    usual_metric: ClassVar[MetricName] = "uniform"
    """In which strains its walks are drawn unless one says otherwise, see `StrainMetric`."""
    strain_names: ClassVar[tuple[str, ...]] = ()
    """Names of its driving variables, if they are others than the strain in Voigt's order."""
    without_stiffness: ClassVar[str] = "prescribe the strain"
    """What to do where there is no stiffness against a strain whose stress is prescribed."""

    @property
    @abstractmethod
    def components(self) -> int:
        """Number of strain components, v."""

    @property
    @abstractmethod
    def coordinate_shapes(self) -> Mapping[str, tuple[int, ...]]:
        """Name and shape of each group of internal coordinates, in their order."""

    @abstractmethod
    def initial_state(self, n: int) -> State:
        """Return the virgin state of ``n`` points."""

    @abstractmethod
    def update(
        self,
        strain_increment: Float[Array, "n v"],
        state: State,
        dt: float = 1.0,
        tangent: bool = True,
    ) -> tuple[Float[Array, "n v"], Float[Array, "n v v"] | None, State]:
        """Advance ``n`` points by one increment; see `microtann.materials.protocol.Material.update`.

        Parameters
        ----------
        strain_increment : array, shape (n, v)
            Voigt order, engineering shear.
        state : dict of arrays
            State at the beginning of the increment, leading axis n; it is never modified.
        dt : float
            Duration of the increment.
        tangent : bool
            Whether the consistent tangent is wanted; without it None is returned in its place.
        """

    @abstractmethod
    def decode(self, state: Mapping[str, Array]) -> dict[str, Array]:
        """Return the internal coordinates of states.

        Parameters
        ----------
        state : mapping of arrays, shape (..., *)
            Its own state variables and the strain, as in the state of a finite-element result; the leading axes
            are any.

        Returns
        -------
        dict of arrays, shape (..., *group)
        """

    @abstractmethod
    def groups(self) -> Groups:
        """Return the arrays that make up the microstructure, as files keep them."""

    @classmethod
    @abstractmethod
    def of_groups(cls, groups: Groups) -> Microstructure:
        """Return the microstructure that arrays from a file make up.

        Raises
        ------
        InputError
            If they are not well defined.
        """

    @property
    def microstructure(self) -> Microstructure:
        """Itself, as models have the microstructure that they stand for under this name."""
        return self

    @property
    def untold(self) -> tuple[str, ...]:
        """Which of "energy" and "dissipation" `solve` does not tell: they are NaN there."""
        return ()

    @property
    def solvable(self) -> bool:
        """Whether its response can be computed; a file may say too little for that."""
        return True

    @property
    def strain_scale(self) -> float:
        """Strain at first yield over 1/3, that of the reference material, by which strain paths are scaled."""
        return 1.0

    def first_yield(self, strain: Float[Array, "n v"]) -> Float[Array, "n"]:
        """Return by which factors strains would have to be multiplied to yield for the first time.

        By default they follow from its slips, or else from trials of `update`.

        Parameters
        ----------
        strain : array, shape (n, v)
            Not zero.
        """
        problem = self.slip_problem()
        if problem is None:
            return search_first_yield(self, strain)
        load = np.abs(strain @ (problem.coupling / problem.resistance[:, None]).T).max(axis=1)
        with np.errstate(divide="ignore"):
            return np.asarray(1.0 / load)

    def strain_metric(self, name: str = "usual") -> StrainMetric:
        """Return in which strains walks and paths are drawn, and in which stresses errors are measured.

        Parameters
        ----------
        name : {"usual", "uniform", "stiffness"}
            The usual one is `usual_metric`; what cannot be solved, or never yields, has "uniform".

        Raises
        ------
        InputError
            If there is no such metric, or it does not exist for this microstructure.
        """
        if name == "usual":
            try:
                return self.strain_metric(self.usual_metric if self.solvable else "uniform")
            except InputError:
                return self.strain_metric("uniform")
        if name == "uniform":
            return StrainMetric.uniform(self.strain_scale, self.components)
        if name != "stiffness":
            raise InputError(f"there is no metric {name!r}: use 'usual', 'uniform' or 'stiffness'")
        known = self.__dict__.get("_stiffness_metric")
        if known is None:
            known = stiffness_metric(self.elastic_stiffness(), self.first_yield)
            self.__dict__["_stiffness_metric"] = known
        return known

    @property
    def description(self) -> str:
        """What it is, in words that may follow "a" or "of" in a sentence."""
        return f"a microstructure of kind {self.kind!r}"

    @property
    def exact_states(self) -> int:
        """Numbers in the state of a point besides strain, energy and dissipation: what an exact model needs."""
        return sum(value.size for name, value in self.initial_state(1).items() if name not in SHARED_STATE)

    def elastic_stiffness(self) -> Float[Array, "v v"]:
        """Return the stiffness of the virgin state, in units of stress."""
        _, moduli, _ = self.update(np.zeros((1, self.components)), self.initial_state(1))
        assert moduli is not None
        return moduli[0]

    def solve(self, strain: ArrayLike, dt: ArrayLike = 1.0) -> MicroResponse:
        """Return the exact response along strain paths from the virgin state.

        Parameters
        ----------
        strain : array, shape (T, v) or (B, T, v)
            Total strain at the end of each increment.
        dt : float or array, shape (T,) or (B, T)
            Durations of the increments.

        Raises
        ------
        InputError
            If the strain is no strain path, or a duration is not positive.
        ConvergenceError
            If the state at the end of an increment was not found.
        """
        strain = check_strain_paths(strain, self.components)
        paths = strain.reshape(-1, *strain.shape[-2:])
        durations = check_dt(dt, strain.shape[:-1]).reshape(paths.shape[:2])
        if self.rate_independent:
            durations = np.ones_like(durations)
        state, before = self.initial_state(len(paths)), np.zeros_like(paths[:, 0])
        steps = []
        for step in range(paths.shape[1]):
            stress, state = self._advance(paths[:, step] - before, state, durations[:, step])
            before = paths[:, step]
            decoded = self.decode(state)
            steps.append(
                (stress, state["energy"], state["dissipation"], *(decoded[k] for k in self.coordinate_shapes))
            )
        stress, energy, dissipation, *groups = (
            np.stack(values, axis=1).reshape(*strain.shape[:-1], *values[0].shape[1:])
            for values in zip(*steps, strict=True)
        )
        coordinates = dict(zip(self.coordinate_shapes, groups, strict=True))
        return PathResponse(strain, stress, energy, dissipation, coordinates)

    def _advance(
        self, strain_increment: Float[Array, "n v"], state: State, dt: Float[Array, "n"]
    ) -> tuple[Float[Array, "n v"], State]:
        """Return stresses and states after increments of different durations.

        Parameters
        ----------
        strain_increment : array, shape (n, v)
        state : dict of arrays
        dt : array, shape (n,)
        """
        if self.durations_by_point:
            stress, _, after = self.update(strain_increment, state, dt, False)  # type: ignore[arg-type]
            return stress, after
        values, which = np.unique(dt, return_inverse=True)
        parts = [np.flatnonzero(which == i) for i in range(len(values))]
        solved = [
            self.update(
                strain_increment[part], {k: value[part] for k, value in state.items()}, float(value), False
            )
            for part, value in zip(parts, values, strict=True)
        ]
        order = np.argsort(np.concatenate(parts))
        stress = np.concatenate([found for found, _, _ in solved])[order]
        return stress, {k: np.concatenate([new[k] for _, _, new in solved])[order] for k in solved[0][2]}

    def state_of(self, coordinates: Mapping[str, Array], strain: Float[Array, "n v"]) -> State | None:
        """Return states that have given internal coordinates and strains; None if they do not follow from these.

        Parameters
        ----------
        coordinates : mapping of arrays, shape (n, *group)
        strain : array, shape (n, v)
        """
        return None

    def largest_load_factor(
        self,
        by_stress: Bool[NDArray[np.bool_], "v"],
        start: Float[Array, "v"],
        change: Float[Array, "v"],
    ) -> float:
        """Return the largest λ for which the stress ``start + λ · change`` of some components can be carried.

        By default it is not known, and infinite.

        Parameters
        ----------
        by_stress : array of bool, shape (v,)
            The components that count; the others take any stress.
        start, change : array, shape (v,)
        """
        return float(np.inf)

    def slip_problem(self) -> SlipProblem | None:
        """Return its energy and resistances if all of its inelasticity are slips; else None."""
        return None

    def plastic_points(self) -> PlasticPoints | None:
        """Return its points with plastic strains, from which groups of them can be made; None if it has none."""
        return None

    def picture(self, state: Mapping[str, Array] | None = None) -> Picture | None:
        """Return how it looks in the state of one point, or in the virgin one; None if it has no picture."""
        return None

    def decoded_lines(self) -> DecodedLines | None:
        """Return the lines that it consists of, and which coordinates show them; None if it is no such thing."""
        return None

    def in_units(self, material: RealMaterial) -> tuple[Microstructure, UnitFactors] | None:
        """Return it made of a real material, and by what its quantities are multiplied; None if it is not known.

        Raises
        ------
        InputError
            If that material makes something else of it.
        """
        return None

    @property
    def identities(self) -> Mapping[str, Identity]:
        """What holds in all of its states and increments, by name; see `misses`."""
        return {}

    def misses(
        self,
        before: StoredStates,
        after: StoredStates,
        dissipation: Float[Array, "n"],
        scale: Mapping[str, float],
    ) -> dict[str, Float[Array, "n"]]:
        """Return by how much increments that others computed miss its identities.

        Parameters
        ----------
        before, after : StoredStates
            At the ends of n increments.
        dissipation : array, shape (n,)
            Of every increment.
        scale : mapping of float
            Largest size of "strain", "stress", "energy" and of every group of coordinates in the whole file.

        Returns
        -------
        dict of arrays, shape (n,)
            Relative misses, by the name of the identity; one that cannot be judged is left out.
        """
        return {}


def require_microstructure(candidate: object) -> Microstructure:
    """Return the argument if it is a microstructure.

    Raises
    ------
    InputError
        If it is none.
    """
    if not isinstance(candidate, Microstructure):
        raise InputError(
            f"a microstructure is asked for, such as microtann.Lattice(cell, bar), got {type(candidate).__name__}"
        )
    return candidate
