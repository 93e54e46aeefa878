"""Tables and curves of the closed-loop recall of a model beside the exact cell."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from microtann.evaluation import published
from microtann.evaluation.recall import Evaluation, PathResponse
from microtann.numbers import voigt
from microtann.plotting.curves import Curve, draw_comparison, draw_errors
from microtann.report.number import format_number
from microtann.report.section import Figure
from microtann.report.table import Column, Table, Value

Responses = Mapping[str, PathResponse]
"""Exact response and recall of the model, by the name of the path."""

NOTE = (
    "Relative RMS errors against the exact cell in closed loop: stress, energy, accumulated dissipation, decoded "
    "displacements and bar forces. Largest: largest error of a stress component. Violations: increments with "
    "−T·ΔZ < −1e-12 times the largest energy. Drift: largest change of the stress over the 100 zero increments of "
    "path z. Range: whether "
    "the path stays within the strains of the training."
)
SHORT = {"displacement": "displ."}
SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def errors_table(evaluation: Evaluation, anchor: bool) -> Table:
    """Return the errors on every path; with ``anchor``, beside the stress error of the published network."""
    groups = list(dict.fromkeys(name for errors in evaluation.paths.values() for name in errors.coordinates))
    columns = [
        Column("path", kind="text"),
        Column("stress", kind="error"),
        *([Column("published", kind="error")] if anchor else []),
        Column("largest", kind="error"),
        Column("energy", kind="error"),
        Column("dissip.", kind="error"),
        *(Column(SHORT.get(name, name), kind="error") for name in groups),
        Column("violations", kind="integer"),
        Column("drift", kind="error"),
        Column("range", kind="text"),
    ]
    rows = []
    for name, errors in evaluation.paths.items():
        row: list[Value] = [name, errors.stress]
        row += [published.STRESS_ERROR.get(name)] if anchor else []
        row += [errors.largest["stress"], errors.energy, errors.dissipation]
        row += [errors.coordinates.get(group) for group in groups]
        row += [errors.violations, errors.drift, "outside" if errors.outside_training_range else "inside"]
        rows.append(tuple(row))
    note = NOTE
    if anchor:
        energy, dissipation = (
            " to ".join(format_number(bound, "error") for bound in bounds)
            for bounds in (published.ENERGY_ERROR, published.DISSIPATION_ERROR)
        )
        drift = format_number(published.REST_DRIFT, "percent")
        note += (
            f" Published: stress error of the authors' network; its energy error is {energy}, its dissipation "
            f"error {dissipation}, and 100 zero increments move its stress by {drift}."
        )
    return Table("Errors in closed loop", tuple(columns), tuple(rows), note)


def errors_summary(evaluation: Evaluation) -> Table:
    """Return the largest errors over all paths, for the comparison of models."""
    paths = evaluation.paths.values()
    drifts = [errors.drift for errors in paths if errors.drift is not None]
    row: tuple[Value, ...] = (
        max(errors.stress for errors in paths),
        max(errors.energy for errors in paths),
        max(errors.dissipation for errors in paths),
        sum(errors.violations for errors in paths),
        max(drifts) if drifts else None,
    )
    columns = (
        Column("stress", kind="error"),
        Column("energy", kind="error"),
        Column("dissip.", kind="error"),
        Column("violations", kind="integer"),
        Column("drift", kind="error"),
    )
    return Table("Largest errors in closed loop", columns, (row,))


def paths_table(responses: Responses) -> Table:
    """Return what each path is."""
    rows = tuple((name, r.path.description, *r.path.strain.shape[:2]) for name, r in responses.items())
    columns = (
        Column("path", kind="text"),
        Column("what", kind="text"),
        Column("paths", kind="integer"),
        Column("increments", kind="integer"),
    )
    return Table("Paths", columns, rows)


def draw_evaluation(folder: Path, evaluation: Evaluation, responses: Responses, anchor: bool) -> list[Figure]:
    """Draw loops, energies and errors; return the figures."""
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
        draw_errors(folder / "errors.png", errors, published.STRESS_ERROR, "TANN")
        text = "Stress error on every path beside that of the authors' published network."
        figures.append(Figure("errors.png", text))
    return figures


def _loop(name: str, responses: Responses) -> Curve:
    path, exact, found = responses[name].path, responses[name].exact, responses[name].found
    strain = path.strain[0]
    component = int(np.argmax(np.abs(strain).max(axis=0)))
    label = voigt.LABELS[voigt.dimension(strain.shape[1])][component].translate(SUBSCRIPTS)
    symbol = "ε" if component < voigt.dimension(strain.shape[1]) else "γ"
    return Curve(
        f"path {name}",
        _from_virgin(strain[:, component]),
        _from_virgin(exact.stress[0, :, component]),
        _from_virgin(found.stress[0, :, component]),
        f"strain {symbol}{label} [–]",
        f"stress σ{label} [–]",
    )


def _energies(name: str, responses: Responses) -> list[Curve]:
    exact, found = responses[name].exact, responses[name].found
    step = np.arange(exact.energy.shape[1] + 1.0)
    pairs = (
        ("energy", exact.energy[0], found.energy[0], "energy Ψ [–]"),
        ("dissipation", exact.dissipation[0].cumsum(), found.dissipation[0].cumsum(), "dissipation D [–]"),
    )
    return [
        Curve(f"path {name}, {what}", step, _from_virgin(a), _from_virgin(b), "increment [–]", label)
        for what, a, b, label in pairs
    ]


def _from_virgin(values: np.ndarray) -> np.ndarray:
    return np.concatenate([[0.0], values])
