"""The lattice cell and its bars as sections of the configuration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from microtann.cli.configuration import Setting, fill
from microtann.errors import ConfigurationError, InputError
from microtann.microstructure.bars.cells.bar import ElastoplasticBar
from microtann.microstructure.bars.cells.cell import UnitCell
from microtann.microstructure.bars.cells.cell_file import read_bar, read_cell
from microtann.microstructure.bars.cells.families import FAMILIES
from microtann.microstructure.bars.cells.generators import LARGEST_MOVE
from microtann.numbers.configuration import configuration, to_table
from microtann.system.stage import file_digest


@configuration
class CellChoice:
    """Which cell is homogenised."""

    kind: Annotated[
        Literal["cube", "square", "octet", "body-centred"],
        Field(description="Pattern of bars; squares lie in the plane."),
    ] = "cube"
    file: Annotated[
        str,
        Field(
            description="Cell of your own, in place of all other keys of [cell]: JSON or TOML, with their own "
            "bars, or a line mesh."
        ),
    ] = ""
    units: Annotated[int, Field(ge=1, description="Cubes or squares along each axis of the cell.")] = 1
    size: Annotated[float, Field(gt=0.0, description="Edge of the cell.")] = 1.0
    perturbation: Annotated[
        float,
        Field(
            ge=0.0,
            le=LARGEST_MOVE,
            description="Displacement of the nodes in units of a unit's edge: standard deviation or half-width.",
        ),
    ] = 0.0
    perturb: Annotated[Literal["interior", "all"], Field(description="Which nodes move.")] = "interior"
    law: Annotated[Literal["normal", "uniform"], Field(description="Law of the perturbation.")] = "normal"
    seed: Annotated[int, Field(ge=0, description="Seed of the perturbation.")] = 0

    def __post_init__(self) -> None:
        others = [f.name for f in fields(self) if f.name != "file" and getattr(self, f.name) != f.default]
        if self.file and others:
            raise ConfigurationError(f"the cell of {self.file} is as it is: it takes no {others[0]}")

    def build(self) -> UnitCell:
        """Return the cell.

        Raises
        ------
        CellError
            If the file is not a cell, or nothing can move although a perturbation is asked for.
        """
        if self.file:
            return read_cell(self.file)
        units = (self.units,) * (2 if self.kind == "square" else 3)
        return FAMILIES[self.kind](units, self.size, self.perturbation, self.perturb, self.law, self.seed)


@configuration
class BarChoice:
    """Of what the bars are made."""

    young: Annotated[float, Field(gt=0.0, description="Young modulus E.")] = 1.0
    yield_stress: Annotated[float, Field(gt=0.0, description="Yield stress k.")] = 1.0 / 3.0
    hardening: Annotated[float, Field(ge=0.0, description="Linear kinematic hardening modulus H.")] = 0.1

    def build(self) -> ElastoplasticBar:
        """Return the bar material."""
        return ElastoplasticBar(self.young, self.yield_stress, self.hardening)


@dataclass(frozen=True, eq=False)
class ChosenCell:
    """A cell that was chosen, and what that choice was.

    Parameters
    ----------
    cell : UnitCell
    bar : ElastoplasticBar
    sections : dict
        The effective configuration, sections [cell] and [bar].
    inputs : dict
        Digest of the cell's file if there is one.
    """

    cell: UnitCell
    bar: ElastoplasticBar
    sections: dict[str, dict[str, Any]]
    inputs: dict[str, str]


def cell_settings(cell: str | None, **keys: Any) -> dict[str, Any]:
    """Return options of the command line that choose the cell as settings of the section [cell].

    Parameters
    ----------
    cell : str, optional
        Name of a family, or a file.
    **keys
        Other keys of the section; None means that the option was not given.

    Raises
    ------
    InputError
        If there is neither such a family nor such a file.
    """
    settings = {f"cell.{key}": value for key, value in keys.items()}
    if cell is None:
        return settings
    if cell in FAMILIES:
        return {"cell.kind": cell, "cell.file": "", **settings}
    if not Path(cell).exists():
        raise InputError(f"there is no cell {cell!r}: use {', '.join(FAMILIES)}, or the name of a file")
    return {"cell.file": cell, **settings}


def read_microstructure(settings: Sequence[Setting]) -> ChosenCell:
    """Return the cell and its bars that the sections [cell] and [bar] choose.

    A JSON or TOML file of a cell holds its bars too (`microtann.read_bar`); the keys of [bar] that are set win
    over it.

    Raises
    ------
    ConfigurationError
        If a setting is wrong.
    InputError
        If the file cannot be read.
    CellError
        If the cell is not well defined.
    """
    choice, bars = fill(CellChoice, "cell", settings), fill(BarChoice, "bar", settings)
    if not choice.file:
        sections = {"cell": to_table(choice), "bar": to_table(bars)}
        return ChosenCell(choice.build(), bars.build(), sections, {})
    file = Path(choice.file)
    inputs = {"cell": file_digest(file)}
    properties = to_table(bars)
    bar = bars.build()
    if file.suffix.lower() in (".json", ".toml"):
        given = {setting.key for setting in settings}
        properties = {key: value for key, value in properties.items() if f"bar.{key}" in given}
        in_file = read_bar(file)
        bar = ElastoplasticBar(**{key: getattr(in_file, key) for key in to_table(bars)} | properties)
    return ChosenCell(choice.build(), bar, {"cell": {"file": choice.file}, "bar": properties}, inputs)
