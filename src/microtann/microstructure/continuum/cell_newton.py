"""Equilibrium of many cells of one solid over an increment: Newton's method on one elastic factor.

The tangent of every cell is assembled where its points flow, and solved by conjugate gradients on the factor of
the elastic cell, or by factors of its own where these do not converge. Whatever is done to find the
fluctuation, the increment is one implicit step of the phases from the state at its beginning.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from microtann.equilibrium.linear import conjugate_gradients
from microtann.equilibrium.sparsity import BlockTangent
from microtann.errors import ConvergenceError
from microtann.materials.protocol import State
from microtann.microstructure.continuum.cell_equations import CellEquations
from microtann.microstructure.continuum.phase_response import PhaseResponse, respond_of_phases

Array = np.ndarray[Any, np.dtype[np.float64]]  # NDArray of NumPy 2.5 is an alias that jaxtyping cannot read
Changes = Sequence[Array | None]
"""Of tangents (_, v, v) from the elastic ones, region by region; None where there is none."""
Failure = tuple[list[float], list[int]]
"""Residuals, and nodes of the mesh out of balance, worst first."""
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
POINTS_TOGETHER = 8192
"""Integration points of the cells that are advanced together, which stay in the cache."""


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
    equations: CellEquations,
    strain: Float[Array, "n v"],
    before: CellsBefore,
    dt: float | Float[Array, "n"],
    tangent: bool,
) -> CellAdvance:
    """Advance many cells of one solid by an increment.

    Parameters
    ----------
    equations : CellEquations
    strain : array, shape (n, v)
        Average strain at the end of the increment.
    before : CellsBefore
    dt : float or array, shape (n,)
    tangent : bool
        Whether the consistent tangent is wanted.

    Raises
    ------
    ConvergenceError
        If a cell found no equilibrium; it names the cell and its points out of balance.
    """
    n, v = strain.shape
    state = {name: np.empty_like(value) for name, value in before.state.items()}
    found = CellAdvance(
        np.empty((n, v)),
        np.empty((n, v, v)) if tangent else None,
        np.empty(n),
        np.empty(n),
        np.empty_like(before.fluctuation),
        state,
    )
    together = max(1, POINTS_TOGETHER // len(equations.weights))
    for first in range(0, n, together):
        cells = np.arange(first, min(first + together, n))
        _Search(equations, strain, before, dt, found).solve(cells)
    return found


class _Search:
    """Search for the fluctuations at the end of an increment.

    Parameters
    ----------
    equations : CellEquations
    strain : array, shape (n, v)
        Average strain at the end.
    before : CellsBefore
    dt : float or array, shape (n,)
    found : CellAdvance
        Gets what is found.
    """

    def __init__(
        self,
        equations: CellEquations,
        strain: Float[Array, "n v"],
        before: CellsBefore,
        dt: float | Float[Array, "n"],
        found: CellAdvance,
    ) -> None:
        self._equations, self._strain, self._before, self._dt = equations, strain, before, dt
        self._found = found
        self._size = np.empty(len(equations.weights))
        for points, one in zip(equations.points, equations.elastic_moduli, strict=True):
            self._size[points] = equations.reach[points] * float(np.abs(one).max())

    def solve(self, cells: Int[NDArray[np.int64], "k"]) -> None:
        """Find the equilibrium of some cells; the way is halved for those where it is not found at once."""
        moves = self._strain[cells] - self._before.strain[cells]
        guess = self._before.fluctuation[cells] + moves @ self._equations.elastic_fluctuation.T
        _, failed = self._newton(cells, self._strain[cells], guess, keep=True)
        for place in failed:
            self._by_halves(cells[place : place + 1])

    def _by_halves(self, cell: Int[NDArray[np.int64], "1"]) -> None:
        """Find the equilibrium of one cell on the way of equilibria at smaller average strains."""
        start, move = self._before.strain[cell], self._strain[cell] - self._before.strain[cell]
        reached, width, fluctuation = 0.0, 0.5, self._before.fluctuation[cell]
        for _ in range(2**HALVINGS):
            aim = min(1.0, reached + width)
            guess = fluctuation + (aim - reached) * move @ self._equations.elastic_fluctuation.T
            next_one, failed = self._newton(cell, start + aim * move, guess, keep=aim == 1.0)
            if not failed:
                if aim == 1.0:
                    return
                reached, fluctuation = aim, next_one
                continue
            width *= 0.5
            if width < 0.5**HALVINGS:
                break
        history, worst = failed.get(0, ([], []))
        raise ConvergenceError(
            f"the solid at material point {cell[0]} found no equilibrium at {aim:.3g} of the increment; forces "
            f"out of balance after each iteration: {', '.join(f'{one:.1e}' for one in history[-8:])}; worst at "
            f"nodes {', '.join(map(str, worst))} of its mesh; use smaller increments",
            residuals=history,
            worst=[int(cell[0])],
        )

    def _strains(self, average: Float[Array, "k y"], fluctuation: Float[Array, "k u"]) -> Float[Array, "k P v"]:
        local = (self._equations.strain_of @ fluctuation.T).T
        return local.reshape(len(average), -1, self._equations.components) + self._equations.driven(average)

    def _newton(
        self,
        cells: Int[NDArray[np.int64], "k"],
        target: Float[Array, "k v"],
        guess: Float[Array, "k u"],
        keep: bool,
    ) -> tuple[Float[Array, "k u"], dict[int, Failure]]:
        """Find the equilibrium of cells at average strains.

        Parameters
        ----------
        cells : integer array, shape (k,)
        target : array, shape (k, v)
        guess : array, shape (k, u)
            Of their fluctuations.
        keep : bool
            Whether what is found is what is wanted, and not a step on the way there.

        Returns
        -------
        array, shape (k, u), and dict
            Fluctuations, and the residuals and worst nodes of the cells that found no equilibrium, by their place.
        """
        equations, before, d = self._equations, self._before.only(cells), self._equations.mesh.dimension
        began = self._strains(before.strain, before.fluctuation)
        fluctuation, base, move = guess.copy(), guess.copy(), np.zeros_like(guess)
        slope, step = np.zeros(len(cells)), np.ones(len(cells))
        history: list[list[float]] = [[] for _ in cells]
        failed: dict[int, Failure] = {}
        left = np.arange(len(cells))
        while len(left):
            strain = self._strains(target[left], fluctuation[left])
            start = before.only(left)
            dt = self._dt[cells[left]] if isinstance(self._dt, np.ndarray) else self._dt
            answer = respond_of_phases(equations, strain, began[left], start.state, dt)
            residuals = np.ascontiguousarray((equations.force_of @ answer.stress.reshape(len(left), -1).T).T)
            residuals[:, :d] = 0.0
            reach = np.maximum(np.abs(strain), np.abs(began[left]))  # strains may end at zero
            cancelled = equations.cancelled(target[left])  # what expands freely is strained by round-off alone
            size = (np.maximum(reach.max(axis=2), cancelled) * self._size).max(axis=1)
            going = []
            for row, place in enumerate(left.tolist()):
                residual, past = residuals[row], history[place]
                past.append(float(np.abs(residual).max() / (size[row] or 1.0)))
                if past[-1] <= TOLERANCE:
                    if keep:
                        self._keep(int(cells[place]), fluctuation[place], answer, row)
                    continue
                if not np.isfinite(past[-1]) or len(past) > ITERATIONS:
                    failed[place] = past, self._worst(residual)
                    continue
                going.append(place)
                after = float(residual @ move[place])
                if len(past) > 1 and after > FLATTER * abs(slope[place]) and step[place] > LEAST_STEP:
                    step[place] *= min(max(slope[place] / (slope[place] - after), 0.1), 0.7)
                else:
                    move[place] = -self._solve_tangent(_row(answer.change, row), residual, past)
                    base[place], slope[place], step[place] = fluctuation[place], residual @ move[place], 1.0
                fluctuation[place] = base[place] + step[place] * move[place]
            left = np.array(going, dtype=np.int64)
        return fluctuation, failed

    def _keep(self, cell: int, fluctuation: Float[Array, "u"], answer: PhaseResponse, row: int) -> None:
        """Take over what was found for a cell.

        Parameters
        ----------
        cell : int
        fluctuation : array, shape (u,)
        answer : PhaseResponse
            Of several cells.
        row : int
            Its place among them.

        Raises
        ------
        ConvergenceError
            If the tangent is wanted and the cell has none.
        """
        found = self._found
        found.fluctuation[cell] = fluctuation
        found.stress[cell] = self._equations.average(answer.stress[row])
        found.energy[cell], found.dissipation[cell] = answer.energy[row], answer.dissipation[row]
        for name, value in answer.state.items():
            found.state[name][cell] = value[row]
        if found.tangent is not None:
            try:
                found.tangent[cell] = self._average_tangent(_row(answer.change, row))
            except RuntimeError:
                raise ConvergenceError(
                    f"the solid at material point {cell} has reached its limit load: without hardening it has no "
                    "tangent there; use smaller increments or a material that hardens",
                    worst=[cell],
                ) from None

    def _worst(self, residual: Float[Array, "u"]) -> list[int]:
        """Return the nodes of the mesh with the largest forces out of balance."""
        distinct = np.argsort(-np.abs(residual).reshape(-1, self._equations.mesh.dimension).max(axis=1))[:4]
        return self._equations.distinct.first[distinct].tolist()

    def _tangent(self, change: Changes) -> BlockTangent | None:
        """Return the stiffness of a cell; none where it is the elastic one."""
        if all(part is None or not part.any() for part in change):
            return None
        return self._equations.stiffness(change, self._equations.elastic_stiffness)

    def _solve_tangent(self, change: Changes, force: Float[Array, "u"], history: list[float]) -> Float[Array, "u"]:
        """Solve the tangent of a cell, as closely as the residuals so far are worth.

        Parameters
        ----------
        change : sequence of arrays
            Of the tangents of the phases from the elastic ones.
        force : array, shape (u,)
        history : list of float
            Residuals so far.
        """
        equations = self._equations
        tangent = self._tangent(change)
        if tangent is None:
            return equations.solve_elastic(force)
        d = equations.mesh.dimension
        close = LOOSE if len(history) == 1 else min(LOOSE, history[-1] / history[-2])
        close = max(close, 0.2 * TOLERANCE / history[-1])

        def held(vector: Float[Array, "u"]) -> Float[Array, "u"]:
            image = tangent @ vector
            image[:d] = 0.0
            return image

        found = conjugate_gradients(held, equations.solve_elastic, force, close, LINEAR_ITERATIONS)
        if not found.indefinite and found.relative_residual <= close:
            return found.x
        try:
            factor = equations.factor(tangent)
        except RuntimeError:  # no stiffness left in some direction: the elastic step goes downhill too
            return equations.solve_elastic(force)
        moved = np.zeros_like(force)
        moved[d:] = factor.solve(force[d:])
        return moved

    def _average_tangent(self, change: Changes) -> Float[Array, "v v"]:
        """Return the consistent tangent of a cell in equilibrium."""
        equations, d = self._equations, self._equations.mesh.dimension
        tangent = self._tangent(change)
        if tangent is None:
            return equations.elasticity
        everywhere = equations.elastic_everywhere.copy()
        for points, part in zip(equations.points, change, strict=True):
            if part is not None:
                everywhere[points] += part
        forces = equations.forces_of_average(everywhere)
        moved = equations.factor(tangent).solve(np.ascontiguousarray(forces[d:]))
        average: Array = np.einsum("p,pvw->vw", equations.weights, everywhere) - forces[d:].T @ moved
        return average


def _row(change: Sequence[Array | None], row: int) -> Changes:
    """Return the changes of tangents of one cell."""
    return [None if part is None else part[row] for part in change]
