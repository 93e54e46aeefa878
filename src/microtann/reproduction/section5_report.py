"""Sections of the report of Section V: an overview, and one for every case and model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from microtann.evaluation.comparison import ANALYSIS_TITLES, Comparison
from microtann.evaluation.scale_errors import SOLVED_PAIRS
from microtann.evaluation.structures import MESH_SIZES, reference_case
from microtann.plotting.bodies import DrawnBody, draw_bodies
from microtann.plotting.curves import draw_histories
from microtann.report.number import format_number
from microtann.report.section import Figure, Section
from microtann.report.simulation_section import LABELS, comparison_curves, cost_table, results_table
from microtann.report.table import Column, Table, Value, columns_of
from microtann.reproduction.claims import PAPER, SECTION5_CASES, Section5Case
from microtann.reproduction.section5_cases import RUNS, CaseNumbers
from microtann.reproduction.section5_errors import BARS, BOTH, RELEASED, Limits, case_errors
from microtann.reproduction.section5_figures import (
    draw_bar_stresses,
    draw_convergence,
    draw_cost_ratios,
    draw_limits,
    draw_mesh_errors,
)
from microtann.reproduction.state_evolution import state_evolution
from microtann.tann.trained_model import TANN

CLAIMS = PAPER.section5
SHOWN = (0, 2, 5, 9, 14, 15)
"""Increments of lcH that Figure 19 shows: 20, −20, 40, −40, 60° and the release."""
REGULAR = 13
"""Distinct bars of the regular cube, the cell of the paper."""
COSTLY = ("lcC2", "lcT2")
"""Cases whose cost Figure 20 shows."""
SCALES = (
    "The bars of the paper (100 GPa, 300 MPa, 10 GPa) have the same ratios as those here (1, 1/3, 0.1) with "
    "strains scaled by 111: geometry is linear, so that displacements and angles mean the same."
)


def case_section(
    folder: Path, case: Section5Case, numbers: CaseNumbers, comparison: Comparison, tann: TANN
) -> Section:
    """Draw the figures of a case, and return its section.

    Parameters
    ----------
    folder : Path
    case : Section5Case
    numbers : CaseNumbers
        Over all sizes.
    comparison : Comparison
        Of the finest sizes.
    tann : TANN
    """
    mesh, ratio = numbers.finest("model").size, numbers.finest("lattice").size
    sizes = f"elements of {mesh:g} and ε = 1/{round(1 / ratio)}"
    figures: list[Figure] = []
    if case.name == "lcH":
        draw_histories(folder / "figure-18.png", comparison_curves(comparison))
        text = f"Beside Figure 18: the cycles and the release with {sizes}. {case.claim}"
        figures.append(Figure("figure-18.png", text))
        figures += _evolution(folder, comparison, tann)
    file = f"figure-{case.figure}-{case.name}.png"
    draw_convergence(folder / file, numbers)
    beside = (
        f"Beside Figure {case.figure}" if case.name != "lcH" else "At the end of lcH, not shown in the paper so"
    )
    figures.append(
        Figure(
            file,
            f"{beside}: {case.name} at the end of the loading against the cells per width, FE with elements of "
            f"{mesh:g}. {case.claim} {_text(numbers)}",
        )
    )
    beside = "Beside Figure 16" if case.figure == 15 else "As Figure 16, which the paper shows for lcC"
    draw_bar_stresses(folder / "bars.png", numbers)
    figures.append(
        Figure(
            "bars.png",
            f"{beside}: stresses of the bars that end in the control node, decoded from the state there with "
            f"elements of {mesh:g}, with the exact cell solved again along the strains there, and of the full "
            "lattice. At a corner the lattice has a layer of its own, "
            "whose stresses no periodic cell has.",
        )
    )
    return Section(
        title=f"{case.name}, {numbers.model}",
        order=10 + list(SECTION5_CASES).index(case.name),
        paragraphs=(f"{comparison.case.description}; {sizes}.", case.remark) if case.remark else (sizes,),
        tables=(results_table(comparison), cost_table(comparison)),
        figures=tuple(figures),
        files={"numbers.json": "all numbers of all runs", RUNS: "what is compared, by increments"},
    )


def section5_overview(
    folder: Path, cases: Sequence[CaseNumbers], limits: Mapping[str, Mapping[str, Limits]]
) -> Section:
    """Draw what shows several cases, and return the section with the tables of errors.

    Parameters
    ----------
    folder : Path
    cases : sequence of CaseNumbers
    limits : mapping
        By case, then by quantity; empty if they were not found.
    """
    tables, figures = [], []
    for model in dict.fromkeys(numbers.model for numbers in cases):
        own = [numbers for numbers in cases if numbers.model == model]
        tables.append(_errors_table(model, own))
        costly = [numbers for numbers in own if numbers.case in COSTLY]
        meshes = [run.size for run in own[0].of("model")]
        if costly:
            file = f"figure-20-{model}.png"
            draw_cost_ratios(folder / file, costly, [h for h in MESH_SIZES if h in meshes][-2:])
            figures.append(
                Figure(
                    file,
                    f"Beside Figure 20, {model}: calls of the full lattice over those of FE × TANN, against the "
                    f"error of the energy. {CLAIMS.cost}",
                )
            )
        file = f"figure-21-{model}.png"
        if len(meshes) > 1:
            draw_mesh_errors(folder / file, own)
            figures.append(
                Figure(
                    file,
                    f"Beside Figure 21, {model}: errors against the mesh of {meshes[-1]:g}, relative to its "
                    f"largest value over the increments. {CLAIMS.meshes} "
                    "Uniform strains (lcU) are exact on any mesh.",
                )
            )
        tables.append(_cost_table(model, own))
    for name, found in limits.items():
        draw_limits(folder / f"limits-{name}.png", found)
        released = reference_case(name).released
        tables.append(_sizes_table(name, found) if released else _limits_table(name, found))
        text = f"{name} {reference_case(name).end}, with the regular cube: mesh and lattice "
        text += "approach each other" if released else "go to one limit"
        text += ", and both are far from where they go at the sizes of the paper. "
        text += "Open marks: limits by Richardson's extrapolation, where three sizes show one."
        figures.append(Figure(f"limits-{name}.png", text))
    return Section(
        title="Section V beside the paper",
        order=1,
        paragraphs=(
            "Network error: FE × TANN against FE with the exact cell on the same mesh. Homogenisation error: FE "
            "with the exact cell against the full lattice, which holds the errors of mesh and of scale "
            f"separation. {CLAIMS.errors}",
            SCALES,
        ),
        tables=tuple(tables),
        figures=tuple(figures),
        files={"numbers.json": "limits"},
    )


def _text(numbers: CaseNumbers) -> str:
    rows = case_errors(numbers)
    parts = [
        f"{name} {format_number(row['network error'], 'error')} and "
        f"{format_number(row['homogenisation error'], 'error')}"
        for name, row in rows.items()
    ]
    relative = (
        ", relative to the largest value on the path, or after the release to what is left then"
        if reference_case(numbers.case).released
        else ""
    )
    return f"Here, errors of network and of homogenisation{relative}: " + ", ".join(parts) + "."


def _errors_table(model: str, own: Sequence[CaseNumbers]) -> Table:
    rows: list[tuple[Value, ...]] = []
    regular = own[0].distinct_bars <= REGULAR
    for numbers in own:
        case = SECTION5_CASES[numbers.case]
        errors = case_errors(numbers)
        for name, row in errors.items():
            known = "displacement" if name == BOTH else name.removesuffix(RELEASED)
            after_release = any(row.endswith(RELEASED) for row in errors)  # what is claimed of such a case
            if name == BOTH and regular:  # there is no fluctuation
                continue
            shown = "axial force" if name == "axial_force" else name
            measured = tuple(row[pair] for pair in ("total error", "homogenisation error", "network error"))
            others = (case.paper.get(known), case.published.get(known)) if regular else ()
            if after_release and not name.endswith(RELEASED):
                others = (None, None) if regular else ()
            rows.append((numbers.case, "bars at the control nodes" if name == BARS else shown, *measured, *others))
            if name == BARS and not regular:
                network, total = (row[pair] for pair in SOLVED_PAIRS)
                rows.append((numbers.case, f"{rows[-1][1]}, solved again", total, measured[1], network, *others))
    mesh, ratio = own[0].finest("model").size, own[0].finest("lattice").size
    titles = ("total", "homogenisation", "network", *(("paper, total", "authors' network") if regular else ()))
    columns = (
        *columns_of("text", "case", "quantity"),
        *(Column(title, kind="percent") for title in titles),
    )
    note = f"{model}: elements of {mesh:g}, ε = 1/{round(1 / ratio)}. Errors are the largest over the increments, "
    note += "relative to the largest value of the reference over them, the dissipation to max(D, Ψ/100). u⁰ + εu¹ "
    note += (
        "and bars: at the end of the loading, relative to the reference there. After the release (lcH): there, "
    )
    note += "relative to what is left of the reference there. "
    if not regular:
        efforts = [numbers.solving[f"{numbers.finest('lattice').size:.12g}"] for numbers in own]
        note += (
            "Solved again: the exact cell along the strains that FE × TANN has found at the Gauss points around "
            f"the control nodes, at most {max(e.points for e in efforts)} points and "
            f"{max(e.seconds for e in efforts):.2g} CPU s in a case. "
        )
    if regular:
        note += f"{CLAIMS.sizes} {CLAIMS.network}"
    return Table(f"Errors of Section V, {model}", columns, tuple(rows), note)


def _cost_table(model: str, own: Sequence[CaseNumbers]) -> Table:
    rows: list[tuple[Value, ...]] = []
    for numbers in own:
        lattice = numbers.finest("lattice")
        for analysis in ("model", "exact", "lattice"):
            run = numbers.finest(analysis)
            ratio = None if analysis == "lattice" else lattice.calls / run.calls
            rows.append(
                (numbers.case, ANALYSIS_TITLES[analysis], run.unknowns, run.newton, run.calls, ratio, run.seconds)
            )
    columns = (
        *columns_of("text", "case", "analysis"),
        *columns_of("integer", "unknowns", "Newton", "calls"),
        Column("cost ratio"),
        Column("CPU time", "s", "seconds"),
    )
    note = "Cost ratio: calls of the full lattice over those of the run (paper, Section V.E)."
    return Table(f"Cost at the finest sizes, {model}", columns, tuple(rows), note)


def _sizes_table(case: str, limits: Mapping[str, Limits]) -> Table:
    """Return what is left after a release over the sizes of elements and of cells, and how it still changes."""
    first = next(iter(limits.values()))
    rows: list[tuple[Value, ...]] = []
    lattice = [f"ε = 1/{round(1 / ratio)}" for ratio in first.ratios]
    for title, sizes, of_sizes in (
        (ANALYSIS_TITLES["exact"], [f"elements of {size:g}" for size in first.meshes], "elements"),
        (ANALYSIS_TITLES["lattice"], lattice, "lattices"),
    ):
        for place, size in enumerate(sizes):
            row: list[Value] = [title, size]
            for entry in limits.values():
                values = getattr(entry, of_sizes)
                row += [values[place], values[place] / values[place - 1] - 1.0 if place else None]
            rows.append(tuple(row))
    columns: list[Column] = list(columns_of("text", "analysis", "size"))
    for name in limits:
        columns += [Column(LABELS.get(name, name)), Column("change", kind="percent")]
    note = "Change: from the size before, relative to the value there."
    return Table(f"{case} {reference_case(case).end} over sizes, regular cube", tuple(columns), tuple(rows), note)


def _limits_table(case: str, limits: Mapping[str, Limits]) -> Table:
    rows = tuple(
        (
            LABELS.get(name, name),
            entry.elements[-1],
            entry.of_elements.limit,
            entry.of_elements.order,
            entry.lattices[-1],
            entry.of_lattices.limit,
            entry.of_lattices.order,
            entry.gap,
        )
        for name, entry in limits.items()
    )
    first = next(iter(limits.values()))
    meshes = ", ".join(f"{h:g}" for h in first.meshes)
    ratios = ", ".join(f"1/{round(1 / ratio)}" for ratio in first.ratios)
    columns = (
        Column("quantity", kind="text"),
        Column(f"elements of {first.meshes[-1]:g}"),
        Column("h → 0"),
        Column("order"),
        Column(f"ε = 1/{round(1 / first.ratios[-1])}"),
        Column("ε → 0"),
        Column("order"),
        Column("gap", kind="percent"),
    )
    note = f"Richardson's extrapolation from elements of {meshes} and from ε = {ratios}."
    return Table(f"Limits of {case} {reference_case(case).end}, regular cube", columns, rows, note)


def _evolution(folder: Path, comparison: Comparison, tann: TANN) -> list[Figure]:
    """Draw displacement and one internal state variable in the structure at some increments (Figure 19)."""
    result, angles = comparison.elements["model"], comparison.case.angles
    states = state_evolution(result, tann, SHOWN)
    chosen = int(np.abs(states[-1]).max(axis=0).argmax())
    titles = [f"{angles[i]:g}°".replace("-", "−") if np.isfinite(angles[i]) else "released" for i in SHOWN]
    mesh = result.mesh

    def bodies(fields: Sequence[np.ndarray]) -> list[DrawnBody]:
        return [
            DrawnBody(title, mesh.points, mesh.cells, result.displacement[i], field)
            for title, i, field in zip(titles, SHOWN, fields, strict=True)
        ]

    warping = [result.displacement[i][:, 2][mesh.cells].mean(axis=1) for i in SHOWN]
    draw_bodies(folder / "figure-19a.png", bodies(warping), "u_z [–]", signed=True, height=3.4)
    label, evolved = f"Z_{chosen + 1} [–]", bodies(list(states[:, :, chosen]))
    draw_bodies(folder / "figure-19b.png", evolved, label, signed=True, height=3.4)
    largest = float(np.abs(states[-1, :, chosen]).max() / np.abs(states[:, :, chosen]).max())
    return [
        Figure(
            "figure-19a.png",
            "Beside Figure 19 (a): vertical displacement at the turning points and after the release.",
        ),
        Figure(
            "figure-19b.png",
            f"Beside Figure 19 (b): internal state variable {chosen + 1} of {tann.states}, the one that is "
            f"largest after the release. {CLAIMS.evolution}; here the largest is "
            f"{format_number(largest, 'percent')} of the largest on the way.",
        ),
    ]
