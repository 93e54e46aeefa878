"""What a structure of one's own leaves: fields, response, pictures, tables, and a section of the report."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from microtann.equilibrium.increment_table import IncrementRow
from microtann.evaluation.audit import Audit, audit
from microtann.evaluation.nodal_states import DecodingMaterial
from microtann.fem.model import Result
from microtann.job.job_file import StructureJob
from microtann.plotting.bodies import readable_scale
from microtann.plotting.curves import CurveHistory, from_virgin
from microtann.plotting.deformed import plot_body
from microtann.plotting.missing_picture import save_or_say
from microtann.plotting.panels import draw_panels
from microtann.report.audit_tables import audit_table, worst_points_table
from microtann.report.page import write_report
from microtann.report.section import Figure, Section, write_section
from microtann.report.table import Column, Table, Value, columns_of
from microtann.system.csv_file import write_csv
from microtann.system.stage import write_numbers

ROWS = 30
"""Most steps in the table."""
AXES = "xyz"
STRESSES = ("stress", "energy", "dissipation", "dissipated")
"""Fields in the unit of stress."""


def write_job(folder: Path, job: StructureJob, result: Result) -> Section:
    """Write the results of a job, its pictures, its page and its section; return the section.

    Parameters
    ----------
    folder : Path
    job : StructureJob
    result : `microtann.fem.Result`
        Of this job.
    """
    result.to_csv(folder / "response.csv")
    files = {"response.csv": "energies, displacements and reactions of every named set, by increments"}
    if job.output.points:
        _write_points(folder / "points.csv", job, result)
        files["points.csv"] = "displacements of the points, by increments"
    if job.output.fields:
        files[result.write(folder).name] = "fields of every increment, for ParaView"
    audits = _audits(job, result)
    title = job.title.title or "A structure"
    section = Section(
        title=title,
        order=4,
        paragraphs=(_described(job, result),),
        tables=(
            ends_table(job, result),
            job_cost_table(result),
            *(table for found in audits.values() for table in (audit_table(found), worst_points_table(found))),
        ),
        figures=tuple(_figures(folder, job, result)),
        files=files | {"numbers.json": "the numbers of the tables", "report.html": "this section alone"},
    )
    write_numbers(folder, job_numbers(result) | {"audit": {k: found.to_dict() for k, found in audits.items()}})
    section = write_section(folder, section)
    write_report(folder, title, [(folder, section)])
    return section


def job_numbers(result: Result) -> dict[str, object]:
    """Return the size of a simulation, its end and its cost as plain values for JSON."""
    statistics = result.statistics
    return {
        "unknowns": int(result.displacement[0].size),
        "gauss_points": int(result.mesh.weights.size),
        "increments": len(result.time),
        "newton_iterations": statistics.newton_iterations,
        "linear_iterations": statistics.linear_iterations,
        "seconds": statistics.seconds,
        "energy": float(result.energy[-1]),
        "dissipation": float(result.dissipation[-1]),
        "largest_displacement": float(np.linalg.norm(result.displacement[-1], axis=1).max()),
        "reactions": {name: result.reaction(name)[-1].tolist() for name in held_sets(result)},
    }


def held_sets(result: Result) -> list[str]:
    """Return the named sets of nodes that supports hold."""
    largest = max(float(np.abs(result.reactions[t]).max()) for t in range(len(result.time)))
    reacting = np.zeros(len(result.points), dtype=bool)
    for t in range(len(result.time)):
        reacting |= (np.abs(result.reactions[t]) > 1e-9 * largest).any(axis=1)
    return [name for name, nodes in result.mesh.sets.items() if reacting[nodes].all()]


def ends_table(job: StructureJob, result: Result) -> Table:
    """Return energies and reactions at the end of every step, of many those of the last ones.

    Parameters
    ----------
    job : StructureJob
    result : `microtann.fem.Result`
    """
    ends = (np.cumsum([step.increments for step in job.steps]) - 1)[-ROWS:]
    names = [step.name or f"step {number}" for number, step in enumerate(job.steps, start=1)][-ROWS:]
    sets = held_sets(result)
    reactions = {name: result.reaction(name) for name in sets}
    axes = AXES[: result.mesh.dimension]
    columns = (
        Column("step", kind="text"),
        Column("time"),
        *(Column(name, _energy_unit(job)) for name in ("energy", "dissipation")),
        Column("largest displacement", job.title.length),
        *(Column(f"{name} {axis}", _force_unit(job)) for name in sets for axis in axes),
    )
    rows: list[tuple[Value, ...]] = [
        (
            name,
            float(result.time[t]),
            float(result.energy[t]),
            float(result.dissipation[t]),
            float(np.linalg.norm(result.displacement[int(t)], axis=1).max()),
            *(float(value) for own in sets for value in reactions[own][int(t)]),
        )
        for name, t in zip(names, ends, strict=True)
    ]
    note = "Reactions of supports by set and axis. The dissipation is that since the start."
    left_out = len(job.steps) - len(rows)
    return Table(
        "The end of every step", columns, tuple(rows), note + (f" The last {ROWS} steps." if left_out else "")
    )


def job_cost_table(result: Result) -> Table:
    """Return how many iterations the structure took, and the time of its parts."""
    s = result.statistics
    cuts = sum(row.cuts for row in s.increments if isinstance(row, IncrementRow))
    columns = (
        *columns_of("integer", "unknowns", "Gauss points", "increments", "cuts", "Newton", "CG"),
        *(Column(name, "s", "seconds") for name in ("material", "assembly", "set-up", "solver", "total")),
    )
    counts = (int(result.displacement[0].size), int(result.mesh.weights.size), len(result.time), cuts)
    row = (*counts, s.newton_iterations, s.linear_iterations)
    times = (s.material_seconds, s.assembly_seconds, s.setup_seconds, s.solver_seconds, s.seconds)
    return Table("Cost", columns, ((*row, *times),), "CPU seconds; set-up is that of the preconditioner.")


def _described(job: StructureJob, result: Result) -> str:
    units = [f"lengths in {job.title.length}"] if job.title.length else []
    units += [f"stresses in {job.title.stress}"] if job.title.stress else []
    outside = result.points_outside
    left = ""
    if outside is not None and outside.any():
        left = f" Up to {int(outside.max())} Gauss points leave the range of training data (field training_reach)."
    model = repr(job.model)
    return f"{model}, {len(result.time)} increments" + (f"; {', '.join(units)}" if units else "") + f".{left}"


def _write_points(path: Path, job: StructureJob, result: Result) -> None:
    """Write the displacements of the nodes nearest to the points of the job."""
    columns: dict[str, NDArray[Any]] = {"increment": np.arange(1, len(result.time) + 1), "time": result.time}
    for point in job.output.points:
        node = result.nearest(point)
        place = " ".join(f"{x:g}" for x in result.points[node])
        for axis in range(result.mesh.dimension):
            values = [float(result.displacement[t][node, axis]) for t in range(len(result.time))]
            columns[f"u_{AXES[axis]} ({place})"] = np.array(values)
    write_csv(path, columns)


def _audits(job: StructureJob, result: Result) -> dict[str, Audit]:
    """Return the audit of every region whose material can be audited."""
    if not job.output.audit:
        return {}
    material = job.model.material
    if isinstance(material, DecodingMaterial):
        return {"": audit(result, material, job.output.audit)}
    assert not hasattr(material, "update")
    return {
        name: audit(result, own, job.output.audit, region=name)
        for name, own in material.items()
        if isinstance(own, DecodingMaterial)
    }


def _figures(folder: Path, job: StructureJob, result: Result) -> list[Figure]:
    """Draw the deformed body by the fields of the job, and what happens over the increments."""
    moved = np.asarray(result.displacement[-1])
    scale = job.output.scale or readable_scale(result.points, moved)
    shown = "to scale" if scale == 1.0 else f"× {scale:.3g}"
    figures = []
    for field in job.output.pictures:
        name = f"{field.replace(' ', '-')}.png"
        save_or_say(folder / name, partial(plot_body, result, field, scale=scale, unit=_unit(job, field)))
        figures.append(
            Figure(name, f"The deformed body at the end (displacements {shown}), coloured by: {field}.")
        )
    if len(result.time) > 1:
        draw_panels(folder / "histories.png", _histories(job, result))
        figures.append(Figure("histories.png", "Energies, and the reactions of supports, over the increments."))
    return figures


def _unit(job: StructureJob, field: str) -> str:
    """Return the unit of a field, as far as the job names its units; energies are per volume."""
    return job.title.stress if field.partition(" ")[0] in STRESSES else ""


def _force_unit(job: StructureJob) -> str:
    title = job.title
    return f"{title.stress}·{title.length}²" if title.stress and title.length else ""


def _energy_unit(job: StructureJob) -> str:
    title = job.title
    return f"{title.stress}·{title.length}³" if title.stress and title.length else ""


def _histories(job: StructureJob, result: Result) -> list[CurveHistory]:
    """Return the energies, and along each axis the reactions of the sets that supports hold."""
    energies = {"energy Ψ": from_virgin(result.energy), "dissipation D": from_virgin(result.dissipation)}
    unit, force = _energy_unit(job) or "–", _force_unit(job) or "–"
    histories = [CurveHistory("energy and dissipation", "increment", f"energy [{unit}]", energies)]
    for name in held_sets(result)[:5]:
        reaction = from_virgin(result.reaction(name))
        axes = {f"along {AXES[axis]}": reaction[:, axis] for axis in range(result.mesh.dimension)}
        histories.append(CurveHistory(f"reaction of {name}", "increment", f"force [{force}]", axes))
    return histories
