"""``microtann evaluate``: a model in closed loop, on the protocol or a user's path, against the exact cell."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import typer
from numpy.typing import ArrayLike

import microtann
from microtann.cli.evaluate_data import make_data_evaluation
from microtann.cli.messages import save_section, show_section, show_unchanged
from microtann.cli.model import model_digest
from microtann.cli.options import Output, Overwrite
from microtann.cli.page import write_report
from microtann.cli.progress import progress
from microtann.cli.stage import Stage, file_digest, working_folder
from microtann.data.path_file import read_path
from microtann.errors import InputError
from microtann.evaluation.protocol import EvaluationPath
from microtann.evaluation.recall import Evaluation, PathResponse, protocol, respond
from microtann.microstructure.bars.cells.bar import ElastoplasticBar
from microtann.microstructure.bars.cells.generators import cube_cell
from microtann.microstructure.bars.lattice import Lattice
from microtann.report.evaluation import Responses, draw_evaluation, errors_summary, errors_table, paths_table
from microtann.report.section import Section, read_section
from microtann.system.atomic import write_atomically
from microtann.tann.model import TANN
from microtann.tann.shipped import load


def evaluate(
    model: Annotated[str, typer.Argument(help="Shipped model or model file.")] = "cube",
    output: Output = Path("results/evaluate"),
    strain: Annotated[
        Path | None, typer.Option(help="CSV file with a strain path of your own, in place of the protocol.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="Data file whose walks are the reference, in place of the exact cell.")
    ] = None,
    walks: Annotated[
        Literal["training", "validation", "test"], typer.Option(help="Set of the data file that is followed.")
    ] = "test",
    overwrite: Overwrite = False,
) -> None:
    """Run a model in closed loop and measure its errors against the exact cell, beside the published network.

    With --data the reference are the whole walks of a data file of the same quantities in the same units.
    The columns of a CSV file are the strain components e11,e22,e33,e23,e13,e12 (shear as γ), a line per increment.
    """
    if data is not None and strain is not None:
        raise InputError("--data and --strain name two references: give one of them")
    if data is not None:
        make_data_evaluation(model, data, walks, output, overwrite)
    else:
        make_evaluation(model, output, overwrite, strain)
    show_section(output, read_section(output))


def make_evaluation(model: str, output: Path, overwrite: bool = False, strain: Path | None = None) -> None:
    """Run the stage unless its results are there."""
    inputs = {"model": model_digest(model)} | ({"strain": file_digest(strain)} if strain is not None else {})
    chosen = {"evaluate": {"model": model, "strain": "protocol" if strain is None else str(strain)}}
    stage = Stage("evaluate", output, chosen, inputs)
    if stage.finished:
        show_unchanged(output)
        return
    tann = load(model)
    if tann.microstructure is None:
        raise InputError(
            f"the model {model!r} names no microstructure, so that there is no exact answer to compare with: name "
            "a data file with --data"
        )
    paths = protocol(tann)
    if strain is not None:
        time, values = read_path(strain, tann.components, tann.information.strain_names)
        paths = [EvaluationPath(strain.stem, f"{strain.name}, {len(time)} increments", values[None])]
    with working_folder(stage, overwrite=overwrite) as folder:
        evaluation, responses = _run(tann, paths)
        anchor = strain is None and _is_published(tann)
        numbers = {
            "microtann": microtann.__version__,
            "model": model,
            "form": tann.form,
            "paths": evaluation.to_dict(),
        }
        write_atomically(folder / "numbers.json", json.dumps(numbers, indent=1) + "\n")
        section = Section(
            title="Closed-loop recall",
            order=3,
            paragraphs=(
                f"The model ({tann.form}, {tann.states} internal state variables) gets strain increments only; "
                "its own state is fed back. The reference is the exact microstructure.",
            ),
            tables=(errors_table(evaluation, anchor), paths_table(responses)),
            figures=tuple(draw_evaluation(folder, evaluation, responses, anchor)),
            files={"numbers.json": "all errors", "report.html": "this section alone"},
            summary=errors_summary(evaluation),
        )
        save_section(folder, section)
        write_report(folder, f"Closed-loop recall of {model}", [(folder, section)])


def _run(tann: TANN, paths: Sequence[EvaluationPath]) -> tuple[Evaluation, Responses]:
    responses: dict[str, PathResponse] = {}
    with progress("evaluating in closed loop") as report:
        for response in respond(tann, paths, lambda name: report(len(responses), len(paths), f"path {name}")):
            responses[response.path.name] = response
        report(len(paths), len(paths), "")
    return Evaluation({name: response.errors for name, response in responses.items()}), responses


def _is_published(tann: TANN) -> bool:
    """Return whether lattice and bars are those of the authors' network, a regular cube of one material.

    The protocol scales with the strain at first yield and errors are relative, so that neither the size of the
    cell nor the unit of stress nor the yield strain matters; the ratio of hardening to Young modulus does.
    """
    lattice = tann.microstructure
    if not isinstance(lattice, Lattice) or lattice.bar is None or lattice.cell.dimension != 3:
        return False
    cell, bar = lattice.cell, lattice.bar
    cube, size = cube_cell(), float(cell.periods[0, 0])
    if cell.nodes.shape != cube.nodes.shape or not np.array_equal(cell.bars, cube.bars) or not size > 0:
        return False
    reference = ElastoplasticBar()
    pairs: list[tuple[ArrayLike, ArrayLike]] = [
        (cell.nodes / size, cube.nodes),
        (cell.areas / size**2, cube.areas),
        (cell.periods / size, cube.periods),
        (np.ptp(bar.young) / np.max(bar.young), 0.0),
        (np.ptp(bar.yield_stress) / np.max(bar.yield_stress), 0.0),
        (np.asarray(bar.hardening) / np.asarray(bar.young), reference.hardening / reference.young),
    ]
    return all(np.allclose(found, known, rtol=0.0, atol=1e-9) for found, known in pairs)
