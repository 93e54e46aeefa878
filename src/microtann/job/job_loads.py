"""The loads of a job file, by kind: what they prescribe and which forces they exert at the end of a step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from pydantic import Field

from microtann.equilibrium.rotation import rigid_rotation
from microtann.equilibrium.steps import DistributedLoad, NodalForce, Prescribed
from microtann.errors import ConfigurationError
from microtann.fem.mesh import Mesh
from microtann.fem.pressure import Pressure
from microtann.fem.traction import Shear, Traction
from microtann.job.mesh_names import named
from microtann.numbers.configuration import configuration

Array = NDArray[np.float64]
Force = NodalForce | DistributedLoad
HISTORY = Field(description="Column of the history that the load is multiplied by; without one it is constant.")
GRADIENT = Field(description="Growth of the value along x, y and z from the origin; [] is none.")
ON_NODES = Field(description="Set of nodes.")
ON_FACES = Field(description="Side, or set of nodes that holds all nodes of the faces.")


@runtime_checkable
class LoadChoice(Protocol):
    """What a table [[step.load]] or [[load]] holds, by its kind."""

    on: str
    history: str

    def conditions(self, mesh: Mesh, factor: float) -> tuple[list[Prescribed], list[Force]]:
        """Return what the load prescribes and exerts, times a factor, at the end of a step.

        Raises
        ------
        InputError
            If the mesh has nothing of that name.
        """
        ...


@configuration
class DisplacementLoad:
    """A displacement component of nodes."""

    on: Annotated[str, ON_NODES]
    component: Annotated[Literal["x", "y", "z"], Field(description="Which.")]
    value: Annotated[float, Field(description="At the end of the step.")] = 0.0
    gradient: Annotated[tuple[float, ...], GRADIENT] = ()
    history: Annotated[str, HISTORY] = ""

    def conditions(self, mesh: Mesh, factor: float) -> tuple[list[Prescribed], list[Force]]:
        """Return the prescribed displacement."""
        value = growing_linearly(factor * self.value, self.gradient, factor)
        return [Prescribed(named(self.on, mesh.sets), self.component, value)], []


@configuration
class ForceLoad:
    """A force on nodes; over a face spread it by a traction instead."""

    on: Annotated[str, ON_NODES]
    component: Annotated[Literal["x", "y", "z"], Field(description="Which.")]
    value: Annotated[float, Field(description="Total force at the end of the step, shared equally by the nodes.")]
    history: Annotated[str, HISTORY] = ""

    def conditions(self, mesh: Mesh, factor: float) -> tuple[list[Prescribed], list[Force]]:
        """Return the force of every node."""
        nodes = named(self.on, mesh.sets)
        return [], [NodalForce(nodes, self.component, factor * self.value / len(mesh.sets[self.on]))]


@configuration
class PressureLoad:
    """A pressure against faces."""

    on: Annotated[str, ON_FACES]
    value: Annotated[float, Field(description="At the end of the step.")] = 0.0
    gradient: Annotated[tuple[float, ...], GRADIENT] = ()
    history: Annotated[str, HISTORY] = ""

    def conditions(self, mesh: Mesh, factor: float) -> tuple[list[Prescribed], list[Force]]:
        """Return the pressure."""
        acting = growing_linearly(factor * self.value, self.gradient, factor)
        return [], [Pressure(named(self.on, mesh.sides, mesh.sets), acting)]


@configuration
class TractionLoad:
    """A force per area on faces, whatever their direction."""

    on: Annotated[str, ON_FACES]
    value: Annotated[tuple[float, ...], Field(description="Vector at the end of the step.")]
    history: Annotated[str, HISTORY] = ""

    def conditions(self, mesh: Mesh, factor: float) -> tuple[list[Prescribed], list[Force]]:
        """Return the traction."""
        return [], [Traction(named(self.on, mesh.sides, mesh.sets), factor * np.array(self.value))]


@configuration
class ShearLoad:
    """A force per area along faces."""

    on: Annotated[str, ON_FACES]
    value: Annotated[float, Field(description="At the end of the step.")]
    along: Annotated[tuple[float, ...], Field(description="Direction; its part along the face counts.")]
    history: Annotated[str, HISTORY] = ""

    def conditions(self, mesh: Mesh, factor: float) -> tuple[list[Prescribed], list[Force]]:
        """Return the shear."""
        return [], [Shear(named(self.on, mesh.sides, mesh.sets), factor * self.value, np.array(self.along))]


@configuration
class RotationLoad:
    """Nodes that turn as a rigid body; displacements grow linearly within a step."""

    on: Annotated[str, ON_NODES]
    degrees: Annotated[float, Field(description="Angle from the undeformed body at the end of the step.")]
    axis: Annotated[Literal["x", "y", "z"], Field(description="Direction of the axis; in the plane z.")] = "z"
    centre: Annotated[tuple[float, ...], Field(description="A point of the axis; [] is the origin.")] = ()
    free_along_axis: Annotated[bool, Field(description="Whether the nodes may move along the axis.")] = False
    history: Annotated[str, HISTORY] = ""

    def conditions(self, mesh: Mesh, factor: float) -> tuple[list[Prescribed], list[Force]]:
        """Return the displacements of the nodes."""
        free = self.free_along_axis or mesh.dimension == 2
        nodes = named(self.on, mesh.sets)
        return list(rigid_rotation(nodes, factor * self.degrees, self.axis, self.centre or 0.0, free)), []


LOADS: dict[str, type[Any]] = {
    "displacement": DisplacementLoad,
    "force": ForceLoad,
    "pressure": PressureLoad,
    "traction": TractionLoad,
    "shear": ShearLoad,
    "rotation": RotationLoad,
}
"""What a load may be, by its `kind`."""


def growing_linearly(
    value: float, gradient: tuple[float, ...], factor: float
) -> float | Callable[[Float[Array, "n d"]], Float[Array, "n"]]:
    """Return a number, or the function of points that grows linearly from it.

    Parameters
    ----------
    value : float
        At the origin.
    gradient : tuple of float
        As many as a point has coordinates, or none.
    factor : float
        On the gradient.
    """
    if not gradient:
        return value
    slope = factor * np.array(gradient)

    def at(points: Float[Array, "n d"]) -> Float[Array, "n"]:
        if points.shape[1] != len(slope):
            raise ConfigurationError(f"a gradient has {points.shape[1]} components here, got {len(slope)}")
        return value + points @ slope

    return at
