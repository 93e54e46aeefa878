"""The walks that a model was trained on: from their data file, or drawn and solved again from their plan."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from microtann.data.file import read_dataset
from microtann.data.increments import Dataset
from microtann.data.shards import generate_to
from microtann.data.walks import WalkPlan
from microtann.errors import InputError
from microtann.evaluation.localisation import exact_microstructure
from microtann.system.progress import ShowProgress
from microtann.tann.agreement import require_agreement
from microtann.tann.trained_model import TANN

FILE = "walks.h5"


def former_walks(tann: TANN, data: str | os.PathLike[str] | None, folder: Path, progress: ShowProgress) -> Dataset:
    """Return the walks of before, which are kept in the mixture.

    Parameters
    ----------
    tann : TANN
    data : path, optional
        Their data file; without it they are generated again from the plan that the model tells, into a file in the
        folder, which an interrupted run goes on with.
    folder : Path
    progress : callable
        What shows the progress.

    Raises
    ------
    InputError
        If the model tells no plan, or the data are of another material.
    """
    if data is not None:
        dataset = read_dataset(os.fspath(data))
        require_agreement(tann.information, dataset)
        return dataset
    plan = walk_plan(tann)
    folder.mkdir(parents=True, exist_ok=True)
    with progress("walks of before") as report:
        generate_to(
            os.fspath(folder / FILE),
            exact_microstructure(tann),
            plan,
            units=tann.information.units,
            progress=lambda done, total: report(done, total, "increments"),
        )
    return read_dataset(os.fspath(folder / FILE))


def walk_plan(tann: TANN) -> WalkPlan:
    """Return the plan of the walks that a model was trained on.

    Raises
    ------
    InputError
        If it does not tell one.
    """
    told = tann.information.provenance.get("plan")
    try:
        values: dict[str, Any] = json.loads(told or "")
        limit = values.get("limit")
        return WalkPlan(**{**values, "limit": tuple(limit) if isinstance(limit, list) else limit})
    except (ValueError, TypeError, InputError):
        raise InputError(
            "the model does not tell the plan of the walks that it was trained on: name their data file (--data)"
        ) from None
