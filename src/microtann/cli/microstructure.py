"""The lattice cell and its bars as sections of the configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from microtann.cli.stage import file_digest
from microtann.configuration import configuration
from microtann.lattice.bar import ElastoplasticBar
from microtann.lattice.cell import UnitCell
from microtann.lattice.cell_file import read_bar, read_cell
from microtann.lattice.families import FAMILIES
from microtann.lattice.generators import LARGEST_MOVE


@configuration
class CellChoice:
    """Which cell is homogenised.

    Parameters
    ----------
    kind : {"cube", "square", "octet", "body-centred"}
        Pattern of bars; squares lie in the plane.
    file : str
        Cell of your own, in place of all other keys of [cell]: JSON or TOML, with their own bars, or a line mesh.
    units : int
        Cubes or squares along each axis of the cell.
    size : float
        Edge of the cell.
    perturbation : float
        Displacement of the nodes in units of a unit's edge: standard deviation or half-width.
    perturb : {"interior", "all"}
        Which nodes move.
    law : {"normal", "uniform"}
        Law of the perturbation.
    seed : int
        Seed of the perturbation.
    """

    kind: Literal["cube", "square", "octet", "body-centred"] = "cube"
    file: str = ""
    units: Annotated[int, Field(ge=1)] = 1
    size: Annotated[float, Field(gt=0.0)] = 1.0
    perturbation: Annotated[float, Field(ge=0.0, le=LARGEST_MOVE)] = 0.0
    perturb: Literal["interior", "all"] = "interior"
    law: Literal["normal", "uniform"] = "normal"
    seed: Annotated[int, Field(ge=0)] = 0

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
    """Of what the bars are made.

    Parameters
    ----------
    young : float
        Young modulus E.
    yield_stress : float
        Yield stress k.
    hardening : float
        Linear kinematic hardening modulus H.
    """

    young: Annotated[float, Field(gt=0.0)] = 1.0
    yield_stress: Annotated[float, Field(gt=0.0)] = 1.0 / 3.0
    hardening: Annotated[float, Field(ge=0.0)] = 0.1

    def build(self) -> ElastoplasticBar:
        """Return the bar material."""
        return ElastoplasticBar(self.young, self.yield_stress, self.hardening)


def build_microstructure(cell: CellChoice, bar: BarChoice) -> tuple[UnitCell, ElastoplasticBar, dict[str, str]]:
    """Return the cell, its bars, and the digest of the cell's file if there is one.

    A JSON or TOML file holds the bar material too (`microtann.lattice.cell_file.read_bar`).

    Raises
    ------
    InputError
        If the file cannot be read.
    CellError
        If the cell is not well defined.
    """
    if not cell.file:
        return cell.build(), bar.build(), {}
    file = Path(cell.file)
    inputs = {"cell": file_digest(file)}
    with_bars = file.suffix.lower() in (".json", ".toml")
    return cell.build(), read_bar(file) if with_bars else bar.build(), inputs
