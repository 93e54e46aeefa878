"""Solids beside self-consistent clustering analysis: CRATE (cratepy) on the same cell, law and paths.

Six stiff inclusions at random on 20 × 20 pixels, the matrix with linear kinematic hardening. Models have 24 and 48
states, CRATE as many in the clusters of its matrix, three components each, and half as many clusters in the
inclusions. Paths are the first walks of path a of the protocol, and path b. CRATE has each pixel as a square of
``--refine`` × ``--refine`` voxels and is held against finite elements on these, models against theirs. It runs in
the Python ``--python`` that has it, by default this one (``pip install --no-deps cratepy anytree`` and ``pip
install colorama scikit-learn``).
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np

import microtann as mt
from benchmarks import machine
from benchmarks.continua import digits
from microtann import fem
from microtann.data.generate import generate
from microtann.data.walks import WalkPlan
from microtann.evaluation.protocol_paths import path
from microtann.forms.variational.form import Variational

PIXELS = 20
INCREMENTS = 50
"""Of a walk."""
LAW = {"E": 1.0, "v": 0.3, "s0": 1.0 / 3.0, "a": 0.1}
INCLUSION = {"E": 10.0, "v": 0.25}
STRESS = (15, 19, 16)
"""Columns of σ₁₁, σ₂₂ and σ₁₂ in CRATE's results."""


