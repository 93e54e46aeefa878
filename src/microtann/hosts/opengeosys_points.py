"""A model in OpenGeoSys along a programme: one element with one Gauss point for every point, all nodes moved."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from microtann.errors import MicrotannError, MissingExtraError
from microtann.fem.mesh import Mesh
from microtann.hosts.elements_alone import elements_alone, moved_nodes
from microtann.hosts.strain_programme import DrivenPoints

Array = NDArray[np.float64]
PLACES = {3: (0, 1, 3), 6: (0, 1, 2, 4, 5, 3)}
"""Where our components are among those of OpenGeoSys, 11, 22, 33, 12, 23, 13, by their number."""
ENERGIES = ("StoredEnergy", "DissipatedEnergy")
PROJECT = """<?xml version="1.0" encoding="ISO-8859-1"?>
<OpenGeoSysProject>
  <meshes><mesh>cells.vtu</mesh><mesh>nodes.vtu</mesh></meshes>
  <processes><process>
    <name>solid</name><type>SMALL_DEFORMATION</type><integration_order>1</integration_order>
    <constitutive_relation>
      <type>MFront</type><behaviour>{behaviour}</behaviour><library>{library}</library>
    </constitutive_relation>
    <process_variables><process_variable>displacement</process_variable></process_variables>
    <specific_body_force>{weightless}</specific_body_force>
  </process></processes>
  <media><medium>
    <phases><phase><type>Solid</type><properties>
      <property><name>density</name><type>Constant</type><value>0</value></property>
    </properties></phase></phases>
    <properties/>
  </medium></media>
  <time_loop>
    <processes><process ref="solid">
      <nonlinear_solver>newton</nonlinear_solver>
      <convergence_criterion><type>DeltaX</type><norm_type>NORM2</norm_type><abstol>1e-10</abstol></convergence_criterion>
      <time_discretization><type>BackwardEuler</type></time_discretization>
      <time_stepping>
        <type>FixedTimeStepping</type><t_initial>0</t_initial><t_end>{end}</t_end>
        <timesteps><pair><repeat>{end}</repeat><delta_t>1</delta_t></pair></timesteps>
      </time_stepping>
    </process></processes>
    <output>
      <type>VTK</type><prefix>driven</prefix>
      <timesteps><pair><repeat>1</repeat><each_steps>1</each_steps></pair></timesteps>
      <variables>{variables}</variables>
    </output>
  </time_loop>
  <parameters>
    <parameter><name>zeros</name><type>Constant</type><values>{weightless}</values></parameter>
{parameters}
  </parameters>
  <process_variables><process_variable>
    <name>displacement</name><components>{dimension}</components><order>1</order>
    <initial_condition>zeros</initial_condition>
    <boundary_conditions>{conditions}</boundary_conditions>
  </process_variable></process_variables>
  <nonlinear_solvers><nonlinear_solver>
    <name>newton</name><type>Newton</type><max_iter>9</max_iter><linear_solver>cg</linear_solver>
  </nonlinear_solver></nonlinear_solvers>
  <linear_solvers><linear_solver><name>cg</name><eigen>
    <solver_type>CG</solver_type><precon_type>DIAGONAL</precon_type>
    <max_iteration_step>100</max_iteration_step><error_tolerance>1e-14</error_tolerance>
  </eigen></linear_solver></linear_solvers>
