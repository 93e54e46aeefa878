"""Exact cells of solids: time per increment of random walks, with and without tangents, and the limit of a void.

``python -m benchmarks solids [--paths N] [--steps N]``. The walks are those of the default plan. "alone" is a
single walk, "together" eight at once, as in data and FE².
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np

import microtann as mt
from benchmarks.machine import table, write
from microtann import fem
from microtann.data.walks import WalkPlan, draw_walks
from microtann.microstructure.continuum.solid import Solid

TOGETHER = 8
LIMIT_STRAINS = (0.2, 0.4, 0.8, 1.6, 3.2)


def cells() -> dict[str, Solid]:
    """Return the cells that are timed, by name."""
    return {
        "void": mt.voided_cell(0.3),
        "inclusion": mt.inclusion_cell(0.3),
        "6 inclusions at random": mt.random_inclusions(),
        "void in a sheet": mt.voided_cell(0.3, fem.PlaneStress(fem.VonMises())),
        "void, Voce": mt.voided_cell(0.3, fem.VonMises(plane="strain", saturation=0.1, saturation_rate=5.0)),
        "void in space": mt.voided_cell(0.3, dimension=3),
        "inclusion in space": mt.inclusion_cell(0.3, dimension=3),
        "void in space, 4096 points": mt.solid_of_function(
            lambda x: np.linalg.norm(x - 0.5, axis=1) < 0.32, {0: fem.VonMises()}, (8, 8, 8), voids=(1,)
        ),
    }


def timed(solid: Solid, strains: np.ndarray, tangent: bool) -> tuple[float, float]:
    """Return CPU milliseconds per increment of paths (n, T, v) that move together, and the share that flows.

    Parameters
    ----------
    solid : Solid
    strains : array, shape (n, T, v)
    tangent : bool
    """
    state, before, flows = solid.initial_state(len(strains)), np.zeros_like(strains[:, 0]), 0
    start = time.process_time()
    for step in range(strains.shape[1]):
        _, _, state = solid.update(strains[:, step] - before, state, tangent=tangent)
        before, flows = strains[:, step], flows + int((state["dissipation"] > 0).sum())
    count = strains.shape[0] * strains.shape[1]
    return 1e3 * (time.process_time() - start) / count, flows / count


def limits() -> list[dict[str, Any]]:
    """Return the stress of a void without hardening under in-plane tension, by mesh, with its bounds."""
    rows = []
    for kind, divisions, layers in (("quad", 8, 7), ("quad", 16, 14), ("quad8", 8, 7)):
        perfect = fem.VonMises(hardening=0.0, plane="strain")
        solid = mt.voided_cell(0.3, perfect, divisions=divisions, layers=layers, kind=kind)
        state = solid.initial_state(1)
        for strain in LIMIT_STRAINS:
            aim = np.array([[strain, strain, 0.0]])
            stress, _, state = solid.update(aim - state["strain"], state, tangent=False)
        void = 1.0 - sum(solid.volume_fractions.values())
        rows.append(
            {
                "elements": f"{solid.mesh.cell_count} {kind}",
                "stress": float(stress[0, 0]),
                "inscribed cylinder": float(2.0 / np.sqrt(27.0) * np.log(0.5 / 0.3)),
                "Gurson": float(np.log(1.0 / void) / np.sqrt(27.0)),
            }
        )
    return rows


def main(arguments: list[str]) -> None:
    """Time the cells and print tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks solids", description=__doc__)
    parser.add_argument("--paths", type=int, default=TOGETHER)
    parser.add_argument("--steps", type=int, default=25)
    options = parser.parse_args(arguments)
    rows = []
    for name, solid in cells().items():
        start = time.process_time()
        solid.elastic_stiffness()
        build = time.process_time() - start
        plan = WalkPlan(paths=options.paths, steps=options.steps).scaled(solid.strain_scale)
        walks = draw_walks(plan, 0, options.paths, solid.components)
        strains = walks.strain + walks.strain_increment
        timed(solid, strains[:1, :3], tangent=True)  # compiles
        together, share = timed(solid, strains, tangent=False)
        rows.append(
            {
                "cell": name,
                "points": solid.mesh.weights.size,
                "unknowns": solid.equations.unknowns,
                "build [s]": build,
                "alone [ms]": timed(solid, strains[:1], tangent=False)[0],
                "together [ms]": together,
                "with tangent [ms]": timed(solid, strains, tangent=True)[0],
                "flowing [%]": 100.0 * share,
            }
        )
    print(table(rows, "CPU time of an increment of a random walk"))
    bounds = limits()
    print(table(bounds, "stress of a void of radius 0.3 without hardening, in-plane tension"))
    write("solids", {"cells": rows, "limits": bounds})
