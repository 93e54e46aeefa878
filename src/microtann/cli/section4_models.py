"""The models with which ``microtann reproduce section4`` works: shipped ones, or trained for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path

from microtann.cli.data import DATA_FILE, make_data
from microtann.cli.form_choice import SECTION, trainable_forms
from microtann.cli.train import make_model
from microtann.errors import InputError, ModelFileError
from microtann.numbers.settings import Setting
from microtann.report.training_section import MODEL_FILE
from microtann.reproduction.claims import CELLS, Section4Cell, choose_cells
from microtann.reproduction.section4 import OVERVIEW
from microtann.system.stage import check_gathering
from microtann.tann.form import DEFAULT_FORM
from microtann.tann.shipped import find_model


def section4_models(
    settings: Sequence[Setting],
    cells: Sequence[str] | None,
    train: bool,
    form: str | None,
    states: Mapping[str, int],
    output: Path,
    overwrite: bool,
) -> dict[str, Path]:
    """Return the model of every cell: the shipped one, or one that is trained unless it is there.

    Parameters
    ----------
    settings : sequence of Setting
        For data and training.
    cells : sequence of str, optional
        Names; by default all.
    train : bool
        Whether to train although a model is shipped.
    form : str, optional
        Form of the models.
    states : mapping
        Internal state variables of the models that are trained for it, by cell.
    output : Path
        Folder of the reproduction.
    overwrite : bool
        Whether results of another configuration may be replaced.
    """
    chosen = choose_cells(cells)
    check_gathering(output, (*CELLS, OVERVIEW))
    models = {}
    for cell in chosen:
        shipped = None if train or cell.name in states else _shipped(cell, form)
        folder = output / cell.name
        models[cell.name] = shipped or _trained(cell, settings, states.get(cell.name), folder, overwrite)
    return models


def states_by_cell(texts: Sequence[str]) -> dict[str, int]:
    """Return the numbers of states that were asked for, by cell."""
    numbers = {}
    for text in texts:
        name, _, value = text.partition("=")
        if not value.isdecimal() or int(value) < 1:
            raise InputError(f"--states takes a cell and a number, such as square-6x6-perturbed=48, got {text!r}")
        numbers[choose_cells([name])[0].name] = int(value)
    return numbers


def _shipped(cell: Section4Cell, form: str | None) -> Path | None:
    """Return the file of the shipped model of a cell; None if there is none."""
    try:
        return find_model(cell.name if form is None else f"{cell.name}-{form}")
    except ModelFileError:
        return None


def _trained(
    cell: Section4Cell, settings: Sequence[Setting], states: int | None, folder: Path, overwrite: bool
) -> Path:
    """Generate data of a cell and train a model, unless they are there; return the model.

    Parameters
    ----------
    cell : Section4Cell
    settings : sequence of Setting
    states : int, optional
        Internal state variables that were asked for.
    folder : Path
        Of the cell.
    overwrite : bool
        Whether results of another configuration may be replaced.
    """
    own = [Setting(key, value, "Section IV") for key, value in cell.settings.items()]
    given = {setting.key for setting in settings}
    form = next((s.value for s in reversed(settings) if s.key == "train.form"), DEFAULT_FORM)
    kind = trainable_forms().get(form)
    has_states = kind is not None and "states" in {f.name for f in fields(kind)}  # type: ignore[arg-type]
    if states is not None and not has_states:
        raise InputError(f"the form {form!r} takes no number of internal state variables: leave out --states")
    if has_states and (states is not None or f"{SECTION}.states" not in given):
        own.append(Setting(f"{SECTION}.states", states or cell.states, "Section IV"))
    chosen = [*settings, *own]
    make_data(chosen, folder / "data", overwrite)
    make_model(chosen, folder / "data" / DATA_FILE, folder / "train", overwrite)
    return folder / "train" / MODEL_FILE
