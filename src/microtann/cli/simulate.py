"""``microtann simulate``: a reference structure with a TANN, with the exact cell, and as a full lattice."""

from __future__ import annotations

import json
import shutil
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import typer

import microtann
from microtann import fem
from microtann.cli.analysis import compile_kernels, newton_progress
from microtann.cli.configuration import Setting
from microtann.cli.messages import save_section, show_section, show_unchanged, show_warnings
from microtann.cli.model import chosen_model, model_digest
from microtann.cli.options import Assignments, Config, Overwrite, setting
from microtann.cli.page import write_report
from microtann.cli.progress import Report, progress
from microtann.cli.sections import choose, effective, gather
from microtann.cli.simulation import SimulationChoice
from microtann.cli.solver import RECORDS, SolverChoice, kept_if_stopped, recorded
from microtann.cli.stage import Stage, working_folder
from microtann.errors import InputError, TrainingRangeWarning
from microtann.evaluation.audit import Audit
from microtann.evaluation.audit import audit as audit_model
from microtann.evaluation.both_scales import Microscale, shows_both_scales
from microtann.evaluation.comparison import NAMES, Analysis, Comparison
from microtann.evaluation.decoded_block import decoded_block, same_block
from microtann.evaluation.scale_errors import affordable, scale_errors, solved_again, solving
from microtann.evaluation.structures import CASES, ReferenceCase, reference_case
from microtann.fem.elements import kinds_in
from microtann.microstructure.bars.cells.bar import ElastoplasticBar
from microtann.microstructure.bars.cells.cell import UnitCell
from microtann.microstructure.bars.cells.generators import cube_cell
from microtann.microstructure.bars.full.structure import Structure
from microtann.microstructure.bars.lattice import Lattice, require_lattice
from microtann.plotting.inside import draw_inside
from microtann.report.audit import audit_table, worst_points_table
from microtann.report.increments import increment_tables
from microtann.report.section import Figure, Section, read_section
from microtann.report.simulation import (
    cost_table,
    draw_simulation,
    mesh_body,
    results_table,
    scales_table,
    simulation_summary,
)
from microtann.system.atomic import write_atomically
from microtann.tann.hybrid import Hybrid

FIELD_NAMES = {"model": "fe-tann", "exact": "fe-exact", "lattice": "lattice"}
INSIDE = "Point at which the lattice is drawn inside the structure. [default: the control point]"


def simulate(
    case: Annotated[str, typer.Argument(help="One of " + ", ".join(CASES) + ".")],
    model: Annotated[
        str, typer.Option("--model", "-m", help="Shipped model, model file, or `exact` for the exact cell alone.")
    ] = "cube",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder of the results. [default: results/CASE]")
    ] = None,
    config: Config = None,
    assignments: Assignments = None,
    mesh_size: Annotated[float | None, setting(SimulationChoice, "mesh_size")] = None,
    element: Annotated[str | None, setting(SimulationChoice, "element")] = None,
    dns: Annotated[str | None, setting(SimulationChoice, "dns")] = None,
    outside_training: Annotated[str | None, setting(SimulationChoice, "outside_training")] = None,
    exact: Annotated[bool | None, setting(SimulationChoice, "exact")] = None,
    audit: Annotated[int | None, setting(SimulationChoice, "audit")] = None,
    inside: Annotated[str | None, typer.Option(metavar="X,Y,Z", help=INSIDE)] = None,
    localisation: Annotated[str | None, setting(SimulationChoice, "localisation")] = None,
    overwrite: Overwrite = False,
) -> None:
    """Compute a reference structure with a model, with the exact cell on the same mesh, and as a full lattice.

    It prints displacement, energy, dissipation, torque or force, iterations and CPU time side by side, with the
    error of the network and the error of homogenisation apart, on both scales: displacements u⁰ + εu¹ and the
    stresses of bars are decoded from the states at the Gauss points, and the exact cell is solved again along the
    strains at the control nodes.
    """
    options: dict[str, Any] = {"mesh_size": mesh_size, "element": element, "dns": dns}
    options |= {"outside_training": outside_training}
    options |= {"exact": exact, "audit": audit, "inside": inside, "localisation": localisation}
    settings = gather(config, assignments, {f"simulate.{key}": value for key, value in options.items()})
    place = output or Path("results") / case
    run_simulation(settings, case, model, place, overwrite)
    show_section(place, read_section(place))


