"""``microtann study states``: the internal state variables of two models, up to a linear map."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from microtann.cli.messages import save_section, show_section
from microtann.cli.model import model_digest
from microtann.cli.options import Output, Overwrite
from microtann.cli.page import write_report
from microtann.cli.stage import Stage, working_folder
from microtann.cli.study_parts import stamped
from microtann.evaluation.latent import LatentComparison, compare_latent_spaces
from microtann.evaluation.recall import protocol
from microtann.report.section import Figure, Section, read_section
from microtann.report.studies import draw_correlations
from microtann.report.table import Column, Table
from microtann.system.atomic import write_atomically
from microtann.tann.shipped import load

LATENT_CAPTION = (
    "Canonical correlations of the internal state variables of two models along the same walks: 1 is a direction "
    "that both share."
)


def states(
    first: Annotated[str, typer.Argument(help="Shipped model or model file.")],
    second: Annotated[str, typer.Argument(help="Another one, of a material with as many strain components.")],
    output: Output = Path("results/states"),
    overwrite: Overwrite = False,
) -> None:
    """Compare the internal state variables of two models up to a linear map, along the walks of path a.

    Canonical correlations of 1 are directions that both know; least-squares maps go from each to the other.
    """
    inputs = {"first": model_digest(first), "second": model_digest(second)}
    stage = Stage("states", output, {"evaluate": {"first": first, "second": second}}, inputs)
    models = load(first), load(second)
    if not stage.finished:
        found = compare_latent_spaces(*models, protocol(models[0], ("a",))[0].strain)
        with working_folder(stage, overwrite=overwrite) as folder:
            name = f"{Path(first).stem} and {Path(second).stem}"
            content = found.to_dict() | {
                "to_second": found.to_second.tolist(),
                "to_first": found.to_first.tolist(),
            }
            write_atomically(folder / "numbers.json", json.dumps(stamped(content), indent=1) + "\n")
            draw_correlations(folder / "latent.png", {name: found.correlations.tolist()})
            section = Section(
                "Two latent spaces",
                7,
                (
                    f"The states of {first} ({models[0].states} ISVs) and {second} ({models[1].states} ISVs) "
                    "along the same strains, each model in its own closed loop.",
                ),
                (latent_table({name: found}),),
                (Figure("latent.png", LATENT_CAPTION),),
                {"numbers.json": "all numbers, and the linear maps"},
            )
            save_section(folder, section)
            write_report(folder, section.title, [(folder, section)])
    show_section(output, read_section(output))


def latent_table(comparisons: Mapping[str, LatentComparison]) -> Table:
    """Return a table of comparisons, by what is compared."""
    columns = (
        Column("ISVs", kind="text"),
        Column("directions", kind="integer"),
        Column("shared", kind="integer"),
        Column("smallest correlation"),
        Column("map to the second", kind="error"),
        Column("map to the first", kind="error"),
    )
    rows = tuple(
        (name, len(c.correlations), c.shared, float(c.correlations.min()), c.second_error, c.first_error)
        for name, c in comparisons.items()
    )
    note = (
        "States of two models along the same walks, each in its own closed loop. Shared: canonical correlation of "
        "at least 0.99. Map: relative RMS error of the least-squares linear map from one to the other."
    )
    return Table("Latent spaces up to a linear map", columns, rows, note)
