"""What a simulation has cost so far."""

from __future__ import annotations

from dataclasses import dataclass

from microtann.equilibrium.system import Response


@dataclass
class Cost:
    """Running totals; see `microtann.equilibrium.history.Statistics`.

    Parameters
    ----------
    newton, linear, calls, cuts : int
    material, assembly, setup, solver : float
        CPU seconds.
    """

    newton: int = 0
    linear: int = 0
    calls: int = 0
    cuts: int = 0
    material: float = 0.0
    assembly: float = 0.0
    setup: float = 0.0
    solver: float = 0.0

    def add(self, response: Response) -> None:
        """Count an evaluation of the system."""
        self.calls += response.calls
        self.material += response.material_seconds
        self.assembly += response.assembly_seconds

    @property
    def seconds(self) -> float:
        """CPU time of all parts together."""
        return self.material + self.assembly + self.setup + self.solver
