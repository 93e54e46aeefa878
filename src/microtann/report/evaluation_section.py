"""Tables and curves of the closed-loop recall of a model beside the exact cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from microtann.evaluation.closed_loop import Evaluation, PathComparison
from microtann.microstructure.strain_metric import WORDS
from microtann.numbers import voigt
from microtann.plotting.curves import Curve, draw_comparison, draw_errors, from_virgin
from microtann.report.model_card import DIRECTIONS_NOTE, RANGE_NOTE, range_text
from microtann.report.number import format_number
from microtann.report.page import write_report
from microtann.report.response_file import RESPONSES, WHAT_RESPONSES_HOLD, write_responses
from microtann.report.section import Figure, Section, write_section
from microtann.report.table import Column, Table, Value, columns_of
from microtann.system.stage import write_numbers
from microtann.tann.card import directions_rows
from microtann.tann.trained_model import TANN
from microtann.training.walk_errors import SetName, WalkErrors

Responses = Mapping[str, PathComparison]
"""Exact response and recall of the model, by the name of the path."""

NOTE = (
    "Relative RMS errors against the exact answer in closed loop: stress, energy, accumulated dissipation, "
    "decoded internal coordinates. Largest: largest error of a stress component. Violations: increments with "
    "−T·ΔZ < −1e-12 times the largest energy. Drift: largest change of the stress over the 100 zero increments of "
    f"path z. {DIRECTIONS_NOTE} {RANGE_NOTE}"
)
SHORT = {"displacement": "displ."}
SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


@dataclass(frozen=True)
class AnchorErrors:
    """Errors of another model of the same microstructure on the protocol, as the anchor to compare with.

    Parameters
    ----------
    name : str
    stress : mapping
        Relative RMS error of the stress, by path; a path may be absent.
    energy, dissipation : (float, float)
        Range of the relative RMS errors of energy and accumulated dissipation over the paths.
    rest_drift : float
        Relative change of the stress over 100 zero increments.
    """

    name: str
    stress: Mapping[str, float]
    energy: tuple[float, float]
    dissipation: tuple[float, float]
    rest_drift: float


def write_evaluation(
    folder: Path, model: str, tann: TANN, responses: Responses, anchor: AnchorErrors | None = None
) -> Section:
    """Write numbers, figures and the page of an evaluation; return the section of the report.

    Parameters
    ----------
    folder : Path
    model : str
        What the model is called.
    tann : TANN
    responses : mapping
        By path.
    anchor : AnchorErrors, optional
        Of another model to compare with.
    """
    evaluation = Evaluation({name: response.errors for name, response in responses.items()})
    write_numbers(folder, {"model": model, "form": tann.form, "paths": evaluation.to_dict()})
    write_responses(folder, responses, tann.information.strain_names)
    text = (
        f"The model ({tann.form}, {tann.states} internal state variables) gets strain increments only; "
        "its own state is fed back. The reference is the exact microstructure."
    )
    section = Section(
        title="Closed-loop recall",
        order=3,
        paragraphs=(text,),
        tables=(errors_table(evaluation, anchor), paths_table(responses)),
        figures=tuple(draw_evaluation(folder, evaluation, responses, anchor)),
        files={
            "numbers.json": "all errors",
            RESPONSES: WHAT_RESPONSES_HOLD,
            "report.html": "this section alone",
        },
        summary=errors_summary(evaluation),
    )
    section = write_section(folder, section)
    write_report(folder, f"Closed-loop recall of {model}", [(folder, section)])
    return section


def write_data_evaluation(
    folder: Path, model: str, tann: TANN, data: Path, judged: SetName, errors: WalkErrors
) -> Section:
    """Write numbers and the page of an evaluation on the walks of a data file; return the section of the report.

    Parameters
    ----------
    folder : Path
    model : str
        What the model is called.
    tann : TANN
    data : Path
        The file.
    judged : {"training", "validation", "test"}
        Set whose walks were followed.
    errors : WalkErrors
    """
    named = {"model": model, "form": tann.form, "data": str(data), "walks": judged}
    write_numbers(folder, {**named, "errors": errors.to_dict()})
    text = (
        f"The model ({tann.form}, {tann.states} internal state variables) gets the strain increments of "
        f"the {judged} walks of {data} only; its own state is fed back. The reference is the data."
    )
    files = {"numbers.json": "all errors", "report.html": "this section alone"}
    section = Section("Closed-loop recall on data", 3, (text,), (_walks_table(judged, errors),), files=files)
    section = write_section(folder, section)
    write_report(folder, f"Closed-loop recall of {model} on {data.name}", [(folder, section)])
    return section


def errors_table(evaluation: Evaluation, anchor: AnchorErrors | None = None) -> Table:
    """Return the errors on every path, beside the stress error of an anchor if there is one."""
    groups = list(dict.fromkeys(name for errors in evaluation.paths.values() for name in errors.coordinates))
    columns = [
        Column("path", kind="text"),
        Column("stress", kind="error"),
        *([Column(anchor.name, kind="error")] if anchor else []),
        *columns_of("error", "largest", "energy", "dissip."),
        *(Column(SHORT.get(name, name), kind="error") for name in groups),
        Column("violations", kind="integer"),
        Column("drift", kind="error"),
        Column("range", kind="text"),
    ]
    rows: list[tuple[Value, ...]] = []
    for name, errors in evaluation.paths.items():
        row: list[Value] = [name, errors.stress]
        row += [anchor.stress.get(name)] if anchor else []
        row += [errors.largest["stress"], errors.energy, errors.dissipation]
        row += [errors.coordinates.get(group) for group in groups]
        plain = errors.to_dict()
        row += [errors.violations, errors.drift, range_text(plain)]
        rows.append(tuple(row))
        for title, (stress, *others) in directions_rows(plain, groups):
            rows.append((f"{name}, {title}", stress, *[None] * bool(anchor), None, *others, None, None, ""))
    note = NOTE
    if evaluation.metric != "uniform":
        note += f" Relative errors of stresses are measured in {WORDS[evaluation.metric]}."
    if anchor:
        energy, dissipation = (
            " to ".join(format_number(bound, "error") for bound in bounds)
            for bounds in (anchor.energy, anchor.dissipation)
        )
        drift = format_number(anchor.rest_drift, "percent")
        note += (
            f" Published: stress error of the authors' network; its energy error is {energy}, its dissipation "
            f"error {dissipation}, and 100 zero increments move its stress by {drift}."
        )
    return Table("Errors in closed loop", tuple(columns), tuple(rows), note)


def errors_summary(evaluation: Evaluation) -> Table:
    """Return the largest errors over all paths and single directions, for the comparison of models."""
    paths = evaluation.paths.values()
    drifts = [errors.drift for errors in paths if errors.drift is not None]
    row: tuple[Value, ...] = (
        *(max(errors.worst(quantity) for errors in paths) for quantity in ("stress", "energy", "dissipation")),
        sum(errors.violations for errors in paths),
        max(drifts) if drifts else None,
    )
    columns = (
        *columns_of("error", "stress", "energy", "dissip."),
        Column("violations", kind="integer"),
        Column("drift", kind="error"),
    )
    return Table("Largest errors in closed loop", columns, (row,))


def paths_table(responses: Responses) -> Table:
    """Return what each path is."""
    rows = tuple((name, r.path.description, *r.path.strain.shape[:2]) for name, r in responses.items())
    columns = (
        *columns_of("text", "path", "what"),
        *columns_of("integer", "paths", "increments"),
    )
    return Table("Paths", columns, rows)


def draw_evaluation(
    folder: Path, evaluation: Evaluation, responses: Responses, anchor: AnchorErrors | None = None
) -> list[Figure]:
    """Draw loops, energies and errors; return the figures.

    Parameters
    ----------
    folder : Path
    evaluation : Evaluation
    responses : mapping
        By path.
    anchor : AnchorErrors, optional
        Of another model to compare with.
    """
    loops = [_loop(name, responses) for name in responses if name != "z"][:6]
    draw_comparison(folder / "stress-strain.png", loops, "TANN")
    figures = [
        Figure("stress-strain.png", "Stress of the exact cell (grey) and of the TANN (blue) in closed loop.")
    ]
    shown = [name for name in ("a", "b", "e", *responses) if name in responses and name != "z"]
    pairs = [_energies(name, responses) for name in list(dict.fromkeys(shown))[:3]]
    energies = [pair[i] for i in range(2) for pair in pairs]
    draw_comparison(folder / "energy.png", energies, "TANN", columns=len(pairs))
    figures.append(
        Figure("energy.png", "Energy (above) and accumulated dissipation (below) along the first of the paths.")
    )
    if anchor:
        errors = {name: e.stress for name, e in evaluation.paths.items() if name != "z"}
        draw_errors(folder / "errors.png", errors, anchor.stress, "TANN")
        text = "Stress error on every path beside that of the authors' published network."
        figures.append(Figure("errors.png", text))
    return figures


def _loop(name: str, responses: Responses) -> Curve:
    path, exact, found = responses[name].path, responses[name].exact, responses[name].recalled
    strain = path.strain[0]
    component = int(np.argmax(np.abs(strain).max(axis=0)))
    label = voigt.LABELS[voigt.dimension(strain.shape[1])][component].translate(SUBSCRIPTS)
    symbol = "ε" if component < voigt.dimension(strain.shape[1]) else "γ"
    return Curve(
        f"path {name}",
        from_virgin(strain[:, component]),
        from_virgin(exact.stress[0, :, component]),
        from_virgin(found.stress[0, :, component]),
        f"strain {symbol}{label} [–]",
        f"stress σ{label} [–]",
    )


def _energies(name: str, responses: Responses) -> list[Curve]:
    exact, found = responses[name].exact, responses[name].recalled
    step = np.arange(exact.energy.shape[1] + 1.0)
    pairs = (
        ("energy", exact.energy[0], found.energy[0], "energy Ψ [–]"),
        ("dissipation", exact.dissipation[0].cumsum(), found.dissipation[0].cumsum(), "dissipation D [–]"),
    )
    return [
        Curve(f"path {name}, {what}", step, from_virgin(a), from_virgin(b), "increment [–]", label)
        for what, a, b, label in pairs
    ]


def _walks_table(judged: str, errors: WalkErrors) -> Table:
    columns = (
        Column("walks", kind="text"),
        *columns_of("error", "stress", "energy", "dissip."),
        *(Column(name, kind="error") for name in errors.coordinates),
        Column("violations", kind="integer"),
    )
    # errors of a model that runs away are infinite, which a table shows as a dash
    plain = errors.to_dict()
    groups = plain["coordinates"].values()
    row = (judged, *(plain[name] for name in ("stress", "energy", "dissipation")), *groups, errors.violations)
    note = (
        "Relative RMS errors over all whole walks of the set: stress, energy, accumulated dissipation, decoded "
        "internal coordinates. Violations: increments with −T·ΔZ < −1e-12 times the largest energy. A dash stands "
        "for a model that ran away."
    )
    if errors.metric != "uniform":
        note += f" Errors of stresses are measured in {WORDS[errors.metric]}."
    return Table("Errors in closed loop", columns, (row,), note)
