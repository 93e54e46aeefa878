"""What a reduction without training leaves: the model, its errors, and a section of the report."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from microtann.evaluation.closed_loop import Evaluation, PathComparison
from microtann.report.evaluation_section import draw_evaluation, errors_table
from microtann.report.page import write_report
from microtann.report.response_file import RESPONSES, WHAT_RESPONSES_HOLD, write_responses
from microtann.report.section import Section, write_section
from microtann.report.table import Column, Table, columns_of
from microtann.report.training_section import MODEL_FILE
from microtann.system.stage import write_numbers
from microtann.tann.trained_model import TANN


def write_reduction(folder: Path, tann: TANN, response: PathComparison) -> Section:
    """Write a reduced model, what it does on the validation walks, and the page; return the section of the report.

    Parameters
    ----------
    folder : Path
    tann : TANN
    response : PathComparison
        On walks from which nothing was taken.
    """
    tann.save(str(folder / MODEL_FILE))
    evaluation = Evaluation({"validation": response.errors})
    write_numbers(folder, {"states": tann.states, "errors": evaluation.to_dict()})
    write_responses(folder, {"validation": response}, tann.information.strain_names)
    known, seen = tann.microstructure, tann.information.training_range
    assert known is not None
    assert seen is not None
    slips = known.exact_states
    rows = (
        ("internal state variables", str(tann.states)),
        (f"slips of the {known.kind}", str(slips)),
        ("largest strain of the walks", float(np.max(seen.strain))),
    )
    errors = response.errors
    columns = (
        *columns_of("integer", "states", "slips"),
        *(Column(title, kind="error") for title in ("stress", "energy", "dissip.")),
    )
    summary = (tann.states, slips, errors.stress, errors.energy, errors.dissipation)
    section = Section(
        title="A TANN without training",
        order=2,
        paragraphs=(
            f"The {slips} slips of the {known.kind} were merged where they go together, and {tann.states} "
            "internal state variables describe how they move; nothing was trained. "
            "The errors are those in closed loop on walks from which nothing was taken.",
        ),
        tables=(
            Table("The reduced model", (Column("", kind="text"), Column("value")), rows),
            errors_table(evaluation),
        ),
        figures=tuple(draw_evaluation(folder, evaluation, {"validation": response})),
        files={
            MODEL_FILE: "the model (safetensors, with its metadata)",
            "numbers.json": "all errors",
            RESPONSES: WHAT_RESPONSES_HOLD,
            "configuration.toml": "what made it",
            "report.html": "this section alone",
        },
        summary=Table("Model", columns, (summary,)),
    )
    section = write_section(folder, section)
    write_report(folder, "A TANN without training", [(folder, section)])
    return section
