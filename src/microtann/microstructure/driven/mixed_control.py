"""One increment of many points of a material, each component of which follows its strain or its stress.

The stress components that are prescribed make the incremental energy less their work a convex function of the
strains that are free. Newton's method with the consistent tangent and a line search on that function finds them;
an increment that fails is rolled back and halved.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import NDArray

from microtann.errors import ConvergenceError
from microtann.materials.protocol import Material, State
from microtann.numbers.illinois_kernel import Bracket, estimate, narrow

Array = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

RESIDUAL_TOLERANCE = 1e-12
"""Stress residual at convergence, relative to the largest of the stresses and the strength."""

LARGEST_CUT = 6
"""An increment is halved at most so many times."""

SEARCH_ROUNDS = 40
OVERSHOOT = 0.5
"""A full step is taken if the derivative along it has not grown beyond this fraction with the opposite sign."""

SLACK = 0.1
"""A shortened step is good enough when that derivative fell to this fraction."""

TANGENT_FLOOR = 1e-8
"""Least eigenvalue of the tangent that Newton's step takes, relative to the largest elastic stiffness."""

LARGEST_STEP = 10.0
"""Longest Newton step in the strains, relative to the increment plus the elastic strain at yield."""


@dataclass(frozen=True, eq=False)
class PointStates:
    """Where n points of a material are.

    Parameters
    ----------
    strain, stress : array, shape (n, v)
    state : dict of arrays, leading axis n
        Of the material; its "dissipation" is that of the whole increment that led here.
    """

    strain: Float[Array, "n v"]
    stress: Float[Array, "n v"]
    state: State

    def take(self, chosen: Int[IntArray, "k"]) -> PointStates:
        """Return some of the points."""
        state = {name: values[chosen] for name, values in self.state.items()}
        return PointStates(self.strain[chosen], self.stress[chosen], state)

    def with_rows(self, rows: Int[IntArray, "k"], others: PointStates) -> PointStates:
        """Return the points with some of them replaced.

        Parameters
        ----------
        rows : array, shape (k,)
        others : PointStates
            Of k points.
        """

        def put(values: Array, new: Array) -> Array:
            changed = values.copy()
            changed[rows] = new
            return changed

        return PointStates(
            put(self.strain, others.strain),
            put(self.stress, others.stress),
            {name: put(values, others.state[name]) for name, values in self.state.items()},
        )


@dataclass(frozen=True, eq=False)
class MaterialSizes:
    """What is large and small for a material.

    Parameters
    ----------
    strength : float
        Stress at yield.
    stiffness : float
        Largest elastic stiffness.
    """

    strength: float
    stiffness: float


