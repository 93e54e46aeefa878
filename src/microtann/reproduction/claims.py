"""What the paper claims, as data: `claims.toml` holds its words and numbers, figure by figure."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

from pydantic import TypeAdapter

from microtann.errors import InputError
from microtann.report.evaluation_section import AnchorErrors


@dataclass(frozen=True)
class Section4Cell:
    """A lattice of Section IV, as the section [cell] of a configuration describes it.

    Parameters
    ----------
    name : str
        That of the shipped model.
    title : str
    units : int
        Squares along each axis.
    perturbation : float
        Standard deviation of the displacement of the inner nodes, in units of a square's edge.
    states : int
        Internal state variables to start a training with: those of the paper for regular cells.
    """

    name: str
    title: str
    units: int
    perturbation: float
    states: int

    @property
    def settings(self) -> dict[str, Any]:
        """The cell as settings of the section [cell]."""
        return {"cell.kind": "square", "cell.units": self.units, "cell.perturbation": self.perturbation}


@dataclass(frozen=True)
class PaperFigure:
    """A figure of the paper, what it shows, and what the paper says of it."""

    number: int
    cell: str
    path: str
    claim: str


@dataclass(frozen=True)
class Section4Claims:
    """What Section IV says.

    Parameters
    ----------
    shapes, perturbed, training : str
        Of the regular lattices, of the perturbed ones, and of training.
    numbers : mapping
        Claims with a number: "states", "states_perturbed", "training", "unloaded".
    cells : tuple of Section4Cell
        In the order of the paper.
    figures : tuple of PaperFigure
        Those that show responses.
    """

    shapes: str
    perturbed: str
    training: str
    numbers: Mapping[str, str]
    cells: tuple[Section4Cell, ...]
    figures: tuple[PaperFigure, ...]


@dataclass(frozen=True)
class Section5Case:
    """A load case of Section V.

    Parameters
    ----------
    name : str
        That of the reference structure.
    figure : int
        Figure of the paper that shows it.
    claim : str
        What the paper says of it.
    paper : mapping
        Relative errors that the paper gives for ε = 1/20 and tetrahedra of 0.5, against its full lattice, by
        quantity: "displacement", "energy", "dissipation", "bar stress".
    published : mapping
        Relative errors of the authors' published network against the exact cell of the regular cube on the same
        mesh of 8-node hexahedra of edge 1 (of 2 in lcU2), measured here; their signs are left out.
    remark : str
        What else was measured of the published network.
    """

    name: str
    figure: int
    claim: str
    paper: Mapping[str, float] = field(default_factory=dict)
    published: Mapping[str, float] = field(default_factory=dict)
    remark: str = ""


@dataclass(frozen=True)
class Section5Claims:
    """What Section V says.

    Parameters
    ----------
    errors, sizes, cost, meshes, evolution, network : str
        Of its errors and sizes, of cost and meshes, of the internal state variables in the structure, and what the
        published network was measured on.
    cases : tuple of Section5Case
        In the order of the paper.
    """

    errors: str
    sizes: str
    cost: str
    meshes: str
    evolution: str
    network: str
    cases: tuple[Section5Case, ...]


@dataclass(frozen=True)
class Paper:
    """All that is taken from the paper."""

    published_network: AnchorErrors
    section4: Section4Claims
    section5: Section5Claims


PAPER = TypeAdapter(Paper).validate_python(
    tomllib.loads((resources.files("microtann") / "reproduction" / "claims.toml").read_text(encoding="utf-8"))
)
CELLS = {cell.name: cell for cell in PAPER.section4.cells}
"""The lattices of Section IV by name."""
SECTION5_CASES = {case.name: case for case in PAPER.section5.cases}
"""The load cases of Section V by name."""


def paper_figure(cell: str, path: str) -> PaperFigure | None:
    """Return the figure of the paper that shows a cell on a path; None if it shows it nowhere."""
    return next((f for f in PAPER.section4.figures if (f.cell, f.path) == (cell, path)), None)


def choose_cells(names: Sequence[str] | None) -> list[Section4Cell]:
    """Return cells by name, in the order of the paper; all if none is named.

    Raises
    ------
    InputError
        If there is no such cell.
    """
    return [CELLS[name] for name in _chosen("Section IV", "cell", names, CELLS)]


def choose_cases(names: Sequence[str] | None) -> list[Section5Case]:
    """Return cases by name, in the order of the paper; all if none is named.

    Raises
    ------
    InputError
        If there is no such case.
    """
    return [SECTION5_CASES[name] for name in _chosen("Section V", "case", names, SECTION5_CASES)]


def _chosen(section: str, what: str, names: Sequence[str] | None, known: Mapping[str, object]) -> list[str]:
    unknown = [name for name in names or () if name not in known]
    if unknown:
        raise InputError(f"{section} has no {what} {unknown[0]!r}: its {what}s are {', '.join(known)}")
    return [name for name in known if not names or name in names]