def run_simulation(
    settings: Sequence[Setting], case_name: str, model: str, output: Path, overwrite: bool = False
) -> None:
    """Run the stage unless its results are there."""
    choice, solver = choose("simulate", SimulationChoice, settings), choose("solver", SolverChoice, settings)
    reference_case(case_name)
    named = {"case": {"name": case_name, "model": model}}
    stage = Stage(
        "simulate", output, named | effective(solver=solver, simulate=choice), {"model": model_digest(model)}
    )
    if stage.finished:
        show_unchanged(output)
        return
    tann = chosen_model(model)
    if tann is None and not choice.exact:
        raise InputError("neither a model nor the exact cell is to be computed: choose a model, or exact = true")
    if tann is None and choice.audit:
        raise InputError("an audit compares a model with the exact cell: choose a model, or leave the audit out")
    cell, bar = (cube_cell(), ElastoplasticBar()) if tann is None else _lattice(tann)
    case = reference_case(case_name, cell.dimension)
    divisions, kind = case.elements(choice.mesh_size), _kind(choice, cell)
    counts = case.cells(choice.dns) if choice.dns > 0 else None
    if choice.inside:
        case.check_inside(choice.inside)
    with working_folder(stage, overwrite=overwrite, keep_unfinished=True) as folder, kept_if_stopped(folder):
        material = Hybrid(tann) if tann is not None and choice.outside_training == "exact" else tann
        materials = _materials(material, cell, bar, choice)
        failure = output.with_name(f"{output.name}.failed-point.h5")
        comparison = _solve(case, materials, cell, bar, divisions, kind, counts, choice, solver, folder, failure)
        scales = _scales(comparison, materials, choice)
        solved = _solved(scales, choice)
        errors = scale_errors(comparison, scales, solved, choice.inside or None)
        audited = None
        if material is not None and choice.audit:
            audited = audit_model(comparison.elements["model"], material, choice.audit)
        numbers = (
            _numbers(comparison, choice)
            | {"scales": errors}
            | ({} if solved is None else {"solved_again": asdict(solving(solved))})
            | ({} if audited is None else {"audit": audited.to_dict()})
        )
        write_atomically(folder / "numbers.json", json.dumps(numbers, indent=1) + "\n")
        files = _write_fields(folder, comparison)
        section = describe(folder, comparison, model, choice, files, audited)
        if scales:
            section = replace(
                section,
                tables=(
                    section.tables[0],
                    scales_table(errors, None if solved is None else solving(solved)),
                    *section.tables[1:],
                ),
                figures=(*section.figures, _inside(folder, comparison, scales, solved, choice)),
            )
        save_section(folder, section)
        write_report(folder, f"{case.name}: {case.description}", [(folder, section)])
        shutil.rmtree(folder / RECORDS, ignore_errors=True)


def describe(
    folder: Path,
    comparison: Comparison,
    model: str,
    choice: SimulationChoice,
    files: dict[str, str],
    audited: Audit | None = None,
) -> Section:
    """Draw the figures and return the section of the report."""
    case = comparison.case
    mesh = next(iter(comparison.elements.values())).mesh
    text = f"{case.name}: {case.description}. Elements of {choice.mesh_size:g} ({mesh.kind})"
    text += f", full lattice with ε = {choice.dns:g}." if comparison.lattice is not None else ", no full lattice."
    return Section(
        title=f"Structure {case.name}",
        order=4,
        paragraphs=(text, f"Model: {model}.{_outside(comparison)}"),
        tables=(
            results_table(comparison),
            cost_table(comparison),
            *increment_tables(comparison),
            *(() if audited is None else (audit_table(audited), worst_points_table(audited))),
        ),
        figures=tuple(draw_simulation(folder, comparison)),
        files={**files, "numbers.json": "all numbers", "report.html": "this section alone"},
        summary=simulation_summary(comparison),
    )


def _inside(
    folder: Path,
    comparison: Comparison,
    scales: Mapping[Analysis, Microscale],
    solved: Microscale | None,
    choice: SimulationChoice,
) -> Figure:
    """Draw the lattice inside the structure, decoded and solved again, beside the full one."""
    case, lattice = comparison.case, comparison.lattice
    assert lattice is not None
    point = choice.inside or case.controls[0].point
    analysis, scale = next(iter(scales.items()))
    block = decoded_block(scale, point)
    blocks = {f"decoded, {NAMES[analysis]}": block}
    if solved is not None and affordable(solved, block.points):
        blocks = {f"solved again, {NAMES[analysis]}": decoded_block(solved, point), **blocks}
    blocks[NAMES["lattice"]] = same_block(block, lattice)
    factor = draw_inside(folder / "inside.png", mesh_body(NAMES[analysis], scale.result), blocks)
    place, shown = ", ".join(f"{x:g}" for x in point), "to scale" if factor == 1.0 else f"× {factor:g}"
    return Figure(
        "inside.png",
        f"The lattice {' and '.join(name.partition(',')[0] for name in list(blocks)[:-1])} at ({place}): u⁰ + εu¹ "
        f"and the stresses of bars, in the structure and beside the full lattice (displacements {shown}).",
    )


def _outside(comparison: Comparison) -> str:
    """Return a sentence on the Gauss points that left the training range, if it is known and any did."""
    run = comparison.elements.get("model")
    if run is not None and "exact_share" in run.state:
        share = run.state["exact_share"]
        return (
            f" {np.count_nonzero(share)} of {share.size} Gauss points near or outside the border of its training "
            f"range follow the exact cell, {np.count_nonzero(share == 1.0)} of them wholly (field exact_share)."
        )
    if run is None or run.points_outside is None or run.training_reach is None or not run.points_outside.any():
        return ""
    return (
        f" Up to {run.points_outside.max()} of {run.mesh.weights.size} Gauss points leave the range of its "
        f"training data, the farthest reaching {run.training_reach.max():.3g} times as far (field training_reach)."
    )


