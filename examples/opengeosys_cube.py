"""A trained model in OpenGeoSys: its unmodified program finds what Python finds.

`mt.export.write(..., to="mfront")` writes a model as a behaviour of MFront's generic interface, which
OpenGeoSys loads from a library. A cube of one element is stretched along x and held elsewhere, so that the
strain is uniform and known, and the stress of OpenGeoSys can be held against recall along the same strains,

    max |σ_OGS − σ_Python| / max |σ_Python|  ≈  round-off.

Needs ``pip install "microtann[opengeosys]"``, ``pip install "microtann[pictures]"`` and a C compiler.

Run it with ``python examples/opengeosys_cube.py [PICTURE.png]``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

import microtann as mt
from microtann.errors import MissingExtraError

STRETCH = np.array([0.2, 0.4, 0.6, 0.3, 0.0, -0.3, -0.6, -0.2, 0.2, 0.6])
PROJECT = """<?xml version="1.0" encoding="ISO-8859-1"?>
<OpenGeoSysProject>
  <meshes><mesh>cube.vtu</mesh><mesh>ends.vtu</mesh></meshes>
  <processes><process>
    <name>solid</name><type>SMALL_DEFORMATION</type><integration_order>2</integration_order>
    <constitutive_relation><type>MFront</type><behaviour>cube_play</behaviour><library>{library}</library></constitutive_relation>
    <process_variables><process_variable>displacement</process_variable></process_variables>
    <secondary_variables><secondary_variable name="sigma"/></secondary_variables>
    <specific_body_force>0 0 0</specific_body_force>
  </process></processes>
  <media><medium><phases><phase><type>Solid</type><properties>
    <property><name>density</name><type>Constant</type><value>0</value></property>
  </properties></phase></phases><properties/></medium></media>
  <time_loop>
    <processes><process ref="solid">
      <nonlinear_solver>newton</nonlinear_solver>
      <convergence_criterion><type>DeltaX</type><norm_type>NORM2</norm_type><abstol>1e-12</abstol></convergence_criterion>
      <time_discretization><type>BackwardEuler</type></time_discretization>
      <time_stepping><type>FixedTimeStepping</type><t_initial>0</t_initial><t_end>{end}</t_end>
        <timesteps><pair><repeat>{end}</repeat><delta_t>1</delta_t></pair></timesteps></time_stepping>
    </process></processes>
    <output><type>VTK</type><prefix>stretched</prefix>
      <timesteps><pair><repeat>1</repeat><each_steps>1</each_steps></pair></timesteps>
      <variables><variable>displacement</variable><variable>sigma</variable></variables></output>
  </time_loop>
  <parameters>
    <parameter><name>zero</name><type>Constant</type><value>0</value></parameter>
    <parameter><name>zeros</name><type>Constant</type><values>0 0 0</values></parameter>
    <parameter><name>x</name><type>MeshNode</type><mesh>ends</mesh><field_name>x</field_name></parameter>
    <parameter><name>x(t)</name><type>CurveScaled</type><curve>stretch</curve><parameter>x</parameter></parameter>
  </parameters>
  <curves><curve><name>stretch</name><coords>{times}</coords><values>{values}</values></curve></curves>
  <process_variables><process_variable>
    <name>displacement</name><components>3</components><order>1</order><initial_condition>zeros</initial_condition>
    <boundary_conditions>
      <boundary_condition><mesh>ends</mesh><type>Dirichlet</type><component>0</component><parameter>x(t)</parameter></boundary_condition>
      <boundary_condition><mesh>ends</mesh><type>Dirichlet</type><component>1</component><parameter>zero</parameter></boundary_condition>
      <boundary_condition><mesh>ends</mesh><type>Dirichlet</type><component>2</component><parameter>zero</parameter></boundary_condition>
    </boundary_conditions>
  </process_variable></process_variables>
  <nonlinear_solvers><nonlinear_solver>
    <name>newton</name><type>Newton</type><max_iter>20</max_iter><linear_solver>direct</linear_solver>
  </nonlinear_solver></nonlinear_solvers>
  <linear_solvers><linear_solver><name>direct</name><eigen><solver_type>SparseLU</solver_type></eigen></linear_solver></linear_solvers>
</OpenGeoSysProject>
"""


def program() -> str:
    """Return the program, or say how to get it."""
    beside = Path(sys.executable).with_name("ogs")
    found = str(beside) if beside.is_file() else shutil.which("ogs")
    if found is None:
        raise MissingExtraError('OpenGeoSys is not here: pip install "microtann[opengeosys]"')
    return found


def of_opengeosys(folder: Path) -> np.ndarray:
    """Return the stresses, shape (T, 6)."""
    import pyvista

    library = mt.export.compile_source(mt.export.write("cube-play", folder, to="mfront")[0])
    mesh = mt.fem.box((1, 1, 1), (1, 1, 1))
    grid = pyvista.UnstructuredGrid({pyvista.CellType.HEXAHEDRON: mesh.cells}, mesh.points)
    grid.cell_data["MaterialIDs"] = np.zeros(1, np.int32)
    grid.save(folder / "cube.vtu")
    ends = pyvista.UnstructuredGrid(
        {pyvista.CellType.QUAD: mesh.cells[:, [[0, 3, 7, 4], [1, 2, 6, 5]]][0]}, mesh.points
    )
    ends.point_data["bulk_node_ids"] = np.arange(8, dtype=np.uint64)
    ends.point_data["x"] = mesh.points[:, 0]
    ends.save(folder / "ends.vtu")
    places = {
        "library": library,
        "end": len(STRETCH),
        "times": " ".join(map(str, range(len(STRETCH) + 1))),
        "values": " ".join(map(str, [0.0, *STRETCH])),
    }
    (folder / "cube.prj").write_text(PROJECT.format(**places), encoding="utf-8")
    alone = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [program(), "cube.prj"], cwd=folder, capture_output=True, text=True, env=alone, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stdout[-1000:])
    files = sorted(folder.glob("stretched_ts_*.vtu"), key=lambda file: int(file.name.split("_")[2]))
    sigma = np.array([pyvista.read(file).point_data["sigma"].mean(axis=0) for file in files[1:]])
    return sigma[:, [0, 1, 2, 4, 5, 3]]  # 11, 22, 33, 12, 23, 13 to 11, 22, 33, 23, 13, 12


def main(picture: Path | None = None) -> float:
    """Return the largest relative difference of the stress; draw both if a file is named."""
    strain = np.zeros((len(STRETCH), 6))
    strain[:, 0] = STRETCH
    recalled = mt.load("cube-play").recall(strain).stress
    with TemporaryDirectory() as name:
        found = of_opengeosys(Path(name))
    if picture is not None:
        from microtann.plotting.curves import Curve, draw_comparison

        curve = Curve("stretched and pushed", strain[:, 0], recalled[:, 0], found[:, 0], "ε₁₁", "σ₁₁")
        draw_comparison(picture, [curve], "OpenGeoSys", beside="Python")
    return float(np.abs(found - recalled).max() / np.abs(recalled).max())


if __name__ == "__main__":
    print(f"largest difference of the stress from Python: {main(*map(Path, sys.argv[1:2])):.1e}")
