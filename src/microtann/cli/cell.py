"""``microtann cell``: drive a microstructure by strain, stress or a mix, and see what it does."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from microtann.cli.drawing import DrawingChoice
from microtann.cli.loading import LoadingChoice
from microtann.cli.messages import show_section, show_unchanged
from microtann.cli.microstructure import BarChoice, CellChoice, cell_settings, choose_microstructure
from microtann.cli.options import CELL, Assignments, Config, Output, Overwrite, Perturbation, Units, setting
from microtann.cli.sections import choose, effective, gather
from microtann.microstructure.driven.drive import drive
from microtann.report.driven_section import write_driven_path
from microtann.system.stage import Stage, working_folder


def cell(
    microstructure: Annotated[str | None, typer.Argument(metavar="CELL", help=CELL)] = None,
    units: Units = None,
    size: Annotated[float | None, setting(CellChoice, "size")] = None,
    perturbation: Perturbation = None,
    perturb: Annotated[str | None, setting(CellChoice, "perturb")] = None,
    law: Annotated[str | None, setting(CellChoice, "law")] = None,
    seed: Annotated[int | None, setting(CellChoice, "seed")] = None,
    young: Annotated[float | None, setting(BarChoice, "young")] = None,
    yield_stress: Annotated[float | None, setting(BarChoice, "yield_stress")] = None,
    hardening: Annotated[float | None, setting(BarChoice, "hardening")] = None,
    programme: Annotated[str | None, setting(LoadingChoice, "programme")] = None,
    path: Annotated[str | None, setting(LoadingChoice, "path")] = None,
    strain: Annotated[
        list[str] | None,
        typer.Option(metavar="11=A[,B,…]", help="Strain at the turning points; once for every component."),
    ] = None,
    stress: Annotated[
        list[str] | None,
        typer.Option(metavar="22=A[,B,…]", help="Stress at the turning points; once for every component."),
    ] = None,
    rest: Annotated[str | None, setting(LoadingChoice, "rest")] = None,
    increments: Annotated[int | None, setting(LoadingChoice, "increments")] = None,
    scale: Annotated[float | None, setting(DrawingChoice, "scale")] = None,
    config: Config = None,
    assignments: Assignments = None,
    output: Output = Path("results/cell"),
    overwrite: Overwrite = False,
) -> None:
    """Drive a cell by average strain, average stress or any mix, and draw what it does.

    Examples, uniaxial stress to and fro: microtann cell cube --units 2 --perturbation 0.2 --strain 11=0.6,-0.6,0;
    microtann cell honeycomb --strain 11=1.5,-1.5,0

    It writes averages.csv, curves and the deformed cell (PNG; of a lattice coloured by force and by plastic
    strain), its state at every increment for ParaView (cell.pvd), numbers.json and report.html, and a lattice
    itself (cell.json). The sections of the configuration are [cell], [bar], [frame], [loading] and [drawing].
    """
    options = cell_settings(
        microstructure, units=units, size=size, perturbation=perturbation, perturb=perturb, law=law, seed=seed
    )
    options |= {"bar.young": young, "bar.yield_stress": yield_stress, "bar.hardening": hardening}
    options |= {"loading.programme": programme, "loading.path": path, "loading.rest": rest}
    options |= {"loading.strain": strain or None, "loading.stress": stress or None}
    options |= {"loading.increments": increments, "drawing.scale": scale}
    settings = gather(config, assignments, options)
    chosen = choose_microstructure(settings)
    loading = choose("loading", LoadingChoice, settings)
    drawing = choose("drawing", DrawingChoice, settings)
    sections = chosen.sections | effective(loading=loading, drawing=drawing)
    stage = Stage("cell", output, sections, chosen.inputs | loading.inputs())
    if stage.finished:
        show_unchanged(output)
        return
    driven, scale = chosen.microstructure, drawing.scale or None
    steps = loading.steps(driven.components)
    with working_folder(stage, overwrite=overwrite) as folder:
        section = write_driven_path(driven, folder, drive(driven, steps), scale)
    typer.echo(section.paragraphs[0])
    show_section(output, section)
