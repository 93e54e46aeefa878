"""``microtann evaluate --data``: a model in closed loop along the walks of a data file, whoever wrote it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import microtann
from microtann.cli.messages import show_unchanged
from microtann.cli.model import model_digest
from microtann.data.file import read_dataset
from microtann.report.page import write_report
from microtann.report.section import Section, write_section
from microtann.report.table import Column, Table
from microtann.system.atomic import write_atomically
from microtann.system.stage import Stage, file_digest, working_folder
from microtann.tann.agreement import require_agreement
from microtann.tann.shipped import load
from microtann.training.walk_errors import SetName, WalkErrors, dataset_errors


def make_data_evaluation(model: str, data: Path, judged: SetName, output: Path, overwrite: bool = False) -> None:
    """Run the stage unless its results are there.

    Raises
    ------
    InputError
        If the data hold other quantities than the model, or the set holds no whole walk.
    """
    inputs = {"model": model_digest(model), "data": file_digest(data)}
    chosen = {"evaluate": {"model": model, "data": str(data), "walks": judged}}
    stage = Stage("evaluate", output, chosen, inputs)
    if stage.finished:
        show_unchanged(output)
        return
    tann, dataset = load(model), read_dataset(data)
    require_agreement(tann.information, dataset, (f"the model {model}", f"the file {data}"))
    with working_folder(stage, overwrite=overwrite) as folder:
        errors = dataset_errors(tann, dataset, judged)
        numbers: dict[str, Any] = {"microtann": microtann.__version__, "model": model, "form": tann.form}
        numbers |= {"data": str(data), "walks": judged, "errors": errors.to_dict()}
        write_atomically(folder / "numbers.json", json.dumps(numbers, indent=1) + "\n")
        section = Section(
            "Closed-loop recall on data",
            3,
            (
                f"The model ({tann.form}, {tann.states} internal state variables) gets the strain increments of "
                f"the {judged} walks of {data} only; its own state is fed back. The reference is the data.",
            ),
            (_table(judged, errors),),
            files={"numbers.json": "all errors", "report.html": "this section alone"},
        )
        write_section(folder, section)
        write_report(folder, f"Closed-loop recall of {model} on {data.name}", [(folder, section)])


def _table(judged: str, errors: WalkErrors) -> Table:
    columns = (
        Column("walks", kind="text"),
        Column("stress", kind="error"),
        Column("energy", kind="error"),
        Column("dissip.", kind="error"),
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
    return Table("Errors in closed loop", columns, (row,), note)
