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
from microtann.fem.mesh import Mesh
from microtann.fenicsx.processes import launcher
from microtann.hosts.elements_alone import elements_alone, moved_nodes
from microtann.hosts.strain_programme import DrivenPoints
from microtann.system.hdf5 import created, opened
from microtann.tann.shipped import load

Array = NDArray[np.float64]
COLUMNS = ("stress", "state", "energy", "dissipation", "tangent")


def drive_in_fenicsx(model: str, folder: Path, walk: Float[Array, "T n v"]) -> DrivenPoints:
    """Return what a model makes of a programme in FEniCSx, which tells states and tangents at the end.

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
        found = {name: file[name][()] for name in COLUMNS}
        return DrivenPoints(**found, seconds=float(file.attrs["seconds"]))


def moved_steps(mesh: Mesh, walk: Float[Array, "T n v"]) -> list[Step]:
    """Return steps that give every element its strains.

    Parameters
    ----------
    mesh : Mesh
    walk : array, shape (T, n, v)
    """
    every = np.arange(len(mesh.points))
    return [
        Step([Prescribed(every, axis, moves[:, axis]) for axis in range(mesh.dimension)])
        for moves in moved_nodes(mesh, walk)
    ]


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

    systems = []

    class Watched(DistributedModel):
        """A model that shows what it assembles."""

        def _system(self) -> Any:
            systems.append(super()._system())
            return systems[-1]

    warnings.simplefilter("ignore")
    with opened(folder / "programme.h5") as file:
        walk = file["walk"][()]
    mesh = elements_alone(walk.shape[1], {3: 2, 6: 3}[walk.shape[2]])
    found = Watched(mesh, load(name)).solve(
        moved_steps(mesh, walk), SolverOptions(outside_training="none", linear_solver="direct")
    )
    result: Any = found.gather()
    cost = result.statistics
    with created(folder / "found.h5") as file:
        for column in ("stress", "energy", "dissipation"):
            file[column] = np.array([entry[column] for entry in result.fields])
        file["state"] = result.state["isv"][None, :, 0]
        tangents = systems[0].moduli.reshape(mesh.cell_count, -1, *systems[0].moduli.shape[1:])
        file["tangent"] = tangents[None, np.argsort(found.partition.cells), 0]
        file.attrs["seconds"] = cost.material_seconds / cost.constitutive_calls


if __name__ == "__main__":
    drive_here(Path(sys.argv[1]), sys.argv[2])
