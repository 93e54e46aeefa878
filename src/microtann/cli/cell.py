"""``microtann cell``: drive a lattice cell by strain, stress or a mix, and see what it does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from microtann import voigt
from microtann.cli.messages import kept
from microtann.cli.options import Overwrite
from microtann.cli.stage import Stage, file_digest, working_folder
from microtann.data.path_file import read_path
from microtann.errors import InputError
from microtann.homogenisation.driver import DrivenResponse, drive_cell
from microtann.homogenisation.output import write_averages, write_bars
from microtann.homogenisation.programme import CellStep, read_programme
from microtann.lattice.bar import ElastoplasticBar
from microtann.lattice.cell import UnitCell
from microtann.lattice.cell_file import read_bar, read_cell, write_cell
from microtann.lattice.families import FAMILIES
from microtann.report.driven_cell import draw_cell, draw_curves


def cell(
    microstructure: Annotated[
        str,
        typer.Argument(
            metavar="CELL", help="square, cube, octet, body-centred, or a file: JSON, TOML, line mesh."
        ),
    ] = "cube",
    units: Annotated[int, typer.Option(help="Units along each axis.")] = 1,
    size: Annotated[float, typer.Option(help="Edge of the cell.")] = 1.0,
    perturbation: Annotated[float, typer.Option(help="Movement of the nodes in unit edges.")] = 0.0,
    perturb: Annotated[str, typer.Option(help="Which nodes move: interior or all.")] = "interior",
    law: Annotated[str, typer.Option(help="Law of the perturbation: normal or uniform.")] = "normal",
    seed: Annotated[int, typer.Option(help="Seed of the perturbation.")] = 0,
    young: Annotated[float | None, typer.Option(help="Young modulus of the bars; 1 by default.")] = None,
    yield_stress: Annotated[float | None, typer.Option(help="Yield stress of the bars; 1/3 by default.")] = None,
    hardening: Annotated[float | None, typer.Option(help="Kinematic hardening; 0.1 by default.")] = None,
    programme: Annotated[Path | None, typer.Option(help="TOML file with the steps (docs/lattices.md).")] = None,
    path: Annotated[Path | None, typer.Option(help="CSV file with a strain path: e11, e22, …")] = None,
    strain: Annotated[
        list[str] | None,
        typer.Option(metavar="11=A[,B,…]", help="Strain at the turning points; may be given several times."),
    ] = None,
    stress: Annotated[
        list[str] | None,
        typer.Option(metavar="22=A[,B,…]", help="Stress at the turning points; may be given several times."),
    ] = None,
    rest: Annotated[
        str, typer.Option(help="The other components: free (of stress) or fixed (in strain).")
    ] = "free",
    increments: Annotated[int, typer.Option(help="Increments between two turning points.")] = 20,
    scale: Annotated[float | None, typer.Option(help="Factor on the displacements in the drawings.")] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the results.")] = Path("results/cell"),
    overwrite: Overwrite = False,
) -> None:
    """Drive a lattice cell by average strain, average stress or any mix, and draw what it does.

    Example, uniaxial stress to and fro: microtann cell cube --units 2 --perturbation 0.2 --strain 11=0.6,-0.6,0

    It writes averages.csv, curves.png, the deformed cell coloured by force and by plastic strain (PNG), its state
    at the end of every step for ParaView (cell.pvd), and the cell itself (cell.json).
    """
    choice: dict[str, Any] = {
        "cell": {"units": units, "size": size, "perturbation": perturbation, "perturb": perturb, "law": law}
        | {"seed": seed, "kind": microstructure},
        "bar": {"young": young, "yield_stress": yield_stress, "hardening": hardening},
        "loading": {"strain": strain or [], "stress": stress or [], "rest": rest, "increments": increments},
    }
    lattice, bar, inputs = _microstructure(choice)
    for name, file in (("programme", programme), ("path", path)):
        if file is not None:
            inputs[name] = file_digest(file)
    stage = Stage("cell", output, choice | ({"drawing": {"scale": scale}} if scale is not None else {}), inputs)
    if stage.finished:
        kept(output)
        return
    steps = _programme(lattice, choice["loading"], programme, path)
    response = drive_cell(lattice, bar, steps)
    with working_folder(stage, overwrite=overwrite) as folder:
        _write(folder, lattice, bar, response, scale)
    _show(output, lattice, response)


def _microstructure(choice: dict[str, Any]) -> tuple[UnitCell, ElastoplasticBar, dict[str, str]]:
    """Return the cell, its bars and the digest of its file if it has one."""
    table = dict(choice["cell"])
    kind = table.pop("kind")
    given = {name: value for name, value in choice["bar"].items() if value is not None}
    if kind in FAMILIES:
        dimension = 2 if kind == "square" else 3
        table["units"] = (table["units"],) * dimension
        return FAMILIES[kind](**table), ElastoplasticBar(**given), {}
    file = Path(kind)
    if not file.exists():
        raise InputError(f"there is no cell {kind!r}: use {', '.join(FAMILIES)}, or the name of a file")
    bar = read_bar(file) if file.suffix.lower() in (".json", ".toml") else ElastoplasticBar()
    if given:
        values = {name: getattr(bar, name) for name in ("young", "yield_stress", "hardening")}
        bar = ElastoplasticBar(**(values | given))
    return read_cell(file), bar, {"cell": file_digest(file)}


def _programme(
    lattice: UnitCell, loading: dict[str, Any], programme: Path | None, path: Path | None
) -> Sequence[CellStep]:
    """Return the steps of the one kind of loading that was given."""
    by_options = bool(loading["strain"] or loading["stress"])
    if sum([programme is not None, path is not None, by_options]) != 1:
        raise InputError("give one loading: --programme FILE, --path FILE, or --strain and --stress")
    if programme is not None:
        return read_programme(programme)
    if path is not None:
        time, strains = read_path(path, lattice.components)
        labels = voigt.LABELS[lattice.dimension]
        durations = np.diff(time, prepend=0.0)
        return [
            CellStep(strain=dict(zip(labels, row.tolist(), strict=True)), increments=1, dt=float(dt))
            for row, dt in zip(strains, durations, strict=True)
        ]
    turning = {kind: dict(_turning_points(kind, text) for text in loading[kind]) for kind in ("strain", "stress")}
    counts = {len(values) for table in turning.values() for values in table.values()}
    most = max(counts)
    if counts - {1, most}:
        raise InputError("--strain and --stress must list the same number of turning points, or one that is kept")

    def at(kind: str, point: int) -> dict[str, float]:
        return {label: values[min(point, len(values) - 1)] for label, values in turning[kind].items()}

    return [
        CellStep(
            strain=at("strain", point),
            stress=at("stress", point),
            rest=loading["rest"],
            increments=loading["increments"],
            name=str(point + 1),
        )
        for point in range(most)
    ]


def _turning_points(kind: str, text: str) -> tuple[str, list[float]]:
    label, sign, values = text.partition("=")
    try:
        if not sign:
            raise ValueError
        return label.strip(), [float(value) for value in values.split(",")]
    except ValueError:
        raise InputError(f"--{kind} must look like 11=0.3 or 11=0.3,-0.3,0, got {text!r}") from None


def _write(
    folder: Path, lattice: UnitCell, bar: ElastoplasticBar, response: DrivenResponse, scale: float | None
) -> None:
    last = len(response.time) - 1
    # the end of every step; of a long path, a hundred increments
    ends = np.flatnonzero(np.append(np.diff(response.step) > 0, True))
    if len(ends) > 100:
        ends = np.unique(np.linspace(0, last, 100).round().astype(np.int64))
    largest = int(np.abs(response.strain).max(axis=1).argmax())
    write_cell(folder / "cell.json", lattice, bar)
    write_averages(folder / "averages.csv", lattice, response)
    write_bars(folder, lattice, response, ends.tolist())
    draw_curves(folder / "curves.png", lattice, response)
    draw_cell(folder / "force.png", lattice, response, largest, "force", scale)
    draw_cell(folder / "plastic_strain.png", lattice, response, largest, "plastic_strain", scale)


def _show(output: Path, lattice: UnitCell, response: DrivenResponse) -> None:
    labels = voigt.LABELS[lattice.dimension]
    typer.echo(
        f"{lattice.distinct_bars.count} distinct bars, {lattice.distinct_nodes.count} distinct nodes, "
        f"{len(response.time)} increments, {int(response.iterations.sum())} iterations"
    )
    ends = np.flatnonzero(np.append(np.diff(response.step) > 0, True))
    typer.echo("time   " + "".join(f"{f'e{i}':>11}" for i in labels) + "".join(f"{f's{i}':>11}" for i in labels))
    for t in ends[-20:]:
        row = "".join(f"{value + 0.0:11.4g}" for value in (*response.strain[t], *_rounded(response.stress[t])))
        typer.echo(f"{response.time[t]:<7g}{row}")
    total = float(response.dissipation.sum())
    typer.echo(f"free energy {response.energy[-1]:.6g}, dissipated {total:.6g} per volume; results in {output}")


def _rounded(stress: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Show what is zero up to round-off as zero."""
    return np.where(np.abs(stress) < 1e-10 * np.abs(stress).max(initial=1e-300), 0.0, stress)
