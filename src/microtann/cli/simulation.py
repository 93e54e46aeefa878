"""Choices of a simulation: the reference case, its mesh and its full lattice."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from microtann.configuration import configuration


@configuration
class SimulationChoice:
    """How a reference structure is computed.

    Parameters
    ----------
    mesh_size : float
        Edge of the hexahedra; the structure is 10 wide.
    dns : float
        Size ratio ε of the full lattice, whose cells measure 10 ε; 0 leaves the full lattice out.
    outside_training : {"warn", "none", "error"}
        Where the model leaves the range of its training data: say so, say nothing, or stop.
    """

    mesh_size: Annotated[float, Field(gt=0.0, le=10.0)] = 0.5
    dns: Annotated[float, Field(ge=0.0, le=1.0)] = 0.1
    outside_training: Literal["warn", "none", "error"] = "warn"