</OpenGeoSysProject>
"""


def drive_in_opengeosys(library: Path, virgin: Float[Array, "z"], walk: Float[Array, "T n v"]) -> DrivenPoints:
    """Return what a behaviour makes of a programme in OpenGeoSys, which tells no tangent.

    Its time is that of the assembly of an element with one Gauss point.

    Parameters
    ----------
    library : Path
        A compiled export to "mfront", which has the folder for itself.
    virgin : array, shape (z,)
        States of the virgin material, which the library counts from zero.
    walk : array, shape (T, n, v)

    Raises
    ------
    MissingExtraError
        If OpenGeoSys is not installed.
    MicrotannError
        If it fails.
    """
    program, folder = opengeosys(), library.parent
    steps, n, v = walk.shape
    names = [*(f"Z{m + 1}" for m in range(len(virgin))), *ENERGIES]
    write_project(library, walk, names)
    done = subprocess.run(
        [program, "points.prj"],
        cwd=folder,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        said = [line for line in done.stdout.splitlines() if "error" in line or "critical" in line]
        raise MicrotannError(f"OpenGeoSys failed: {(said or ['it says nothing'])[-1].strip()}")
    states = np.empty((steps, n, len(names)))
    stress = np.empty((steps, n, v))
    for t, fields in enumerate(written_fields(folder, steps)):
        stress[t] = fields["sigma_ip"].reshape(n, -1)[:, PLACES[v]]
        for k, name in enumerate(names):
            states[t, :, k] = fields[f"material_state_variable_{name}_ip"].ravel()
    assembly = [float(seconds) for seconds in re.findall(r"Assembly took ([0-9.e+-]+) s", done.stdout)]
    dissipated = np.concatenate([np.zeros((1, n)), states[..., -1]])
    return DrivenPoints(
        stress,
        states[..., :-2] + virgin,
        states[..., -2],
        np.diff(dissipated, axis=0),
        None,
        float(np.mean(assembly)) / n,
    )


def opengeosys() -> str:
    """Return the program of OpenGeoSys, that of this environment first.

    Raises
    ------
    MissingExtraError
        If there is none.
    """
    beside = Path(sys.executable).parent / "ogs"
    found = str(beside) if beside.is_file() else shutil.which("ogs")
    if found is None:
        raise MissingExtraError("OpenGeoSys is not installed: pip install 'microtann[opengeosys]'")
    return found


def write_project(library: Path, walk: Float[Array, "T n v"], names: list[str]) -> None:
    """Write the meshes and the project of a programme beside a library.

    Parameters
    ----------
    library : Path
    walk : array, shape (T, n, v)
    names : list of str
        Of the states to be written.
    """
    steps, n, v = walk.shape
    dimension = {components: d for d, components in ((2, 3), (3, 6))}[v]
    mesh = elements_alone(n, dimension)
    moves = np.stack([np.zeros_like(mesh.points), *moved_nodes(mesh, walk)])
    _write_meshes(library.parent, mesh, moves)
    parameters, conditions = [], []
    for k in range(dimension):
        series = ""
        for t in range(steps + 1):
            at = f"u{k}_{t}"
            parameters.append(
                f"<parameter><name>{at}</name><type>MeshNode</type><mesh>nodes</mesh>"
                f"<field_name>{at}</field_name></parameter>"
            )
            series += f"<pair><time>{t}</time><parameter_name>{at}</parameter_name></pair>"
        parameters.append(
            f"<parameter><name>u{k}</name><type>TimeDependentHeterogeneousParameter</type>"
            f"<time_series>{series}</time_series></parameter>"
        )
        conditions.append(
            f"<boundary_condition><mesh>nodes</mesh><type>Dirichlet</type><component>{k}</component>"
            f"<parameter>u{k}</parameter></boundary_condition>"
        )
    written = ["displacement", "sigma_ip", *(f"material_state_variable_{name}_ip" for name in names)]
    text = PROJECT.format(
        behaviour=library.stem.removeprefix("lib"),
        library=library.resolve(),
        weightless=" ".join(["0"] * dimension),
        end=steps,
        variables="".join(f"<variable>{name}</variable>" for name in written),
        parameters="\n".join(parameters),
        dimension=dimension,
        conditions="".join(conditions),
    )
    (library.parent / "points.prj").write_text(text, encoding="utf-8")


def _write_meshes(folder: Path, mesh: Mesh, moves: Float[Array, "T m d"]) -> None:
    """Write the elements, and faces of theirs that have all nodes, with the displacements at every time."""
    import pyvista

    points = np.zeros((len(mesh.points), 3))
    points[:, : mesh.dimension] = mesh.points
    kinds = {
        3: (pyvista.CellType.HEXAHEDRON, pyvista.CellType.QUAD),
        2: (pyvista.CellType.QUAD, pyvista.CellType.LINE),
    }
    whole, face = kinds[mesh.dimension]
    cells = pyvista.UnstructuredGrid({whole: mesh.cells}, points)
    cells.cell_data["MaterialIDs"] = np.zeros(mesh.cell_count, np.int32)
    cells.save(folder / "cells.vtu")
    nodes = pyvista.UnstructuredGrid({face: mesh.cells.reshape(2 * mesh.cell_count, -1)}, points)
    nodes.point_data["bulk_node_ids"] = np.arange(len(points), dtype=np.uint64)
    for t, move in enumerate(moves):
        for k, column in enumerate(move.T):
            nodes.point_data[f"u{k}_{t}"] = column
    nodes.save(folder / "nodes.vtu")


def written_fields(folder: Path, steps: int) -> list[dict[str, NDArray[Any]]]:
    """Return what OpenGeoSys has written at the Gauss points after every increment.

    Parameters
    ----------
    folder : Path
    steps : int
    """
    import pyvista

    found = []
    for t in range(1, steps + 1):
        (file,) = folder.glob(f"driven_ts_{t}_*.vtu")
        data = pyvista.read(file).field_data
        found.append({name: np.array(values) for name, values in data.items()})
    return found
