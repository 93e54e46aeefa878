"""``microtann cell``: drive a lattice cell by strain, stress or a mix, and see what it does."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray

from microtann.cli.drawing import DrawingChoice
from microtann.cli.loading import LoadingChoice
from microtann.cli.messages import show_unchanged
from microtann.cli.microstructure import BarChoice, CellChoice, cell_settings, choose_microstructure
from microtann.cli.options import CELL, Assignments, Config, Output, Overwrite, Perturbation, Units, setting
from microtann.cli.sections import choose, effective, gather
from microtann.errors import InputError
from microtann.microstructure.bars.cells.bar import ElastoplasticBar
from microtann.microstructure.bars.cells.cell import UnitCell
from microtann.microstructure.bars.cells.cell_file import write_cell
from microtann.microstructure.bars.driven.driver import DrivenResponse, drive_cell
from microtann.microstructure.bars.driven.output import write_bars
from microtann.microstructure.bars.lattice import require_lattice
from microtann.numbers import voigt
from microtann.plotting.driven_cell import draw_cell, draw_curves
from microtann.system.stage import Stage, working_folder

MOST_FILES = 1000
"""Increments that are written for ParaView; of longer paths, so many at equal distances."""


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
    """Drive a lattice cell by average strain, average stress or any mix, and draw what it does.

    Example, uniaxial stress to and fro: microtann cell cube --units 2 --perturbation 0.2 --strain 11=0.6,-0.6,0

    It writes averages.csv, curves.png, the deformed cell coloured by force and by plastic strain (PNG), its state
    at every increment for ParaView (cell.pvd), and the cell itself (cell.json). The sections of the
    configuration are [cell], [bar], [loading] and [drawing].
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
    lattice = require_lattice(chosen.microstructure)
    cell, bar = lattice.cell, lattice.bar
    assert bar is not None
    steps = loading.steps(cell)
    with working_folder(stage, overwrite=overwrite) as folder:
        response = drive_cell(cell, bar, steps)
        _require_finite(response)
        _write(folder, cell, bar, response, drawing.scale or None)
    _show(output, cell, response)


def _require_finite(response: DrivenResponse) -> None:
    """Refuse a response that overflowed, which can be neither drawn nor used.

    Raises
    ------
    InputError
    """
    with np.errstate(over="ignore", invalid="ignore"):
        sizes = [response.stress**2, response.strain**2, response.energy, response.dissipation, response.force**2]
        finite = all(bool(np.isfinite(size).all()) for size in sizes)
    if not finite:
        raise InputError(
            "the response of the cell overflows: use strains and stresses of the size of those at yield"
        )


def _write(
    folder: Path, lattice: UnitCell, bar: ElastoplasticBar, response: DrivenResponse, scale: float | None
) -> None:
    last = len(response.time) - 1
    shown = np.unique(np.linspace(0, last, min(last + 1, MOST_FILES)).round().astype(np.int64))
    largest = int(np.abs(response.strain).max(axis=1).argmax())
    write_cell(folder / "cell.json", lattice, bar)
    response.to_csv(folder / "averages.csv")
    write_bars(folder, lattice, response, shown.tolist())
    draw_curves(folder / "curves.png", lattice, response)
    draw_cell(folder / "force.png", lattice, response, largest, "force", scale)
    draw_cell(folder / "plastic_strain.png", lattice, response, largest, "plastic_strain", scale)


def _show(output: Path, lattice: UnitCell, response: DrivenResponse) -> None:
    labels = voigt.LABELS[lattice.dimension]
    free = lattice.free_motions.count
    counts = f"{lattice.distinct_bars.count} distinct bars, {lattice.distinct_nodes.count} distinct nodes, "
    counts += f"{free} free motion{'s' * (free > 1)}, " if free else ""
    typer.echo(f"{counts}{len(response.time)} increments, {int(response.iterations.sum())} iterations")
    ends = np.flatnonzero(np.append(np.diff(response.step) > 0, True))
    typer.echo("time   " + "".join(f"{f'e{i}':>11}" for i in labels) + "".join(f"{f's{i}':>11}" for i in labels))
    for t in ends[-20:]:
        row = "".join(
            f"{value + 0.0:11.4g}" for value in (*_rounded(response.strain[t]), *_rounded(response.stress[t]))
        )
        typer.echo(f"{response.time[t]:<7g}{row}")
    total = float(response.dissipation.sum())
    typer.echo(f"free energy {response.energy[-1]:.6g}, dissipated {total:.6g} per volume; results in {output}")


def _rounded(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Show what is zero up to round-off as zero."""
    return np.where(np.abs(values) < 1e-10 * np.abs(values).max(initial=1e-300), 0.0, values)
