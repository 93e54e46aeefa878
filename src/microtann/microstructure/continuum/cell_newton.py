"""Equilibrium of many cells of one solid over an increment: Newton's method on one elastic factor.

The tangent of every cell is assembled where its points flow, and solved by conjugate gradients on the factor of
the elastic cell, or by factors of its own where that is cheaper or needed. Whatever is done to find the
fluctuation, the increment is one implicit step of the phases from the state at its beginning.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from microtann.equilibrium.linear import conjugate_gradients
from microtann.equilibrium.sparsity import BlockTangent
from microtann.errors import ConvergenceError
from microtann.materials.protocol import State
from microtann.microstructure.continuum.cell_equations import CellEquations
from microtann.microstructure.continuum.phase_response import PhaseResponse, respond_of_phases

Array = NDArray[np.float64]
TOLERANCE = 1e-11
"""Largest force out of balance over the largest of a point whose elastic stress belongs to its strain."""
ITERATIONS = 40
LEAST_STEP = 1e-3
FLATTER = 0.9
"""A step of Newton's method is shortened where the slope of the potential along it changes its sign and keeps more
than this part of its size."""
HALVINGS = 6
"""How often the way to the end of an increment may be halved, in search of a first guess."""
LOOSE = 0.05
"""Relative residual of the linear solver in the first step of Newton's method."""
LINEAR_ITERATIONS = 80
DIRECT_UP_TO = 600
"""Unknowns up to which the factors of a tangent cost less than conjugate gradients."""


@dataclass(frozen=True, eq=False)
class CellAdvance:
    """n cells at the end of an increment.

    Parameters
    ----------
    stress : array, shape (n, v)
        Average.
    tangent : array, shape (n, v, v), or None
        Consistent, of the average stress.
    energy, dissipation : array, shape (n,)
    fluctuation : array, shape (n, u)
    state : dict of arrays, shape (n, p, ...)
        Of the phases.
    """

    stress: Float[Array, "n v"]
    tangent: Float[Array, "n v v"] | None
    energy: Float[Array, "n"]
    dissipation: Float[Array, "n"]
    fluctuation: Float[Array, "n u"]
    state: State


@dataclass(frozen=True, eq=False)
class CellsBefore:
    """n cells at the beginning of an increment.

    Parameters
    ----------
    strain : array, shape (n, v)
        Average.
    fluctuation : array, shape (n, u)
    state : dict of arrays, shape (n, p, ...)
    """

    strain: Float[Array, "n v"]
    fluctuation: Float[Array, "n u"]
    state: State

    def only(self, cells: Int[NDArray[np.int64], "k"]) -> CellsBefore:
        """Return some of the cells."""
        state = {name: value[cells] for name, value in self.state.items()}
        return CellsBefore(self.strain[cells], self.fluctuation[cells], state)


def advance_cells(
    equations: CellEquations, strain: Float[Array, "n v"], before: CellsBefore, dt: float, tangent: bool
) -> CellAdvance:
    """Advance many cells of one solid by an increment.

    Parameters
    ----------
    equations : CellEquations
    strain : array, shape (n, v)
        Average strain at the end of the increment.
    before : CellsBefore
    dt : float
    tangent : bool
        Whether the consistent tangent is wanted.

    Raises
    ------
    ConvergenceError
        If a cell found no equilibrium; it names the cell and its points out of balance.
    """
    guess = before.fluctuation + (strain - before.strain) @ equations.elastic_fluctuation.T
    return _Search(equations, before, dt).solve(strain, guess, tangent)


