"""Tables and pictures of a structure computed several ways."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from microtann.equilibrium.history import History
from microtann.evaluation.comparison import NAMES, Comparison
from microtann.report.bodies import Body, Lattice, draw_bodies
from microtann.report.curves import History as HistoryCurve
from microtann.report.curves import draw_histories
from microtann.report.section import Figure
from microtann.report.table import Column, Table, Value

LABELS = {"energy": "energy Ψ", "dissipation": "dissipation D", "torque": "torque", "axial_force": "axial force"}


def results_table(comparison: Comparison) -> Table:
    """Return the compared quantities at the end, with network and homogenisation error."""
    ways = [way for way in NAMES if way in comparison.runs]
    network, homogenisation = comparison.network_errors, comparison.homogenisation_errors
    columns = [Column("quantity", kind="text"), *(Column(NAMES[way]) for way in ways)]
    if network:
        columns.append(Column("network error", kind="error"))
    if homogenisation:
        columns.append(Column("homogenisation error", kind="error"))
    values = comparison.quantities
    rows = []
    for name in values[ways[0]]:
        row: list[Value] = [LABELS.get(name, name), *(float(values[way][name][-1]) for way in ways)]
        row += [errors[name] for errors in (network, homogenisation) if errors]
        rows.append(tuple(row))
    note = "Network error: TANN against the exact cell on the same mesh. Homogenisation error: exact cell against "
    note += "the full lattice. Both are the largest over the increments, relative to the largest value of the "
    note += "reference; for the dissipation, to max(D, Ψ/100)."
    return Table(f"{comparison.case.name} at the end of the loading", tuple(columns), tuple(rows), note)


def cost_table(comparison: Comparison) -> Table:
    """Return what each way of computation cost."""
    rows = []
    for way, name in NAMES.items():
        if way not in comparison.runs:
            continue
        run = comparison.runs[way]
        s = run.statistics
        rows.append(
            (
                name,
                int(run.displacement[0].size),
                s.newton_iterations,
                s.linear_iterations,
                s.constitutive_calls,
                s.material_seconds,
                s.assembly_seconds,
                s.setup_seconds,
                s.solver_seconds,
                s.seconds,
            )
        )
    ratio = comparison.cost_ratio
    note = "Newton and CG: iterations. Calls: Gauss points or bars evaluated, over all iterations"
    note += f" (full lattice / FE = {ratio:.2f})." if ratio is not None else "."
    note += " CPU seconds after compilation; set-up is that of the preconditioner."
    columns = (
        Column("", kind="text"),
        Column("unknowns", kind="integer"),
        Column("Newton", kind="integer"),
        Column("CG", kind="integer"),
        Column("calls", kind="integer"),
        Column("material", "s"),
        Column("assembly", "s"),
        Column("set-up", "s"),
        Column("solver", "s"),
        Column("total", "s"),
    )
    return Table(f"Cost of {comparison.case.name}", columns, tuple(rows), note)


def draw_simulation(folder: Path, comparison: Comparison) -> list[Figure]:
    """Draw the deformed bodies, the lattice, and (with several increments) the curves; return the figures."""
    figures = []
    meshes = [_mesh(NAMES[way], run) for way, run in comparison.runs.items() if way != "lattice"]
    if meshes:
        draw_bodies(folder / "structure.png", meshes, "energy per volume [–]")
        text = "The deformed structure (displacements to scale), coloured by the energy at the end."
        figures.append(Figure("structure.png", text))
    if "lattice" in comparison.runs:
        lattice = comparison.runs["lattice"]
        draw_bodies(
            folder / "lattice-stress.png", [_lattice(lattice, "stress", True)], "bar stress [–]", signed=True
        )
        draw_bodies(
            folder / "lattice-plastic.png",
            [_lattice(lattice, "plastic_strain", False)],
            "|plastic strain| of bars [–]",
        )
        figures.append(
            Figure("lattice-stress.png", "The deformed full lattice, coloured by the stress of its bars.")
        )
        figures.append(Figure("lattice-plastic.png", "The same, coloured by the plastic strain."))
    if len(next(iter(comparison.runs.values())).time) > 1:
        draw_histories(folder / "histories.png", _histories(comparison))
        figures.append(Figure("histories.png", "What is compared, over the increments."))
    return figures


def _mesh(title: str, run: History) -> Body:
    mesh = run.mesh  # type: ignore[attr-defined]
    return Body(title, mesh.points, mesh.cells, run.displacement[-1], run.fields[-1]["energy"])


def _lattice(run: History, field: str, signed: bool) -> Lattice:
    values = np.asarray(getattr(run, field))
    bars = run.structure.bars.astype(np.int64)  # type: ignore[attr-defined]
    return Lattice("full lattice", run.points, bars, run.displacement[-1], values if signed else np.abs(values))


def _histories(comparison: Comparison) -> list[HistoryCurve]:
    values = comparison.quantities
    curves = []
    for name in next(iter(values.values())):
        lines = {NAMES[way]: np.concatenate([[0.0], v[name]]) for way, v in values.items()}
        curves.append(
            HistoryCurve(LABELS.get(name, name), "increment [–]", LABELS.get(name, name) + " [–]", lines)
        )
    return curves
