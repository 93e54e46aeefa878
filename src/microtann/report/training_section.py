"""What a training leaves: the model, its curve, and a section of the report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from microtann.plotting.curves import draw_training, phase_starts
from microtann.report.section import Figure, Section, write_section
from microtann.report.table import Column, Table, columns_of
from microtann.system.csv_file import write_csv
from microtann.tann.information import TrainingRecord
from microtann.tann.trained_model import TANN
from microtann.training import SeedResult

MODEL_FILE, CURVES = "model.safetensors", "training.csv"


def write_training(folder: Path, tann: TANN, tried: Sequence[SeedResult] = ()) -> Section:
    """Write a trained model, its training curve and the section of the report, with the seeds that were tried.

    Parameters
    ----------
    folder : Path
    tann : TANN
    tried : sequence of SeedResult
        Results of all seeds, where there were several.
    """
    tann.save(str(folder / MODEL_FILE))
    history = tann.information.history
    losses = {"training": [r.training for r in history], "validation": [r.validation for r in history]}
    terms = {name: [r.terms.get(name, np.nan) for r in history] for name in curve_terms(history)}
    draw_training(folder / "training.png", [r.update for r in history], losses, phase_starts(history), terms)
    write_curves(folder / CURVES, history)
    seen = tann.information.training_range
    rows: list[tuple[str, str | float | int | None]] = [
        ("form", tann.form),
        ("internal state variables", str(tann.states)),
        ("updates", history[-1].update if history else None),
        ("training loss", history[-1].training if history else None),
        ("validation loss", history[-1].validation if history else None),
    ]
    if seen is not None:
        rows += [
            ("largest strain in training", float(np.max(seen.strain))),
            ("standard deviation of the strain increments", float(np.max(seen.strain_increment))),
        ]
    if tann.converged is not None:
        rows.append(("converged", "yes" if tann.converged else tann.information.provenance["convergence"]))
    table = Table("The trained model", (Column("", kind="text"), Column("value")), tuple(rows))
    section = Section(
        title="Training",
        order=2,
        paragraphs=(
            "The internal coordinates, less their elastic part, are reduced to internal state variables; the "
            "energy and the evolution of these variables are trained from the increments of the data file.",
        ),
        tables=(table, _seeds(tried)) if tried else (table,),
        figures=(
            Figure(
                "training.png", "Loss on training and validation increments against the updates, and its terms."
            ),
        ),
        files={
            MODEL_FILE: "the model (safetensors, with its metadata)",
            CURVES: "losses and the terms of the validation loss",
            "configuration.toml": "what made it",
        },
        summary=_summary(tann),
    )
    return write_section(folder, section)


def _seeds(tried: Sequence[SeedResult]) -> Table:
    """Return the errors of all seeds."""
    best = min(tried, key=lambda result: result.error).seed
    rows = tuple(
        (result.seed, result.error if np.isfinite(result.error) else None, "kept" if result.seed == best else "")
        for result in tried
    )
    columns = Column("seed", kind="integer"), Column("stress", kind="error"), Column("", kind="text")
    note = "Relative RMS stress error on the validation walks in closed loop; empty where training failed."
    return Table("Seeds", columns, rows, note)


def _summary(tann: TANN) -> Table:
    """Return what tells trained models apart."""
    last = tann.information.history[-1] if tann.information.history else None
    columns = (
        Column("form", kind="text"),
        *columns_of("integer", "states", "updates"),
        *columns_of("error", "training loss", "validation loss"),
    )
    losses = (None, None, None) if last is None else (last.update, last.training, last.validation)
    return Table("Model", columns, ((tann.form, tann.states, *losses),))


def write_curves(path: Path, history: Sequence[TrainingRecord]) -> None:
    """Write the training curve as CSV, with the terms of the validation loss."""
    names = ("phase", "update", "training", "validation")
    losses = {name: [getattr(record, name) for record in history] for name in names}
    terms = {name: [record.terms.get(name) for record in history] for name in curve_terms(history)}
    write_csv(path, losses | terms)


def curve_terms(history: Sequence[TrainingRecord]) -> list[str]:
    """Return the names of the terms of the validation loss, in the order in which they appear."""
    return list(dict.fromkeys(name for record in history for name in record.terms))
