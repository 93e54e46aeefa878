"""The increments of all steps, checked and resolved on the points of a system."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from microtann.equilibrium.rigid import check_supports
from microtann.equilibrium.step_control import StepControl
from microtann.equilibrium.steps import Loading, Step, label, resolve
from microtann.equilibrium.system import System
from microtann.equilibrium.unknowns import unknowns_of
from microtann.errors import InputError


@dataclass(frozen=True, eq=False)
class Plan:
    """Loading steps of a system.

    Parameters
    ----------
    steps : tuple of Step
    loadings : tuple of Loading
        One per step.
    firsts : tuple of int
        Index of the first increment of every step, and of the one after the last.
    starts : tuple of float
        Time at which every increment begins.
    """

    steps: tuple[Step, ...]
    loadings: tuple[Loading, ...]
    firsts: tuple[int, ...]
    starts: tuple[float, ...]

    @staticmethod
    def of(system: System, steps: Sequence[Step] | Step, control: StepControl) -> Plan:
        """Resolve and check steps.

        Parameters
        ----------
        system : System
        steps : Step or sequence of Step
        control : StepControl
            Says how many increments a step may take.

        Raises
        ------
        InputError
            If there is none, one does not fit the system, leaves a rigid-body motion free, or has more increments
            than it may take.
        """
        chosen = (steps,) if isinstance(steps, Step) else tuple(steps)
        if not chosen:
            raise InputError("there is no loading step")
        points, connected, unknowns = system.points, system.parts, unknowns_of(system)
        mesh = getattr(system, "mesh", None)  # a lattice has none
        loadings = []
        for number, step in enumerate(chosen):
            if step.increments > control.max_increments:
                raise InputError(
                    f"{label(step, number)} has {step.increments} increments, but max_increments is "
                    f"{control.max_increments}"
                )
            loadings.append(resolve(step, points, label(step, number), mesh, unknowns))
        for number, step in enumerate(chosen):
            check_supports(points, loadings[number].held, connected, label(step, number), unknowns)
        firsts = accumulate((step.increments for step in chosen), initial=0)
        times = accumulate((step.dt for step in chosen for _ in range(step.increments)), initial=0.0)
        return Plan(chosen, tuple(loadings), tuple(firsts), tuple(times))

    @property
    def count(self) -> int:
        """Number of increments."""
        return self.firsts[-1]

    def before(self, step: int) -> Loading:
        """Return the loading that a step starts from: that of the step before, or none."""
        if step > 0:
            return self.loadings[step - 1]
        shape = self.loadings[0].held.shape
        return Loading(np.zeros(shape, dtype=bool), np.zeros(shape), np.zeros(shape))

    def step_of(self, increment: int) -> int:
        """Return the step of an increment."""
        return int(np.searchsorted(self.firsts, increment, side="right")) - 1

    def digest(self, step: int) -> str:
        """Return what identifies the loading of a step: SHA-256 of its values, increments and duration."""
        loading, own = self.loadings[step], self.steps[step]
        content = hashlib.sha256(f"{own.increments} {own.dt!r}".encode())
        for array in (loading.held, loading.target, loading.force):
            content.update(np.ascontiguousarray(array).tobytes())
        return content.hexdigest()
