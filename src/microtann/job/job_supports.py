"""Checks of a job before anything is computed: bodies that may move freely, and loads that supports take up."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Int
from numpy.typing import NDArray

from microtann.equilibrium.rigid import check_supports
from microtann.equilibrium.steps import DistributedLoad, Step, resolve
from microtann.errors import ConfigurationError, InputError
from microtann.fem.mesh import Mesh
from microtann.job.job_loads import LoadChoice, TractionLoad

ACTING = 1e-12
"""Force on a node, relative to the largest of its load, below which there is none."""


def held_components(step: Step, mesh: Mesh, where: str, name: str) -> Bool[NDArray[np.bool_], "N d"]:
    """Return the displacement components that a step prescribes.

    Parameters
    ----------
    step : Step
    mesh : Mesh
    where, name : str
        What a message begins with, and what it calls the step.

    Raises
    ------
    ConfigurationError
        If a component of a node is prescribed twice with different values, or has no value.
    """
    try:
        return resolve(Step(step.prescribed), mesh.points, name, mesh).held
    except InputError as error:
        raise ConfigurationError(f"{where}: {error}") from None


def check_component(component: str, mesh: Mesh, where: str) -> None:
    """Refuse a component that a mesh in the plane does not have.

    Parameters
    ----------
    component : str
        "x", "y" or "z".
    mesh : Mesh
    where : str
        What a message begins with.

    Raises
    ------
    ConfigurationError
        If it does not.
    """
    if component not in "xyz"[: mesh.dimension]:
        raise ConfigurationError(f"{where}: the mesh lies in the plane and has no component {component}")


def check_held(
    held: Bool[NDArray[np.bool_], "N d"], mesh: Mesh, parts: Int[NDArray[np.int32], "N"], where: str, name: str
) -> None:
    """Refuse what is held of a body, or of a part of it that nothing joins, if it may still move as a rigid one.

    Parameters
    ----------
    held : array of bool, shape (N, d)
    mesh : Mesh
    parts : integer array, shape (N,)
        Number of the connected part of every node.
    where, name : str
        What a message begins with, and what it calls the step.

    Raises
    ------
    ConfigurationError
        It names the part and its motion.
    """
    try:
        check_supports(mesh.points, held, parts, name)
    except InputError as error:
        raise ConfigurationError(f"{where}: {error}") from None


def check_load(load: LoadChoice, held: Bool[NDArray[np.bool_], "N d"], mesh: Mesh, where: str) -> None:
    """Refuse a load that only acts where its nodes are held in its direction, so that it deforms nothing.

    A load some of whose nodes are held is ordinary. So is a pressure or shear a part of which is taken up by
    guides; of a traction every component is a choice, and has to act somewhere.

    Parameters
    ----------
    load : LoadChoice
    held : array of bool, shape (N, d)
        Components that the step prescribes.
    mesh : Mesh
    where : str
        What a message begins with.

    Raises
    ------
    ConfigurationError
        If it does, or does not fit its faces.
    """
    _, forces = load.conditions(mesh, 1.0)
    if not forces:
        return
    force = np.zeros(mesh.points.shape)
    try:
        for item in forces:
            if isinstance(item, DistributedLoad):
                force += item.nodal_forces(mesh, where)
            else:
                force += resolve(Step(forces=[item]), mesh.points, where, mesh).force
    except InputError as error:
        raise ConfigurationError(str(error)) from None
    acting = np.abs(force) > ACTING * np.abs(force).max()
    idle = acting.any(axis=0) & (held | ~acting).all(axis=0)
    if idle.any() and (isinstance(load, TractionLoad) or _all_idle(idle, acting)):
        axes = " and ".join(axis for axis, lost in zip("xyz", idle, strict=False) if lost)
        raise ConfigurationError(
            f"{where}: all nodes of {load.on!r} are held along {axes} by a support or a displacement, "
            "so that the load does nothing there: load other nodes, or hold fewer"
        )


def _all_idle(idle: Bool[NDArray[np.bool_], "d"], acting: Bool[NDArray[np.bool_], "N d"]) -> bool:
    """Return whether a load acts in no other component than those in which it does nothing."""
    return bool((idle | ~acting.any(axis=0)).all())
