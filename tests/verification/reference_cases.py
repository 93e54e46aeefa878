"""The problems of the files of reference values, computed by the package through its public interface."""

from __future__ import annotations

import numpy as np
from reference_solids import solid

import microtann as mt
from microtann.equilibrium.steps import resolve
from microtann.evaluation.structures import CASES
from microtann.microstructure.bars.cells.families import FAMILIES

TIGHT = mt.fem.SolverOptions(tolerance=1e-13, linear_tolerance=1e-10)
"""Structures are compared with their solver as tight as float64 allows."""


LABELS = {3: ("11", "22", "12"), 6: ("11", "22", "33", "23", "13", "12")}


def cell_of(case):
    """Return the cell and the bars of a case; JSON has lists where generators want tuples."""
    arguments = {key: tuple(value) if isinstance(value, list) else value for key, value in case["cell"].items()}
    return FAMILIES[arguments.pop("family")](**arguments), mt.ElastoplasticBar(**case.get("bar", {}))


def structure_of(case):
    """Return the reference case of a structure, at the size of the file."""
    return CASES[case["structure"]](lengths=tuple(case["lengths"]))


def lattice_of(case):
    """Return the full lattice of a case."""
    cell, bar = cell_of(case)
    chosen = structure_of(case)
    return mt.Structure.box(cell, bar, chosen.lengths, case["cell_size"], chosen.origin)


def increments_of(case, points):
    """Return what is held in every increment: a list of a mask (N, 3) and the displacements at its end."""
    steps = structure_of(case).steps
    assert all(step.increments == 1 and not step.forces for step in steps)
    loads = [resolve(step, points) for step in steps]
    return [(load.held, load.target) for load in loads]


def columns_of_path(table):
    """Return the strain path (T, v) of a table."""
    return np.column_stack([values for name, values in table.columns.items() if name.startswith("strain ")])


def cell_response(table):
    """Return stress, energy and dissipation of a cell along the strains of the table."""
    cell, bar = cell_of(table.case)
    return cell_columns(mt.solve_cell(cell, bar, columns_of_path(table)))


def cell_columns(response):
    """Return the columns that a response of a cell fills."""
    labels = LABELS[response.stress.shape[1]]
    stress = {f"stress {label}": column for label, column in zip(labels, response.stress.T, strict=True)}
    return stress | {"energy": response.energy, "dissipation": response.dissipation}


def finite_elements(table):
    """Return the compared quantities of the finite elements with the exact cell."""
    cell, bar = cell_of(table.case)
    chosen = structure_of(table.case)
    mesh = mt.fem.box(chosen.lengths, table.case["divisions"], chosen.origin)
    return chosen.quantities(mt.fem.Model(mesh, mt.Lattice(cell, bar)).solve(chosen.steps, TIGHT))


def full_lattice(table):
    """Return the compared quantities of the full lattice."""
    chosen = structure_of(table.case)
    return chosen.quantities(lattice_of(table.case).solve(chosen.steps, TIGHT))


def bar_forces(table):
    """Return the forces of the bars of a full lattice after every increment, in the order of the table."""
    chosen, lattice = structure_of(table.case), lattice_of(table.case)
    result = lattice.solve(chosen.steps, TIGHT, fields=True)
    ends = np.column_stack([table.columns[f"{axis} of end {end}"] for end in (1, 2) for axis in "xyz"])
    order = bars_between(lattice, ends)
    return {f"force {t}": fields["force"][order] for t, fields in enumerate(result.fields, start=1)}


def bars_between(lattice, ends):
    """Return the bars between given points (M, 6), whatever their number and direction."""
    one, two = lattice.points[lattice.bars].swapaxes(0, 1)

    def distance(ours):
        return np.abs(ends[:, None] - ours[None]).max(axis=2)

    gap = np.minimum(distance(np.hstack([one, two])), distance(np.hstack([two, one])))
    assert gap.min(axis=1).max() <= 1e-9, "the lattice does not have the bars of the table"
    return gap.argmin(axis=1)


COMPUTE = {
    "cell": cell_response,
    "finite elements": finite_elements,
    "full lattice": full_lattice,
    "bar forces": bar_forces,
    "solid": solid,
}


def compute(table):
    """Return the computed columns of a table."""
    return COMPUTE[table.case["kind"]](table)


def group(name):
    """Return the quantity that a column belongs to: components of a tensor have one scale."""
    return name.split(" ")[0] if name.startswith(("stress ", "force ")) else name


def is_input(name):
    """Return whether a column states the problem, not its solution."""
    return name.startswith("strain ") or " of end " in name
