"""``microtann refine``: a model that is trained on until it is good enough for a structure."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from microtann.cli.messages import show_section
from microtann.cli.options import Output, Overwrite, setting
from microtann.cli.progress_bar import progress
from microtann.cli.simulated_job import changes_of
from microtann.refinement.refine import RESULT
from microtann.refinement.refine import refine as refined
from microtann.refinement.refinement_choice import RefinementChoice


def refine(
    model: Annotated[str, typer.Argument(help="Shipped model or model file.")],
    job: Annotated[str, typer.Argument(help="Job file (TOML), or the name of one that ships, such as lcT2.")],
    target: Annotated[float, setting(RefinementChoice, "target")] = RefinementChoice.target,
    stress: Annotated[float, setting(RefinementChoice, "stress")] = RefinementChoice.stress,
    dissipation: Annotated[float, setting(RefinementChoice, "dissipation")] = RefinementChoice.dissipation,
    rounds: Annotated[int, setting(RefinementChoice, "rounds")] = RefinementChoice.rounds,
    histories: Annotated[int, setting(RefinementChoice, "histories")] = RefinementChoice.histories,
    updates: Annotated[int, setting(RefinementChoice, "updates")] = RefinementChoice.updates,
    share: Annotated[float, setting(RefinementChoice, "share")] = RefinementChoice.share,
    grow: Annotated[int, setting(RefinementChoice, "grow")] = RefinementChoice.grow,
    most_states: Annotated[int, setting(RefinementChoice, "most_states")] = RefinementChoice.most_states,
    audit: Annotated[int, setting(RefinementChoice, "audit")] = RefinementChoice.audit,
    fall: Annotated[float, setting(RefinementChoice, "fall")] = RefinementChoice.fall,
    seed: Annotated[int, setting(RefinementChoice, "seed")] = RefinementChoice.seed,
    data: Annotated[
        Path | None,
        typer.Option(help="Data file of the walks that the model was trained on. [default: they are made again]"),
    ] = None,
    region: Annotated[str | None, typer.Option(help="Region of the model, of a job with several.")] = None,
    assignments: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Value in place of that in the job file."),
    ] = None,
    output: Output = Path("results/refine"),
    overwrite: Overwrite = False,
) -> None:
    """Train a model on along what a structure does, until its errors there are small enough.

    Every round runs the structure with the model (outside of its range with the exact microstructure), audits it,
    solves the exact microstructure along strain histories of Gauss points where the model is wrong, and trains on.
    An interrupted refinement goes on where it stopped. The best model is result/model.safetensors; errors and cost
    by rounds are tables (CSV), numbers.json, a figure and report.html.
    """
    choice = RefinementChoice(
        target=target,
        stress=stress,
        dissipation=dissipation,
        rounds=rounds,
        histories=histories,
        updates=updates,
        share=share,
        grow=grow,
        most_states=most_states,
        audit=audit,
        fall=fall,
        seed=seed,
    )
    found = refined(
        model,
        job,
        choice,
        changes_of(assignments or ()),
        region=region,
        data=data,
        output=output,
        overwrite=overwrite,
        progress=progress,
    )
    show_section(output / RESULT, found.section)
    typer.echo(found.section.paragraphs[0])