def _lattice(tann: TANN) -> tuple[UnitCell, ElastoplasticBar]:
    """Return the cell and the bars that a model stands for."""
    lattice = require_lattice(tann.microstructure)
    assert lattice.bar is not None
    return lattice.cell, lattice.bar


def _kind(choice: SimulationChoice, cell: UnitCell) -> str:
    """Return the kind of the elements, which fits the dimension of the cell."""
    kinds = kinds_in(cell.dimension)
    if choice.element and choice.element not in kinds:
        where = "the plane" if cell.dimension == 2 else "space"
        raise InputError(f"the cell lies in {where}, where elements are {', '.join(kinds)}, not {choice.element}")
    return choice.element or kinds[0]


def _materials(
    tann: fem.Material | None, cell: UnitCell, bar: ElastoplasticBar, choice: SimulationChoice
) -> dict[Literal["model", "exact"], fem.Material]:
    """Return what the finite elements are computed with, by analysis."""
    materials: dict[Literal["model", "exact"], fem.Material] = {} if tann is None else {"model": tann}
    if choice.exact:
        materials["exact"] = Lattice(cell, bar)
    return materials


def _scales(
    comparison: Comparison, materials: Mapping[Literal["model", "exact"], fem.Material], choice: SimulationChoice
) -> dict[Analysis, Microscale]:
    """Return the lattice inside the finite elements, if there is a full one to hold it against."""
    case = comparison.case
    if comparison.lattice is None:
        return {}
    size = case.lengths[0] * choice.dns
    return {
        analysis: Microscale(result, material, size, case.origin)
        for analysis, result in comparison.elements.items()
        if shows_both_scales(material := materials[analysis])
    }


def _solved(scales: Mapping[Analysis, Microscale], choice: SimulationChoice) -> Microscale | None:
    """Return the lattice inside the finite elements with the model, with the exact cell solved again."""
    if choice.localisation == "decode" or "model" not in scales:
        return None
    return solved_again(scales["model"])


def _solve(
    case: ReferenceCase,
    materials: Mapping[Literal["model", "exact"], fem.Material],
    cell: UnitCell,
    bar: ElastoplasticBar,
    divisions: tuple[int, ...],
    kind: str,
    counts: tuple[int, ...] | None,
    choice: SimulationChoice,
    solver: SolverChoice,
    folder: Path,
    failure: Path,
) -> Comparison:
    elements: dict[Literal["model", "exact"], fem.Result] = {}
    lattice = None
    mesh = fem.box(case.lengths, divisions, case.origin, kind, choice.diagonals)
    structure = None  # made first, so that one that is too large is found before the work
    if counts is not None:
        structure = Structure.box(cell, bar, case.lengths, case.lengths[0] / counts[0], case.origin)
    policy = "none" if choice.outside_training == "exact" else choice.outside_training
    for analysis, material in materials.items():
        with progress(f"{case.name}, {NAMES[analysis]}") as report:
            finite_elements = fem.Model(mesh, material)
            compile_kernels(case, cell, bar, finite_elements)
            options = solver.options(policy)
            kept = recorded(folder, FIELD_NAMES[analysis]) | {"failure": failure}
            elements[analysis] = _within_range(finite_elements, case, options, report, kept)
    if structure is not None:
        with progress(f"{case.name}, {NAMES['lattice']}") as report:
            options, kept = solver.options(), recorded(folder, FIELD_NAMES["lattice"])
            lattice = structure.solve(case.steps, options, newton_progress(report), fields=True, **kept)
    return Comparison(case, elements, lattice)


def _within_range(
    model: fem.Model, case: ReferenceCase, options: fem.SolverOptions, report: Report, kept: dict[str, Any]
) -> fem.Result:
    """Solve a case; a warning that the training range was left becomes a line of the command."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", TrainingRangeWarning)
        result = model.solve(case.steps, options, newton_progress(report), **kept)
    show_warnings(told)
    return result


def _numbers(comparison: Comparison, choice: SimulationChoice) -> dict[str, Any]:
    return {
        "microtann": microtann.__version__,
        "mesh_size": choice.mesh_size,
        "element": next(iter(comparison.elements.values())).mesh.kind,
        "dns": choice.dns,
    } | comparison.to_dict()


def _write_fields(folder: Path, comparison: Comparison) -> dict[str, str]:
    """Write all fields for ParaView; return what each file is."""
    files = {}
    for analysis, result in comparison.elements.items():
        name = result.write(folder, FIELD_NAMES[analysis]).name
        files[name] = f"{NAMES[analysis]}: fields of every increment, for ParaView"
    if comparison.lattice is not None:
        name = comparison.lattice.write(folder, FIELD_NAMES["lattice"]).name
        files[name] = "full lattice: bars of every increment, for ParaView"
    return files
