"""Write the reference values in tests/verification/data.

``python scripts/write_reference_values.py [NAME ...]`` writes the named files, or all. Every file says in its
header what it holds and where it comes from. Only `regression_table` takes numbers from the package itself; all
others are closed forms, or come from the independent solvers in tests/verification or from OpenSees (the extra
"opensees").
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import brentq

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "verification"))

import opensees_truss
import reference_cell
import reference_structure
from reference_cases import (
    LABELS,
    bars_between,
    cell_columns,
    cell_of,
    compute,
    increments_of,
    lattice_of,
    structure_of,
)
from reference_table import ReferenceTable

import microtann as mt

NEWTON = "tests/verification/reference_cell.py: plain Newton's method on the fluctuation, bar by listed bar"
SPARSE = (
    "tests/verification/reference_structure.py: all bars of the cells at the Gauss points in one sparse matrix, "
    "Newton's method with a direct factorisation; elements, assembly and solver are not those of the package"
)
OPENSEES = (
    "OpenSees (openseespy): truss elements with Steel01, solved by its own Newton's method; energy and "
    "dissipation are summed over its bars"
)
CLOSED = (
    "the field is uniform: the lateral strain without lateral stress is a root (Brent's method) of the response "
    "of one cell by tests/verification/reference_cell.py"
)
REGRESSION = "microtann itself: regression values, no independent evidence"
NAFEMS = "National Agency for Finite Element Methods and Standards, The Standard NAFEMS Benchmarks, 1990: "
COOK = (
    "R. D. Cook, Journal of the Structural Division (ASCE) 100, 1974; 23.96 is the value to which the meshes of "
    "the literature converge in plane stress with E = 1 and ν = 1/3"
)
LAME = "closed form of Lamé, in plane strain, R. Hill, The Mathematical Theory of Plasticity, 1950, chapter V"
LIMIT = "closed form 2/√3 k ln(b/a) of the ideally plastic cylinder in plane strain, R. Hill, 1950, chapter V"
DIMENSIONLESS = "dimensionless; dissipation of a cell per increment, of a structure since the start"
MATERIAL = {"young": 1.0, "yield_stress": 1 / 3, "hardening": 0.1}
STRUCTURES = ("lcU1", "lcU2", "lcC1", "lcC2", "lcT1", "lcT2", "lcH")


def cell_table(hardening: float = 0.1, size: float = 0.6, **cell: Any) -> ReferenceTable:
    """Return the response of a cell along a cyclic path that turns from one direction of strain to another."""
    case = {"kind": "cell", "cell": cell, "bar": MATERIAL | {"hardening": hardening}}
    made, bar = cell_of(case)
    v = made.components
    amplitude = np.interp(np.arange(1, 31) / 6, [0, 1, 2, 3, 4, 5], [0, size / 2, -size / 2, size, -size, 0])
    first = np.array([1.0, -0.3, 0.5]) if v == 3 else np.array([1.0, -0.3, 0.1, 0.2, -0.4, 0.5])
    second = np.array([0.1, 0.7, -0.8]) if v == 3 else np.array([0.1, 0.7, -0.5, 0.6, 0.3, -0.8])
    turn = np.linspace(0.0, np.pi / 2, 30)
    path = amplitude[:, None] * (np.cos(turn)[:, None] * first + np.sin(turn)[:, None] * second)
    path = np.round(path, 12)
    response = reference_cell.solve(made, bar, path)
    master = reference_cell.partners(made)
    for force in response.force:
        total = np.zeros_like(made.nodes)
        np.add.at(total, master, reference_cell.node_forces(made, force))
        if np.abs(total).max() > 1e-13 * np.abs(response.force).max():
            raise RuntimeError(f"the reference is not in equilibrium: {np.abs(total).max():.1e}")
    strain = {f"strain {label}": column for label, column in zip(LABELS[v], path.T, strict=True)}
    return ReferenceTable(
        what="average strain (input), stress, energy and dissipation of a cell, one row per increment",
        source=NEWTON,
        independent=True,
        tolerance=1e-13,
        units=DIMENSIONLESS,
        case=case,
        columns=strain | cell_columns(response),
    )


def sizes(name: str, large: bool) -> tuple[list[float], list[int], float]:
    """Return the edges of a structure, its elements, and the edge of the lattice's cells."""
    tall = 2 if name in ("lcT1", "lcT2", "lcH") else 1
    if large:
        return [10.0, 10.0, 10.0 * tall], [10, 10, 10 * tall], 1.0
    return [2.0, 2.0, 2.0 * tall], [2, 2, 2 * tall], 0.5


