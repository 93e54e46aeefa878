"""Equilibrium of discrete systems: loading steps, Newton's method and its linear solver, shared by FE and DNS."""

from microtann.equilibrium.history import History, Statistics
from microtann.equilibrium.march import march
from microtann.equilibrium.record import Record, Restart
from microtann.equilibrium.solver_options import Progress, SolverOptions
from microtann.equilibrium.steps import NodalForce, Prescribed, Step
from microtann.equilibrium.system import Response, System, Tangent

__all__ = [
    "History",
    "NodalForce",
    "Prescribed",
    "Progress",
    "Record",
    "Response",
    "Restart",
    "SolverOptions",
    "Statistics",
    "Step",
    "System",
    "Tangent",
    "march",
]
