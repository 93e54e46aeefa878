"""Choices of a simulation: the reference case, its mesh and its full lattice."""

from __future__ import annotations

from dataclasses import dataclass

from microtann.cli.configuration import bounded


@dataclass(frozen=True)
class SimulationChoice:
    """How a reference structure is computed.

    Parameters
    ----------
    mesh_size : float
        Edge of the hexahedra; the structure is 10 wide.
    dns : float
        Size ratio ε of the full lattice, whose cells measure 10 ε; 0 leaves the full lattice out.
    """

    mesh_size: float = bounded(0.5, above=0.0, most=10.0)
    dns: float = bounded(0.1, least=0.0, most=1.0)
