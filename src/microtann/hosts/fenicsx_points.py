"""A model in FEniCSx along a programme: one element for every point, in a process of its own.

``python -m microtann.hosts.fenicsx_points FOLDER MODEL`` is what the process does.
"""

from __future__ import annotations

import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.equilibrium.solver_options import SolverOptions
from microtann.equilibrium.steps import Prescribed, Step
from microtann.errors import MicrotannError
from microtann.evaluation.distributed_run import launcher
from microtann.fem.mesh import Mesh
from microtann.hosts.strain_programme import DrivenPoints
from microtann.numbers import voigt
from microtann.system.hdf5 import created, opened
from microtann.tann.shipped import load

Array = NDArray[np.float64]
CORNERS = {
    2: ("quad", [[0, 0], [1, 0], [1, 1], [0, 1]]),
    3: (
        "hexahedron",
        [[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 1], [1, 0, 1], [1, 1, 1], [0, 1, 1]],
    ),
}
"""Element and its corners, by the dimension of space."""


def drive_in_fenicsx(model: str, folder: Path, walk: Float[Array, "T n v"]) -> DrivenPoints:
    """Return what a model makes of a programme in FEniCSx, which tells its states at the end and no tangent.

    Parameters
    ----------
    model : str
        Name or file.
    folder : Path
        Where the programme and the answer are written.
    walk : array, shape (T, n, v)

    Raises
    ------
    MissingExtraError
        If FEniCSx is not installed.
    MicrotannError
        If it fails.
    """
    command = [*launcher(1), sys.executable, "-m", "microtann.hosts.fenicsx_points", str(folder), model]
    with created(folder / "programme.h5") as file:
        file["walk"] = walk
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0 or not (folder / "found.h5").is_file():
        raise MicrotannError(f"FEniCSx failed: {(done.stderr or 'it says nothing').strip().splitlines()[-1]}")
    with opened(folder / "found.h5") as file:
        found = {name: file[name][()] for name in ("stress", "state", "energy", "dissipation")}
        return DrivenPoints(**found, tangent=None, seconds=float(file.attrs["seconds"]))


def elements_alone(points: int, dimension: int) -> Mesh:
    """Return so many elements beside each other that share no node.

    Parameters
    ----------
    points : int
    dimension : int
        Of space.
    """
    kind, corners = CORNERS[dimension]
    own = np.asarray(corners, dtype=np.float64)
    places = own[None] + 2.0 * np.arange(points)[:, None, None] * np.eye(dimension)[0]
    return Mesh(places.reshape(-1, dimension), np.arange(points * len(own)).reshape(points, -1), kind)


def moved_steps(mesh: Mesh, walk: Float[Array, "T n v"]) -> list[Step]:
    """Return steps that give every element its strains.

    Parameters
    ----------
    mesh : Mesh
    walk : array, shape (T, n, v)
    """
    d, per_cell = mesh.dimension, mesh.element.nodes
    local = mesh.points.reshape(-1, per_cell, d) - mesh.points.reshape(-1, per_cell, d)[:, :1]
    every = np.arange(len(mesh.points))
    steps = []
    for strain in np.cumsum(walk, axis=0):
        tensor = np.zeros((len(strain), d, d))
        for column, (i, j) in enumerate(voigt.PAIRS[d]):
            tensor[:, i, j] = tensor[:, j, i] = strain[:, column] * (1.0 if i == j else 0.5)
        moves = np.einsum("nij,npj->npi", tensor, local).reshape(-1, d)
        steps.append(Step([Prescribed(every, axis, moves[:, axis]) for axis in range(d)]))
    return steps


def drive_here(folder: Path, name: str) -> None:
    """Do the part of the process.

    Parameters
    ----------
    folder : Path
        With the programme.
    name : str
        Of the model, or its file.
    """
    from microtann.fenicsx import DistributedModel

    warnings.simplefilter("ignore")
    with opened(folder / "programme.h5") as file:
        walk = file["walk"][()]
    mesh = elements_alone(walk.shape[1], {3: 2, 6: 3}[walk.shape[2]])
    found = DistributedModel(mesh, load(name)).solve(
        moved_steps(mesh, walk), SolverOptions(outside_training="none", linear_solver="direct")
    )
    result: Any = found.gather()
    cost = result.statistics
    with created(folder / "found.h5") as file:
        for column in ("stress", "energy", "dissipation"):
            file[column] = np.array([entry[column] for entry in result.fields])
        file["state"] = result.state["isv"][None, :, 0]
        file.attrs["seconds"] = cost.material_seconds / cost.constitutive_calls


if __name__ == "__main__":
    drive_here(Path(sys.argv[1]), sys.argv[2])
