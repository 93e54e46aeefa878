"""What a file of training data holds, as a section of the report."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np

from microtann.data.blocks import holds
from microtann.data.schema import SETS
from microtann.microstructure.protocol import Microstructure
from microtann.plotting.bodies import draw_picture
from microtann.report.section import Figure, Section
from microtann.report.table import Column, Table, columns_of
from microtann.system.hdf5 import opened


def data_section(folder: Path, data: str, microstructure: Microstructure | None, files: str = "") -> Section:
    """Draw the microstructure and return the section of the report; of a large file only small fields are read.

    Parameters
    ----------
    folder : Path
    data : str
        Name of the data file in it.
    microstructure : Microstructure, optional
        None for what another programme computed.
    files : str
        Where that was read from.
    """
    picture = None if microstructure is None else microstructure.picture()
    figures = []
    if picture is not None and microstructure is not None:
        draw_picture(folder / "cell.png", picture, height=3.6)
        figures.append(Figure("cell.png", f"The {microstructure.kind}; colours are the {picture.label}."))
    with opened(folder / data) as file:
        rows = tuple(_summary(name, file) for name in SETS)
    table = Table(
        "Increments",
        (
            Column("set", kind="text"),
            *columns_of("integer", "paths", "increments"),
            Column("largest strain", "–"),
            Column("largest increment", "–"),
            *columns_of("percent", "zero", "dissipating"),
        ),
        rows,
        "Largest strain and strain increment of a component; shares of zero and of dissipating increments. "
        "The sets share no path.",
    )
    return Section(
        title="Data",
        order=1,
        paragraphs=(_origin(microstructure, files),),
        tables=(table,),
        figures=tuple(figures),
        files={data: "the increments (HDF5, docs/data-format.md)", "configuration.toml": "what made them"},
        summary=_microstructure_and_training(microstructure, table),
    )


def _origin(microstructure: Microstructure | None, files: str) -> str:
    """Return where the increments come from."""
    if microstructure is None:
        return f"Paths that another programme computed were read from {files}."
    words = microstructure.description
    return (
        f"{words[0].upper()}{words[1:]} was solved exactly along random walks of strain; every increment keeps "
        "strain, stress, energy and internal coordinates before and after it, and its dissipation."
    )


def _microstructure_and_training(microstructure: Microstructure | None, table: Table) -> Table:
    """Return what tells data sets apart: the microstructure, and the training set."""
    columns = (Column("exact states", kind="integer"), *table.columns[1:])
    states = None if microstructure is None else microstructure.exact_states
    return Table("Microstructure and training set", columns, ((states, *table.rows[0][1:]),))


def _summary(name: str, file: h5py.File) -> tuple[str | int | float | None, ...]:
    increments = file[name]
    increment = increments["strain_increment"][:]
    if not len(increment):
        return (name, 0, 0, None, None, None, None)
    return (
        name,
        len(np.unique(increments["path"][:])),
        len(increment),
        float(np.abs(increments["strain"][:] + increment).max()),
        float(np.abs(increment).max()),
        float((increment == 0).all(axis=1).mean()),
        float((increments["dissipation"][:] > 0).mean()) if holds(increments, "dissipation") else None,
    )
