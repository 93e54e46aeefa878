"""``microtann evaluate``: a model in closed loop, on the protocol or a user's path, against the exact cell."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Annotated

import typer

from microtann.cli.messages import show_section, show_unchanged
from microtann.cli.named_model import model_digest
from microtann.cli.options import Output, Overwrite
from microtann.cli.progress_bar import progress
from microtann.data.file import read_dataset
from microtann.data.path_file import read_path
from microtann.errors import InputError, ReadingNote
from microtann.evaluation.closed_loop import PathComparison, protocol, respond
from microtann.evaluation.protocol_paths import EvaluationPath
from microtann.report.evaluation_section import write_data_evaluation, write_evaluation
from microtann.report.recall_section import LEFT_OUT, write_recall
from microtann.report.section import read_section
from microtann.reproduction.published import anchor_of
from microtann.system.stage import Stage, file_digest, working_folder
from microtann.tann.agreement import require_agreement
from microtann.tann.shipped import load
from microtann.training.walk_errors import SetName, dataset_errors


def evaluate(
    model: Annotated[str, typer.Argument(help="Shipped model or model file.")] = "cube",
    output: Output = Path("results/evaluate"),
    strain: Annotated[
        Path | None, typer.Option(help="CSV file with a strain path of your own, in place of the protocol.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="Data file whose walks are the reference, in place of the exact cell.")
    ] = None,
    walks: Annotated[SetName, typer.Option(help="Set of the data file that is followed.")] = "test",
    overwrite: Overwrite = False,
) -> None:
    """Run a model in closed loop and measure its errors against the exact cell, beside the published network.

    A model whose microstructure cannot be solved is run alone; its errors are those on data.
    With --data the reference are the whole walks of a data file of the same quantities in the same units.
    The columns of a CSV file are the strain components e11,e22,e33,e23,e13,e12 (shear as γ), a line per increment.

    It writes the errors (numbers.json, CSV), the responses on the first walk of every path (responses.csv), curves
    (PNG) and report.html.
    """
    if data is not None and strain is not None:
        raise InputError("--data and --strain name two references: give one of them")
    if data is not None:
        make_data_evaluation(model, data, walks, output, overwrite)
    else:
        make_evaluation(model, output, overwrite, strain)
    show_section(output, read_section(output))


def make_evaluation(model: str, output: Path, overwrite: bool = False, strain: Path | None = None) -> None:
    """Run the stage unless its results are there.

    Parameters
    ----------
    model : str
        Name or file.
    output : Path
    overwrite : bool
        Whether results of another configuration may be replaced.
    strain : Path, optional
        CSV file of a strain path, in place of the protocol.
    """
    inputs = {"model": model_digest(model)} | ({"strain": file_digest(strain)} if strain is not None else {})
    chosen = {"evaluate": {"model": model, "strain": "protocol" if strain is None else str(strain)}}
    stage = Stage("evaluate", output, chosen, inputs)
    if stage.finished:
        show_unchanged(output)
        return
    tann = load(model)
    paths = protocol(tann) if strain is None else []
    if strain is not None:
        time, values = read_path(strain, tann.components, tann.information.strain_names)
        paths = [EvaluationPath(strain.stem, f"{strain.name}, {len(time)} increments", values[None])]
    if tann.microstructure is None or not tann.microstructure.solvable:
        warnings.warn(LEFT_OUT, ReadingNote, stacklevel=2)
        with working_folder(stage, overwrite=overwrite) as folder:
            alone = {path.name: (path, tann.recall(path.strain, outside_training="none")) for path in paths}
            write_recall(folder, model, tann, alone)
        return
    with working_folder(stage, overwrite=overwrite) as folder:
        responses: dict[str, PathComparison] = {}
        with progress("evaluating in closed loop") as report:
            for response in respond(tann, paths, lambda name: report(len(responses), len(paths), f"path {name}")):
                responses[response.path.name] = response
            report(len(paths), len(paths), "")
        write_evaluation(folder, model, tann, responses, anchor_of(tann) if strain is None else None)


def make_data_evaluation(model: str, data: Path, judged: SetName, output: Path, overwrite: bool = False) -> None:
    """Run the stage unless its results are there.

    Parameters
    ----------
    model : str
        Name or file.
    data : Path
        Data file.
    judged : {"training", "validation", "test"}
        Set whose walks are followed.
    output : Path
    overwrite : bool
        Whether results of another configuration may be replaced.

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
        write_data_evaluation(folder, model, tann, data, judged, errors)
