"""Equilibrium of discrete systems: loading steps, Newton's method and its linear solver, shared by FE and DNS."""

from microtann.equilibrium.history import History, Statistics
from microtann.equilibrium.load_stepping import solve_steps
from microtann.equilibrium.options import Progress, SolverOptions
from microtann.equilibrium.steps import NodalForce, Prescribed, Step
from microtann.equilibrium.system import Response, System, Tangent

__all__ = [
    "History",
    "NodalForce",
    "Prescribed",
    "Progress",
    "Response",
    "SolverOptions",
    "Statistics",
    "Step",
    "System",
    "Tangent",
    "solve_steps",
]