def main(arguments: list[str]) -> None:
    """Print a table and write ``results/benchmarks/crate.json``."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks crate", description=__doc__)
    parser.add_argument("--python", default=sys.executable, help="that has cratepy")
    parser.add_argument("--states", nargs="+", type=int, default=[24, 48])
    parser.add_argument("--walks", type=int, default=2)
    parser.add_argument("--refine", type=int, default=2)
    parser.add_argument("--updates", type=int, default=1500)
    chosen = parser.parse_args(arguments)
    solid = mt.random_inclusions(seed=3)
    walks = path("a", 3, solid.strain_metric()).strain[: chosen.walks, :INCREMENTS]
    paths = {f"a{number}": walk for number, walk in enumerate(walks)}
    paths["b"] = path("b", 3, solid.strain_metric()).strain[0]
    voxels = mt.solid_of_image(grid_of(solid, chosen.refine), phases())
    exact, of_voxels = (
        {name: cell.solve(strain).stress for name, strain in paths.items()} for cell in (solid, voxels)
    )
    data = generate(solid, WalkPlan(paths=120, steps=80))
    rows = []
    for states in chosen.states:
        found, milliseconds = solved_by_crate(solid, paths, states // 3, chosen.refine, chosen.python)
        if not found:
            return
        rows.append({"model": "CRATE", "states": states} | errors(found, of_voxels) | {"ms": digits(milliseconds)})
        for title, updates in (("clusters, untrained", 0), ("clusters, trained", chosen.updates)):
            slips = states if updates == 0 else 0
            tann = mt.train(data, Variational(states=states, slips=slips, updates=updates))
            mine = {name: tann.recall(strain, outside_training="none").stress for name, strain in paths.items()}
            rows.append(
                {"model": title, "states": states} | errors(mine, exact) | {"ms": digits(cost(tann, walks))}
            )
        print(
            machine.table(rows, "relative RMS errors of the stress, CPU time of an increment of one point"),
            flush=True,
        )
    print(machine.write("crate", rows))


def solved_by_crate(
    solid: mt.Solid, paths: dict[str, np.ndarray], clusters: int, refine: int, python: str
) -> tuple[dict[str, np.ndarray], float]:
    """Return the stresses of CRATE on every path, and its CPU milliseconds an increment; none without it.

    Parameters
    ----------
    solid : Solid
        Of pixels, with regions "phase 0" and "phase 1".
    paths : dict of arrays, shape (T, 3)
    clusters : int
        In the matrix.
    refine : int
        Voxels along the edge of a pixel.
    python : str
        That has cratepy.
    """
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        np.save(folder / "grid.rgmsh.npy", grid_of(solid, refine))
        for name, strain in paths.items():
            (folder / f"{name}.dat").write_text(deck(strain, clusters), encoding="utf-8")
        script = str(Path(__file__).with_name("_crate_run.py"))
        alone = os.environ | {"OMP_NUM_THREADS": "1"}
        run = subprocess.run([python, script, place], env=alone, capture_output=True, text=True, check=False)
        if run.returncode:
            print(f"left out: pip install --no-deps cratepy anytree ({run.stderr.strip().splitlines()[-1]})")
            return {}, np.nan
        tables = {name: np.loadtxt(next(folder.glob(f"{name}/**/*.hres")), skiprows=1)[1:] for name in paths}
    seconds = sum(float(table[-1, 1]) for table in tables.values())
    count = sum(len(strain) for strain in paths.values())
    return {name: table[:, STRESS] for name, table in tables.items()}, 1e3 * seconds / count


def phases() -> dict[int, fem.VonMises | fem.LinearElastic]:
    """Return the materials of the numbers of the grid."""
    matrix = fem.VonMises(LAW["E"], LAW["v"], LAW["s0"], LAW["a"], plane="strain")
    return {1: matrix, 2: fem.LinearElastic.isotropic(INCLUSION["E"], INCLUSION["v"], "strain")}


def grid_of(solid: mt.Solid, refine: int) -> np.ndarray:
    """Return the phase of every voxel, 1 of the matrix and 2 of inclusions; the first axis runs along x."""
    grid = np.ones((PIXELS, PIXELS), dtype=int)
    column, row = np.floor(solid.mesh.centres[solid.mesh.regions["phase 1"]] * PIXELS).astype(int).T
    grid[column, row] = 2
    return np.kron(grid, np.ones((refine, refine), dtype=int))


def deck(strain: np.ndarray, clusters: int) -> str:
    """Return the input of CRATE for a path of strains (T, 3), each increment a step of its loading."""

    def line(name: str, values: np.ndarray) -> str:
        return " ".join([name, *(repr(float(value)) for value in values)])

    half = 0.5 * strain[:, 2]
    return "\n".join(
        (
            *("Strain_Formulation 1", "Problem_Type 1", "RVE_Dimensions", "1.0 1.0", "Material_Phases 2"),
            *("1 von_mises 2", "  elastic_symmetry isotropic 2"),
            *(f"    {name} {LAW[name]!r}" for name in ("E", "v")),
            "  isotropic_hardening linear 2",
            *(f"    {name} {LAW[name]!r}" for name in ("s0", "a")),
            *("2 elastic 1", "  elastic_symmetry isotropic 2"),
            *(f"    {name} {value!r}" for name, value in INCLUSION.items()),
            *("", "Macroscale_Loading 1", f"Macroscale_Strain {len(strain)}"),
            *(line("E11", strain[:, 0]), line("E21", half), line("E12", half), line("E22", strain[:, 1])),
            *("", "Cluster_Analysis_Scheme", "1 static", "  base_clustering", "  1 1"),
            *("2 static", "  base_clustering", "  1 1"),
            *("Number_of_Clusters", f"1 {clusters}", f"2 {max(1, clusters // 2)}"),
            *("Number_of_Load_Increments 1", "Discretization_File", "grid.rgmsh.npy", ""),
        )
    )


def errors(found: dict[str, np.ndarray], exact: dict[str, np.ndarray]) -> dict[str, float]:
    """Return relative RMS errors of the stress on the walks together and on path b."""
    groups = {"a": [name for name in exact if name != "b"], "b": [name for name in exact if name == "b"]}
    rows = {}
    for group, names in groups.items():
        if names:
            theirs, ours = (np.concatenate([of[name] for name in names]) for of in (found, exact))
            rows[group] = digits(float(np.linalg.norm(theirs - ours) / np.linalg.norm(ours)))
    return rows


def cost(tann: Any, walks: np.ndarray) -> float:
    """Return CPU milliseconds of one point and increment, one walk alone, compiled before."""
    tann.recall(walks[:1], outside_training="none")
    began = process_time()
    tann.recall(walks[:1], outside_training="none")
    return 1e3 * (process_time() - began) / walks.shape[1]


if __name__ == "__main__":
    main([])
