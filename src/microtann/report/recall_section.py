"""The response of a model alone, where there is no exact answer beside it: what can be said without one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from microtann.evaluation.closed_loop import VIOLATION, drift_at_rest
from microtann.evaluation.protocol_paths import EvaluationPath
from microtann.numbers import voigt
from microtann.report.page import write_report
from microtann.report.response_file import RESPONSES
from microtann.report.section import Section, write_section
from microtann.report.table import Column, Table, columns_of
from microtann.system.csv_file import component_columns, write_csv
from microtann.system.stage import write_numbers
from microtann.tann.recall import Recall
from microtann.tann.trained_model import TANN

LEFT_OUT = (
    "The model names no microstructure that can be solved: its errors are left out, which a data file tells "
    "(--data). What it answers is shown, and what can be told of it alone."
)


def write_recall(
    folder: Path, model: str, tann: TANN, responses: Mapping[str, tuple[EvaluationPath, Recall]]
) -> Section:
    """Write the responses of a model on paths, and what can be said of them; return the section of the report.

    Parameters
    ----------
    folder : Path
    model : str
        What the model is called.
    tann : TANN
    responses : mapping
        Path and recall by the name of the path.
    """
    numbers = {name: _told(path, found) for name, (path, found) in responses.items()}
    write_numbers(folder, {"model": model, "form": tann.form, "paths": numbers})
    walks = [_first_walk(tann, path, found) for path, found in responses.values()]
    write_csv(folder / RESPONSES, {name: np.concatenate([walk[name] for walk in walks]) for name in walks[0]})
    columns = (
        Column("path", kind="text"),
        *columns_of("integer", "paths", "increments"),
        Column("largest stress"),
        Column("largest energy"),
        Column("dissipated"),
        Column("violations", kind="integer"),
        Column("drift", kind="error"),
        Column("reach"),
    )
    note = (
        "Dissipated: the most of a path. Violations: increments with −T·ΔZ < −1e-12 times the largest energy. "
        "Drift: largest change of the stress over the zero increments of path z. Reach: how far the path goes in "
        "the range of the training data, 1 on its border."
    )
    table = Table(
        "What the model answers", columns, tuple((name, *row.values()) for name, row in numbers.items()), note
    )
    files = {
        "numbers.json": "all numbers",
        RESPONSES: "first walk of every path: strain, stress, energy, dissipation",
        "report.html": "this section alone",
    }
    section = write_section(folder, Section("Responses of the model", 3, (LEFT_OUT,), (table,), files=files))
    write_report(folder, f"Responses of {model}", [(folder, section)])
    return section


def _told(path: EvaluationPath, found: Recall) -> dict[str, Any]:
    largest = float(np.abs(found.energy).max())
    return {
        "walks": path.strain.shape[0],
        "increments": path.strain.shape[1],
        "largest_stress": float(np.abs(found.stress).max()),
        "largest_energy": largest,
        "dissipated": float(found.dissipation.sum(axis=1).max()),
        "violations": int(np.count_nonzero(~(found.dissipation >= -VIOLATION * largest))),
        "drift": drift_at_rest(found.stress) if path.name == "z" else None,
        "reach": None if found.training_reach is None else float(found.training_reach.max()),
    }


def _first_walk(tann: TANN, path: EvaluationPath, found: Recall) -> dict[str, np.ndarray]:
    strain = path.strain[0]
    labels = tann.information.strain_names or voigt.component_names(strain.shape[1])
    return {
        "path": np.full(len(strain), path.name),
        "increment": np.arange(1, len(strain) + 1),
        **component_columns("e", strain, labels),
        **component_columns("s", found.stress[0], labels),
        "energy": found.energy[0],
        "dissipation": found.dissipation[0],
    }
