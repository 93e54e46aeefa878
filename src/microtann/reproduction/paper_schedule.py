"""The training by the schedule of the paper, run once to its end; its losses are data, `paper_schedule.csv`.

``python -m benchmarks published --paper`` trains so and writes the file, which holds every tenth epoch of both
steps.
"""

from __future__ import annotations

import csv
from importlib import resources

from microtann.plotting.curves import phase_starts
from microtann.reproduction.section4_figures import TrainingCurve
from microtann.tann.information import TrainingRecord

SCHEDULE_CELL = "square-2x2"
"""The lattice that was trained on."""
SCHEDULE_STATES = 12


def paper_schedule(title: str) -> TrainingCurve:
    """Return losses against the epochs of Algorithms 1 and 2, each until early stopping ended it.

    Parameters
    ----------
    title : str
        Of the lattice.
    """
    text = resources.files("microtann.reproduction").joinpath("paper_schedule.csv").read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    rows = list(csv.DictReader(lines))
    first = max(int(row["epoch"]) for row in rows if row["phase"] == rows[0]["phase"])
    history = [
        TrainingRecord(
            row["phase"],
            int(row["epoch"]) + (0 if row["phase"] == rows[0]["phase"] else first),
            float(row["training"]),
            float(row["validation"]),
        )
        for row in rows
    ]
    return TrainingCurve(
        f"{title}\npublished, as the paper, {SCHEDULE_STATES} ISVs",
        [record.update for record in history],
        [record.training for record in history],
        [record.validation for record in history],
        phase_starts(history),
        "epochs",
    )
