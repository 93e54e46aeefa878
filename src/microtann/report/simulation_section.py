"""Tables and pictures of several analyses of a structure."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from microtann.equilibrium.history import History
from microtann.evaluation.comparison import ANALYSIS_TITLES, Comparison
from microtann.evaluation.decoded_block import decoded_block, same_block
from microtann.evaluation.scale_errors import PAIRS, SOLVED_PAIRS, Solving, affordable, solving
from microtann.evaluation.simulation import Simulation, outside_sentence
from microtann.plotting.bodies import DrawnBody, DrawnLattice, draw_bodies, readable_scale
from microtann.plotting.curves import CurveHistory, draw_histories, from_virgin
from microtann.plotting.inside import draw_inside
from microtann.report.audit_tables import audit_table, worst_points_table
from microtann.report.increment_tables import increment_tables
from microtann.report.page import write_report
from microtann.report.section import Figure, Section, write_section
from microtann.report.table import Column, Table, Value, columns_of
from microtann.system.csv_file import write_csv
from microtann.system.stage import write_numbers

Array = NDArray[np.float64]
LABELS = {"energy": "energy Ψ", "dissipation": "dissipation D", "torque": "torque", "axial_force": "axial force"}
FIELD_FILES = {"model": "fe-tann", "exact": "fe-exact", "lattice": "lattice"}
"""Names of the files of fields, by analysis."""
HISTORIES = "histories.csv"


def write_simulation(folder: Path, simulation: Simulation, model: str) -> Section:
    """Write numbers, fields, figures and the page of a simulation; return the section of the report.

    Parameters
    ----------
    folder : Path
    simulation : Simulation
    model : str
        What the model is called.
    """
    write_numbers(folder, simulation.to_dict())
    write_histories(folder / HISTORIES, simulation.comparison)
    case = simulation.comparison.case
    section = simulation_section(folder, simulation, model, _write_fields(folder, simulation.comparison))
    section = write_section(folder, section)
    write_report(folder, f"{case.name}: {case.description}", [(folder, section)])
    return section


def simulation_section(folder: Path, simulation: Simulation, model: str, files: Mapping[str, str]) -> Section:
    """Draw the figures of a simulation into a folder and return the section of the report.

    Parameters
    ----------
    folder : Path
    simulation : Simulation
    model : str
        What the model is called.
    files : mapping
        What other files in the folder hold, by name.
    """
    comparison, choice, audited = simulation.comparison, simulation.choice, simulation.audit
    case, scales, solved = comparison.case, simulation.scales, simulation.solved
    mesh = next(iter(comparison.elements.values())).mesh
    text = f"{case.name}: {case.description}. Elements of {choice.mesh_size:g} ({mesh.kind})"
    text += f", full lattice with ε = {choice.dns:g}." if comparison.lattice is not None else ", no full lattice."
    effort = None if solved is None else solving(solved)
    return Section(
        title=f"Structure {case.name}",
        order=4,
        paragraphs=(text, f"Model: {model}.{outside_sentence(comparison)}"),
        tables=(
            results_table(comparison),
            *((scales_table(simulation.scale_errors, effort),) if scales else ()),
            cost_table(comparison),
            *increment_tables(comparison),
            *(() if audited is None else (audit_table(audited), worst_points_table(audited))),
        ),
        figures=(*draw_simulation(folder, comparison), *((_inside(folder, simulation),) if scales else ())),
        files={
            **files,
            HISTORIES: "what is compared, at the end of every increment",
            "numbers.json": "all numbers",
            "report.html": "this section alone",
        },
        summary=simulation_summary(comparison),
    )


def _inside(folder: Path, simulation: Simulation) -> Figure:
    """Draw the lattice inside the structure, decoded and solved again, beside the full one."""
    comparison, solved = simulation.comparison, simulation.solved
    lattice = comparison.lattice
    assert lattice is not None
    point = simulation.choice.inside or comparison.case.controls[0].point
    analysis, scale = next(iter(simulation.scales.items()))
    block = decoded_block(scale, point)
    blocks = {f"decoded, {ANALYSIS_TITLES[analysis]}": block}
    if solved is not None and affordable(solved, block.points):
        blocks = {f"solved again, {ANALYSIS_TITLES[analysis]}": decoded_block(solved, point), **blocks}
    blocks[ANALYSIS_TITLES["lattice"]] = same_block(block, lattice)
    factor = draw_inside(folder / "inside.png", mesh_body(ANALYSIS_TITLES[analysis], scale.result), blocks)
    place, shown = ", ".join(f"{x:g}" for x in point), "to scale" if factor == 1.0 else f"× {factor:g}"
    return Figure(
        "inside.png",
        f"The lattice {' and '.join(name.partition(',')[0] for name in list(blocks)[:-1])} at ({place}): u⁰ + εu¹ "
        f"and the stresses of bars, in the structure and beside the full lattice (displacements {shown}).",
    )


def _write_fields(folder: Path, comparison: Comparison) -> dict[str, str]:
    """Write fields for ParaView, and forces and energies by increments as CSV; return what each file is."""
    files = {}
    for analysis, run in comparison.runs.items():
        name, title = FIELD_FILES[analysis], ANALYSIS_TITLES[analysis]
        result = comparison.lattice if analysis == "lattice" else comparison.elements[analysis]
        assert result is not None
        what = "bars" if analysis == "lattice" else "fields"
        files[result.write(folder, name).name] = f"{title}: {what} of every increment, for ParaView"
        run.to_csv(folder / f"{name}.csv")
        files[f"{name}.csv"] = f"{title}: forces against displacements and energies, by increments"
    return files


def results_table(comparison: Comparison) -> Table:
    """Return the compared quantities at the end, with network and homogenisation error."""
    analyses = [analysis for analysis in ANALYSIS_TITLES if analysis in comparison.runs]
    errors = _errors(comparison)
    columns = [Column("quantity", kind="text"), *(Column(ANALYSIS_TITLES[analysis]) for analysis in analyses)]
    columns += columns_of("error", *errors)
    values = comparison.quantities
    rows = []
    for name in values[analyses[0]]:
        row: list[Value] = [LABELS.get(name, name), *(float(values[analysis][name][-1]) for analysis in analyses)]
        rows.append((*row, *(found[name] for found in errors.values())))
    end = comparison.case.end
    note = "Network error: TANN against the exact cell on the same mesh. Homogenisation error: exact cell against "
    if _several_increments(comparison):
        note += "the full lattice. Both are the largest over the increments, relative to the largest value of the "
        note += f"reference over them; {end}, the errors there, relative to the value of the reference there (a "
        note += "dash where it vanishes). That of the dissipation is relative to the larger of D and Ψ/100."
    else:
        note += "the full lattice. Both are relative to the value of the reference; for the dissipation, to the "
        note += "larger of D and Ψ/100."
    return Table(f"{comparison.case.name} {end}", tuple(columns), tuple(rows), note)


def _several_increments(comparison: Comparison) -> bool:
    return len(next(iter(comparison.runs.values())).time) > 1


def _errors(comparison: Comparison) -> dict[str, Mapping[str, float | None]]:
    """Return the errors by what they are, then by quantity; of several increments those at the end too."""
    end = comparison.case.end
    found: dict[str, Mapping[str, float | None] | None] = {
        "network error": comparison.network_errors,
        "homogenisation error": comparison.homogenisation_errors,
    }
    if _several_increments(comparison):
        found[f"network, {end}"] = comparison.network_errors_at_end
        found[f"homogenisation, {end}"] = comparison.homogenisation_errors_at_end
    return {title: errors for title, errors in found.items() if errors}


def scales_table(errors: Mapping[str, Mapping[str, float | None]], effort: Solving | None = None) -> Table:
    """Return the errors on both scales, one column per pair that was computed.

    Parameters
    ----------
    errors : mapping
        From `microtann.evaluation.scale_errors.scale_errors`.
    effort : Solving, optional
        What was solved again.
    """
    every = (*PAIRS, *SOLVED_PAIRS)
    pairs = [pair for pair in every if any(row.get(pair) is not None for row in errors.values())]
    columns = (Column("quantity", kind="text"), *(Column(pair, kind="error") for pair in pairs))
    rows = tuple((name, *(row[pair] for pair in pairs)) for name, row in errors.items())
    note = "εu¹ is the decoded fluctuation of the cell without its affine part; the state at a node is the volume "
    note += "average over the Gauss points around it. Bars end in a control node, or have their "
    note += "middle within a cell of one. "
    note += (
        "RMS of the error over RMS of the reference: exact cell on the same mesh for the network, full lattice "
    )
    note += "for the others. The reference is what it is at the end, also after a release, where little is left."
    if effort is not None and effort.points:
        note += (
            f" Solved again: the exact cell at {effort.points} Gauss points around these places, along the "
            f"strains at the {effort.increments} equilibria found with the model, in {effort.seconds:.2g} CPU s."
        )
    return Table("Both scales at the end of the loading", columns, rows, note)


def simulation_summary(comparison: Comparison) -> Table:
    """Return the largest errors and the times, for the comparison of runs."""
    errors = _errors(comparison)
    titles = list(dict.fromkeys(("network error", "homogenisation error", *errors)))
    columns = list(columns_of("error", *titles))
    row: list[Value] = [
        max((error for error in errors.get(title, {}).values() if error is not None), default=None)
        for title in titles
    ]
    for analysis, name in ANALYSIS_TITLES.items():
        columns.append(Column(name, "s", "seconds"))
        row.append(comparison.runs[analysis].statistics.seconds if analysis in comparison.runs else None)
    return Table("Errors and times", tuple(columns), (tuple(row),))


def cost_table(comparison: Comparison) -> Table:
    """Return what each analysis cost."""
    rows = []
    for analysis, name in ANALYSIS_TITLES.items():
        if analysis not in comparison.runs:
            continue
        run = comparison.runs[analysis]
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
    note += " CPU seconds after compilation; set-up is that of the preconditioner." + _what_it_shows(comparison)
    columns = (
        Column("", kind="text"),
        *columns_of("integer", "unknowns", "Newton", "CG", "calls"),
        Column("material", "s", "seconds"),
        Column("assembly", "s", "seconds"),
        Column("set-up", "s", "seconds"),
        Column("solver", "s", "seconds"),
        Column("total", "s", "seconds"),
    )
    return Table(f"Cost of {comparison.case.name}", columns, tuple(rows), note)


def _what_it_shows(comparison: Comparison) -> str:
    """Return whether this case can show a gain in time."""
    finite_elements = next(iter(comparison.elements.values()))
    lattice = comparison.lattice
    if lattice is None or lattice.displacement[0].size > finite_elements.displacement[0].size:
        return ""
    return (
        " The mesh has at least as many unknowns as the full lattice: such a case shows the accuracy of "
        "homogenisation, and no gain in time. There is one where cells hold many bars or are much smaller than "
        "the elements (docs/cost-model.md)."
    )


def draw_simulation(folder: Path, comparison: Comparison) -> list[Figure]:
    """Draw the deformed bodies, the lattice, and (with several increments) the curves; return the figures."""
    twisted = comparison.case.support == "torque"
    lattice = comparison.lattice
    moved: list[DrawnBody | DrawnLattice] = [
        mesh_body(ANALYSIS_TITLES[analysis], run, _motion(run, run.mesh.cells, twisted))
        for analysis, run in comparison.elements.items()
    ]
    if lattice is not None:
        moved.append(_lattice(lattice, _motion(lattice, lattice.structure.bars, twisted)))
    label = "displacement u_z [–]" if twisted else "size of the displacement [–]"
    scale = min(readable_scale(body.points, body.displacement) for body in moved)
    shown = "to scale" if scale == 1.0 else f"× {scale:g}"
    draw_bodies(folder / "displacement.png", moved, label, scale=scale)
    draw_bodies(
        folder / "energy.png",
        [
            mesh_body(ANALYSIS_TITLES[analysis], run, run.fields[-1]["energy"])
            for analysis, run in comparison.elements.items()
        ],
        "energy per volume [–]",
        scale=scale,
    )
    figures = [
        Figure("displacement.png", f"The deformed bodies (displacements {shown}), coloured by the displacement."),
        Figure("energy.png", "The finite elements, coloured by the energy at the end."),
    ]
    if lattice is not None:
        stress, plastic = lattice.stress, np.abs(lattice.plastic_strain)
        draw_bodies(folder / "stress.png", [_lattice(lattice, stress)], "bar stress [–]", scale=scale, signed=True)
        draw_bodies(
            folder / "plastic.png", [_lattice(lattice, plastic)], "|plastic strain| of bars [–]", scale=scale
        )
        figures.append(Figure("stress.png", "The full lattice, coloured by the stress of its bars."))
        figures.append(Figure("plastic.png", "The full lattice, coloured by the plastic strain of its bars."))
    if _several_increments(comparison):
        draw_histories(folder / "histories.png", comparison_curves(comparison))
        figures.append(Figure("histories.png", "What is compared, over the increments."))
    return figures


def mesh_body(title: str, run: Result, field: Array | None = None) -> DrawnBody:
    """Return the deformed mesh at the end of the loading, coloured by a field of its elements if there is one.

    Parameters
    ----------
    title : str
    run : Result
    field : array, shape (E,), optional
        In any unit.
    """
    colour = np.zeros(len(run.mesh.cells)) if field is None else field
    return DrawnBody(title, run.mesh.points, run.mesh.cells, run.displacement[-1], colour)


def _lattice(run: StructureResult, field: Array) -> DrawnLattice:
    bars = run.structure.bars.astype(np.int64)
    return DrawnLattice(ANALYSIS_TITLES["lattice"], run.points, bars, run.displacement[-1], field)


def _motion(run: History, parts: NDArray[np.integer[Any]], twisted: bool) -> Array:
    """Return the displacement of elements or bars: that along z of twisted bodies (their warping), or its size."""
    last = run.displacement[-1]
    nodal = last[:, 2] if twisted else np.linalg.norm(last, axis=1)
    return nodal[parts].mean(axis=1)


def write_histories(path: Path, comparison: Comparison) -> None:
    """Write the compared quantities of all analyses at the end of every increment as CSV."""
    columns: dict[str, Array] = {"time": next(iter(comparison.runs.values())).time}
    for analysis, quantities in comparison.quantities.items():
        columns |= {f"{name} {FIELD_FILES[analysis]}": values for name, values in quantities.items()}
    write_csv(path, columns)


def comparison_curves(comparison: Comparison) -> list[CurveHistory]:
    """Return the curves of all compared quantities over the increments, a line for every analysis."""
    values = comparison.quantities
    curves = []
    for name in next(iter(values.values())):
        lines = {ANALYSIS_TITLES[analysis]: from_virgin(v[name]) for analysis, v in values.items()}
        curves.append(CurveHistory("", "increment [–]", LABELS.get(name, name) + " [–]", lines))
    return curves