class MixedIncrement:
    """One increment of n points: Newton's method, and its repetition in parts where it fails.

    Parameters
    ----------
    material : Material
    sizes : MaterialSizes
    by_stress : array of bool, shape (n, v)
        Which components are prescribed by stress.
    limit : int
        Newton iterations before an increment is halved.
    where : str
        The increment, in messages.
    index : int
        Its number, for errors.

    Attributes
    ----------
    iterations, parts : integer array, shape (n,)
        Newton iterations, those of parts and failed attempts included, and parts of every point.
    residuals : list of float
        Largest relative residuals of the last attempt.
    softest : float
        Smallest eigenvalue of the last tangent on the free strains of points that failed, over the stiffness.
    """

    def __init__(
        self,
        material: Material,
        sizes: MaterialSizes,
        by_stress: Bool[BoolArray, "n v"],
        limit: int,
        where: str,
        index: int,
    ) -> None:
        self.material, self.sizes, self.free, self.limit = material, sizes, by_stress, limit
        self.where, self.index = where, index
        self.iterations, self.parts = (np.zeros(len(by_stress), dtype=np.int64) for _ in range(2))
        self.residuals: list[float] = []
        self.softest = np.inf
        self.reached = np.zeros(len(by_stress))
        """Part of the increment that every point has made."""

    def reach(
        self, begin: PointStates, target: Float[Array, "n v"], predicted: Float[Array, "n v"], dt: float
    ) -> PointStates:
        """Return the states at the targets, in halves if need be.

        Parameters
        ----------
        begin : PointStates
        target : array, shape (n, v)
            Strain at the end, or stress in the components that are prescribed by stress.
        predicted : array, shape (n, v)
            Guess of the increment of strain.
        dt : float
            Duration of the increment.

        Raises
        ------
        ConvergenceError
            If Newton's method fails even after cutting; it names the points.
        """
        return self._reach(np.arange(len(target)), begin, target, predicted, dt, 0)

    def _reach(
        self,
        rows: Int[IntArray, "k"],
        begin: PointStates,
        target: Float[Array, "k v"],
        predicted: Float[Array, "k v"],
        dt: float,
        depth: int,
    ) -> PointStates:
        end, solved = self._solve(rows, begin, target, predicted, dt)
        done = rows[solved]
        self.parts[done] += 1
        self.reached[done] += 0.5**depth
        if solved.all():
            return end
        left = np.flatnonzero(~solved)
        if depth == LARGEST_CUT:
            at = "" if len(self.free) == 1 else f" of path {rows[left[0]]}"
            raise ConvergenceError(
                f"{self.where}{at} did not converge, not even in {2**LARGEST_CUT} parts; the last relative "
                f"residuals are {', '.join(f'{r:.1e}' for r in self.residuals[-4:])}: use more increments",
                increment=self.index,
                residuals=self.residuals,
                worst=rows[left].tolist(),
            )
        part, guess = begin.take(left), 0.5 * predicted[left]
        present = np.where(self.free[rows[left]], part.stress, part.strain)
        middle = self._reach(rows[left], part, 0.5 * (present + target[left]), guess, dt / 2.0, depth + 1)
        after = self._reach(rows[left], middle, target[left], guess, dt / 2.0, depth + 1)
        after.state["dissipation"] = after.state["dissipation"] + middle.state["dissipation"]
        return end.with_rows(left, after)

    def _update(
        self,
        begin: PointStates,
        chosen: Int[IntArray, "k"],
        strain: Float[Array, "k v"],
        dt: float,
        tangent: bool,
    ) -> tuple[BoolArray, Array, Array | None, State]:
        """Return which of the chosen points the material solved, with their stress, tangent and state."""
        part = begin.take(chosen)
        try:
            stress, moduli, state = self.material.update(strain - part.strain, part.state, dt, tangent)
        except ConvergenceError as error:
            fine = np.ones(len(chosen), dtype=bool)
            fine[list(error.worst) or slice(None)] = False
            stress, state = np.full(strain.shape, np.nan), {k: v.copy() for k, v in part.state.items()}
            moduli = np.zeros((*strain.shape, strain.shape[1])) if tangent else None
            if fine.any():
                rows = np.flatnonzero(fine)
                again, stress[rows], some, found = self._update(begin, chosen[rows], strain[rows], dt, tangent)
                fine[rows] = again
                for name, values in found.items():
                    state[name][rows] = values
                if moduli is not None:
                    moduli[rows] = some
            return fine, stress, moduli, state
        return np.ones(len(chosen), dtype=bool), stress, moduli, state

    def _solve(
        self,
        rows: Int[IntArray, "k"],
        begin: PointStates,
        target: Float[Array, "k v"],
        predicted: Float[Array, "k v"],
        dt: float,
    ) -> tuple[PointStates, BoolArray]:
        """Return the states at the targets, and where Newton's method found them."""
        free, sizes = self.free[rows], self.sizes
        strain = np.where(free, begin.strain + predicted, target)
        longest = np.abs(strain - begin.strain).max(axis=1) + sizes.strength / sizes.stiffness
        end, solved = begin, np.zeros(len(rows), dtype=bool)
        active = np.arange(len(rows))
        self.residuals = []
        for _ in range(self.limit):
            self.iterations[rows[active]] += 1
            fine, stress, moduli, state = self._update(begin, active, strain[active], dt, tangent=True)
            assert moduli is not None
            residual = np.where(free[active], stress - target[active], 0.0)
            largest = np.abs(residual).max(axis=1)
            scale = np.maximum(sizes.strength, np.abs(stress).max(axis=1))
            there = fine & (largest <= RESIDUAL_TOLERANCE * scale)
            found = PointStates(strain[active], stress, state)
            end = end.with_rows(active[there], found.take(np.flatnonzero(there)))
            solved[active[there]] = True
            going = fine & ~there
            if going.any():
                self.residuals.append(float((largest / scale)[going].max()))
            active, residual, moduli = active[going], residual[going], moduli[going]
            if not len(active):
                break
            # where nothing hardens the tangent may vanish: a floor and a largest step keep Newton's step finite
            on = free[active]
            pairs = on[:, :, None] & on[:, None, :]
            held = np.eye(on.shape[1]) * ~on[:, :, None]
            values, vectors = np.linalg.eigh(np.where(pairs, moduli, sizes.stiffness * held))
            self.softest = float(values[:, 0].min()) / sizes.stiffness
            along = np.einsum("ni,nij->nj", residual, vectors) / np.maximum(
                values, TANGENT_FLOOR * sizes.stiffness
            )
            direction = np.where(on, -np.einsum("nij,nj->ni", vectors, along), 0.0)
            length = np.abs(direction).max(axis=1)
            direction *= np.minimum(1.0, LARGEST_STEP * longest[active] / np.maximum(length, 1e-300))[:, None]
            step = self._search(begin, active, strain[active], direction, target[active], residual, dt)
            strain[active] += step[:, None] * direction
        return end, solved

    def _search(
        self,
        begin: PointStates,
        active: Int[IntArray, "k"],
        strain: Float[Array, "k v"],
        direction: Float[Array, "k v"],
        target: Float[Array, "k v"],
        residual: Float[Array, "k v"],
        dt: float,
    ) -> Float[Array, "k"]:
        """Return 1, or the steps near which the derivative along the direction vanishes if it does so before."""
        slope = np.einsum("ni,ni->n", residual, direction)

        def derivative(which: IntArray, step: Array) -> Array:
            moved = strain[which] + step[:, None] * direction[which]
            fine, stress, _, _ = self._update(begin, active[which], moved, dt, tangent=False)
            slopes = np.einsum("ni,ni->n", np.where(fine[:, None], stress, 0.0) - target[which], direction[which])
            return np.where(fine, slopes, np.inf)

        steps = np.ones(len(strain))
        at_one = derivative(np.arange(len(strain)), steps)
        searched = np.flatnonzero((at_one > OVERSHOOT * np.abs(slope)) & np.isfinite(at_one))
        brackets = {row: Bracket(0.0, 1.0, float(slope[row]), float(at_one[row]), 0) for row in searched}
        for _ in range(SEARCH_ROUNDS):
            if not brackets:
                break
            which = np.array(list(brackets), dtype=np.int64)
            steps[which] = [estimate(brackets[row]) for row in which]
            values = derivative(which, steps[which])
            for row, value in zip(which, values.tolist(), strict=True):
                if not np.isfinite(value) or abs(value) <= SLACK * abs(slope[row]):
                    del brackets[row]
                else:
                    brackets[row] = narrow(brackets[row], float(steps[row]), value)
        return steps