def history_columns(
    case: dict[str, Any], points: np.ndarray, history: reference_structure.History
) -> dict[str, np.ndarray]:
    """Return the compared quantities of a history, from their definitions."""
    chosen = structure_of(case)
    columns = {}
    for control in chosen.controls:
        node = np.linalg.norm(points - control.point, axis=1).argmin()
        columns[control.name] = history.displacement[:, node, control.component]
    columns |= {"energy": history.energy, "dissipation": history.dissipation}
    top = np.abs(points[:, 2] - chosen.lengths[2]) < 1e-9
    force, place = history.reactions[:, top], points[top]
    if chosen.support == "torque":
        columns["torque"] = (place[:, 0] * force[..., 1] - place[:, 1] * force[..., 0]).sum(axis=1)
    else:
        columns["axial_force"] = force[..., 2].sum(axis=1)
    return columns


def structure_table(case: dict[str, Any], source: str, columns: dict[str, np.ndarray]) -> ReferenceTable:
    """Return the table of a structure."""
    return ReferenceTable(
        what=f"{case['structure']}: control displacements, energy, dissipation, resultant; one row per increment",
        source=source,
        independent=source != REGRESSION,
        tolerance=1e-12 if case["lengths"][0] < 10 else 1e-11,  # round-off grows with the number of unknowns
        units=DIMENSIONLESS,
        case=case,
        columns=columns,
    )


def fe_table(name: str, large: bool, cell: dict[str, Any] | None = None) -> ReferenceTable:
    """Return a structure of finite elements with the exact cell at the Gauss points."""
    lengths, divisions, _ = sizes(name, large)
    case = {
        "kind": "finite elements",
        "structure": name,
        "lengths": lengths,
        "divisions": divisions,
        "cell": cell or {"family": "cube"},
        "bar": MATERIAL,
    }
    if name.startswith("lcU"):
        return structure_table(case, CLOSED, uniform(case))
    made, bar = cell_of(case)
    bars = reference_structure.finite_elements(lengths, divisions, structure_of(case).origin, made, bar)
    history = reference_structure.solve(bars, increments_of(case, bars.points))
    return structure_table(case, SPARSE, history_columns(case, bars.points, history))


def uniform(case: dict[str, Any]) -> dict[str, np.ndarray]:
    """Return the closed form of uniform compression with free sides."""
    cell, bar = cell_of(case)
    lengths, axial = case["lengths"], {"lcU1": -0.3, "lcU2": -0.5}[case["structure"]]

    def response(lateral: float) -> reference_cell.Reference:
        return reference_cell.solve(cell, bar, np.array([[lateral, lateral, axial, 0.0, 0.0, 0.0]]))

    lateral = brentq(lambda e: response(e).stress[0, 0], -1.0, 1.0, xtol=1e-15, rtol=1e-14)
    found, volume = response(lateral), np.prod(lengths)
    control = structure_of(case).controls[0].name
    return {
        control: np.array([lengths[0] * lateral]),
        "energy": volume * found.energy,
        "dissipation": volume * found.dissipation,
        "axial_force": lengths[0] * lengths[1] * found.stress[:, 2],
    }


def opensees_history(case: dict[str, Any]) -> tuple[mt.Structure, reference_structure.History, np.ndarray]:
    """Return a full lattice, its history and its bar forces by OpenSees."""
    lattice, (_, bar) = lattice_of(case), cell_of(case)
    increments = increments_of(case, lattice.points)
    bars = reference_structure.lattice(lattice.points, lattice.bars, lattice.areas, bar)
    displacement, force = opensees_truss.follow(
        opensees_truss.load(), lattice.points, lattice.bars, lattice.areas, bar, increments, "SparseSYM"
    )
    stress = force / lattice.areas
    strain = displacement.reshape(len(displacement), -1) @ bars.rows.T
    plastic = strain - stress / bar.young
    step = np.diff(plastic, axis=0, prepend=0.0)
    inner = (stress * bars.volume) @ bars.rows
    held = np.array([held for held, _ in increments])
    history = reference_structure.History(
        displacement,
        np.where(held, inner.reshape(displacement.shape), 0.0),
        (stress**2 / (2 * bar.young) + bar.hardening * plastic**2 / 2) @ bars.volume,
        np.cumsum(bar.yield_stress * np.abs(step) @ bars.volume),
        stress,
    )
    return lattice, history, force