class _Search:
    """Search for the fluctuations at the end of an increment."""

    def __init__(self, equations: CellEquations, before: CellsBefore, dt: float) -> None:
        self._equations, self._before, self._dt = equations, before, dt
        self._start = self._strains(before.strain, before.fluctuation)
        self._size = np.array([float(np.abs(one).max()) for one in equations.elastic_moduli])

    def _strains(self, average: Float[Array, "k v"], fluctuation: Float[Array, "k u"]) -> Float[Array, "k P v"]:
        local = (self._equations.strain_of @ fluctuation.T).T
        return local.reshape(len(average), -1, average.shape[1]) + average[:, None]

    def _respond(
        self, cells: Int[NDArray[np.int64], "k"], strain: Float[Array, "k P v"]
    ) -> tuple[PhaseResponse, Float[Array, "k u"], Float[Array, "k"]]:
        """Return the response of cells, their forces out of balance, and the size of those of their points."""
        equations, before = self._equations, self._before.only(cells)
        answer = respond_of_phases(equations, strain, self._start[cells], before.state, self._dt, True)
        residual = (equations.force_of @ answer.stress.reshape(len(cells), -1).T).T
        size = np.zeros(len(cells))
        for points, modulus in zip(equations.points, self._size, strict=True):
            largest = np.abs(strain[:, points]).max(axis=2) * equations.reach[points]
            size = np.maximum(size, modulus * largest.max(axis=1))
        return answer, residual, np.where(size > 0.0, size, 1.0)

    def solve(self, target: Float[Array, "n v"], guess: Float[Array, "n u"], tangent: bool) -> CellAdvance:
        """Return the cells in equilibrium.

        Parameters
        ----------
        target : array, shape (n, v)
            Average strain.
        guess : array, shape (n, u)
            Of their fluctuations.
        tangent : bool
            Whether the consistent tangent is wanted.
        """
        n, v = target.shape
        stress, energy, dissipation = np.empty((n, v)), np.empty(n), np.empty(n)
        moduli = np.empty((n, v, v)) if tangent else None
        fluctuation = np.empty_like(guess)
        state: State = {}
        for cell in range(n):
            one = np.array([cell])
            found, answer = self._one(one, target[one], guess[one])
            fluctuation[cell] = found[0]
            weights = self._equations.weights
            stress[cell] = weights @ answer.stress[0]
            energy[cell], dissipation[cell] = answer.energy[0], answer.dissipation[0]
            for name, value in answer.state.items():
                state.setdefault(name, np.empty((n, *value.shape[1:])))[cell] = value[0]
            if moduli is not None:
                moduli[cell] = self._average_tangent([part[0] for part in answer.moduli])
        return CellAdvance(stress, moduli, energy, dissipation, fluctuation, state)

    def _one(
        self, cell: Int[NDArray[np.int64], "1"], target: Float[Array, "1 v"], guess: Float[Array, "1 u"]
    ) -> tuple[Float[Array, "1 u"], PhaseResponse]:
        """Return the fluctuation of one cell in equilibrium; its way is halved where it is not found at once."""
        start, begin = self._before.strain[cell], self._before.fluctuation[cell]
        reached, width, halvings = 0.0, 1.0, 0
        while True:
            aim = min(1.0, reached + width)
            first = guess if aim == 1.0 and reached == 0.0 else begin
            if reached > 0.0 or aim < 1.0:
                at = start + reached * (target - start)
                first = begin + (start + aim * (target - start) - at) @ self._equations.elastic_fluctuation.T
            found, answer, history, worst = self._newton(cell, start + aim * (target - start), first)
            if answer is None:
                halvings += 1
                if halvings > HALVINGS:
                    raise ConvergenceError(
                        f"the solid at material point {cell[0]} found no equilibrium at {aim:.3g} of the "
                        f"increment; forces out of balance after each iteration: {_in_words(history)}; "
                        f"integration points under the largest stress: {', '.join(map(str, worst))}; "
                        "use smaller increments",
                        residuals=history,
                        worst=[int(cell[0])],
                    )
                width *= 0.5
            elif aim == 1.0:
                return found, answer
            else:
                reached, begin = aim, found

    def _newton(
        self, cell: Int[NDArray[np.int64], "1"], target: Float[Array, "1 v"], first: Float[Array, "1 u"]
    ) -> tuple[Float[Array, "1 u"], PhaseResponse | None, list[float], list[int]]:
        """Return a fluctuation in equilibrium and its response, none if there was none, and the residuals."""
        fluctuation, history = first, []
        move, slope, step = np.zeros_like(first), 0.0, 1.0
        base = first
        while True:
            answer, residual, size = self._respond(cell, self._strains(target, fluctuation))
            residual[:, : self._equations.mesh.dimension] = 0.0
            history.append(float(np.abs(residual).max() / size[0]))
            if history[-1] <= TOLERANCE:
                return fluctuation, answer, history, []
            if not np.isfinite(history[-1]) or len(history) > ITERATIONS:
                return fluctuation, None, history, self._worst(answer)
            after = float(residual[0] @ move[0])
            if len(history) > 1 and after > FLATTER * abs(slope) and step > LEAST_STEP:
                step *= min(max(slope / (slope - after), 0.1), 0.7)
                fluctuation = base + step * move
                continue
            move = -self._solve_tangent([part[0] for part in answer.moduli], residual[0], history)[None]
            base, slope, step = fluctuation, float(residual[0] @ move[0]), 1.0
            fluctuation = base + move

    def _worst(self, answer: PhaseResponse) -> list[int]:
        """Return the integration points with the largest stress."""
        return np.argsort(-np.abs(answer.stress[0]).max(axis=1))[:4].tolist()

    def _tangent(self, moduli: list[Float[Array, "_ v v"]]) -> BlockTangent | None:
        """Return the stiffness of a cell; none where it is the elastic one."""
        pairs = zip(moduli, self._equations.elastic_moduli, strict=True)
        change = [part - elastic for part, elastic in pairs]
        if not any(part.any() for part in change):
            return None
        return self._equations.stiffness(change, self._equations.elastic_stiffness)

    def _solve_tangent(
        self, moduli: list[Float[Array, "_ v v"]], force: Float[Array, "u"], history: list[float]
    ) -> Float[Array, "u"]:
        """Solve the tangent of a cell, as closely as the residuals so far are worth."""
        equations = self._equations
        tangent = self._tangent(moduli)
        if tangent is None:
            return equations.solve_elastic(force)
        d = equations.mesh.dimension
        if equations.unknowns > DIRECT_UP_TO:
            close = LOOSE if len(history) == 1 else min(LOOSE, history[-1] / history[-2])
            close = max(close, 0.2 * TOLERANCE / history[-1])

            def held(vector: Float[Array, "u"]) -> Float[Array, "u"]:
                image = tangent @ vector
                image[:d] = 0.0
                return image

            found = conjugate_gradients(held, equations.solve_elastic, force, close, LINEAR_ITERATIONS)
            if not found.indefinite and found.relative_residual <= close:
                return found.x
        moved = np.zeros_like(force)
        moved[d:] = equations.factor(tangent).solve(force[d:])
        return moved

    def _average_tangent(self, moduli: list[Float[Array, "_ v v"]]) -> Float[Array, "v v"]:
        """Return the consistent tangent of a cell in equilibrium."""
        equations, d = self._equations, self._equations.mesh.dimension
        tangent = self._tangent(moduli)
        if tangent is None:
            return equations.elasticity
        everywhere = np.empty((len(equations.weights), *moduli[0].shape[1:]))
        for points, part in zip(equations.points, moduli, strict=True):
            everywhere[points] = part
        forces = equations.forces_of_average(everywhere)
        moved = equations.factor(tangent).solve(np.ascontiguousarray(forces[d:]))
        average: Array = np.einsum("p,pvw->vw", equations.weights, everywhere) - forces[d:].T @ moved
        return average


def _in_words(history: list[float]) -> str:
    """Return the last residuals as numbers in a row."""
    return ", ".join(f"{one:.1e}" for one in history[-8:])