def lattice_case(kind: str, name: str, large: bool, cell: dict[str, Any]) -> dict[str, Any]:
    """Return the case of a full lattice."""
    lengths, _, edge = sizes(name, large)
    return {
        "kind": kind,
        "structure": name,
        "lengths": lengths,
        "cell_size": edge * cell.get("units", [1])[0],
        "cell": cell,
        "bar": MATERIAL,
    }


def lattice_table(name: str, large: bool, **cell: Any) -> ReferenceTable:
    """Return a structure computed bar by bar."""
    case = lattice_case("full lattice", name, large, cell or {"family": "cube"})
    if name.startswith("lcU"):
        return structure_table(case, CLOSED, uniform(case))
    lattice, history, _ = opensees_history(case)
    return structure_table(case, OPENSEES, history_columns(case, lattice.points, history))


def force_table(name: str, **cell: Any) -> ReferenceTable:
    """Return the forces of all bars of a small full lattice."""
    case = lattice_case("bar forces", name, False, cell)
    lattice, _, force = opensees_history(case)
    ends = lattice.points[lattice.bars].reshape(-1, 6)
    assert (bars_between(lattice, ends) == np.arange(len(ends))).all()
    places = [f"{axis} of end {end}" for end in (1, 2) for axis in "xyz"]
    return ReferenceTable(
        what=f"{name}: where every bar is (input), and its force after every increment; tension is positive",
        source=OPENSEES,
        independent=True,
        tolerance=1e-12,
        units=DIMENSIONLESS,
        case=case,
        columns=dict(zip(places, ends.T, strict=True))
        | {f"force {t}": column for t, column in enumerate(force, start=1)},
    )


def regression_table(name: str, divisions: list[int]) -> ReferenceTable:
    """Return a structure of finite elements too fine for the independent solver, as the package computes it."""
    case = {"kind": "finite elements", "structure": name, "lengths": sizes(name, True)[0], "divisions": divisions}
    case |= {"cell": {"family": "cube"}, "bar": MATERIAL}
    return structure_table(case, REGRESSION, compute(structure_table(case, REGRESSION, {})))


def solid_table(
    solid: str, source: str, tolerance: float, columns: dict[str, float], units: str = "dimensionless", **case: Any
) -> ReferenceTable:
    """Return one value a quantity of a solid, known from a closed form or from the literature."""
    what = f"{solid}: {', '.join(columns)}"
    case = {"kind": "solid", "solid": solid} | case
    values = {name: np.array([value]) for name, value in columns.items()}
    return ReferenceTable(what, source, True, tolerance, units, case, values)


def elastic_cylinder_table(young: float = 1.0, poisson: float = 0.3, pressure: float = 0.1) -> ReferenceTable:
    """Return Lamé's solution at the inner radius 1 of a cylinder of outer radius 2."""
    columns = {
        "displacement x": pressure * (1 + poisson) / young * ((1 - 2 * poisson) + 4) / 3,
        "stress hoop": pressure * 5 / 3,
        "stress radial": -pressure,
    }
    case = {"divisions": [16, 16], "young": young, "poisson": poisson, "pressure": pressure}
    return solid_table("elastic cylinder", LAME, 2e-3, columns, **case)


def plastic_cylinder_table(divisions: list[int], **element: str) -> ReferenceTable:
    """Return the limit pressure of a cylinder of the radii 1 and 2, of 8-node quads or another ``element``."""
    limit = 2 / np.sqrt(3) * MATERIAL["yield_stress"] * np.log(2)
    case = {"divisions": divisions, "young": 1.0, "poisson": 0.3, "yield_stress": MATERIAL["yield_stress"]}
    case |= {"widening": 4.0, "increments": 5, **element}
    return solid_table("plastic cylinder", LIMIT, 2e-3, {"pressure": limit}, **case)


TABLES: dict[str, Callable[[], ReferenceTable]] = {
    "cell-square": lambda: cell_table(family="square", units=[1, 1]),
    "cell-square-2x2-perturbed": lambda: cell_table(family="square", units=[2, 2], perturbation=0.2),
    "cell-square-3x3-all-perturbed": lambda: cell_table(
        family="square", units=[3, 3], perturbation=0.2, perturb="all", seed=3
    ),
    "cell-square-2x2-without-hardening": lambda: cell_table(0.0, family="square", units=[2, 2], perturbation=0.2),
    "cell-cube": lambda: cell_table(family="cube"),
    "cell-cube-2x2x2-perturbed": lambda: cell_table(family="cube", units=[2, 2, 2], perturbation=0.2),
    "cell-cube-2x2x2-all-perturbed": lambda: cell_table(
        family="cube", units=[2, 2, 2], perturbation=0.2, perturb="all", seed=5
    ),
    "cell-cube-without-hardening": lambda: cell_table(0.0, family="cube"),
    "cell-cube-2x2x2-without-hardening": lambda: cell_table(0.0, family="cube", units=[2, 2, 2], perturbation=0.2),
    "cell-octet": lambda: cell_table(family="octet"),
    "cell-octet-2x1x1-perturbed": lambda: cell_table(
        family="octet", units=[2, 1, 1], perturbation=0.2, perturb="all"
    ),
    "cell-body-centred": lambda: cell_table(family="body-centred"),
    "cell-body-centred-2x2x2-perturbed": lambda: cell_table(
        family="body-centred", units=[2, 2, 2], perturbation=0.2, perturb="all"
    ),
    **{f"{name}-fe": lambda name=name: fe_table(name, False) for name in STRUCTURES},
    **{f"{name}-lattice": lambda name=name: lattice_table(name, False) for name in STRUCTURES},
    "lcT2-fe-perturbed": lambda: fe_table(
        "lcT2", False, {"family": "cube", "units": [2, 2, 2], "perturbation": 0.2}
    ),
    "lcH-lattice-perturbed": lambda: lattice_table(
        "lcH", False, family="cube", units=[2, 2, 2], perturbation=0.2, seed=1
    ),
    "forces-lcC2-octet": lambda: force_table("lcC2", family="octet"),
    "forces-lcT2-perturbed": lambda: force_table("lcT2", family="cube", units=[2, 2, 2], perturbation=0.2),
    "solid-elliptic-membrane": lambda: solid_table(
        "elliptic membrane", NAFEMS + "LE1", 5e-3, {"stress yy": 92.7}, "MPa, m", divisions=[12, 12]
    ),
    "solid-thick-plate": lambda: solid_table(
        "thick plate", NAFEMS + "LE10", 2e-2, {"stress yy": -5.38}, "MPa, m", divisions=[8, 12, 4]
    ),
    "solid-cook": lambda: solid_table(
        "Cook's membrane", COOK, 2e-3, {"displacement y": 23.96}, divisions=[16, 16]
    ),
    "solid-cylinder-elastic": elastic_cylinder_table,
    "solid-cylinder-limit": lambda: plastic_cylinder_table([8, 8]),
    "solid-cylinder-limit-quad": lambda: plastic_cylinder_table([16, 16], element="quad"),
    "verify-solid-thick-plate": lambda: solid_table(
        "thick plate", NAFEMS + "LE10", 5e-3, {"stress yy": -5.38}, "MPa, m", divisions=[16, 24, 8]
    ),
    **{f"verify-{name}-fe": lambda name=name: fe_table(name, True) for name in STRUCTURES},
    **{f"verify-{name}-lattice": lambda name=name: lattice_table(name, True) for name in STRUCTURES},
    "verify-lcT2-fe-fine": lambda: regression_table("lcT2", [20, 20, 40]),
}
"""Files by name; those that begin with "verify" are compared by ``make verify`` only."""


def main(names: list[str]) -> None:
    """Write the named files, or all."""
    for name in names or TABLES:
        start = time.process_time()
        TABLES[name]().write(name)
        print(f"{name}: {time.process_time() - start:.1f} s", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
